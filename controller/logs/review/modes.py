"""Mode changes that nobody at the controls asked for: as the on-board log gives the reason, as PX4 tells what was wanted, and
as a telemetry log shows that no order went before."""

from __future__ import annotations

import numpy as np

from controller.logs.formats.mode_names import px4_state
from controller.logs.review.evidence import Grade, Happened
from controller.logs.review.flight import Flight

TITLE = "mode change"
# ArduPilot, AP_Vehicle/ModeReason.h; those a person asked for, and the start of the machine, are no findings.
_ASKED = (1, 2, 26, 31)
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
    24: "VTOL take-off failed",
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
_REASON_SOURCE = "ArduPilot, AP_Vehicle/ModeReason.h: the reason logged with the mode"
_PX4_SOURCE = "PX4, VehicleStatus.msg: the mode flown is not the one the user intended"
_LINK_SOURCE = "no order to change the mode was in the log in the seconds before"
# MAV_CMD_DO_SET_MODE, and the commands that change the mode on their own: take-off, land, return, start of the mission,
# hold and go on, PX4's reposition and orbit.
_MODE_COMMANDS = (176, 22, 21, 20, 300, 193, 192, 34, 252)
_ORDER_WITHIN_US = 5_000_000
_CROSSING_US = 1_500_000
# One mode of the autopilot's that hands over to the next when it is done.
_BY_THEMSELVES = (
    ("TAKEOFF", "LOITER"),
    ("VTOL_TAKEOFF", "LOITER"),
    ("PRECLAND", "LAND"),
    ("RTL", "LAND"),
    ("RTL", "LOITER"),
    ("LAND", "LOITER"),
)


def judged(flight: Flight) -> set[str]:
    """The title, where the log can tell who changed the mode."""
    if flight.read.format == "tlog":
        return {TITLE} if _orders_us(flight) is not None else set()
    return {TITLE} if "mode" in flight.view.channels else set()


def happened(flight: Flight) -> list[Happened]:
    """Mode changes while armed that were not asked for."""
    if flight.read.format == "dataflash":
        return _by_reason(flight)
    if flight.read.format == "ulog":
        return _unintended(flight)
    return _unordered(flight)


def _by_reason(flight: Flight) -> list[Happened]:
    rows = flight.records.first("MODE")
    channel = flight.view.channels.get("mode")
    if rows is None or channel is None or "Rsn" not in rows:
        return []
    times_us = flight.times_us(rows.times_us)
    found = []
    for at_us, reason, armed in zip(
        times_us.tolist(), rows["Rsn"].tolist(), flight.armed(times_us).tolist(), strict=True
    ):
        if not armed or int(reason) in _ASKED:
            continue
        at = max(0, int(np.searchsorted(channel.times_us, at_us, side="right")) - 1)
        why = _REASONS.get(int(reason), f"reason {int(reason)}")
        grade: Grade = "bad" if int(reason) in _BAD_REASONS else "look"
        text = f"to {channel['mode'][at]}, by the autopilot: {why}"
        found.append(Happened(TITLE, rows.source, int(at_us), text, _REASON_SOURCE, grade))
    return found


def _unintended(flight: Flight) -> list[Happened]:
    rows = flight.records.first("vehicle_status")
    if rows is None or "nav_state_user_intention" not in rows or not len(rows.times_us):
        return []
    times_us = flight.times_us(rows.times_us)
    flown, wanted = rows["nav_state"], rows["nav_state_user_intention"]
    apart = (flown != wanted) & flight.armed(times_us)
    begun = np.flatnonzero(apart & ~np.concatenate([[False], apart[:-1]]))
    return [
        Happened(
            TITLE,
            rows.source,
            int(times_us[at]),
            f"to {px4_state(int(flown[at]))}, by the autopilot, where {px4_state(int(wanted[at]))} was wanted",
            _PX4_SOURCE,
            "bad",
        )
        for at in begun.tolist()
    ]


def _unordered(flight: Flight) -> list[Happened]:
    channel, orders_us = flight.view.channels.get("mode"), _orders_us(flight)
    if channel is None or orders_us is None:
        return []
    found = []
    names, armed = channel["mode"], channel["armed"]
    ended_us = 0
    for at in range(1, channel.count):
        at_us = int(channel.times_us[at])
        if not armed[at] or not armed[at - 1] or names[at] == names[at - 1]:
            continue
        if ((orders_us <= at_us) & (orders_us > at_us - _ORDER_WITHIN_US)).any():
            continue
        if names[at - 1] in ("MISSION", "AUTO") and _at_the_last_item(flight, at_us):
            ended_us = at_us
        # What the end of the mission began goes on: PX4 holds before it returns.
        if at_us - ended_us < _ORDER_WITHIN_US:
            ended_us = at_us
            continue
        if (names[at - 1], names[at]) not in _BY_THEMSELVES:
            text = f"{names[at - 1]} to {names[at]}: by the mission, a switch of the pilot's, or a failsafe"
            found.append(Happened(TITLE, channel.source, at_us, text, _LINK_SOURCE))
    return found


def _at_the_last_item(flight: Flight, at_us: int) -> bool:
    current = flight.records.first("MISSION_CURRENT")
    items = flight.records.of_anybody("MISSION_ITEM_INT", "MISSION_ITEM")
    if current is None or items is None:
        return False
    # The word of the last item and that of the new mode cross on the link.
    before = flight.times_us(current.times_us) <= at_us + _CROSSING_US
    return bool(before.any()) and float(current["seq"][before][-1]) >= float(items["seq"].max())


def _orders_us(flight: Flight) -> np.ndarray[tuple[int], np.dtype[np.int64]] | None:
    """When somebody on the ground ordered a mode; None where the log holds nothing from the ground at all."""
    tables, aircraft = flight.read.log.tables, flight.records.aircraft
    if aircraft is None:
        return None
    ground = False
    parts = []
    for name, table in tables.items():
        sent = table.systems != aircraft[0]
        if name == "HEARTBEAT":
            ground = bool((sent & (table["type"] == 6)).any())
        elif name == "SET_MODE":
            parts.append(table.times_us[sent])
        elif name in ("COMMAND_LONG", "COMMAND_INT"):
            parts.append(table.times_us[sent & np.isin(table["command"], _MODE_COMMANDS)])
        elif name == "MISSION_SET_CURRENT":
            parts.append(table.times_us[sent])
    if not ground:
        return None
    return np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64)
