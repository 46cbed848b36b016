"""XML of a WPML document as typed fields, whose errors name the line and the field.

The C parser builds the tree, because missions have thousands of waypoints. A document type is refused before: without
one there are no entities.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

from controller.missions.errors import PlanError

_MOST_ELEMENTS = 3_000_000
_VERSION = re.compile(r"/wpmz/(\d+)\.(\d+)\.(\d+)")
_LOOKED_AT = 2000


@dataclass(slots=True)
class Document:
    """Text of a document and its name; `file` is that of the archive."""

    text: str = field(repr=False)
    file: str
    name: str
    _names: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def version(self) -> tuple[int, int, int] | None:
        """Version of WPML by the namespace, None where it has none."""
        found = _VERSION.search(self.text[:_LOOKED_AT])
        return (int(found[1]), int(found[2]), int(found[3])) if found else None

    def beginning(self, placemarks: int) -> Fields:
        """Return the element `Document` without the placemarks after the first ones, where the others are not needed.

        A template repeats all waypoints of the waylines, which takes as long to parse as they do. Raises PlanError.
        """
        starts = list(itertools.islice(re.finditer(r"<Placemark\b", self.text), placemarks, placemarks + 1))
        end = self.text.rfind("</Placemark>") + len("</Placemark>")
        if starts and starts[0].start() < end:
            rest = self.text[: starts[0].start()] + self.text[end:]
            try:
                return Document(rest, self.file, self.name).root()
            except PlanError:
                pass  # there is more between the placemarks than white space: the whole document tells
        return self.root()

    def root(self) -> Fields:
        """Return the element `Document`. Raises PlanError."""
        if "<!DOCTYPE" in self.text or "<!ENTITY" in self.text:
            raise self.error("it declares a document type", hint="WPML needs none; export the mission again")
        if self.text.count("<") > _MOST_ELEMENTS:
            raise self.error("too many elements")
        try:
            root = ElementTree.fromstring(self.text)
        except ElementTree.ParseError as error:
            reason = str(error).split(":")[0]
            raise self.error(reason, line=error.position[0]) from None
        except (ValueError, RecursionError, LookupError) as error:
            raise self.error(str(error)[:100]) from None
        fields = Fields(self, root, "")
        return fields.child("Document") or fields

    def short_name(self, tag: str) -> str:
        """Return a tag without its namespace."""
        name = self._names.get(tag)
        if name is None:
            name = self._names[tag] = tag.rpartition("}")[2]
        return name

    def error(self, reason: str, *, line: int | None = None, hint: str | None = None) -> PlanError:
        """Return the error of an invalid document, to be raised."""
        where = f"{self.file}: {self.name}" + (f":{line}" if line else "")
        return PlanError(f"invalid DJI mission: {reason}", where=where, hint=hint)

    def line_of_waypoint(self, index: int) -> int | None:
        """Return the line of the placemark `index` (0 is the first) of the document."""
        for number, found in enumerate(re.finditer(r"<(?:\w+:)?Placemark\b", self.text)):
            if number == index:
                return self.text.count("\n", 0, found.start()) + 1
        return None


class Fields:
    """Children of an element by their names without prefix. `label` says which element it is, for errors.

    `placemark` is the index of the placemark that it is in, None for none.
    """

    __slots__ = ("_all", "_by_name", "document", "label", "placemark")

    def __init__(
        self, document: Document, element: ElementTree.Element, label: str, placemark: int | None = None
    ) -> None:
        self.document = document
        self.label = label
        self.placemark = placemark
        self._all = element
        name_of = document.short_name
        self._by_name = {name_of(child.tag): child for child in element}

    def has(self, name: str) -> bool:
        """Return whether there is such an element with any text in it."""
        return bool(self.text(name))

    def text(self, name: str) -> str:
        """Return the text of an element, "" where it is missing."""
        element = self._by_name.get(name)
        return "" if element is None else (element.text or "").strip()

    def number(self, name: str, low: float = -math.inf, high: float = math.inf) -> float:
        """Return a number in [low, high]. Raises PlanError, also where it is missing."""
        text = self.text(name)
        if not text:
            raise self.error(name, "it is missing")
        try:
            value = math.nan if "_" in text else float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.error(name, f"{text[:40]!r} is not a number")
        if not low <= value <= high:
            raise self.error(name, f"{value:g} is not between {low:g} and {high:g}")
        return value

    def maybe(self, name: str, low: float = -math.inf, high: float = math.inf) -> float | None:
        """Return a number, or None where it is missing."""
        return self.number(name, low, high) if self.text(name) else None

    def integer(self, name: str, low: int = 0, high: int = 2**31 - 1) -> int:
        """Return a whole number in [low, high]."""
        value = self.number(name, low, high)
        if value != int(value):
            raise self.error(name, f"{value:g} is not a whole number")
        return int(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a switch: 1 or 0, or true or false."""
        text = self.text(name).lower()
        if text not in ("", "0", "1", "true", "false"):
            raise self.error(name, f"{text[:40]!r} is not 0 or 1")
        return text in ("1", "true") if text else default

    def child(self, name: str) -> Fields | None:
        """Return the element as fields, None where it is missing."""
        element = self._by_name.get(name)
        if element is None:
            return None
        return Fields(self.document, element, self.label, self.placemark)

    def children(self, name: str) -> Iterator[Fields]:
        """Yield all elements of a name."""
        if name in self._by_name:
            name_of = self.document.short_name
            for element in self._all:
                if name_of(element.tag) == name:
                    yield Fields(self.document, element, self.label, self.placemark)

    def names_outside(self, known: frozenset[str]) -> tuple[str, ...]:
        """Return the names of the children that are not among `known`."""
        return tuple(name for name in self._by_name if name not in known)

    def names(self) -> Iterator[str]:
        """Yield the names of the children."""
        return iter(self._by_name)

    def error(self, name: str, reason: str) -> PlanError:
        """Return the error of the field `name`, to be raised."""
        line = None if self.placemark is None else self.document.line_of_waypoint(self.placemark)
        return self.document.error(f"{self.label + ', ' if self.label else ''}{name}: {reason}", line=line)
