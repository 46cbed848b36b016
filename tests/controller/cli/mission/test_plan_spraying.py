"""`landline mission plan spray` and `spread` as commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.cli.mission.plan.spraying import pump_of
from controller.missions.files import open_plan
from controller.missions.route.items import Pump
from tests.support.cli import landline_here

FIELD = [[8.545, 47.397], [8.5465, 47.397], [8.5465, 47.398], [8.545, 47.398], [8.545, 47.397]]
HOME = ("--home", "47.3968,8.5448,488")


@pytest.fixture
def field(tmp_path: Path) -> str:
    path = tmp_path / "field.geojson"
    shape = {"type": "Polygon", "coordinates": [FIELD]}
    path.write_text(json.dumps({"type": "Feature", "properties": {"name": "field"}, "geometry": shape}))
    return str(path)


def test_each_tank_is_a_plan_of_its_own_and_the_figures_are_said(field: str, tmp_path: Path) -> None:
    target = tmp_path / "field.plan"
    words = ("--swath-m", "5", "--litres-ha", "10", "--tank-l", "5", *HOME, "--out", str(target), "--json")
    planned = landline_here("mission", "plan", "spray", field, *words, home=tmp_path)
    assert planned.code == 0, planned.err
    assert planned.summary["flights"] == 3
    said = " ".join(planned.summary["remarks"])
    assert "10 l a hectare: 1.5 l a minute at 5 m/s and a swath of 5 m" in said
    assert "l on 1.26 ha, 2 refills" in said
    assert "longer than a battery" not in said
    for number in (1, 2, 3):
        names = [item.name for item in open_plan(tmp_path / f"field-{number}.plan").items]
        assert names[0] == "NAV_TAKEOFF"
        assert names[-1] == "NAV_RETURN_TO_LAUNCH"
        assert "DO_CHANGE_SPEED" in names
        assert names.count("DO_SPRAYER") % 2 == 0


def test_a_spreader_is_switched_by_its_servo(field: str, tmp_path: Path) -> None:
    target = tmp_path / "field.plan"
    words = ("--swath-m", "6", "--kg-ha", "20", "--pump", "servo:9:2000:1000", *HOME, "--out", str(target))
    planned = landline_here("mission", "plan", "spread", field, *words, home=tmp_path)
    assert planned.code == 0, planned.err
    assert "20 kg a hectare" in planned.err
    orders = [one.params[:2] for one in open_plan(target).items if one.name == "DO_SET_SERVO"]
    assert orders[:2] == [(9.0, 2000.0), (9.0, 1000.0)]


@pytest.mark.parametrize(
    ("text", "pump"),
    [
        ("sprayer", Pump("sprayer")),
        ("relay:2", Pump("relay", 2)),
        ("servo:9", Pump("servo", 9, 1900.0, 1100.0)),
        ("servo:9:1500:1000", Pump("servo", 9, 1500.0, 1000.0)),
    ],
)
def test_a_pump_is_named_by_its_switch(text: str, pump: Pump) -> None:
    assert pump_of(text) == pump


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--litres-ha", "10"], "the flow a minute are missing"),
        (["--swath-m", "5", "--litres-ha", "10", "--pump", "relay"], "use sprayer, relay:N"),
        (["--swath-m", "5", "--litres-ha", "10", "--pump", "servo:9:9000:0"], "use sprayer, relay:N"),
        (["--swath-m", "5", "--litres-ha", "10", "--autopilot", "px4"], "no item that switches a pump"),
        (["--swath-m", "5", "--litres-ha", "10", "--laps", "-1"], "use 0 to 10"),
        (["--swath-m", "5", "--litres-ha", "10", "--tank-l", "nan"], "a tank of nan"),
        (["--swath-m", "5", "--litres-ha", "10", "--pump-delay-s", "60"], "use 0 to 10 s"),
        (
            ["--swath-m", "5", "--litres-ha", "10", "--refill", "47.397,8.5455"],
            "without the size of the tank",
        ),
        (
            ["--swath-m", "5", "--litres-ha", "10", "--tank-l", "5", "--refill", "47.397"],
            "write LAT,LON, such as",
        ),
    ],
)
def test_a_spraying_that_cannot_be_planned_is_one_line(
    field: str, tmp_path: Path, words: list[str], said: str
) -> None:
    target = tmp_path / "field.plan"
    refused = landline_here("mission", "plan", "spray", field, *words, "--out", str(target), home=tmp_path)
    assert refused.code == 2
    assert said in refused.err
    assert not target.exists()
