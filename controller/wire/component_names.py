"""Names of MAVLink components in words: who sent a message."""

from __future__ import annotations

from controller.wire import enums

_WORDS = {
    "AUTOPILOT1": "autopilot",
    "ONBOARD_COMPUTER": "companion computer",
    "MISSIONPLANNER": "ground station",
    "PERIPHERAL": "peripheral",
}


def component_name(component: int) -> str:
    """Return the name of a component id in lower case: "gimbal", "companion computer 2", "component 77"."""
    name = enums.describe("MAV_COMPONENT", component)
    if name.isdigit():
        return f"component {name}"
    stem = name.rstrip("0123456789")
    number = name[len(stem) :]
    if name in _WORDS:
        return _WORDS[name]
    words = _WORDS.get(stem.rstrip("_"), stem.rstrip("_").lower().replace("_", " "))
    return f"{words} {number}" if number else words
