"""Every name of the public package, and every public member of its classes, has a docstring and a place on its page."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from typing import Any

import pytest

import landline
import landline.errors
from tests.support.cli import ROOT

PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^::: ([\w.]+)$", PAGE, re.MULTILINE)


def found(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return (
        importlib.import_module(path)
        if path == "landline.errors"
        else getattr(importlib.import_module(module), name)
    )


def listed_members(path: str) -> list[str] | None:
    """The members that the page names for a class, None where it shows all of them."""
    options = re.search(rf"^::: {re.escape(path)}\n((?:    .*\n?)*)", PAGE, re.MULTILINE)
    return re.findall(r"^        - (\w+)$", options[1], re.MULTILINE) or None if options else None


def public_members(path: str) -> list[tuple[str, Any]]:
    kind = found(path)
    listed = listed_members(path)
    return [
        (name, member)
        for name, member in inspect.getmembers_static(kind)
        if not name.startswith("_")
        and (listed is None or name in listed)
        and (inspect.isfunction(member) or isinstance(member, property | classmethod | staticmethod))
    ]


CLASSES = [path for path in SHOWN if inspect.isclass(found(path))]


def test_the_page_shows_every_public_name() -> None:
    names = {f"landline.{name}" for name in landline.__all__ if name != "__version__"}
    assert names <= set(SHOWN)


@pytest.mark.parametrize("path", SHOWN)
def test_every_public_name_has_a_docstring(path: str) -> None:
    assert (found(path).__doc__ or "").strip(), path


@pytest.mark.parametrize("name", landline.errors.__all__)
def test_every_public_error_has_a_docstring(name: str) -> None:
    kind = getattr(landline.errors, name)
    assert kind.__doc__, name
    assert kind.__doc__ is not kind.__mro__[1].__doc__, name


@pytest.mark.parametrize("path", CLASSES)
def test_every_public_member_has_a_docstring(path: str) -> None:
    missing = []
    for name, member in public_members(path):
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if not (function.__doc__ or "").strip():
            missing.append(name)
    assert missing == []


@pytest.mark.parametrize("path", CLASSES)
def test_every_field_of_a_public_class_is_described(path: str) -> None:
    kind = found(path)
    if not dataclasses.is_dataclass(kind):
        pytest.skip("no dataclass")
    described = inspect.getsource(kind)
    listed = listed_members(path)
    missing = [
        field.name
        for field in dataclasses.fields(kind)
        if not field.name.startswith("_")
        and (listed is None or field.name in listed)
        and f"`{field.name}`" not in (kind.__doc__ or "")
        and not re.search(rf'^    {field.name}: .*\n    """', described, re.MULTILINE)
    ]
    assert missing == []


@pytest.mark.parametrize(
    "path", [path for path in SHOWN if inspect.isfunction(found(path)) and found(path).__doc__]
)
def test_every_public_function_names_the_errors_it_raises(path: str) -> None:
    assert "Raises" in (found(path).__doc__ or ""), path
