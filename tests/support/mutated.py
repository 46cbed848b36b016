"""Pytest plugin for one deliberate fault: a module of the project is loaded with a text in it replaced.

LANDLINE_MUTANT names module, original and replacement, as JSON. Start it with `-p tests.support.mutated`, before the
module is imported.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from types import ModuleType


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, original: str, replacement: str) -> None:
        super().__init__(name, path)
        self._change = (original, replacement)

    def get_code(self, fullname: str) -> object:  # type: ignore[override]
        source = self.get_source(fullname) or ""
        original, replacement = self._change
        if source.count(original) != 1:
            raise ImportError(f"{fullname}: {original!r} is there {source.count(original)} times")
        return compile(source.replace(original, replacement), self.path, "exec")


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, name: str, original: str, replacement: str) -> None:
        self._name = name
        self._change = (original, replacement)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        found = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        assert found is not None
        assert found.origin is not None
        return importlib.util.spec_from_loader(fullname, _Loader(fullname, found.origin, *self._change))


if "LANDLINE_MUTANT" in os.environ:
    sys.meta_path.insert(0, _Finder(*json.loads(os.environ["LANDLINE_MUTANT"])))
