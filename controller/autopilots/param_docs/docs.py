"""Documentation of one parameter, and the check of a value against it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Number = float | int
# A limit of the text counts as kept by its nearest 32-bit float.
_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class ParamDoc:
    """Documentation of a parameter; None and empty values are not documented."""

    name: str
    title: str = ""
    text: str = ""
    group: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None
    places: int | None = None
    default: Number | None = None
    options: tuple[tuple[Number, str], ...] = ()
    """Values with their meanings."""
    bits: tuple[tuple[int, str], ...] = ()
    """Numbers of bits, from 0, with their meanings."""
    reboot: bool = False
    """Whether a change takes effect only after a restart."""
    read_only: bool = False
    advanced: bool = False

    def problem(self, value: Number) -> str:
        """Return what is wrong with a value by the documentation, such as "is below ...", "" for nothing."""
        if self.bits:
            return self._bits_problem(value)
        if self.options and any(_same(value, known) for known, _ in self.options):
            return ""
        unit = f" {self.unit}" if self.unit else ""
        if self.low is not None and value < self.low and not _same(value, self.low):
            return f"is below the documented range: {self.low:g} to {_end(self.high)}{unit}"
        if self.high is not None and value > self.high and not _same(value, self.high):
            return f"is above the documented range: {_end(self.low)} to {self.high:g}{unit}"
        if self.options and self.low is None and self.high is None:
            known = ", ".join(f"{one:g}" for one, _ in self.options[:12])
            return f"is not one of the documented options: {known}{', ...' if len(self.options) > 12 else ''}"
        return ""

    def _bits_problem(self, value: Number) -> str:
        if value != int(value):
            return "is not a whole number, and the parameter is a set of bits"
        known = sum(1 << bit for bit, _ in self.bits)
        unknown = (int(value) & 0xFFFFFFFF) & ~known
        # All bits set is the usual way to say "everything".
        if not unknown or int(value) == -1:
            return ""
        numbers = [str(bit) for bit in range(32) if unknown >> bit & 1]
        return f"has bits that are not documented: {', '.join(numbers)}"

    def as_json(self) -> dict[str, Any]:
        """Return the fields that are documented."""
        found: dict[str, Any] = {}
        for name in ("title", "text", "group", "unit", "low", "high", "step", "places", "default"):
            value = getattr(self, name)
            if value is not None and value != "":
                found[name] = value
        for name in ("options", "bits"):
            if getattr(self, name):
                found[name] = [list(one) for one in getattr(self, name)]
        for name in ("reboot", "read_only", "advanced"):
            if getattr(self, name):
                found[name] = True
        return found


@dataclass(frozen=True, slots=True)
class ParamDocs:
    """Documentation of the parameters of a firmware. `source` says where it is from, for the operator."""

    source: str = ""
    docs: Mapping[str, ParamDoc] = field(default_factory=dict)

    def __getitem__(self, name: str) -> ParamDoc:
        """Return the documentation of a parameter, an empty one where there is none."""
        return self.docs.get(name) or ParamDoc(name)

    def __contains__(self, name: object) -> bool:
        return name in self.docs


NO_DOCS = ParamDocs()


def _same(one: Number, two: Number) -> bool:
    return one == two or math.isclose(one, two, rel_tol=_TOLERANCE, abs_tol=1e-9)


def _end(value: float | None) -> str:
    return "any" if value is None else f"{value:g}"
