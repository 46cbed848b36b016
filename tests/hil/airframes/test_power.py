"""Electric power of an airframe in steady flight."""

from __future__ import annotations

import math

import pytest

from hil.airframes.load import load_airframe
from hil.airframes.power import battery_wh, steady_power_w
from hil.errors import AirframeError
from hil.physics import params as p


@pytest.mark.parametrize("name", ["quad_x", "hexa_x", "octo_coax_x"])
def test_hovering_takes_the_power_of_the_rotors_at_the_thrust_of_the_weight(name: str) -> None:
    airframe = load_airframe(name)
    row = airframe.params
    thrust_n = float(row[p.MASS]) * 9.80665 / airframe.rotor_count
    speed = math.sqrt(thrust_n / float(row[p.THRUST_COEF]))
    shaft_w = airframe.rotor_count * float(row[p.MOMENT_COEF]) * thrust_n * speed
    expected = shaft_w / float(row[p.EFFICIENCY]) + float(row[p.AVIONICS_W])
    assert steady_power_w(airframe, 0.0) == pytest.approx(expected, rel=0.02)


def test_moderate_speed_takes_less_than_hovering_and_fast_flight_more() -> None:
    quad = load_airframe("quad_x")
    hover, cruise, fast = (steady_power_w(quad, speed) for speed in (0.0, 7.0, 16.0))
    assert cruise < hover < fast
    assert steady_power_w(quad, 0.0, 2.5) > hover > steady_power_w(quad, 0.0, -1.0)


def test_thin_air_takes_more_power() -> None:
    quad = load_airframe("quad_x")
    assert steady_power_w(quad, 0.0, density_kg_m3=0.9) > 1.1 * steady_power_w(quad, 0.0)


def test_the_battery_holds_its_charge_times_its_voltage() -> None:
    # 5 Ah at 10.6 V empty to 16.4 V full, near 15.2 V for most of it.
    assert battery_wh(load_airframe("quad_x")) == pytest.approx(5.0 * 15.1, rel=0.01)


def test_what_it_cannot_fly_is_refused() -> None:
    with pytest.raises(AirframeError, match="the power of a plane"):
        steady_power_w(load_airframe("plane"), 20.0)
    with pytest.raises(AirframeError, match="45 m/s"):
        steady_power_w(load_airframe("quad_x"), 45.0)
