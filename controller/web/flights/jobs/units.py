"""Units of the fields of raw messages, as far as the format's own description names them."""

from __future__ import annotations

from collections.abc import Sequence

from controller.wire import dialect


def field_units(table: str, fields: Sequence[str]) -> dict[str, str]:
    """Return the units of a MAVLink message's fields; empty for tables of other formats."""
    try:
        kind = dialect.by_name(table)
    except KeyError:
        return {}
    units = {field.name: field.units.strip("[]") for field in kind.fields}
    return {name: units[name] for name in fields if units.get(name)}
