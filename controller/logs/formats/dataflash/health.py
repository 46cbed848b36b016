"""What a DataFlash log holds for the review."""

from __future__ import annotations

import numpy as np

from controller.logs.formats.base import Log
from controller.logs.formats.health import (
    FAILSAFE,
    FENCE,
    MODE_CHANGE,
    PLACE_COMMANDS,
    Column,
    HealthRecords,
    Magnetometer,
    MissionRecord,
    MotorOutputs,
    PlannedLine,
    WantedAttitude,
    ardupilot_motors,
    count_cells,
    mission_places,
)
from controller.logs.review.evidence import Event, Grade, Signal
from controller.logs.review.trace import Kind, Report
from controller.logs.series.view import Array, SeriesView
from controller.wire.enums import MAV_CMD

_LIMITED = (
    ("vibration", "VIBE", ("VibeX", "VibeY", "VibeZ")),
    ("clipping", "VIBE", ("Clip", "Clip0", "Clip1", "Clip2")),
    ("filter", "XKF4", ("SV", "SP", "SH", "SM")),
    ("filter", "NKF4", ("SV", "SP", "SH", "SM")),
)
_ERR_SOURCE = "ArduPilot wiki, Diagnosing problems using Logs: the table of ERR subsystems and codes"
# ERR: names of the subsystems whose errors are findings. Code 0 means resolved; other codes are shown as numbers.
_SUBSYSTEMS = {
    2: "radio late",
    3: "compass",
    5: "radio failsafe",
    6: "battery failsafe",
    8: "ground station failsafe",
    9: "fence breached",
    11: "GPS glitch",
    12: "crash check",
    15: "parachute",
    16: "EKF check: bad variance",
    17: "EKF failsafe",
    18: "barometer",
    19: "CPU load watchdog",
    20: "ADSB failsafe",
    21: "terrain data missing",
    22: "navigation",
    23: "terrain failsafe",
    25: "thrust loss",
    26: "sensor failsafe",
    27: "leak failsafe",
    28: "pilot input failsafe",
    29: "vibration failsafe",
}
_FENCE_SUBSYSTEM = 9
_REASON_SOURCE = "ArduPilot, AP_Vehicle/ModeReason.h: the reason logged with the mode"
# ArduPilot, AP_Vehicle/ModeReason.h; a mode that a person requested, and the one at start-up, are no findings.
_REQUESTED = (1, 2, 26, 31)
_REASONS = {
    0: "reason unknown",
    3: "radio failsafe",
    4: "battery failsafe",
    5: "ground station failsafe",
    6: "EKF failsafe",
    7: "GPS glitch",
    8: "end of the mission",
    9: "throttle raised while landing",
    10: "fence breached",
    11: "terrain failsafe",
    12: "brake timeout",
    13: "flip complete",
    14: "avoidance",
    15: "avoidance over",
    16: "throw complete",
    17: "termination",
    18: "toy mode",
    19: "crash failsafe",
    20: "soaring, motor running",
    21: "soaring, thermal found",
    22: "soaring, thermal lost",
    23: "VTOL transition failed",
    24: "VTOL takeoff failed",
    25: "failsafe",
    27: "surfaced",
    28: "bad depth",
    29: "leak failsafe",
    30: "servo test",
    32: "a script",
    33: "mode unavailable",
    34: "autorotation begun",
    35: "autorotation ended",
    36: "soaring, too high",
    37: "soaring, too low",
    38: "soaring, drifted too far",
}
_BAD_REASONS = (3, 4, 5, 6, 7, 10, 11, 17, 19, 23, 24, 25, 28, 29)


_KINDS: dict[str, Kind] = {"Copter": "copter", "Plane": "plane", "Rover": "ground", "Sub": "ground"}
# ArduPilot, AP_Logger: LogErrorSubsystem::CRASH_CHECK with its codes, and LogEvent.
_CRASH_SUBSYSTEM = 12
_CRASH_CODES = {1: "crash check: crash", 2: "crash check: loss of control"}
_CRASH_EVENTS = {51: "parachute released"}


class DataFlashHealth(HealthRecords):
    """The records of a DataFlash log; `vehicle` as `modes.vehicle_of` names it."""

    def __init__(self, log: Log, vehicle: str, view: SeriesView) -> None:
        super().__init__(view)
        self._log, self._vehicle = log, vehicle

    def limited_columns(self) -> list[Signal]:
        return self.signals((kind, self._log.rows(name), columns) for kind, name, columns in _LIMITED)

    def magnetometers(self) -> list[Magnetometer]:
        return [
            found
            for rows in self._log.rows_of("MAG", "COMPASS")
            for found in self.magnetometer(rows, ("MagX", "MagY", "MagZ"))
        ]

    def throttle(self) -> Column | None:
        return self.column(self._log.first("CTUN"), "ThO")

    def motors(self) -> MotorOutputs | None:
        return ardupilot_motors(self, self._log.first("RCOU"), "C{}", self._log.parameters)

    def measured_cells(self, battery: int) -> int:
        for rows in self._log.rows("BCL"):
            labels = [label for label in rows if label[:1] == "V" and label[1:].isdecimal()]
            if rows.number == battery and labels:
                return count_cells(np.stack([rows[label] for label in labels], 1) / 1000)
        return 0

    def board_voltage(self) -> Column | None:
        # CURR, of old firmware, has millivolts.
        return self.column(self._log.first("POWR"), "Vcc") or self.column(
            self._log.first("CURR"), "Vcc", 1000.0
        )

    def failsafe_checks(self) -> set[str]:
        # ERR is only written when something is wrong: a log with MODE records would have it.
        return {FAILSAFE, FENCE} if self._log.first("ERR", "MODE") is not None else set()

    def failsafes(self) -> list[Event]:
        rows = self._log.first("ERR")
        if rows is None:
            return []
        code = "ECode" if "ECode" in rows else "Ecode"
        times_us = self.shifted_us(rows.times_us)
        armed = self.view.armed(times_us)
        return [
            Event(
                FENCE if int(subsystem) == _FENCE_SUBSYSTEM else FAILSAFE,
                "ERR",
                int(times_us[at]),
                f"{_SUBSYSTEMS[int(subsystem)]} (subsystem {int(subsystem)}, code {int(number)})",
                _ERR_SOURCE,
                "bad",
            )
            for at, (subsystem, number) in enumerate(
                zip(rows["Subsys"].tolist(), rows[code].tolist(), strict=True)
            )
            if armed[at] and int(number) and int(subsystem) in _SUBSYSTEMS
        ]

    def mode_checks(self) -> set[str]:
        return {MODE_CHANGE} if "mode" in self.view.channels else set()

    def mode_changes(self) -> list[Event]:
        rows = self._log.first("MODE")
        channel = self.view.channels.get("mode")
        if rows is None or channel is None or "Rsn" not in rows:
            return []
        times_us = self.shifted_us(rows.times_us)
        found = []
        for at_us, reason, armed in zip(
            times_us.tolist(), rows["Rsn"].tolist(), self.view.armed(times_us).tolist(), strict=True
        ):
            if not armed or int(reason) in _REQUESTED:
                continue
            at = max(0, int(np.searchsorted(channel.times_us, at_us, side="right")) - 1)
            why = _REASONS.get(int(reason), f"reason {int(reason)}")
            grade: Grade = "bad" if int(reason) in _BAD_REASONS else "look"
            text = f"to {channel['mode'][at]}, by the autopilot: {why}"
            found.append(Event(MODE_CHANGE, rows.source, int(at_us), text, _REASON_SOURCE, grade))
        return found

    def vehicle_kind(self) -> Kind:
        # A quadplane's banner is ArduPlane's.
        return _KINDS.get(self._vehicle, "")

    def wanted_attitude(self) -> WantedAttitude | None:
        rows = self._log.first("ATT")
        if rows is None or "DesRoll" not in rows or "DesPitch" not in rows:
            return None
        roll, pitch = (np.radians(rows[name]) for name in ("DesRoll", "DesPitch"))
        return WantedAttitude("ATT.DesRoll, DesPitch", self.shifted_us(rows.times_us), roll, pitch)

    def crash_reports(self) -> list[Report]:
        found = self.reported_crashes("MSG", ((text.time_us, text.text) for text in self._log.texts()))
        for name, key, number, texts in (
            ("ERR", "Subsys", _CRASH_SUBSYSTEM, _CRASH_CODES),
            ("EV", "Id", None, _CRASH_EVENTS),
        ):
            rows = self._log.first(name)
            if rows is None or key not in rows:
                continue
            code = next((column for column in ("ECode", "Ecode", "Id") if column in rows), key)
            times_s = self.shifted_us(rows.times_us) / 1e6
            for at_s, subsystem, value in zip(
                times_s.tolist(), rows[key].tolist(), rows[code].tolist(), strict=True
            ):
                if int(value) in texts and number in (None, int(subsystem)):
                    found.append(Report(at_s, texts[int(value)], name))
        return found

    def cross_track(self) -> Column | None:
        return self.off_line(self._planned_line())

    def _planned_line(self) -> PlannedLine | None:
        rows = self._log.first("MISE")
        if rows is None:
            return None
        times_us = self.shifted_us(rows.times_us)
        places = np.stack([rows["Lat"], rows["Lng"]], 1)
        with_place = np.isin(rows["CId"], PLACE_COMMANDS) & (places != 0).any(1)
        begins: list[Array] = []
        last: Array | None = None
        for at in range(len(times_us)):
            here = self.view.place(int(times_us[at]))
            begins.append(last if last is not None else np.array(here if here else (np.nan, np.nan)))
            # After an item without a place (a climb, a return) the next line begins where the aircraft is.
            last = places[at] if with_place[at] else last if _stays(int(rows["CId"][at])) else None
        a_deg = np.array(begins)
        b_deg = np.where(with_place[:, None], places, np.nan)
        return PlannedLine("POS against MISE", times_us, a_deg, b_deg)

    def mission(self) -> MissionRecord | None:
        plan, done = self._log.first("CMD"), self._log.first("MISE")
        if plan is None or done is None:
            return None
        # Item 0 is home.
        places = mission_places(plan, ("CNum", "CId", "Lat", "Lng"), first=1)
        return MissionRecord("MISE against CMD", places, done["CNum"], self.shifted_us(done.times_us))


def _stays(command: int) -> bool:
    """Whether a mission command ends where it began: delays, conditions and DO commands."""
    return bool(command >= MAV_CMD.NAV_DELAY)
