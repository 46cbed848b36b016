"""Orders: which ones an aircraft can do comes from its autopilot, and each has words for the operator."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from controller.app.gcs import named_orders, orders
from controller.app.typed_fields import Fields
from controller.autopilots.ardupilot import ArduPilot
from controller.autopilots.base import Autopilot
from controller.autopilots.generic import Generic
from controller.autopilots.px4 import PX4
from controller.autopilots.vehicle_class import VehicleClass
from controller.errors import AircraftRefused, LandlineError, SafetyRefused, UserError
from tests.support.flights import SQUARE, vehicle_with

FLYING = {"takeoff", "altitude", "land"}


@pytest.mark.parametrize(
    ("autopilot", "cannot"),
    [
        (ArduPilot(VehicleClass.COPTER), set()),
        (ArduPilot(VehicleClass.PLANE), set()),
        (ArduPilot(VehicleClass.ROVER), FLYING),
        (PX4(VehicleClass.COPTER), set()),
        (PX4(VehicleClass.ROVER), FLYING),
        (
            Generic(VehicleClass.COPTER, 0),
            {
                "takeoff",
                "goto",
                "altitude",
                "speed",
                "mode",
                "pause",
                "resume",
                "start_mission",
                "jump_to_item",
            },
        ),
    ],
    ids=lambda one: f"{one.name} {one.kind.value}" if isinstance(one, Autopilot) else "",
)
def test_the_autopilot_decides_which_actions_there_are(autopilot: Autopilot, cannot: set[str]) -> None:
    everything = set(named_orders.available(ArduPilot(VehicleClass.COPTER)))
    assert set(named_orders.available(autopilot)) == everything - cannot


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("takeoff", {"alt_m": 12.5}, "take off to 12.5 m"),
        ("mode", {"mode": "loiter"}, "change the flight mode to LOITER"),
        ("altitude", {"alt_m": 40}, "hold here at 40 m"),
        ("speed", {"speed_m_s": 7}, "fly at 7 m/s"),
        ("jump_to_item", {"number": 3}, "go on with the mission at item 3"),
        ("return", {}, "return home and land"),
    ],
)
async def test_an_order_has_words_for_the_operator(name: str, values: dict[str, Any], words: str) -> None:
    async with vehicle_with("ardupilot") as (vehicle, _):
        assert named_orders.order(name, Fields(values), vehicle).words == words


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("fly", {}, "'fly' is unknown"),
        ("goto", {"lat_deg": 47.0, "lon_deg": 8.0}, "alt_m is missing"),
        ("goto", {"lat_deg": 0, "lon_deg": 0, "alt_m": 20}, "never set"),
        ("goto", {"lat_deg": 91, "lon_deg": 0, "alt_m": 20}, "lat_deg is 91"),
        ("speed", {"speed_m_s": 0}, "invalid speed"),
        ("jump_to_item", {"number": 2.5}, "whole number"),
        ("arm", {"force": True}, "unknown field force"),
    ],
)
async def test_a_wrong_order_is_refused_with_one_line(name: str, values: dict[str, Any], said: str) -> None:
    async with vehicle_with("ardupilot") as (vehicle, aircraft):
        with pytest.raises(LandlineError) as refused:
            named_orders.order(name, Fields(values), vehicle)
        assert said in str(refused.value)
        assert aircraft.commands == []


async def test_an_order_that_the_aircraft_cannot_do_is_named() -> None:
    async with vehicle_with("arduplane") as (vehicle, aircraft):
        aircraft.armed, aircraft.place[2] = True, 50.0
        await asyncio.sleep(2)
        with pytest.raises(SafetyRefused, match="in the air already"):
            orders.takeoff(20.0).check(vehicle)


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
async def test_the_mission_goes_on_at_another_item(stack: str) -> None:
    async with vehicle_with(stack) as (vehicle, aircraft):
        await vehicle.mission.upload(SQUARE)
        await orders.jump_to_item(3).run(vehicle)
        assert aircraft.number == 3
        with pytest.raises(UserError, match="it has 6 items"):
            await orders.jump_to_item(7).run(vehicle)
        aircraft.script.keeps_current = True
        with pytest.raises(AircraftRefused, match="stays at item 3 of the mission and does not go to item 5"):
            await orders.jump_to_item(5).run(vehicle)
