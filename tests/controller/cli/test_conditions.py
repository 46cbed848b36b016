"""The option `--wind`: SPEED@FROM as in a weather report, or the motion of the air as a vector."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.cli.conditions import conditions, parse_wind
from controller.errors import UserError


@pytest.mark.parametrize(
    ("text", "wind_ned"),
    [
        ("8@270", (0.0, 8.0, 0.0)),
        ("8@90", (0.0, -8.0, 0.0)),
        ("8@0", (-8.0, 0.0, 0.0)),
        ("8@180", (8.0, 0.0, 0.0)),
        ("0@123", (0.0, 0.0, 0.0)),
        ("3,-2,0.5", (3.0, -2.0, 0.5)),
    ],
)
def test_wind_from_the_west_moves_the_air_east(text: str, wind_ned: tuple[float, float, float]) -> None:
    assert parse_wind(text) == wind_ned
    assert all(math.copysign(1.0, part) > 0.0 for part in parse_wind(text) if part == 0.0)


def test_wind_from_the_south_west_moves_the_air_north_east() -> None:
    assert parse_wind("10@225") == pytest.approx((math.sqrt(50.0), math.sqrt(50.0), 0.0), abs=1e-8)


def test_wind_from_360_degrees_is_wind_from_0_degrees() -> None:
    assert parse_wind("7.5@360") == parse_wind("7.5@0")
    assert parse_wind("7.5@359.999999999") == pytest.approx(parse_wind("7.5@0"), abs=1e-6)


@given(st.floats(0.0, 40.0), st.floats(0.0, 360.0))
def test_both_forms_give_the_same_speed_and_opposite_direction(speed: float, from_deg: float) -> None:
    north, east, down = parse_wind(f"{speed!r}@{from_deg!r}")
    assert math.hypot(north, east) == pytest.approx(speed, abs=1e-8)
    assert down == 0.0
    if speed > 0.01:
        came_from = math.degrees(math.atan2(-east, -north))
        assert (came_from - from_deg + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("-8@270", "speed must be 0 m/s or above"),
        ("nan@270", "speed must be 0 m/s or above"),
        ("inf@270", "speed must be 0 m/s or above"),
        ("8@nan", "direction must be 0 to 360 degrees"),
        ("8@-90", "direction must be 0 to 360 degrees"),
        ("8@361", "direction must be 0 to 360 degrees"),
        ("8@west", "invalid wind '8@west'"),
        ("8@", "invalid wind '8@'"),
        ("@270", "invalid wind '@270'"),
        ("8@270@3", "invalid wind '8@270@3'"),
        ("8,0@270", "invalid wind '8,0@270'"),
        ("8", "invalid wind '8'"),
        ("a,b,c", "invalid wind 'a,b,c'"),
        ("", "invalid wind ''"),
    ],
)
def test_invalid_wind_is_refused_in_one_line_with_both_forms(text: str, reason: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_wind(text)
    line = str(caught.value)
    assert line.startswith("--wind: invalid wind")
    assert reason in line
    assert "8@270 for 8 m/s from the west" in line
    assert "\n" not in line
    assert caught.value.exit_code == 2


def met(wind: str) -> dict[str, object]:
    return conditions(
        488.0,
        wind=wind,
        gust=0.0,
        turbulence=0.0,
        temperature=None,
        roughness=None,
        terrain=None,
        faults=None,
    )


def test_the_option_gives_the_simulator_the_motion_of_the_air() -> None:
    assert met("8@270")["wind_ned"] == (0.0, 8.0, 0.0)


@pytest.mark.parametrize("text", ["41@10", "nan,0,0"])
def test_wind_beyond_the_model_is_refused_in_both_forms(text: str) -> None:
    with pytest.raises(UserError, match=r"--wind: wind must be at most 40 m/s"):
        met(text)
