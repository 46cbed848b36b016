"""The mode channel of DataFlash logs, and which vehicle wrote one."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from controller.logs.formats.dataflash.tables import DataFlashTable
from controller.logs.series.mode_names import ARDUPILOT_VEHICLES, ardupilot_mode
from controller.logs.series.view import Channel, changes, numeric

# ArduPilot, AP_Logger LogEvent: AUTO_ARMED, NOT_LANDED.
_EVENTS_WHILE_ARMED = (15, 28)
_ERRORS_WHILE_ARMED = (12,)  # LogErrorSubsystem::CRASH_CHECK
_MODE_NUMBERS = ("ModeNum", "Mode")
# "ArduCopter V4.5.7", until 2018 "APM:Copter V3.5.4", of 3DR "APM:Copter solo-1.5.3".
_BANNER = re.compile(r"^(?:APM: ?|Ardu)(Copter|Plane|Rover|Sub)\b|^(AntennaTracker|Blimp)\b")
# Parameters that only one vehicle has, for a log whose banner is not in it.
_OWN_PARAMETERS = {
    "Copter": ("MOT_", "PILOT_THR", "THR_MID", "THR_MAX", "ATC_RAT_RLL", "RATE_RLL", "WPNAV_", "FLTMODE_CH"),
    "Plane": ("TRIM_ARSPD", "ARSPD_FBW", "TECS_", "AIRSPEED_MIN", "Q_ENABLE", "LIM_PITCH", "PTCH_LIM"),
    "Rover": ("CRUISE_SPEED", "TURN_MAX_G", "ATC_STR_RAT", "STEER2SRV", "TURN_RADIUS"),
    "Sub": ("SURFACE_DEPTH", "JS_GAIN", "FS_LEAK"),
}


def mode_channel(tables: Mapping[str, DataFlashTable]) -> Channel | None:
    """The mode and arming over time; None where the log has no modes."""
    mode = tables.get("MODE")
    label = next((label for label in _MODE_NUMBERS if mode is not None and numeric(mode, label, "iu")), None)
    if mode is None or label is None:
        return None
    enum = ARDUPILOT_VEHICLES.get(vehicle_of(tables), "")
    rows: list[tuple[int, str | None, bool | None]] = [
        (int(time_us), ardupilot_mode(enum, int(number)), None)
        for time_us, number in zip(mode.times_us.tolist(), mode[label].tolist(), strict=True)
    ]
    arms: list[tuple[int, str | None, bool | None]] = []
    if "ARM" in tables and numeric(tables["ARM"], "ArmState"):
        arm = tables["ARM"]
        arms = [
            (t, None, bool(s)) for t, s in zip(arm.times_us.tolist(), arm["ArmState"].tolist(), strict=True)
        ]
    elif "EV" in tables and numeric(tables["EV"], "Id"):
        # Events 10 and 11 are armed and disarmed (ArduPilot, AP_Logger LogEvent).
        ev = tables["EV"]
        arms = [
            (t, None, i == 10)
            for t, i in zip(ev.times_us.tolist(), ev["Id"].tolist(), strict=True)
            if i in (10, 11)
        ]
    # A log whose first event is disarming was started by arming; so was one without either that has an event of an
    # armed vehicle: logging starts after arming, and a crash may end it.
    armed = not min(arms)[2] if arms else _ran_armed(tables)
    name = ""
    times_us, names, states = [], [], []
    for time_us, to_mode, to_armed in sorted([*rows, *arms], key=lambda row: row[0]):
        name, armed = (
            to_mode if to_mode is not None else name,
            to_armed if to_armed is not None else armed,
        )
        times_us.append(time_us)
        names.append(name)
        states.append(armed)
    return changes("MODE", np.array(times_us, np.int64), names, np.array(states, np.bool_))


def _ran_armed(tables: Mapping[str, DataFlashTable]) -> bool:
    return any(
        name in tables and numeric(tables[name], column) and bool(np.isin(tables[name][column], values).any())
        for name, column, values in (
            ("EV", "Id", _EVENTS_WHILE_ARMED),
            ("ERR", "Subsys", _ERRORS_WHILE_ARMED),
        )
    )


def vehicle_of(tables: Mapping[str, DataFlashTable]) -> str:
    """Copter, Plane, Rover, Sub, AntennaTracker or Blimp: by the firmware's banner, by parameters, by the columns of
    old records; empty if none of them tells."""
    for name, label in (("VER", "FWS"), ("MSG", "Message")):
        for text in _texts(tables, name, label):
            if banner := _BANNER.match(text):
                return banner[1] or banner[2]
    names = _texts(tables, "PARM", "Name")
    counts = {
        vehicle: sum(name.startswith(starts) for name in names) for vehicle, starts in _OWN_PARAMETERS.items()
    }
    if any(counts.values()):
        return max(counts, key=lambda vehicle: counts[vehicle])
    # Copter's records until 2015.
    return "Copter" if "MODE" in tables and "ThrCrs" in tables["MODE"] else ""


def _texts(tables: Mapping[str, DataFlashTable], name: str, label: str) -> list[str]:
    if name not in tables or label not in tables[name] or tables[name][label].dtype.kind != "S":
        return []
    return [text.decode("latin1") for text in tables[name][label].tolist()]
