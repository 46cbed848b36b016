"""Loading of a parameter file: what would change is planned first, then written and read back.

Values that the autopilot maintains itself (statistics, counters, calibration found in flight) are left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from controller.errors import LandlineError, LinkError, UserError
from controller.near_names import did_you_mean, near_names
from controller.protocol.params.values import ParamValue
from controller.protocol.params.wire import ParamEncoding, encode
from controller.vehicle.param_numbers import same_number

_SIMILARITY = 0.75
_SIMILARITY_IN_GROUP = 0.5  # the other autopilot's name: RTL_RETURN_ALT on a copter of ArduPilot is RTL_ALT
_SUGGESTIONS = 3

Number = float | int


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What loading a file would do."""

    changes: dict[str, tuple[ParamValue, Number]]
    """Parameters to write: their value on board, and the new one."""
    impossible: dict[str, str]
    """Parameters that cannot be written, with the reason: unknown names, and values that do not fit the type."""
    left: tuple[str, ...]
    """Names of values that differ and are left alone, because the autopilot maintains them."""


@dataclass(slots=True)
class LoadResult:
    """What loading a file did. `error` ended it early; the parameters after it are in `failed`."""

    changed: dict[str, tuple[Number, Number]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    error: LinkError | None = None


def plan_load(
    values: Mapping[str, Number],
    onboard: Mapping[str, ParamValue],
    encoding: ParamEncoding,
    maintained: Callable[[str], bool],
) -> LoadPlan:
    """Return what writing `values` would change on an aircraft with the parameters `onboard`."""
    changes: dict[str, tuple[ParamValue, Number]] = {}
    impossible: dict[str, str] = {}
    left = []
    for name, value in values.items():
        before = onboard.get(name)
        if maintained(name):
            if before is None or not same_number(before.value, value, before.type):
                left.append(name)
        elif before is None:
            impossible[name] = f"the aircraft has no such parameter{suggestion(name, onboard)}"
        elif not same_number(before.value, value, before.type):
            try:
                encode(value, before.type, encoding)
            except UserError as error:
                impossible[name] = error.what
            else:
                changes[name] = (before, value)
    return LoadPlan(changes, impossible, tuple(left))


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean A or B?" with the parameters that look like `name`, else the nearest of its group (the
    part before the first `_`), else ""."""
    names = list(known)
    group = name.upper().partition("_")[0] + "_"
    of_group = [one for one in names if one.startswith(group)]
    near = near_names(name, names, most=_SUGGESTIONS, least=_SIMILARITY)
    return did_you_mean(near or near_names(name, of_group, most=_SUGGESTIONS, least=_SIMILARITY_IN_GROUP))


def note_failures(
    names: Iterable[str], error: LandlineError, failed: dict[str, str], *, written: Iterable[str]
) -> None:
    """Put all names that are not in `written` into `failed`, with the error that ended the load."""
    done = set(written)
    for name in names:
        if name not in done and name not in failed:
            failed[name] = f"not written: {error.what}"
