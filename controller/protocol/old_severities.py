"""Severities of the status texts of old ArduPilot firmware, which counts from 1 (low) to 4 (critical)."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from controller.autopilot_facts.facts import ARDUPILOT, StackFacts
from controller.wire.enums import MAV_SEVERITY

# "APM:Copter V3.3 (d6053245)", "ArduPlane V3.3.0", and of 3DR's Solo "APM:Copter solo-1.5.3".
_BANNER = re.compile(r"(?:APM:|Ardu)(Copter|Plane|Rover) (?:[vV](\d+)\.(\d+)|solo-)")
_MAVLINK_SEVERITY: Final = {
    1: MAV_SEVERITY.INFO,
    2: MAV_SEVERITY.NOTICE,
    3: MAV_SEVERITY.WARNING,
    4: MAV_SEVERITY.CRITICAL,
    5: MAV_SEVERITY.NOTICE,  # a question to the operator
}


def has_old_severities(text: str) -> bool:
    """Return whether a status text is the banner of a firmware with the old severities."""
    found = _BANNER.match(text)
    if found is None:
        return False
    return found[2] is None or (int(found[2]), int(found[3])) < _first_versions()[found[1]]


def mavlink_severity(old: int) -> int:
    """Return the MAV_SEVERITY of an old severity."""
    return int(_MAVLINK_SEVERITY.get(old, old))


@cache
def _first_versions() -> dict[str, tuple[int, int]]:
    """Return the first version with MAVLink's severities of each vehicle."""
    rows = (row.split() for row in StackFacts(ARDUPILOT).texts("mavlink_severities"))
    return {vehicle: (int(major), int(minor)) for vehicle, major, minor in rows}
