"""`landline mission check` and `mission show` as commands."""

from __future__ import annotations

from pathlib import Path

from tests.support.cli import landline

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
    shown = landline("mission", "show", case, home=tmp_path)
    assert shown.out.startswith("3 items, ")
    assert "row 0 is taken as the first item of the mission" in shown.err
    decided = landline("mission", "show", case, "--no-home-row", home=tmp_path)
    assert (decided.out, decided.err) == (shown.out, "")
    assert landline("mission", "show", case, "--home-row", home=tmp_path).out.startswith("2 items, ")


def test_wrong_choices_of_the_plan_and_the_aircraft_are_refused(tmp_path: Path) -> None:
    for words in (["show"], ["check", INSPECTION, "--sim", "quad_x", "--link", "udpin:127.0.0.1:14550"]):
        refused = landline("mission", *words, home=tmp_path)
        assert refused.code == 2
        assert "cannot choose the " in refused.err
