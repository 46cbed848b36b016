"""The fly procedure on a simulated plane: takeoff run, waypoints, landing, status texts of an emulated ArduPlane."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import Any

import pytest

from controller.app.fly.events import FlyEvent, FlySummary
from controller.app.fly.options import FlyOptions
from controller.app.fly.procedure import fly
from controller.app.station import Station
from controller.link.memory import memory_pair
from controller.missions.plan import Plan, PlanItem
from hil.errors import ScenarioError
from hil.faults.schedule import Fault
from hil.geodesy import Home
from hil.sim.clock import VirtualClock
from hil.sim.vehicle import SimVehicle
from tests.support.flights import HOME, LAND, RETURN, TAKEOFF, plan_of, waypoint

UP = replace(TAKEOFF, alt_m=50.0)
DOWN = replace(LAND, alt_m=0.0)
CIRCUIT = plan_of(
    UP, waypoint(500, 0, 60), waypoint(500, 400, 60), waypoint(-500, 400, 50), waypoint(-550, 0, 32), DOWN
)


async def flown(
    plan: Plan, airframe: str, options: FlyOptions | None = None, **world: Any
) -> tuple[FlySummary, SimVehicle, list[str]]:
    """The summary, the aircraft at the end, and the status texts of its autopilot."""
    clock = VirtualClock()
    ours, theirs = memory_pair("ground", "aircraft")
    aircraft = SimVehicle(airframe, home=Home(HOME[0], HOME[1], HOME[2], 0.0), seed=2, clock=clock, **world)
    texts: list[str] = []
    send_text = aircraft.autopilot.vehicle.send_text

    def record_text(text: str, *more: int) -> None:
        texts.append(text)
        send_text(text, *more)

    aircraft.autopilot.vehicle.send_text = record_text  # type: ignore[method-assign]
    async with asyncio.TaskGroup() as group:
        living = group.create_task(aircraft.run(theirs))
        async with Station(clock=clock) as station:
            await station.add(ours)
            events: list[FlyEvent] = [event async for event in fly(plan, station, options)]
        living.cancel()
    last = events[-1]
    assert isinstance(last, FlySummary)
    return last, aircraft, texts


@pytest.mark.parametrize("airframe", ["plane", "elevon"])
async def test_a_circuit_is_flown_from_takeoff_run_to_standstill(airframe: str) -> None:
    summary, aircraft, texts = await flown(CIRCUIT, airframe)
    assert summary.outcome == "completed"
    assert summary.items_reached == (1, 2, 3, 4, 5, 6)
    assert not aircraft.autopilot.vehicle.armed
    north, east, _ = aircraft.loop.truth.pos_ned
    assert abs(east) < 15.0
    assert -100.0 < north < 250.0
    assert [text.split(" dist")[0] for text in texts if "waypoint" in text] == [
        f"Reached waypoint #{number}" for number in (2, 3, 4, 5)
    ]
    for text in (
        "Throttle armed",
        "Mission: 1 Takeoff",
        "Landing approach start",
        "Flare",
        "Throttle disarmed",
    ):
        assert any(one.startswith(text) for one in texts), text


async def test_a_circuit_in_wind_is_flown_without_airspeed_sensor() -> None:
    faults = (Fault.parse("airspeed off 45"),)
    summary, aircraft, _ = await flown(CIRCUIT, "plane", wind_ned=(3.0, -3.0, 0.0), faults=faults)
    assert summary.outcome == "completed"
    assert aircraft.loop.indicated_airspeed_m_s is None
    assert math.hypot(*aircraft.loop.truth.vel_ned) < 0.6


async def test_a_return_ends_the_mission_circling_over_home() -> None:
    summary, aircraft, _ = await flown(plan_of(UP, waypoint(400, 100, 60), RETURN), "plane")
    assert summary.outcome == "completed"
    assert aircraft.autopilot.commander.mode.name == "RTL"
    assert aircraft.autopilot.vehicle.armed


async def test_loiter_turns_and_loiter_to_altitude_are_flown() -> None:
    turns = PlanItem(
        command=18, lat_deg=HOME[0] + 0.003, lon_deg=HOME[1], alt_m=70.0, param1=2.0, param3=-70.0
    )
    climb = PlanItem(command=31, lat_deg=HOME[0] + 0.003, lon_deg=HOME[1] + 0.004, alt_m=90.0, param2=90.0)
    plan = plan_of(UP, turns, climb, waypoint(-500, 0, 40), DOWN)
    summary, aircraft, _ = await flown(plan, "plane")
    assert summary.outcome == "completed"
    assert summary.items_reached == (1, 2, 3, 4, 5)
    assert 83.0 < summary.max_alt_m < 98.0
    assert not aircraft.autopilot.vehicle.armed


async def test_a_plan_without_takeoff_climbs_in_takeoff_mode_first() -> None:
    plan = plan_of(waypoint(500, 0, 60), waypoint(-600, 0, 40), DOWN)
    summary, _, texts = await flown(plan, "plane")
    assert summary.outcome == "completed"
    assert "Mission: 1 WP" in texts


async def test_a_vtol_takes_off_flies_forward_and_lands_in_place() -> None:
    up, down = replace(UP, command=84, alt_m=40.0), replace(DOWN, command=85)
    plan = plan_of(up, waypoint(500, 0, 60), waypoint(500, 400, 60), waypoint(-300, 400, 50), down)
    summary, aircraft, _ = await flown(plan, "quadplane")
    assert summary.outcome == "completed"
    assert summary.items_reached == (1, 2, 3, 4, 5)
    assert math.hypot(*aircraft.loop.truth.pos_ned[:2]) < 3.0
    assert not aircraft.autopilot.vehicle.armed
    # Some 2.3 km in less time than the rotors alone would have taken at 5 m/s.
    assert aircraft.time_s < 250.0


async def test_a_vtol_returns_from_forward_flight_by_qrtl() -> None:
    clock = VirtualClock()
    ours, theirs = memory_pair("ground", "aircraft")
    aircraft = SimVehicle("quadplane", home=Home(HOME[0], HOME[1], HOME[2], 0.0), seed=2, clock=clock)
    async with asyncio.TaskGroup() as group, ours, theirs:
        living = group.create_task(aircraft.run(theirs))
        await asyncio.sleep(20.0)
        pilot = aircraft.autopilot.commander
        modes = aircraft.autopilot.stack.modes
        assert pilot.change_mode(modes.named("GUIDED")).ok
        assert pilot.arm().ok
        assert pilot.take_off(30.0).ok
        await asyncio.sleep(25.0)
        assert aircraft.loop.vtol_state == 3
        assert pilot.change_mode(modes.named("LOITER")).ok
        await asyncio.sleep(40.0)
        assert aircraft.loop.vtol_state == 4
        assert pilot.change_mode(modes.named("QRTL")).ok
        await asyncio.sleep(180.0)
        assert not aircraft.autopilot.vehicle.armed
        assert math.hypot(*aircraft.loop.truth.pos_ned[:2]) < 3.0
        living.cancel()


def test_px4_on_a_plane_is_refused() -> None:
    with pytest.raises(ScenarioError, match="cannot emulate px4 on a plane"):
        SimVehicle("plane", "px4")
