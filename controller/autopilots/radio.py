"""Radio of each autopilot: which parameters hold the ends of the channels, their uses, and the modes of the switch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from controller.autopilots.base import Autopilot
from controller.autopilots.param_docs.read import packed_docs
from controller.autopilots.vehicle_class import VehicleClass

Values = Mapping[str, float | int]
_MOST_CHANNELS = 18
# Ends of the six positions of ArduPilot's mode switch, us: read_control_switch of its RC_Channels.
_ARDUPILOT_ENDS_US = (1231, 1361, 1491, 1621, 1750)
_STICKS = ("roll", "pitch", "throttle", "yaw")


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: its number from 1, its use, and its ends in us, None where they are not known."""

    number: int
    use: str
    low_us: float | None
    trim_us: float | None
    high_us: float | None
    reversed: bool


@dataclass(frozen=True, slots=True)
class ModeSwitch:
    """The channel that switches modes, None for none, and the names of the modes at its six positions."""

    channel: int | None
    modes: tuple[str, ...]


def radio_params(autopilot: Autopilot) -> tuple[str, ...]:
    """Return names without which nothing of the radio is known."""
    return ("RC_MAP_FLTMODE",) if _is_px4(autopilot) else (_mode_names(autopilot)[0],)


def channels(autopilot: Autopilot, values: Values) -> list[Channel]:
    """Return the channels whose ends are known."""
    uses = _uses(autopilot, values)
    found = []
    for number in range(1, _MOST_CHANNELS + 1):
        low, trim, high = (values.get(f"RC{number}_{end}") for end in ("MIN", "TRIM", "MAX"))
        reverse = values.get(f"RC{number}_REV") == -1 or values.get(f"RC{number}_REVERSED") == 1
        found.append(Channel(number, ", ".join(uses.get(number, ())), low, trim, high, reverse))
    return found


def mode_switch(autopilot: Autopilot, values: Values) -> ModeSwitch:
    """Return the switch of the flight modes."""
    if _is_px4(autopilot):
        options = packed_docs(autopilot.name)["COM_FLTMODE1"].options
        names = {number: words for number, words in options}  # noqa: C416 - numbers of either type
        modes = tuple(_px4_mode(values.get(f"COM_FLTMODE{at}"), names) for at in range(1, 7))
        return ModeSwitch(int(values.get("RC_MAP_FLTMODE", 0)) or None, modes)
    channel, prefix = _mode_names(autopilot)
    numbers = [values.get(f"{prefix}{at}") for at in range(1, 7)]
    modes = tuple("" if one is None else autopilot.mode_name(0, int(one)) for one in numbers)
    return ModeSwitch(int(values.get(channel, 0)) or None, modes)


def mode_position(autopilot: Autopilot, channel: Channel, pulse_us: float) -> int | None:
    """Return the position of the mode switch, from 0, at a pulse width; None where it is not known."""
    if not _is_px4(autopilot):
        return sum(pulse_us >= end for end in _ARDUPILOT_ENDS_US)
    low, high = channel.low_us, channel.high_us
    if low is None or high is None or high <= low:
        return None
    value = min(max((pulse_us - low) / (high - low) * 2 - 1, -1.0), 1.0) * (-1 if channel.reversed else 1)
    # Source: rc_update.cpp of PX4: six slots, a little wider than the throw.
    half, slots = 1 / 6, 6
    slot = ((value + 1.05) * slots + half) / 2.1 + half
    return min(int(slot), slots - 1)


def _is_px4(autopilot: Autopilot) -> bool:
    return autopilot.name == "PX4"


def _mode_names(autopilot: Autopilot) -> tuple[str, str]:
    return ("MODE_CH", "MODE") if autopilot.kind is VehicleClass.ROVER else ("FLTMODE_CH", "FLTMODE")


def _px4_mode(value: float | int | None, names: Mapping[float | int, str]) -> str:
    return "" if value is None else names.get(value, f"{value:g}")


def _uses(autopilot: Autopilot, values: Values) -> dict[int, list[str]]:
    prefix = "RC_MAP_" if _is_px4(autopilot) else "RCMAP_"
    found: dict[int, list[str]] = {}
    for name in _STICKS:
        number = int(values.get(f"{prefix}{name.upper()}", 0))
        if number:
            found.setdefault(number, []).append(name)
    switch = mode_switch(autopilot, values).channel
    if switch:
        found.setdefault(switch, []).append("modes")
    return found
