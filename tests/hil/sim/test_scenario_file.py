"""Scenario files: what they say, and what is said of a bad one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.cli.conditions import conditions
from hil.errors import ScenarioError
from hil.faults.schedule import Fault
from hil.sim.scenario_file import Scenario, read_scenario

WHOLE = """
wind_ned_m_s = [3, -2.5, 0]
gust_m_s = 1.0
turbulence_m_s = 7.7
temperature_c = 30
faults = ["gps jam 60 20", { part = "motor", instance = 2, kind = "weak", amount = 0.7, start_s = 30 }]
"""
JAM, WEAK = Fault.parse("gps jam 60 20"), Fault.parse("motor2 weak:0.7 30")


def written(folder: Path, text: str) -> Path:
    path = folder / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_says_weather_and_faults_as_text_or_as_tables(tmp_path: Path) -> None:
    found = read_scenario(written(tmp_path, WHOLE))
    assert found == Scenario(
        wind_ned_m_s=(3.0, -2.5, 0.0),
        gust_m_s=1.0,
        turbulence_m_s=7.7,
        temperature_c=30.0,
        faults=(JAM, WEAK),
    )


def test_an_empty_file_is_a_calm_day(tmp_path: Path) -> None:
    assert read_scenario(written(tmp_path, "")) == Scenario()


def test_options_beside_the_file_outrank_it_and_faults_add_up(tmp_path: Path) -> None:
    met = conditions(
        488.0, wind="0,7,0", gust=0.0, turbulence=0.0, temperature=None, terrain=None, faults=["baro off 5"],
        scenario=written(tmp_path, WHOLE),
    )  # fmt: skip
    assert met["wind_ned"] == (0.0, 7.0, 0.0)
    assert met["gust_m_s"] == 1.0
    assert met["warmer_k"] == pytest.approx(18.2, abs=0.1)
    assert met["faults"] == (JAM, WEAK, Fault.parse("baro off 5"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("gusts = 1", "gusts is unknown; did you mean gust_m_s"),
        ("wind_ned_m_s = [1, 2]", "three numbers"),
        ("gust_m_s = nan", "gust_m_s must be a finite number"),
        ("terrain = 3", "terrain must be a file's name"),
        ("faults = 3", "faults must be a list"),
        ("faults = [3]", r"faults\[0\] must be a text or a table"),
        ('faults = [{ part = "wing", kind = "off", start_s = 1 }]', r"faults\[0\]: there is no wing"),
        ('faults = [{ part = "gps", kind = "dead", start_s = 1 }]', "a gps can be"),
        ('faults = ["gps"]', "must be PART"),
        ("=", "is not TOML"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        read_scenario(written(tmp_path, text))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        read_scenario(tmp_path / "none.toml")


@given(st.binary(max_size=120))
def test_no_bytes_break_the_reader(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.toml"
    path.write_bytes(data)
    try:
        read_scenario(path)
    except ScenarioError as error:
        assert str(error)
