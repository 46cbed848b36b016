"""Deliberate faults in the firmware, one promise at a time: its test must fail (`mutants.py` is the list)."""

from __future__ import annotations

import importlib
import inspect
import itertools
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.firmware.mutants import MUTANTS

PACKAGES = {"hot": "mavlite", "signing": "mavlite", "supervisor": "core"}
AT_THE_TOP = ("box", "controls", "main")
TESTS = {
    "box": "test_box",
    "runner": "test_runner",
    "supervisor": "core.test_supervisor",
    "signing": "mavlite.test_signing",
}


def module_of(name: str) -> ModuleType:
    package = "" if name in AT_THE_TOP else PACKAGES.get(name, "roles") + "."
    return importlib.import_module(f"firmware.{package}{name}")


def named(path: str) -> Callable[..., None]:
    """Return a test by path: `fleet.test_x` is in `roles/test_fleet.py`."""
    module, _, name = path.partition(".")
    found: Callable[..., None] = getattr(
        importlib.import_module("tests.firmware." + TESTS.get(module, "roles.test_" + module)), name
    )
    return found


def mutated(module: ModuleType, old: str, new: str) -> ModuleType:
    source = inspect.getsource(module)
    assert source.count(old) >= 1, f"{module.__name__} no longer has {old!r}: renew this mutant"
    mutant = ModuleType(module.__name__)
    exec(compile(source.replace(old, new), f"<mutant of {module.__name__}>", "exec"), mutant.__dict__)
    return mutant


def cases(test: Callable[..., None]) -> list[dict[str, Any]]:
    """Return the arguments of each case, from all parametrize marks."""
    each = []
    for mark in getattr(test, "pytestmark", []):
        if mark.name != "parametrize":
            continue
        names = [mark.args[0]] if isinstance(mark.args[0], str) else list(mark.args[0])
        rows = [values if len(names) > 1 else [values] for values in mark.args[1]]
        each.append([dict(zip(names, row, strict=True)) for row in rows])
    return [{k: v for part in row for k, v in part.items()} for row in itertools.product(*each)]


def is_red(test: Callable[..., None]) -> bool:
    for arguments in cases(test):
        try:
            test(**arguments)
        except Exception:
            return True
    return False


def put_in(monkeypatch: pytest.MonkeyPatch, original: ModuleType, old: str, new: str) -> None:
    """Replace what any module imported from the original by the mutant's."""
    rooms = ("firmware.", "tests.firmware.", "tests.support.")
    users = [module for name, module in sys.modules.items() if name.startswith(rooms)]
    for name, thing in vars(mutated(original, old, new)).items():
        before = getattr(original, name, None)
        if name.startswith("__") or not (callable(thing) or thing != before):
            continue
        for user in users:
            if getattr(user, name, user) is before and (
                callable(thing) or user.__name__.startswith("firmware")
            ):
                monkeypatch.setattr(user, name, thing)


@pytest.mark.parametrize(
    ("module", "old", "new", "test"),
    [
        pytest.param(module, *rest, id=f"{module}: {how}")
        for module, rows in MUTANTS.items()
        for how, *rest in rows
    ],
)
def test_a_broken_promise_turns_a_test_red(
    monkeypatch: pytest.MonkeyPatch, module: str, old: str, new: str, test: str
) -> None:
    speaks_of_it = named(test)
    put_in(monkeypatch, module_of(module), old, new)
    assert is_red(speaks_of_it)


@pytest.mark.slow
def test_unbroken_firmware_turns_no_test_red(monkeypatch: pytest.MonkeyPatch) -> None:
    tests = {row[3]: named(row[3]) for rows in MUTANTS.values() for row in rows}
    for module in MUTANTS:
        put_in(monkeypatch, module_of(module), "import", "import")
    assert {path for path, test in tests.items() if is_red(test)} == set()
