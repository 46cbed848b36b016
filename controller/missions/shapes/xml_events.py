"""Reading of XML from other programs, element by element.

A document type is refused: without one there are no entities, so that nothing grows and nothing else is opened.
"""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

from controller.missions.errors import PlanError

_DEEPEST = 100


class XmlEvents:
    """Base of the readers. `path` are the names of the open elements, without prefixes, the innermost last."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.path: list[str] = []
        self._texts: list[list[str]] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the begin of an element, which is in `path` already."""

    def end(self, name: str, text: str) -> None:
        """Take the end of an element, which is still in `path`, with the text directly in it."""

    def parse(self, data: bytes) -> None:
        """Read a whole document. Raises PlanError."""
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code) or "not well-formed"
            raise PlanError(
                f"invalid XML: {reason}", where=f"{self._file}:{error.lineno}", hint="export the file again"
            ) from None
        except (LookupError, ValueError, RecursionError) as error:
            raise PlanError(f"invalid XML: {str(error)[:100]}", where=self.where) from None

    @property
    def where(self) -> str:
        """File and line that is read now."""
        return f"{self._file}:{self._parser.CurrentLineNumber}"

    @property
    def line(self) -> str:
        """Line that is read now, for the origin of an item."""
        return str(self._parser.CurrentLineNumber)

    def _doctype(self, *_: Any) -> None:
        raise PlanError(
            "cannot read the file: it declares a document type",
            where=self.where,
            hint="KML and GPX need none; export the file again",
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.path) >= _DEEPEST:
            raise PlanError(
                "cannot read the file: nested too deeply", where=self.where, hint="export the file again"
            )
        self.path.append(name.rpartition(":")[2])
        self._texts.append([])
        self.start(self.path[-1], attributes)

    def _end(self, _: str) -> None:
        self.end(self.path[-1], "".join(self._texts.pop()))
        self.path.pop()

    def _text(self, text: str) -> None:
        if self._texts:
            self._texts[-1].append(text)
