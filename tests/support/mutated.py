"""Pytest plugin for one deliberate fault: a function of the project is loaded with code in it replaced.

The code is compared as `ast.unparse` writes it, so comments, quotes, line breaks and other functions do not matter.
LANDLINE_MUTANT names module, function, original and replacement, as JSON. Start it with `-p tests.support.mutated`,
before the module is imported.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from types import ModuleType


def mutated(source: str, function: str, original: str, replacement: str) -> ast.Module:
    """Return the module with `original` replaced in the function of that name; the whole module for the name "".

    Raises ValueError where there is not one such function, or where `original` is not in it once.
    """
    tree = ast.parse(source)
    if not function:
        return ast.parse(_changed(ast.unparse(tree), "the module", original, replacement))
    places = [
        (body, at)
        for parent in ast.walk(tree)
        if isinstance(body := getattr(parent, "body", None), list)
        for at, node in enumerate(body)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function
    ]
    if len(places) != 1:
        raise ValueError(f"there are {len(places)} functions {function}")
    ((body, at),) = places
    body[at : at + 1] = ast.parse(_changed(ast.unparse(body[at]), function, original, replacement)).body
    return tree


def _changed(source: str, place: str, original: str, replacement: str) -> str:
    if source.count(original) != 1:
        raise ValueError(f"{original!r} is {source.count(original)} times in {place}; it is now:\n{source}")
    return source.replace(original, replacement)


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, change: Sequence[str]) -> None:
        super().__init__(name, path)
        self._change = change

    def get_code(self, fullname: str) -> object:  # type: ignore[override]
        function, original, replacement = self._change
        tree = mutated(self.get_source(fullname) or "", function, original, replacement)
        return compile(tree, self.path, "exec")


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, name: str, *change: str) -> None:
        self._name = name
        self._change = change

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        found = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        assert found is not None
        assert found.origin is not None
        return importlib.util.spec_from_loader(fullname, _Loader(fullname, found.origin, self._change))


if "LANDLINE_MUTANT" in os.environ:
    sys.meta_path.insert(0, _Finder(*json.loads(os.environ["LANDLINE_MUTANT"])))
