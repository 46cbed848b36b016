"""`landline mission check`, `show` and `upload` as commands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from controller.cli.mission import commands
from controller.vehicle.vehicle import Vehicle
from hil.sim.clock import VirtualLoop
from tests.support.cli import CommandResult, landline, landline_here
from tests.support.flights import vehicle_with
from tests.support.scripted.script import Script

ROOT = Path(__file__).parents[3]
INSPECTION = str(ROOT / "examples" / "inspection.plan")
CASES = ROOT / "tests" / "data" / "cases"


def test_a_check_for_a_simulated_aircraft_is_that_of_a_flight(tmp_path: Path) -> None:
    good = landline("mission", "check", INSPECTION, "--sim", "quad_x", home=tmp_path)
    assert good.code == 0
    assert good.out.splitlines()[-1] == (
        "no findings; landline fly accepts this plan on a simulated quad_x (ArduPilot)"
    )
    low = landline(
        "mission", "check", INSPECTION, "--sim", "quad_x", "--max-alt", "14", "--json", home=tmp_path
    )
    assert low.code == 5
    summary = low.summary
    assert summary["findings"][0]["what"] == "a return to launch climbs to 15 m above home"
    assert "refuses this plan" in summary["verdict"]
    assert [row["command"] for row in summary["table"]][:2] == ["NAV_TAKEOFF", "DO_CHANGE_SPEED"]


def test_a_file_without_a_home_row_is_named_and_decided_by_the_user(tmp_path: Path) -> None:
    case = str(CASES / "nohome_wp.waypoints")
    shown = landline_here("mission", "show", case, home=tmp_path)
    assert shown.out.startswith("3 items, ")
    assert "row 0 is taken as the first item of the mission" in shown.err
    decided = landline_here("mission", "show", case, "--no-home-row", home=tmp_path)
    assert (decided.out, decided.err) == (shown.out, "")
    assert landline_here("mission", "show", case, "--home-row", home=tmp_path).out.startswith("2 items, ")


def test_wrong_choices_of_the_plan_and_the_aircraft_are_refused(tmp_path: Path) -> None:
    for words in (["show"], ["check", INSPECTION, "--sim", "quad_x", "--link", "udpin:127.0.0.1:14550"]):
        refused = landline_here("mission", *words, home=tmp_path)
        assert refused.code == 2
        assert "cannot choose the " in refused.err


def upload(*words: str, home: Path) -> tuple[CommandResult, int]:
    """Run `landline mission upload` on a scripted aircraft; return the result and the number of items on board."""
    aboard = [0]

    @asynccontextmanager
    async def connect(_link: str, **_options: object) -> AsyncIterator[Vehicle]:
        async with vehicle_with("ardupilot", Script(ready_at_s=0.0)) as (vehicle, scripted):
            try:
                yield vehicle
            finally:
                aboard[0] = len(scripted.items)

    def run(work: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(work)

    with (
        patch("controller.app.connect.connect", connect),
        patch.object(commands, "run", run),
        patch.object(commands, "guard", lambda _: (None, None)),
    ):
        link = ("--link", "udpin:127.0.0.1:14550")
        return landline_here("mission", "upload", *words, *link, home=home), aboard[0]


def test_a_plan_with_errors_is_uploaded_only_when_asked(tmp_path: Path) -> None:
    refused, aboard = upload(INSPECTION, "--max-alt", "14", home=tmp_path)
    assert (refused.code, aboard) == (5, 0)
    assert "cannot upload" in refused.err
    done, aboard = upload(INSPECTION, "--max-alt", "14", "--despite-errors", home=tmp_path)
    assert (done.code, aboard) == (0, 14)


@pytest.mark.parametrize(
    ("option", "value"),
    [("--max-alt", "nan"), ("--max-alt", "0"), ("--max-alt", "-5"), ("--ready-within", "nan")],
)
def test_a_limit_that_limits_nothing_is_refused(tmp_path: Path, option: str, value: str) -> None:
    words = ("check", INSPECTION) if option == "--max-alt" else (INSPECTION, "--sim", "quad_x")
    command = "mission" if option == "--max-alt" else "fly"
    refused = landline_here(command, *words, f"{option}={value}", home=tmp_path)
    assert refused.code == 2
    assert f"{option}: invalid" in refused.err
