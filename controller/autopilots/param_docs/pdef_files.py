"""Documentation files of ArduPilot's parameters, which the operator has: apm.pdef.xml and apm.pdef.json.

ArduPilot serves none over MAVLink, and its words are under a licence that keeps them out of this package.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree

from controller.autopilots.param_docs.docs import Number, ParamDoc
from controller.autopilots.param_docs.loose_values import number, text, yes

_ENTITIES = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def read_json(document: Mapping[str, Any]) -> dict[str, ParamDoc]:
    """Return the documentation of apm.pdef.json: groups of parameters by name."""
    found: dict[str, ParamDoc] = {}
    for group, params in document.items():
        if group == "json" or not isinstance(params, dict):
            continue
        for name, row in params.items():
            if isinstance(row, dict):
                span = row.get("Range")
                ends = (span.get("low"), span.get("high")) if isinstance(span, dict) else (None, None)
                found[_name(name)] = _doc(
                    name, row, ends=ends, values=_pairs(row.get("Values")), bits=_pairs(row.get("Bitmask"))
                )
    return found


def read_xml(content: str) -> dict[str, ParamDoc]:
    """Return the documentation of apm.pdef.xml. Raises ValueError for another file."""
    if _ENTITIES.search(content):
        raise ValueError("it defines entities")
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from None
    found: dict[str, ParamDoc] = {}
    # Parameters of the vehicle come first, and keep their words where a library has the same name.
    for param in root.iter("param"):
        name = param.get("name", "")
        fields = {one.get("name", ""): one.text or "" for one in param.iter("field")}
        row = {
            "DisplayName": param.get("humanName"),
            "Description": param.get("documentation"),
            "User": param.get("user"),
            **fields,
        }
        bits = [(one.get("code"), one.text) for one in param.iter("bit")] or _listed(fields.get("Bitmask"))
        values = [(one.get("code"), one.text) for one in param.iter("value")]
        ends = fields.get("Range", "").split()
        span = (ends[0], ends[1]) if len(ends) == 2 else (None, None)
        if name:
            found.setdefault(_name(name), _doc(name, row, ends=span, values=values, bits=bits))
    return found


_Pairs = Iterable[tuple[object, object]]


def _doc(
    name: str, row: Mapping[str, Any], *, ends: tuple[object, object], values: _Pairs, bits: _Pairs
) -> ParamDoc:
    return ParamDoc(
        _name(name),
        title=text(row.get("DisplayName")),
        text=text(row.get("Description")),
        unit=text(row.get("Units")),
        low=number(ends[0]),
        high=number(ends[1]),
        step=number(row.get("Increment")),
        options=_options(values),
        bits=tuple((int(bit), words) for bit, words in _options(bits) if 0 <= bit < 32),
        reboot=yes(row.get("RebootRequired")),
        read_only=yes(row.get("ReadOnly")),
        advanced=text(row.get("User")).lower() == "advanced",
    )


def _name(name: str) -> str:
    """Return a name without the vehicle before it: `ArduCopter:RTL_ALT`."""
    return name.rpartition(":")[2].strip()


def _pairs(value: object) -> list[tuple[object, object]]:
    return list(value.items()) if isinstance(value, dict) else []


def _listed(value: str | None) -> list[tuple[object, object]]:
    """Return the pairs of `0:First,1:Second`."""
    return [tuple(one.split(":", 1)) for one in (value or "").split(",") if ":" in one]  # type: ignore[misc]


def _options(pairs: _Pairs) -> tuple[tuple[Number, str], ...]:
    found = [(value, text(words)) for code, words in pairs if (value := number(code)) is not None]
    return tuple(sorted(found))
