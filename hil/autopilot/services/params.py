"""The parameters of an emulated autopilot: a typed table from a TOML file, read by the rest of the autopilot at every use."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from controller.protocol.mission.items import float32
from controller.protocol.params.client import ParamValue
from controller.protocol.params.server import ParamStore
from controller.protocol.params.wire import REAL32
from hil.errors import ScenarioError

FOLDER = Path(__file__).parents[1] / "parameters"

# MAV_PARAM_TYPE
TYPES = {"uint8": 1, "int8": 2, "uint16": 3, "int16": 4, "uint32": 5, "int32": 6, "real32": 9}


def load(
    table: str,
    *,
    changes: Mapping[str, float] | None = None,
    on_change: Callable[[ParamValue], None] | None = None,
) -> ParamStore:
    """The table of this name in `parameters/` (several joined by +), listed by name, with some defaults changed.

    Raises ScenarioError for a change of a parameter that is not in the table, or to a value that it cannot hold.
    """
    documents = [
        tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8")) for name in table.split("+")
    ]
    values = [
        ParamValue(name=name, value=float32(value) if kind == "real32" else value, type=TYPES[kind])
        for document in documents
        for kind, section in document.items()
        for name, value in section.items()
    ]
    store = ParamStore(sorted(values, key=lambda value: value.name), check=_kept, on_change=on_change)
    for name, value in (changes or {}).items():
        if name not in store:
            raise ScenarioError("this autopilot has no such parameter", where=f"{table} {name}")
        if not store.set(name, value):
            raise ScenarioError(f"the parameter cannot hold {value}", where=f"{table} {name}")
    return store


def _kept(value: ParamValue) -> ParamValue | None:
    """Floats at 32 bits; what is no number is refused."""
    if not math.isfinite(value.value):
        return None
    return replace(value, value=float32(value.value)) if value.type == REAL32 else value
