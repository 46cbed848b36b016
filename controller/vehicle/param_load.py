"""Loading of a parameter file: what would change is planned first, then written and read back.

Values that the autopilot maintains itself (statistics, counters, calibration found in flight) are left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from controller.errors import LandlineError, LinkError, UserError
from controller.protocol.params.values import ParamValue
from controller.protocol.params.wire import ParamEncoding, encode
from controller.vehicle.param_numbers import same_number

_SIMILARITY = 0.75
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
            impossible[name] = f"the aircraft has no such parameter{did_you_mean(name, onboard)}"
        elif not same_number(before.value, value, before.type):
            try:
                encode(value, before.type, encoding)
            except UserError as error:
                impossible[name] = error.what
            else:
                changes[name] = (before, value)
    return LoadPlan(changes, impossible, tuple(left))


def near_names(name: str, known: Iterable[str]) -> list[str]:
    """Return the known names that look like `name`, the nearest first."""
    return get_close_matches(name.upper(), list(known), n=_SUGGESTIONS, cutoff=_SIMILARITY)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean A or B?", or "" if no known name looks like `name`."""
    near = near_names(name, known)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def note_failures(
    names: Iterable[str], error: LandlineError, failed: dict[str, str], *, written: Iterable[str]
) -> None:
    """Put all names that are not in `written` into `failed`, with the error that ended the load."""
    done = set(written)
    for name in names:
        if name not in done and name not in failed:
            failed[name] = f"not written: {error.what}"
