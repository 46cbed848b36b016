"""A job is cut into flights of one battery, and its energy is that of the simulated flight."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from controller.logs.series.read import read_series
from controller.missions.files import open_plan
from tests.support.cli import landline, landline_here

FIELD = [[8.545, 47.397], [8.548, 47.397], [8.548, 47.399], [8.545, 47.399], [8.545, 47.397]]
LINE = [[8.545, 47.397], [8.552, 47.398], [8.556, 47.401]]
HOME = ("--home", "47.3968,8.5448,488")


@pytest.fixture
def field(tmp_path: Path) -> str:
    path = tmp_path / "field.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [FIELD]}))
    return str(path)


def _rows(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_job_longer_than_a_battery_is_a_file_for_each_flight(field: str, tmp_path: Path) -> None:
    target = tmp_path / "job.plan"
    words = (
        "mission",
        "plan",
        "survey",
        field,
        *HOME,
        "--battery-minutes",
        "7",
        "--out",
        str(target),
        "--json",
    )
    planned = landline_here(*words, home=tmp_path)
    assert planned.code == 0, planned.err
    flights = [row for row in _rows(planned.out) if row["event"] == "flight"]
    assert len(flights) == planned.summary["flights"] > 1
    assert not target.exists()
    for flight in flights:
        plan = open_plan(Path(flight["file"]))
        assert Path(flight["file"]).name == f"job-{flight['number']}.plan"
        assert (plan.items[0].name, plan.items[-1].name) == ("NAV_TAKEOFF", "NAV_RETURN_TO_LAUNCH")
        assert flight["duration_s"] <= 7 * 60 * 0.75
    assert "it is cut into" in planned.err


def test_the_energy_of_an_airframe_limits_a_flight_and_wind_makes_them_shorter(
    field: str, tmp_path: Path
) -> None:
    counts = []
    for wind in ("0@0", "12@270"):
        words = (
            "--airframe",
            "quad_x",
            "--battery-wh",
            "30",
            "--wind",
            wind,
            "--out",
            str(tmp_path / "job.plan"),
        )
        planned = landline_here("mission", "plan", "survey", field, *HOME, *words, "--json", home=tmp_path)
        flights = [row for row in _rows(planned.out) if row["event"] == "flight"]
        assert all(flight["energy_wh"] <= 30 * 0.75 for flight in flights)
        counts.append(len(flights))
    assert counts[0] < counts[1]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--battery-minutes", "0"], 2, "invalid value '0'"),
        (["--battery-minutes", "1"], 5, "one battery does not reach its next line and come home"),
        (["--battery-wh", "50"], 2, "without the aircraft's power"),
        (["--wind", "5@270"], 2, "cannot use the wind without the aircraft"),
        (["--reserve-percent", "95", "--battery-minutes", "9"], 2, "use 0 to 90"),
        (["--exposure-ms", "0"], 2, "invalid value '0'"),
        (["--airframe", "plane"], 2, "only that of multirotors is modelled"),
        (["--airframe", "quad_x", "--like", "last"], 2, "cannot use both"),
        (["--like", "no such flight"], 2, "cannot find flight"),
    ],
)
def test_a_battery_that_cannot_do_it_is_one_line_and_nothing_is_written(
    field: str, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    target = tmp_path / "job.plan"
    refused = landline_here(
        "mission", "plan", "survey", field, *HOME, *words, "--out", str(target), home=tmp_path
    )
    assert refused.code == code
    assert said in refused.err
    assert len(refused.err.splitlines()) == 1
    assert list(tmp_path.glob("*.plan")) == []


def test_a_flight_of_more_items_than_boards_store_is_named(field: str, tmp_path: Path) -> None:
    words = ("survey", field, *HOME, "--hover", "--trigger-m", "2", "--spacing-m", "10")
    planned = landline_here("mission", "plan", *words, "--json", home=tmp_path)
    assert f"the flight has {planned.summary['items']} items: many boards store 724" in planned.err


def test_a_pipe_takes_no_job_of_several_flights(field: str, tmp_path: Path) -> None:
    refused = landline_here(
        "mission", "plan", "survey", field, *HOME, "--battery-minutes", "7", home=tmp_path
    )
    assert refused.code == 2
    assert "flights to standard output" in refused.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "autopilot"),
    [
        (["survey", "FIELD", "--camera", "RX1R II", "--height-m", "60"], "ardupilot"),
        (
            ["corridor", "LINE", "--height-m", "40", "--width-m", "60", "--spacing-m", "30", "--speed", "8"],
            "ardupilot",
        ),
        (["survey", "FIELD", "--height-m", "50", "--spacing-m", "40"], "px4"),
    ],
)
def test_predicted_energy_and_time_are_within_a_tenth_of_the_simulated_flight(
    field: str, tmp_path: Path, words: list[str], autopilot: str
) -> None:
    line = tmp_path / "line.geojson"
    line.write_text(json.dumps({"type": "LineString", "coordinates": LINE}))
    files = {"FIELD": field, "LINE": str(line)}
    job = ["mission", "plan", *(files.get(word, word) for word in words), *HOME, "--autopilot", autopilot]
    target = str(tmp_path / "job.plan")
    more = ["--battery-wh", "900", "--out", target, "--json"]
    planned = landline_here(*job, "--airframe", "quad_x", *more, home=tmp_path)
    assert planned.code == 0, planned.err
    fly = ("fly", target, "--sim", "quad_x", "--autopilot", autopilot, "--speed", "max", "--json")
    flown = landline(*fly, home=tmp_path)
    assert flown.code == 0, flown.err
    battery = read_series(Path(flown.summary["flight"]) / "frames.tlog").channels["battery"]
    watts = battery["voltage_v"] * battery["current_a"]
    energy_wh = float(np.trapezoid(watts, battery.times_us / 1e6)) / 3600.0
    assert planned.summary["energy_wh"] == pytest.approx(energy_wh, rel=0.1)
    assert planned.summary["duration_s"] == pytest.approx(flown.summary["flight_time_s"], rel=0.1)
    again = landline_here(*job, "--like", flown.summary["flight"], *more, home=tmp_path)
    assert again.summary["energy_wh"] == pytest.approx(energy_wh, rel=0.1)
