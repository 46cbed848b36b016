"""Parameters of an emulated autopilot, loaded from typed TOML tables.

The autopilot reads a parameter whenever it uses it, so a change acts at once.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from controller.protocol.mission.items import float32
from controller.protocol.params.server import ParamStore
from controller.protocol.params.values import ParamValue
from controller.protocol.params.wire import REAL32
from controller.wire.enums import MAV_PARAM_TYPE
from hil.errors import ScenarioError

FOLDER = Path(__file__).parents[1] / "parameters"

TYPES = {
    name: int(MAV_PARAM_TYPE[name.upper()])
    for name in ("uint8", "int8", "uint16", "int16", "uint32", "int32", "real32")
}


def load(
    table: str,
    *,
    changes: Mapping[str, float] | None = None,
    on_change: Callable[[ParamValue], None] | None = None,
) -> ParamStore:
    """Return the table `table` of `parameters/` (several names joined by +), sorted by name, with `changes` applied.

    Raises ScenarioError for a change of a parameter that is not in the table, or to a value that its type cannot hold.
    """
    store = ParamStore(_table(table), check=_kept, on_change=on_change)
    for name, value in (changes or {}).items():
        if name not in store:
            raise ScenarioError(
                "unknown parameter: the emulated autopilot does not have it", where=f"{table} {name}"
            )
        if not store.set(name, value):
            raise ScenarioError(
                f"invalid value {value}: the parameter's type cannot hold it", where=f"{table} {name}"
            )
    return store


@cache
def _table(table: str) -> tuple[ParamValue, ...]:
    documents = [
        tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8")) for name in table.split("+")
    ]
    values = [
        ParamValue(name=name, value=float32(value) if kind == "real32" else value, type=TYPES[kind])
        for document in documents
        for kind, section in document.items()
        for name, value in section.items()
    ]
    return tuple(sorted(values, key=lambda value: value.name))


def _kept(value: ParamValue) -> ParamValue | None:
    """Return the value as stored: floats rounded to 32 bits, whole numbers as such; None for one that is not finite."""
    if not math.isfinite(value.value):
        return None
    if value.type == REAL32:
        return replace(value, value=float32(value.value))
    return replace(value, value=int(value.value)) if float(value.value).is_integer() else value
