"""The table of attempts from the web page: each is made in a real browser, and comes out as the table and docs say."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import RunningStation, need_chromium, running_station
from tests.support.seal.page_attempts import MODES, Came, make_attempts, markdown, rows
from tests.support.seal.sealed import skip_where_the_kernel_cannot
from tests.support.source_tree import ROOT

DIRECTIVE = "`"


@pytest.fixture
def driver() -> Any:
    need_chromium()
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install playwright")
    with playwright.sync_playwright() as started:
        yield started


def cell(came: Came, without: Came, control: Came) -> str:
    """What the table has to say of an attempt, from what came of it, without the allow-list, and with no header."""
    if control.arrived == "nothing":
        stop = "browser"
    elif came.directive:
        stop = f"`{came.directive}`"
    elif came.arrived == "nothing" and without.arrived != "nothing":
        stop = "allow-list"
    else:
        stop = "not stopped"
    return f"{stop}: {came.arrived}"


@pytest.mark.browser
def test_the_quick_attempts_of_a_page_do_not_arrive(
    station: RunningStation, driver: Any, tmp_path: Path
) -> None:
    tried = [row for row in rows() if row.get("quick")]
    assert len(tried) >= 6
    came, _ = make_attempts(driver, station.url, "both", tried, tmp_path)
    for row, one in zip(tried, came, strict=True):
        stop, _, arrived = row["both"].partition(": ")
        assert (one.arrived, f"`{one.directive}`" if one.directive else "allow-list") == (arrived, stop), row[
            "name"
        ]


@pytest.mark.browser
@pytest.mark.slow
def test_every_attempt_of_a_sealed_runs_page_comes_out_as_the_table_says(driver: Any, tmp_path: Path) -> None:
    if sys.platform == "linux":
        skip_where_the_kernel_cannot()
    came = {}
    with running_station(tmp_path, "--sim=quad_x", "--sealed", sim=None) as station:
        came["none"], took_s = make_attempts(driver, station.url, "none", rows(), tmp_path)
        for mode in MODES:
            came[mode], _ = make_attempts(driver, station.url, mode, rows(), tmp_path, wait_s=2 * took_s)
    wrong = []
    for row, both, policy, control in zip(rows(), came["both"], came["policy"], came["none"], strict=True):
        measured = {"both": cell(both, policy, control), "policy": cell(policy, policy, control)}
        wrong += [
            (row["name"], mode, measured[mode], row[mode]) for mode in MODES if measured[mode] != row[mode]
        ]
    assert not wrong, "\n".join(map(str, wrong))


def test_the_page_of_locality_holds_the_browsers_table() -> None:
    page = (ROOT / "docs" / "locality.md").read_text(encoding="utf-8")
    assert markdown() in page
    assert len({row["name"] for row in rows()}) == len(rows())
