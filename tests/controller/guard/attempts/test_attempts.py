"""The table of attempts: each is made, as a plug-in and as a script, and comes out as the table and the page say."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.support.seal.attempt_runs import MODES, Measured, markdown, rows, run_attempts
from tests.support.seal.sealed import skip_where_the_kernel_cannot
from tests.support.source_tree import ROOT

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(sys.platform != "linux", reason="the attempts are system calls of Linux"),
]
STOPS = {
    "witness": {"EPERM, recorded", "no name, recorded", "failed, recorded"},
    "filter": {"EPERM, recorded", "no name, recorded", "failed, recorded"},
    "Landlock": {"EACCES", "EPERM"},
    "kernel's rights": {"EACCES"},
    "closed at the start": {"EBADF"},
    "not a socket of the network": {"TypeError"},
    "audit hook": {"EndpointRefused, recorded", "EndpointRefused"},
    "namespace, its loopback alone": {"done"},
    "not stopped": {"done"},
}


def wanted(mode: str, measured: list[Measured]) -> dict[tuple[str, str], str]:
    found = {}
    for one in measured:
        (row,) = (row for row in rows() if row["name"] == one.name)
        alone = mode == "kernel" and one.how == "script"
        found[one.how, one.name] = (row.get("script", row[mode]) if alone else row[mode]).partition(": ")[2]
    return found


def check(mode: str, folder: Path) -> list[Measured]:
    measured = run_attempts(mode, folder)
    assert {(one.how, one.name): one.outcome for one in measured} == wanted(mode, measured)
    for how in ("plugin", "script") if mode != "process" else ("plugin",):
        left_out = mode == "shared" and how == "script"
        names = [one.name for one in measured if one.how == how]
        assert names == [row["name"] for row in rows(here=True) if not (left_out and row.get("plugin_only"))]
    return measured


def test_sealed_every_attempt_comes_out_as_the_table_says(tmp_path: Path) -> None:
    skip_where_the_kernel_cannot()
    for one in check("kernel", tmp_path):
        if "recorded" in one.outcome:
            # The program that called, and the ones that started it, as far as they are sealed: at last the command.
            assert "tests.support.seal.attempts" in one.origin[-1] or len(one.origin) == 4
            assert len(one.origin) >= (3 if one.how == "script" else 1)


def test_held_by_the_hook_every_attempt_comes_out_as_the_table_says(tmp_path: Path) -> None:
    for one in check("process", tmp_path):
        if "recorded" in one.outcome:
            (origin,) = one.origin
            assert origin.partition(":")[0] in ("plugin.py", "tests/support/seal/attempt_code.py")


@pytest.mark.slow
def test_without_user_namespaces_every_attempt_comes_out_as_the_table_says(tmp_path: Path) -> None:
    skip_where_the_kernel_cannot()
    check("shared", tmp_path)


@pytest.mark.slow
def test_with_no_guard_every_attempt_succeeds(tmp_path: Path) -> None:
    may_fail = {row["name"] for row in rows() if row.get("needs_rights")}
    for one in run_attempts("none", tmp_path):
        if one.name not in may_fail:
            assert one.outcome in ("done", "no name", "failed"), one


@pytest.mark.parametrize("program", ["dbus-daemon", "curl", "nc"])
def test_the_program_of_an_attempt_is_on_this_machine(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed: the table's attempt has a stand-in, or was not made")
    assert any(program in row["name"] for row in rows(here=True))


def test_each_cell_names_what_stops_it_and_an_outcome_of_that() -> None:
    for row in rows():
        for mode in MODES:
            for cell in (row[mode], row.get("script", row[mode])):
                stop, _, outcome = cell.partition(": ")
                assert outcome in STOPS[stop], (row["name"], mode)
    assert len({row["name"] for row in rows()}) == len(rows())


def test_the_page_holds_the_table() -> None:
    page = (ROOT / "docs" / "locality.md").read_text(encoding="utf-8")
    assert markdown() in page
