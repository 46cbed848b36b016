"""Scenario files: contents and errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.cli.conditions import conditions
from controller.errors import UserError
from hil.errors import ScenarioError
from hil.faults.schedule import Fault
from hil.sim.scenario_file import Scenario, read_scenario

WHOLE = """
wind_ned_m_s = [3, -2.5, 0]
gust_m_s = 1.0
turbulence_m_s = 7.7
roughness_m = 0.1
temperature_c = 30
faults = ["gps jam 60 20", { part = "motor", instance = 2, kind = "weak", amount = 0.7, start_s = 30 }]
"""
JAM, WEAK = Fault.parse("gps jam 60 20"), Fault.parse("motor2 weak:0.7 30")


def written(folder: Path, text: str) -> Path:
    path = folder / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_has_weather_and_faults_as_text_or_as_tables(tmp_path: Path) -> None:
    found = read_scenario(written(tmp_path, WHOLE))
    assert found == Scenario(
        wind_ned_m_s=(3.0, -2.5, 0.0),
        gust_m_s=1.0,
        turbulence_m_s=7.7,
        roughness_m=0.1,
        temperature_c=30.0,
        faults=(JAM, WEAK),
    )


def test_an_empty_file_is_a_calm_day(tmp_path: Path) -> None:
    assert read_scenario(written(tmp_path, "")) == Scenario()


def test_options_override_the_file_and_faults_add_up(tmp_path: Path) -> None:
    met = conditions(
        488.0, wind="0,7,0", gust=0.0, turbulence=0.0, temperature=None, roughness=None, terrain=None,
        faults=["baro off 5"], scenario=written(tmp_path, WHOLE),
    )  # fmt: skip
    assert met["wind_ned"] == (0.0, 7.0, 0.0)
    assert met["gust_m_s"] == 1.0
    assert met["roughness_m"] == 0.1
    assert met["warmer_k"] == pytest.approx(18.2, abs=0.1)
    assert met["faults"] == (JAM, WEAK, Fault.parse("baro off 5"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("gusts = 1", "gusts is unknown; did you mean gust_m_s"),
        ("wind_ned_m_s = [1, 2]", "three numbers"),
        ("gust_m_s = nan", "gust_m_s must be a finite number"),
        ("terrain = 3", "terrain must be a file name"),
        ("faults = 3", "faults must be a list"),
        ("faults = [3]", r"faults\[0\] must be a text or a table"),
        (
            'faults = [{ part = "wing", kind = "off", start_s = 1 }]',
            r"faults\[0\]: unknown fault word 'wing'; parts are: motor",
        ),
        (
            'faults = [{ part = "gps", kind = "explode", start_s = 1 }]',
            r"faults\[0\]: unknown fault word 'explode'; faults of gps are",
        ),
        (
            'faults = [{ part = "gps", kind = "off", start_s = 1, instance = 1.7 }]',
            r"faults\[0\].instance must be a whole",
        ),
        (
            'faults = ["gps jam 60", "gps explode 3"]',
            r"scenario.toml: faults\[1\]: fault .*: unknown fault word 'explode'",
        ),
        (f"gust_m_s = {'9' * 400}", "gust_m_s must be a finite number, has 9999"),
        (f"gust_m_s = {'9' * 5000}", "invalid TOML"),
        ("gust_m_s = 11", "scenario.toml: gust_m_s: gusts must be between 0 and 10 m/s, are 11"),
        ("wind_ned_m_s = [1e6, 0, 0]", "scenario.toml: wind_ned_m_s: wind must be at most 40 m/s, is 1e"),
        ("turbulence_m_s = -1", "scenario.toml: turbulence_m_s: turbulence must be between 0 and 25"),
        ("roughness_m = 3", "scenario.toml: roughness_m: the ground's roughness must be between 0 and 0.9"),
        ('faults = [{ part = "gps", kind = "dead", start_s = 1 }]', "faults of gps are"),
        ('faults = ["gps"]', "must be PART"),
        ("=", "invalid TOML"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        read_scenario(written(tmp_path, text))


def test_a_missing_scenario_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot read file"):
        read_scenario(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("wind", "99,0,0", "--wind: wind must be at most 40 m/s, is 99, 0, 0"),
        ("gust", 11.0, "--gust: gusts"),
        ("turbulence", 26.0, "--turbulence: turbulence"),
        ("roughness", 1.0, "--roughness: the ground's roughness"),
        (
            "temperature",
            99.0,
            "--temperature: air temperature at 488 m must be between -48 and 62 degrees Celsius, is 99",
        ),
        ("terrain", Path("nothere.hgt"), "nothere.hgt: cannot read file: No such file"),
    ],
)
def test_an_option_beyond_the_models_is_refused_by_its_name(option: str, value: object, says: str) -> None:
    options: dict[str, Any] = {
        "wind": "0,0,0", "gust": 0.0, "turbulence": 0.0, "temperature": None, "roughness": None, "terrain": None,
        "faults": None,
    }  # fmt: skip
    with pytest.raises(UserError) as caught:
        conditions(488.0, **(options | {option: value}))
    assert says in str(caught.value)


def test_a_temperature_of_the_file_is_refused_by_file_and_key(tmp_path: Path) -> None:
    path = written(tmp_path, "temperature_c = 99")
    with pytest.raises(ScenarioError, match=r"scenario\.toml: temperature_c: air temperature at 488 m"):
        conditions(
            488.0, wind="0,0,0", gust=0.0, turbulence=0.0, temperature=None, roughness=None, terrain=None, faults=None,
            scenario=path,
        )  # fmt: skip


@given(st.binary(max_size=120))
def test_no_bytes_break_the_reader(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.toml"
    path.write_bytes(data)
    try:
        read_scenario(path)
    except ScenarioError as error:
        assert str(error)
