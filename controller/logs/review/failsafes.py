"""Failsafes, fence breaches and grave words of the autopilot while armed, as each format tells them."""

from __future__ import annotations

import numpy as np

from controller.logs.review.evidence import Grade, Happened
from controller.logs.review.flight import Flight
from controller.logs.review.records import Rows

FAILSAFE, FENCE, SAID = "failsafe", "fence", "the autopilot said"
_ERR_SOURCE = "ArduPilot wiki, Diagnosing problems using Logs: the table of ERR subsystems and codes"
_STATUS_SOURCE = "MAVLink, MAV_STATE: critical (5) and emergency (6)"
_FLAGS_SOURCE = "PX4, FailsafeFlags.msg and VehicleStatus.msg"
_FENCE_SOURCE = "MAVLink, FENCE_STATUS: breach_status 1 is outside"
_SAID_SOURCE = "MAVLink, MAV_SEVERITY: 0 emergency, 1 alert, 2 critical; or the word failsafe"
# Subsystem, its name, and the title; the codes other than 0 (resolved) are told as numbers.
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
_BREACHES = {1: "altitude too low", 2: "altitude too high", 3: "outside the boundary"}
_STATES = {5: "critical", 6: "emergency"}
_PX4_FLAGS = {
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
_PX4_STATUS = {
    "failsafe": "the autopilot is in failsafe",
    "rc_signal_lost": "the remote control was lost",
    "data_link_lost": "the ground station was lost",
    "engine_failure": "engine failure",
    "mission_failure": "mission failure",
}
_CRITICAL, _MOST_SAID = 2, 20


def judged(flight: Flight) -> set[str]:
    """What the log can tell."""
    if flight.read.format == "dataflash":
        # ERR is only written when something is wrong: a log that tells the modes would have it.
        return {FAILSAFE, FENCE} if flight.records.first("ERR", "MODE") is not None else set()
    states = ("failsafe_flags", "vehicle_status") if flight.read.format == "ulog" else ("HEARTBEAT",)
    titles = {FAILSAFE} if flight.records.first(*states) is not None else set()
    if flight.records.first("FENCE_STATUS", "failsafe_flags", "geofence_result") is not None:
        titles |= {FENCE}
    return titles


def happened(flight: Flight) -> list[Happened]:
    """In no particular order."""
    if flight.read.format == "dataflash":
        return _errors(flight)
    if flight.read.format == "ulog":
        return [
            *_rising(flight, flight.records.first("failsafe_flags"), _PX4_FLAGS),
            *_rising(flight, flight.records.first("vehicle_status"), _PX4_STATUS),
            *_logged(flight),
        ]
    return [*_states(flight), *_fence(flight), *_said(flight)]


def _errors(flight: Flight) -> list[Happened]:
    rows = flight.records.first("ERR")
    if rows is None:
        return []
    code = "ECode" if "ECode" in rows else "Ecode"
    times_us = flight.times_us(rows.times_us)
    armed = flight.armed(times_us)
    return [
        Happened(
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


def _rising(flight: Flight, rows: Rows | None, words: dict[str, str]) -> list[Happened]:
    """The moments in the armed spans in which a flag went up; one that was up all along says nothing of this flight."""
    if rows is None:
        return []
    times_us = flight.times_us(rows.times_us)
    armed = flight.armed(times_us)
    found = []
    for column, text in words.items():
        if column not in rows:
            continue
        up = rows[column] > 0
        for at in (np.flatnonzero(up[1:] & ~up[:-1] & armed[1:]) + 1).tolist():
            down = np.flatnonzero(~up[at:])
            until_us = int(times_us[at + down[0]] if len(down) else times_us[-1])
            title = FENCE if column.startswith("geofence") else FAILSAFE
            grade: Grade = "bad"
            found.append(
                Happened(
                    title, f"{rows.source}.{column}", int(times_us[at]), text, _FLAGS_SOURCE, grade, until_us
                )
            )
    return found


def _logged(flight: Flight) -> list[Happened]:
    """ULog's texts of the grave levels (syslog: 0 emergency, 1 alert, 2 critical)."""
    texts = [
        text for text in flight.read.log.texts if text.level <= _CRITICAL or "failsafe" in text.text.lower()
    ]
    times_us = flight.times_us(np.array([text.time_us for text in texts], np.int64))
    armed = flight.armed(times_us).tolist()
    return [
        Happened(SAID, "log", int(at_us), text.text.strip(), _SAID_SOURCE)
        for text, at_us, was_armed in zip(texts, times_us.tolist(), armed, strict=True)
        if was_armed
    ][:_MOST_SAID]


def _states(flight: Flight) -> list[Happened]:
    rows = flight.records.first("HEARTBEAT")
    if rows is None:
        return []
    times_us, state = flight.times_us(rows.times_us), rows["system_status"]
    grave = (state >= 5) & (state <= 6) & flight.armed(times_us)
    begun = np.flatnonzero(grave[1:] & ~grave[:-1]) + 1
    return [
        Happened(
            FAILSAFE,
            "HEARTBEAT.system_status",
            int(times_us[at]),
            f"the autopilot's state became {_STATES[int(state[at])]}",
            _STATUS_SOURCE,
            "bad",
        )
        for at in begun.tolist()
    ]


def _fence(flight: Flight) -> list[Happened]:
    rows = flight.records.first("FENCE_STATUS")
    if rows is None:
        return []
    times_us = flight.times_us(rows.times_us)
    outside = (rows["breach_status"] > 0) & flight.armed(times_us)
    begun = np.flatnonzero(outside & ~np.concatenate([[False], outside[:-1]]))
    kinds = rows["breach_type"]
    return [
        Happened(
            FENCE,
            "FENCE_STATUS",
            int(times_us[at]),
            f"fence breached: {_BREACHES.get(int(kinds[at]), 'kind not told')}",
            _FENCE_SOURCE,
            "bad",
        )
        for at in begun.tolist()
    ]


def _said(flight: Flight) -> list[Happened]:
    rows = flight.records.first("STATUSTEXT")
    if rows is None:
        return []
    times_us = flight.times_us(rows.times_us)
    armed = flight.armed(times_us).tolist()
    found = []
    for at, (severity, raw) in enumerate(
        zip(rows["severity"].tolist(), rows.raw("text").tolist(), strict=True)
    ):
        text = (raw.decode("latin1") if isinstance(raw, bytes) else str(raw)).rstrip("\0").strip()
        if armed[at] and text and (severity <= _CRITICAL or "failsafe" in text.lower()):
            found.append(Happened(SAID, "STATUSTEXT", int(times_us[at]), text, _SAID_SOURCE))
    return found[:_MOST_SAID]
