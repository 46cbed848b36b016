"""Uploads to the emulated autopilots, which keep, drop and change lists as the real ones do."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from controller.app.fly.events import FlySummary
from controller.app.fly.procedure import fly
from controller.app.station import Station
from controller.errors import VerificationFailed
from controller.link.memory import memory_pair
from controller.missions.fence import Fence, FenceCircle, FencePoint, FencePolygon, RallyPoint
from controller.vehicle.vehicle import Vehicle
from hil.sim.clock import VirtualClock
from hil.sim.vehicle import SimVehicle
from tests.support.flights import RETURN, TAKEOFF, plan_of, waypoint

FACES = ("ardupilot", "px4")
CORNERS = ((47.39, 8.54), (47.41, 8.54), (47.41, 8.56))
POLYGON = Fence(
    polygons=(FencePolygon(tuple(FencePoint(*corner) for corner in CORNERS)),),
    breach_return=RallyPoint(47.3977, 8.5456, 12.0),
)
CIRCLE = Fence(circles=(FenceCircle(FencePoint(47.3977, 8.5456), 200.0),))
PLAN = plan_of(TAKEOFF, waypoint(50), RETURN)


@asynccontextmanager
async def station(face: str) -> AsyncIterator[tuple[Station, SimVehicle]]:
    clock = VirtualClock()
    ours, theirs = memory_pair("ground", "aircraft")
    simulated = SimVehicle("quad_x", face, clock=clock)
    async with asyncio.TaskGroup() as group:
        living = group.create_task(simulated.run(theirs))
        async with Station(clock=clock) as opened:
            await opened.add(ours)
            yield opened, simulated
        living.cancel()


@asynccontextmanager
async def aircraft(face: str) -> AsyncIterator[tuple[Vehicle, SimVehicle]]:
    async with station(face) as (opened, simulated):
        vehicle = await opened.vehicle(timeout_s=30.0)
        await vehicle.wait(lambda state: state.home is not None, 60.0)
        yield vehicle, simulated


def fence_aboard(simulated: SimVehicle) -> int:
    return len(simulated.autopilot.stores[1].items)


@pytest.mark.parametrize("face", FACES)
async def test_every_kind_of_list_reads_back_as_the_stack_stores_it(face: str) -> None:
    rally = (RallyPoint(47.3977, 8.5456, 25.5),)
    async with aircraft(face) as (vehicle, simulated):
        uploaded = await vehicle.mission.upload(replace(PLAN, fence=POLYGON, rally=rally))
        assert uploaded.what == "3 items, fence of 1 polygon, 1 rally point"
        assert fence_aboard(simulated) == 4


async def test_values_that_the_aircraft_stores_alike_are_one_note_with_their_items() -> None:
    held = [replace(waypoint(50 + at), param1=1.4) for at in range(3)]
    async with aircraft("ardupilot") as (vehicle, _):
        uploaded = await vehicle.mission.upload(plan_of(TAKEOFF, *held, waypoint(60), RETURN))
    (note,) = [note for note in uploaded.notes if "param1" in note]
    assert note.startswith("items 2-4: param1 sent as 1.4")


async def test_a_circle_that_replaces_a_polygon_stays_on_an_ardupilot() -> None:
    # Sent without clearing, ArduPilot acknowledges and counts it, and drops it 0.3 s later.
    async with aircraft("ardupilot") as (vehicle, simulated):
        await vehicle.mission.upload(replace(PLAN, fence=POLYGON))
        await vehicle.mission.upload(replace(PLAN, fence=CIRCLE))
        await asyncio.sleep(5.0)
        assert fence_aboard(simulated) == 1


async def test_a_fence_that_an_ardupilot_drops_all_the_same_is_sent_again_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with aircraft("ardupilot") as (vehicle, simulated):
        after_s = [0.3, math.inf]
        stack = simulated.autopilot.stack
        monkeypatch.setattr(stack, "loses_fence_after_s", lambda *_: after_s.pop(0) if after_s else math.inf)
        await vehicle.mission.upload(replace(PLAN, fence=CIRCLE))
        assert fence_aboard(simulated) == 1
        monkeypatch.setattr(stack, "loses_fence_after_s", lambda *_: 0.3)
        with pytest.raises(VerificationFailed, match="points sent: 4, on board: 0") as failed:
            await vehicle.mission.upload(replace(PLAN, fence=POLYGON))
        assert failed.value.__notes__ == [
            "the fence that was on board is deleted: upload the fence again before the flight"
        ]


async def test_a_mission_after_a_mission_begins_at_its_first_item_on_a_px4() -> None:
    async with aircraft("px4") as (vehicle, simulated):
        navigator = simulated.autopilot.commander.navigator
        await vehicle.mission.upload(plan_of(TAKEOFF, waypoint(50), waypoint(60), RETURN))
        navigator.select(3)
        await asyncio.sleep(1.5)
        uploaded = await vehicle.mission.upload(PLAN)
        assert navigator.seq == 0
        assert "the aircraft was at item 3" in uploaded.notes[-1]


async def test_two_missions_after_one_another_are_flown_whole_by_a_px4() -> None:
    async with station("px4") as (opened, _):
        for plan in (PLAN, plan_of(TAKEOFF, waypoint(20), waypoint(20, 20), waypoint(0, 20), RETURN)):
            last = [event async for event in fly(plan, opened)][-1]
            assert isinstance(last, FlySummary)
            assert (last.outcome, last.items_missed) == ("completed", ())
            assert last.items_reached == tuple(range(1, len(plan.items) + 1))
