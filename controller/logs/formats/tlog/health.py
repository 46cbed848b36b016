"""What a telemetry log holds for the review: messages of the aircraft, and the ground station's commands."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from controller.logs.formats.base import Log
from controller.logs.formats.health import (
    FAILSAFE,
    FENCE,
    MODE_CHANGE,
    Column,
    HealthRecords,
    Magnetometer,
    MissionRecord,
    MotorOutputs,
    WantedAttitude,
    ardupilot_motors,
    count_cells,
    mission_places,
)
from controller.logs.review.evidence import Event, Signal
from controller.logs.review.trace import Kind, Report, kind_of, roll_pitch
from controller.logs.series.rows import Rows
from controller.logs.series.view import Array, SeriesView
from controller.wire.columns import Columns, MessageTable
from controller.wire.enums import MAV_CMD, MAV_STATE

_VIBRATION = (
    ("vibration", "VIBRATION", ("vibration_x", "vibration_y", "vibration_z")),
    # PX4 puts its coning and gyro metrics into x and y, and the accelerometer's into z (streams/VIBRATION.hpp).
    ("vibration_px4", "VIBRATION", ("vibration_z",)),
)
_LIMITED = (
    ("clipping", "VIBRATION", ("clipping_0", "clipping_1", "clipping_2")),
    (
        "filter",
        "EKF_STATUS_REPORT",
        ("velocity_variance", "pos_horiz_variance", "pos_vert_variance", "compass_variance"),
    ),
    ("filter", "ESTIMATOR_STATUS", ("vel_ratio", "pos_horiz_ratio", "pos_vert_ratio", "mag_ratio")),
)
_STATUS_SOURCE = "MAVLink, MAV_STATE: critical (5) and emergency (6)"
_STATES = {MAV_STATE.CRITICAL: "critical", MAV_STATE.EMERGENCY: "emergency"}
_FENCE_SOURCE = "MAVLink, FENCE_STATUS: breach_status 1 is outside"
_BREACHES = {1: "altitude too low", 2: "altitude too high", 3: "outside the boundary"}
_MODE_SOURCE = "no command to change the mode was in the log in the seconds before"
# Commands that change the flight mode.
_MODE_COMMANDS = (
    MAV_CMD.DO_SET_MODE,
    MAV_CMD.NAV_TAKEOFF,
    MAV_CMD.NAV_LAND,
    MAV_CMD.NAV_RETURN_TO_LAUNCH,
    MAV_CMD.MISSION_START,
    MAV_CMD.DO_PAUSE_CONTINUE,
    MAV_CMD.DO_REPOSITION,
    MAV_CMD.DO_ORBIT,
    MAV_CMD.OVERRIDE_GOTO,
)
_COMMAND_WITHIN_US = 5_000_000
_CROSSING_US = 1_500_000
# Modes that the autopilot ends by itself, each with the mode that follows.
_BY_THEMSELVES = (
    ("TAKEOFF", "LOITER"),
    ("VTOL_TAKEOFF", "LOITER"),
    ("PRECLAND", "LAND"),
    ("RTL", "LAND"),
    ("RTL", "LOITER"),
    ("LAND", "LOITER"),
)
_COMMANDING = ("HEARTBEAT", "SET_MODE", "COMMAND_LONG", "COMMAND_INT", "MISSION_SET_CURRENT")
_GROUND_STATION = 6  # MAV_TYPE
_TURN_US = 20_000_000
_BEFORE_US = 1_000_000


class TlogHealth(HealthRecords):
    """The records of a telemetry log."""

    def __init__(
        self, log: Log, columns: Columns, concerned: Callable[[MessageTable], Array], view: SeriesView
    ) -> None:
        super().__init__(view)
        self._log = log
        self._columns = columns
        # Which messages are of this aircraft, or to it.
        self._concerned = concerned

    def limited_columns(self) -> list[Signal]:
        watched = (_VIBRATION[self._log.px4], *_LIMITED)
        return self.signals((kind, self._log.rows(name), columns) for kind, name, columns in watched)

    def gps_accuracy(self) -> list[Signal]:
        found = []
        for rows in self._log.rows("GPS_RAW_INT") if self._log.px4 else ():
            for kind, column in (("eph", "h_acc"), ("epv", "v_acc")):
                # The extension field is zero where the receiver does not report it.
                metres = np.where(rows[column] > 0, rows[column] / 1000, np.nan)
                source = f"{rows.source}.{column}"
                found.append(Signal(kind, source, self.shifted_us(rows.times_us), metres))
        return found

    def magnetometers(self) -> list[Magnetometer]:
        # RAW_IMU and SCALED_IMU are the same sensor.
        messages = (("RAW_IMU", "SCALED_IMU"), ("SCALED_IMU2",), ("SCALED_IMU3",))
        return [
            found
            for names in messages
            for rows in self._log.rows_of(*names)
            for found in self.magnetometer(rows, ("xmag", "ymag", "zmag"))
        ]

    def throttle(self) -> Column | None:
        return self.column(self._log.first("VFR_HUD"), "throttle", 100.0)

    def motors(self) -> MotorOutputs | None:
        rows = self._log.first("SERVO_OUTPUT_RAW")
        return ardupilot_motors(self, rows, "servo{}_raw", self._log.parameters)

    def measured_cells(self, battery: int) -> int:
        rows = self._log.first("BATTERY_STATUS")
        if rows is None:
            return 0
        return count_cells(rows.raw("voltages")[rows["id"] == battery] / 1000)

    def board_voltage(self) -> Column | None:
        # In millivolts.
        return self.column(self._log.first("POWER_STATUS"), "Vcc", 1000.0) or self.column(
            self._log.first("HWSTATUS"), "Vcc", 1000.0
        )

    def failsafe_checks(self) -> set[str]:
        titles = {FAILSAFE} if self._log.first("HEARTBEAT") is not None else set()
        return titles | ({FENCE} if self._log.first("FENCE_STATUS") is not None else set())

    def failsafes(self) -> list[Event]:
        found = [*self._states(), *self._fence()]
        for source, is_event in (("STATUSTEXT", False), ("EVENT", True)):
            texts = (
                (text.time_us, text.severity or 0, text.text)
                for text in self._log.texts()
                if bool(text.event) is is_event
            )
            found += self.critical_texts(source, texts)
        return found

    def _states(self) -> list[Event]:
        rows = self._log.first("HEARTBEAT")
        if rows is None:
            return []
        times_us, state = self.shifted_us(rows.times_us), rows["system_status"]
        grave = np.isin(state, list(_STATES)) & self.view.armed(times_us)
        begun = np.flatnonzero(grave[1:] & ~grave[:-1]) + 1
        return [
            Event(
                FAILSAFE,
                "HEARTBEAT.system_status",
                int(times_us[at]),
                f"the autopilot's state became {_STATES[MAV_STATE(int(state[at]))]}",
                _STATUS_SOURCE,
                "bad",
            )
            for at in begun.tolist()
        ]

    def _fence(self) -> list[Event]:
        rows = self._log.first("FENCE_STATUS")
        if rows is None:
            return []
        times_us = self.shifted_us(rows.times_us)
        outside = (rows["breach_status"] > 0) & self.view.armed(times_us)
        begun = np.flatnonzero(outside & ~np.concatenate([[False], outside[:-1]]))
        kinds = rows["breach_type"]
        return [
            Event(
                FENCE,
                "FENCE_STATUS",
                int(times_us[at]),
                f"fence breached: {_BREACHES.get(int(kinds[at]), 'kind not reported')}",
                _FENCE_SOURCE,
                "bad",
            )
            for at in begun.tolist()
        ]

    def mode_checks(self) -> set[str]:
        return {MODE_CHANGE} if self._mode_commands_us() is not None else set()

    def mode_changes(self) -> list[Event]:
        channel, commands_us = self.view.channels.get("mode"), self._mode_commands_us()
        if channel is None or commands_us is None:
            return []
        found = []
        names, armed = channel["mode"], channel["armed"]
        ended_us = 0
        for at in range(1, channel.count):
            at_us = int(channel.times_us[at])
            if not armed[at] or not armed[at - 1] or names[at] == names[at - 1]:
                continue
            if ((commands_us <= at_us) & (commands_us > at_us - _COMMAND_WITHIN_US)).any():
                continue
            if names[at - 1] in ("MISSION", "AUTO") and self._at_the_last_item(at_us):
                ended_us = at_us
            # The end of the mission may change the mode more than once: PX4 holds before it returns.
            if at_us - ended_us < _COMMAND_WITHIN_US:
                ended_us = at_us
                continue
            if (names[at - 1], names[at]) not in _BY_THEMSELVES:
                text = (
                    f"{names[at - 1]} to {names[at]}: by the mission, the pilot's mode switch, or a failsafe"
                )
                found.append(Event(MODE_CHANGE, channel.source, at_us, text, _MODE_SOURCE))
        return found

    def _at_the_last_item(self, at_us: int) -> bool:
        current, items = self._log.first("MISSION_CURRENT"), self._mission_items()
        if current is None or items is None:
            return False
        # The messages of the last item and of the new mode may arrive in either order.
        before = self.shifted_us(current.times_us) <= at_us + _CROSSING_US
        return bool(before.any()) and float(current["seq"][before][-1]) >= float(items["seq"].max())

    def _mission_items(self) -> Rows | None:
        return self._log.table("MISSION_ITEM_INT") or self._log.table("MISSION_ITEM")

    def _mode_commands_us(self) -> Array | None:
        """When a ground station commanded a mode; None where the log holds no heartbeat of a ground station."""
        aircraft = self._log.aircraft
        if aircraft is None:
            return None
        ground = False
        parts = []
        for name, table in self._columns.tables.items():
            if name not in _COMMANDING:
                continue
            sent = (table.systems != aircraft[0]) & self._concerned(table)
            if name == "HEARTBEAT":
                ground = bool((sent & (table["type"] == _GROUND_STATION)).any())
            elif name == "SET_MODE":
                parts.append(table.times_us[sent])
            elif name in ("COMMAND_LONG", "COMMAND_INT"):
                parts.append(table.times_us[sent & np.isin(table["command"], _MODE_COMMANDS)])
            elif name == "MISSION_SET_CURRENT":
                parts.append(table.times_us[sent])
        if not ground:
            return None
        return np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64)

    def vehicle_kind(self) -> Kind:
        rows = self._log.first("HEARTBEAT")
        return "" if rows is None else kind_of(int(rows["type"][0]))

    def wanted_attitude(self) -> WantedAttitude | None:
        rows = self._log.first("ATTITUDE_TARGET")
        if rows is not None:
            roll, pitch = roll_pitch(rows.raw("q").astype(np.float64))
            return WantedAttitude(rows.source, self.shifted_us(rows.times_us), roll, pitch)
        rows = self._log.first("NAV_CONTROLLER_OUTPUT")
        # PX4's is of the position controller, and says nothing of a multicopter.
        if rows is None or self._log.px4:
            return None
        roll, pitch = (np.radians(rows[name]) for name in ("nav_roll", "nav_pitch"))
        return WantedAttitude(rows.source, self.shifted_us(rows.times_us), roll, pitch)

    def crash_reports(self) -> list[Report]:
        return self.reported_crashes("STATUSTEXT", ((text.time_us, text.text) for text in self._log.texts()))

    def cross_track(self) -> Column | None:
        rows = self._log.first("NAV_CONTROLLER_OUTPUT")
        # PX4 sends the message without the cross-track error.
        if rows is None or self._log.px4:
            return None
        times_us = self.shifted_us(rows.times_us)
        counted = np.ones(len(times_us), np.bool_)
        current = self._log.first("MISSION_CURRENT")
        if self._log.fixed_wing and current is not None:
            # An aeroplane turns onto the next line in a curve; after this time it should be on it.
            # The message of the new item may arrive just after the first distance from its line.
            changes_us = self.shifted_us(current.times_us) - _BEFORE_US
            counted = _since_change_us(times_us, changes_us, current["seq"]) > _TURN_US
        return Column(f"{rows.source}.xtrack_error", times_us[counted], np.abs(rows["xtrack_error"][counted]))

    def mission(self) -> MissionRecord | None:
        plan, done = self._mission_items(), self._log.first("MISSION_ITEM_REACHED")
        if plan is None or done is None:
            return None
        # MISSION_ITEM_INT has 1e-7 degrees; MISSION_ITEM has degrees.
        integer_degrees = np.abs(plan["x"]).max(initial=0.0) > 360
        # Fences and rally points are uploaded with the same message.
        is_mission = plan["mission_type"] == 0 if "mission_type" in plan else True
        # Item 0 of ArduPilot's missions is home.
        places = mission_places(
            plan,
            ("seq", "command", "x", "y"),
            scale=1e7 if integer_degrees else 1.0,
            first=0 if self._log.px4 else 1,
            kept=is_mission,
        )
        source = "MISSION_ITEM_REACHED against MISSION_ITEM"
        return MissionRecord(source, places, done["seq"], self.shifted_us(done.times_us))


def _since_change_us(times_us: Array, changes_us: Array, items: Array) -> Array:
    """Time since the last change of the mission's current item, at each moment."""
    changed_us = changes_us[np.concatenate([[True], items[1:] != items[:-1]])]
    at = np.searchsorted(changed_us, times_us, side="right") - 1
    since: Array = np.where(at >= 0, times_us - changed_us[np.maximum(at, 0)], 0)
    return since
