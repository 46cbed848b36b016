"""Energy of a planned flight, and what a past flight measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from controller.app.planning.energy import PowerFigures, Wind, energy_wh
from controller.app.planning.past_flight import power_of_flight
from controller.errors import UserError
from controller.logs.series.view import COLUMNS, Channel, SeriesView
from controller.missions.commands import CMD
from controller.missions.estimate import FlightSpeeds, estimate
from controller.missions.plan import Home, Plan, PlanItem

POWER = PowerFigures(
    source="test", level_w=((0.0, 200.0), (10.0, 180.0), (20.0, 400.0)), climb_w=300.0, sink_w=150.0
)
STEADY = FlightSpeeds(accel_m_s2=0.0)


def _plan(north_deg: float = 0.01) -> Plan:
    """Return a flight 50 m up, north and home."""
    return Plan(
        items=(
            PlanItem(command=int(CMD.NAV_TAKEOFF), alt_m=50.0),
            PlanItem(command=int(CMD.NAV_WAYPOINT), lat_deg=47.0 + north_deg, lon_deg=8.0, alt_m=50.0),
            PlanItem(command=int(CMD.NAV_RETURN_TO_LAUNCH)),
        ),
        home=Home(47.0, 8.0, 0.0),
    )


def test_the_energy_is_that_of_climb_way_and_descent() -> None:
    flown = estimate(_plan(), pace=STEADY)
    climb_s, sink_s = 50.0 / 2.5, 40.0 / 1.5 + 10.0 / 0.5
    across_s = flown.distance_m / 10.0
    joules = climb_s * 300.0 + across_s * 180.0 + sink_s * 150.0
    assert energy_wh(flown, POWER) == pytest.approx(joules / 3600.0, rel=1e-6)


def test_a_way_down_into_a_valley_below_home_is_no_landing() -> None:
    take_off, _, back = _plan().items
    places = ((47.001, 5.0), (47.0011, -15.0))
    down = [
        PlanItem(command=int(CMD.NAV_WAYPOINT), lat_deg=lat, lon_deg=8.0, alt_m=alt) for lat, alt in places
    ]
    flown = estimate(replace(_plan(), items=(take_off, *down, back)), pace=STEADY)
    into_valley, home = flown.legs[2:]
    assert (into_valley.lands, home.lands) == (False, True)
    assert into_valley.duration_s == pytest.approx(20.0 / 1.5)  # as long as the descent takes
    assert 0.0 < energy_wh(flown, POWER) < flown.duration_s * 300.0 / 3600.0


def test_wind_along_the_way_costs_more_than_calm_air() -> None:
    flown = estimate(_plan(), pace=STEADY)
    calm, windy = energy_wh(flown, POWER), energy_wh(flown, POWER, Wind(north_m_s=8.0))
    across_h = flown.distance_m / 10.0 / 3600.0
    # One way at 2 m/s of airspeed (196 W), one at 18 m/s (356 W); hovering in 8 m/s takes 184 W, not 200.
    way = across_h * ((196.0 + 356.0) / 2.0 - 180.0)
    assert windy - calm == pytest.approx(way, rel=0.01)


def test_waiting_costs_what_hovering_does() -> None:
    plan = _plan()
    hold = PlanItem(command=int(CMD.NAV_DELAY), param1=36.0)
    longer = Plan(items=(*plan.items[:2], hold, plan.items[2]), home=plan.home)
    more = energy_wh(estimate(longer, pace=STEADY), POWER) - energy_wh(estimate(plan, pace=STEADY), POWER)
    assert more == pytest.approx(2.0, rel=1e-6)


def _channel(name: str, times_us: np.ndarray, **columns: float | np.ndarray) -> Channel:
    values = {one: np.full(len(times_us), np.nan) for one in COLUMNS[name]}
    values |= {
        one: np.broadcast_to(np.asarray(value, float), len(times_us)) for one, value in columns.items()
    }
    return Channel(name, "test", times_us, values)


def _flight(**battery: float | np.ndarray) -> SeriesView:
    """Return 100 s hovering, then 100 s at 9 m/s, then 20 s climbing, one row a second."""
    times_us = np.arange(220) * 1_000_000
    speed = np.repeat([0.1, 9.0, 0.1], [100, 100, 20])
    climb = np.repeat([0.0, 0.0, 2.0], [100, 100, 20])
    amps = np.repeat([14.0, 12.0, 20.0], [100, 100, 20])
    rows = {"number": 0.0, "voltage_v": 15.0, "current_a": amps, **battery}
    return SeriesView(
        "utc",
        channels={
            "battery": _channel("battery", times_us, **rows),
            "speed": _channel("speed", times_us, ground_m_s=speed, climb_m_s=climb),
            "altitude": _channel("altitude", times_us, home_m=20.0),
        },
    )


def test_a_past_flight_gives_the_power_of_each_speed_and_phase() -> None:
    power = power_of_flight(_flight(), source="last")
    assert np.asarray(power.level_w) == pytest.approx(np.asarray([[0.1, 210.0], [9.0, 180.0]]))
    assert power.climb_w == pytest.approx(300.0)
    assert power.capacity_wh is None
    assert power.source == "measured on last"


def test_a_past_flight_gives_the_capacity_of_its_battery() -> None:
    flight = _flight(used_ah=np.linspace(0.0, 2.0, 220), left_share=np.linspace(1.0, 0.6, 220))
    assert power_of_flight(flight, source="last").capacity_wh == pytest.approx(75.0)


def test_a_flight_without_a_current_is_refused() -> None:
    with pytest.raises(UserError, match="no current of level flight"):
        power_of_flight(_flight(current_a=np.nan), source="last")
    with pytest.raises(UserError, match="no battery, speed or altitude"):
        power_of_flight(SeriesView("utc", {}), source="last")
