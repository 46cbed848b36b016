"""Parameter metadata as MAVLink's component metadata service defines it: parameters.json of PX4.

Source: the component metadata service of the MAVLink specification, parameter.schema.json.
"""

from __future__ import annotations

from typing import Any

from controller.autopilots.param_docs.docs import ParamDoc
from controller.autopilots.param_docs.loose_values import number, rows, text


def read(document: dict[str, Any]) -> dict[str, ParamDoc]:
    """Return the documentation of each parameter; entries without a name are left out."""
    found: dict[str, ParamDoc] = {}
    for row in rows(document.get("parameters")):
        name = text(row.get("name"))
        if not name:
            continue
        places = number(row.get("decimalPlaces"))
        found[name] = ParamDoc(
            name,
            title=text(row.get("shortDesc")),
            text=text(row.get("longDesc")),
            group=text(row.get("group")),
            unit=text(row.get("units")),
            low=number(row.get("min")),
            high=number(row.get("max")),
            step=number(row.get("increment")),
            places=int(places) if places is not None and 0 <= places <= 9 else None,
            default=number(row.get("default")),
            options=tuple(
                (value, text(one.get("description")))
                for one in rows(row.get("values"))
                if (value := number(one.get("value"))) is not None
            ),
            bits=tuple(
                (int(bit), text(one.get("description")))
                for one in rows(row.get("bitmask"))
                if (bit := number(one.get("index"))) is not None and 0 <= bit < 32
            ),
            reboot=row.get("rebootRequired") is True,
            read_only=row.get("readOnly") is True,
            advanced=text(row.get("category")).lower() in ("developer", "system"),
        )
    return found
