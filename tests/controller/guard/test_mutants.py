"""The table of deliberate faults fits the code, so that the slow tests break what they mean to."""

from __future__ import annotations

from tests.controller.guard.mutants import MUTANTS
from tests.support.source_tree import ROOT


def test_the_code_of_each_fault_stands_once_in_its_file_and_its_test_is_there() -> None:
    problems = []
    for file, original, mutant, selected in MUTANTS:
        found = (ROOT / "controller" / "guard" / file).read_text(encoding="utf-8").count(original)
        if found != 1 or mutant == original:
            problems.append(f"{file}: {original!r} stands {found} times")
        path, _, test = selected.partition("::")
        tests = (ROOT / "tests" / "controller" / "guard" / path).read_text(encoding="utf-8")
        if f"def {test}" not in tests:
            problems.append(f"{selected} is not there")
    assert not problems, "correct these rows of MUTANTS"
