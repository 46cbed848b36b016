"""What a ULog holds for the review."""

from __future__ import annotations

from dataclasses import replace

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
    PlannedLine,
    WantedAttitude,
    mission_places,
)
from controller.logs.review.evidence import Event, Signal
from controller.logs.review.trace import Kind, Report, Weight, kind_of, roll_pitch
from controller.logs.series.mode_names import px4_state
from controller.logs.series.rows import Rows
from controller.logs.series.view import SeriesView

_LIMITED = (
    ("vibration_px4", "vehicle_imu_status", ("accel_vibration_metric",)),
    ("clipping", "vehicle_imu_status", ("accel_clipping[0]", "accel_clipping[1]", "accel_clipping[2]")),
    ("filter", "estimator_status", ("vel_test_ratio", "pos_test_ratio", "hgt_test_ratio", "mag_test_ratio")),
)
_GAUSS_TO_MILLI = 1000.0
_MAGNETOMETER = tuple(f"magnetometer_ga[{axis}]" for axis in range(3))
# Motor outputs run from 0 to 1, for which ArduPilot has 1000 to 2000 µs.
_FULL_SPAN_US = 1000.0
_FLAGS_SOURCE = "PX4, FailsafeFlags.msg and VehicleStatus.msg"
_FLAGS = {
    "gcs_connection_lost": "the ground station was lost",
    "manual_control_signal_lost": "the remote control was lost",
    "battery_warning": "battery warning",
    "battery_unhealthy": "battery unhealthy",
    "geofence_breached": "fence breached",
    "mission_failure": "mission failure",
    "wind_limit_exceeded": "wind limit exceeded",
    "flight_time_limit_exceeded": "flight time limit exceeded",
    "global_position_invalid": "no global position",
    "local_position_invalid": "no local position",
    "fd_critical_failure": "critical failure detected",
    "fd_motor_failure": "motor failure detected",
    "fd_imbalanced_prop": "imbalanced propeller",
}
_STATUS = {
    "failsafe": "the autopilot is in failsafe",
    "rc_signal_lost": "the remote control was lost",
    "data_link_lost": "the ground station was lost",
    "engine_failure": "engine failure",
    "mission_failure": "mission failure",
}
_MODE_SOURCE = "PX4, VehicleStatus.msg: nav_state differs from nav_state_user_intention"
_WAYPOINT_SETPOINT = 0


# VehicleStatus.msg: VEHICLE_TYPE_ROTARY_WING, FIXED_WING, ROVER.
_KINDS: dict[int, Kind] = {1: "copter", 2: "plane", 3: "ground"}
# Columns whose rise while armed reports a failure: text, weight, bits. FailureDetectorStatus.msg, ActuatorArmed.msg
# and, until 1.13, VehicleStatus.msg (FAILURE_ROLL 1, FAILURE_PITCH 2, FAILURE_ALT 4).
_ANY = 0xFF
_DETECTED: dict[str, tuple[str, Weight, int]] = {
    "fd_roll": ("failure detector: roll", "sign", _ANY),
    "fd_pitch": ("failure detector: pitch", "sign", _ANY),
    "fd_alt": ("failure detector: altitude", "sign", _ANY),
    "fd_motor": ("failure detector: motor", "sign", _ANY),
}
_STOPPED: dict[str, tuple[str, Weight, int]] = {
    "force_failsafe": ("flight termination", "crash", _ANY),
    "termination": ("flight termination", "crash", _ANY),
    "manual_lockdown": ("kill switch", "sign", _ANY),
    "kill": ("kill switch", "sign", _ANY),
}
_STATUS_REPORTS: dict[str, tuple[str, Weight, int]] = {
    "failure_detector_status": ("failure detector: attitude or altitude", "sign", 7),
}


class UlogHealth(HealthRecords):
    """The records of a ULog."""

    def __init__(self, log: Log, view: SeriesView) -> None:
        super().__init__(view)
        self._log = log

    def limited_columns(self) -> list[Signal]:
        return self.signals((kind, self._log.rows(name), columns) for kind, name, columns in _LIMITED)

    def gps_accuracy(self) -> list[Signal]:
        found = []
        for rows in self._log.rows_of("vehicle_gps_position", "sensor_gps"):
            found += self.signals((kind, [rows], (kind,)) for kind in ("eph", "epv"))
            if "hdop" in rows and "vdop" in rows:
                pdop = np.hypot(rows["hdop"], rows["vdop"])
                source = f"{rows.source}.hdop, vdop"
                found.append(Signal("pdop", source, self.shifted_us(rows.times_us), pdop))
        return found

    def magnetometers(self) -> list[Magnetometer]:
        return [
            found
            for rows in self._log.rows("vehicle_magnetometer")
            for found in self.magnetometer(rows, _MAGNETOMETER, _GAUSS_TO_MILLI)
        ]

    def throttle(self) -> Column | None:
        thrust = self.column(self._log.first("vehicle_thrust_setpoint"), "xyz[2]")
        if thrust is None:
            return self.column(self._log.first("actuator_controls_0"), "control[3]")
        # Thrust is in the body frame: up is negative.
        return replace(thrust, values=np.abs(thrust.values))

    def motors(self) -> MotorOutputs | None:
        rows = self._log.first("actuator_motors")
        if rows is None:
            return None
        count = int(self._log.parameters.get("CA_ROTOR_COUNT", 0))
        motors = {
            number + 1: values * _FULL_SPAN_US + _FULL_SPAN_US
            for number in range(count)
            if f"control[{number}]" in rows
            for values in [rows[f"control[{number}]"]]
            if np.isfinite(values).any()
        }
        return MotorOutputs(rows.source, self.shifted_us(rows.times_us), motors) if motors else None

    def measured_cells(self, battery: int) -> int:
        found = [rows for rows in self._log.rows("battery_status") if "cell_count" in rows]
        return int(found[battery]["cell_count"].max()) if battery < len(found) else 0

    def board_voltage(self) -> Column | None:
        rows = self._log.first("system_power")
        return self.column(rows, "voltage5v_v") or self.column(rows, "voltage5V_v")

    def failsafe_checks(self) -> set[str]:
        titles = {FAILSAFE} if self._log.first("failsafe_flags", "vehicle_status") is not None else set()
        return titles | (
            {FENCE} if self._log.first("failsafe_flags", "geofence_result") is not None else set()
        )

    def failsafes(self) -> list[Event]:
        texts = ((text.time_us, text.severity or 0, text.text.strip()) for text in self._log.texts())
        return [
            *self._rising(self._log.first("failsafe_flags"), _FLAGS),
            *self._rising(self._log.first("vehicle_status"), _STATUS),
            *self.critical_texts("log", texts),
        ]

    def _rising(self, rows: Rows | None, texts: dict[str, str]) -> list[Event]:
        """The moments while armed at which a flag was set; a flag that is set in the whole log is no event of the
        flight."""
        if rows is None:
            return []
        times_us = self.shifted_us(rows.times_us)
        armed = self.view.armed(times_us)
        found = []
        for column, text in texts.items():
            if column not in rows:
                continue
            up = rows[column] > 0
            for at in (np.flatnonzero(up[1:] & ~up[:-1] & armed[1:]) + 1).tolist():
                down = np.flatnonzero(~up[at:])
                until_us = int(times_us[at + down[0]] if len(down) else times_us[-1])
                title = FENCE if column.startswith("geofence") else FAILSAFE
                source = f"{rows.source}.{column}"
                found.append(Event(title, source, int(times_us[at]), text, _FLAGS_SOURCE, "bad", until_us))
        return found

    def mode_checks(self) -> set[str]:
        return {MODE_CHANGE} if "mode" in self.view.channels else set()

    def mode_changes(self) -> list[Event]:
        rows = self._log.first("vehicle_status")
        if rows is None or "nav_state_user_intention" not in rows or not len(rows.times_us):
            return []
        times_us = self.shifted_us(rows.times_us)
        flown, intended = rows["nav_state"], rows["nav_state_user_intention"]
        apart = (flown != intended) & self.view.armed(times_us)
        begun = np.flatnonzero(apart & ~np.concatenate([[False], apart[:-1]]))
        return [
            Event(
                MODE_CHANGE,
                rows.source,
                int(times_us[at]),
                f"to {px4_state(int(flown[at]))}, by the autopilot; the user's mode was {px4_state(int(intended[at]))}",
                _MODE_SOURCE,
                "bad",
            )
            for at in begun.tolist()
        ]

    def vehicle_kind(self) -> Kind:
        rows = self._log.first("vehicle_status")
        if rows is None or not len(rows.times_us):
            return ""
        if "is_vtol" in rows and rows["is_vtol"].any():
            return "plane"
        if "vehicle_type" in rows:
            return _KINDS.get(int(rows["vehicle_type"][-1]), "")
        return kind_of(int(rows["system_type"][-1])) if "system_type" in rows else ""

    def wanted_attitude(self) -> WantedAttitude | None:
        rows = self._log.first("vehicle_attitude_setpoint")
        if rows is None:
            return None
        if "roll_body" in rows and "pitch_body" in rows:
            roll, pitch = rows["roll_body"], rows["pitch_body"]
        elif "q_d[0]" in rows:
            roll, pitch = roll_pitch(np.stack([rows[f"q_d[{at}]"] for at in range(4)], 1))
        else:
            return None
        return WantedAttitude(rows.source, self.shifted_us(rows.times_us), roll, pitch)

    def crash_reports(self) -> list[Report]:
        found = self.reported_crashes("log", ((text.time_us, text.text) for text in self._log.texts()))
        for name, texts in (
            ("failure_detector_status", _DETECTED),
            ("actuator_armed", _STOPPED),
            ("vehicle_status", _STATUS_REPORTS),
        ):
            rows = self._log.first(name)
            if rows is None:
                continue
            times_us = self.shifted_us(rows.times_us)
            armed = self.view.armed(times_us)
            for column, (text, weight, bits) in texts.items():
                if column not in rows:
                    continue
                up = (rows[column].astype(np.int64) & bits) != 0
                begun = np.flatnonzero(up[1:] & ~up[:-1] & armed[1:]) + 1
                found += [
                    Report(int(times_us[at]) / 1e6, text, f"{rows.source}.{column}", weight)
                    for at in begun.tolist()
                ]
        return found

    def cross_track(self) -> Column | None:
        return self.off_line(self._planned_line())

    def _planned_line(self) -> PlannedLine | None:
        rows = self._log.first("position_setpoint_triplet")
        if rows is None:
            return None
        ends = []
        for end in ("previous", "current"):
            valid = rows[f"{end}.valid"] > 0
            place = np.stack([rows[f"{end}.lat"], rows[f"{end}.lon"]], 1)
            ends.append(np.where(valid[:, None], place, np.nan))
        waypoint = rows["current.type"] == _WAYPOINT_SETPOINT
        ends[1] = np.where(waypoint[:, None], ends[1], np.nan)
        source = "vehicle_global_position against position_setpoint_triplet"
        return PlannedLine(source, self.shifted_us(rows.times_us), ends[0], ends[1])

    def mission(self) -> MissionRecord | None:
        plan, done = self._log.first("navigator_mission_item"), self._log.first("mission_result")
        if plan is None or done is None:
            return None
        names = ("sequence_current", "nav_cmd", "latitude", "longitude")
        # PX4 logs the items of its return under the numbers of the mission's items.
        kept = ~self.view.in_mode(self.shifted_us(plan.times_us), ("RTL",))
        places = mission_places(plan, names, first=0, kept=kept)
        source = "mission_result against navigator_mission_item"
        return MissionRecord(source, places, done["seq_reached"], self.shifted_us(done.times_us))
