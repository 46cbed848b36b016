"""Flights of the real flight procedure against a scripted vehicle on a memory link, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from controller.app.fly.events import FlyEvent, FlySummary, MissionUpdate
from controller.app.fly.options import FlyOptions
from controller.app.fly.procedure import fly
from controller.app.station import Station
from controller.link.memory import memory_pair
from controller.missions.plan import Home, Plan, PlanItem
from controller.vehicle.vehicle import Vehicle
from hil.sim.clock import VirtualClock
from tests.support.scripted.script import Script
from tests.support.scripted.telemetry import HOME
from tests.support.scripted.vehicle import ScriptedVehicle

T = TypeVar("T")

TAKEOFF = PlanItem(command=22, alt_m=20.0)
RETURN = PlanItem(command=20, frame=2)
LAND = PlanItem(command=21, lat_deg=HOME[0], lon_deg=HOME[1])
SPEED = PlanItem(command=178, frame=2, param2=5.0)
LOITER = PlanItem(command=17, lat_deg=HOME[0] + 0.001, lon_deg=HOME[1], alt_m=20.0)


def waypoint(north_m: float, east_m: float = 0.0, alt_m: float = 20.0, **more: Any) -> PlanItem:
    return PlanItem(
        command=16,
        lat_deg=round(HOME[0] + north_m / 111_195, 7),
        lon_deg=round(HOME[1] + east_m / 75_300, 7),
        alt_m=alt_m,
        **more,
    )


def plan_of(*items: PlanItem) -> Plan:
    return Plan(items=items, home=Home(*HOME))


SQUARE = plan_of(TAKEOFF, waypoint(60), waypoint(60, 60), SPEED, waypoint(0, 60), RETURN)


@dataclass
class Flown:
    """What came of a flight."""

    vehicle: ScriptedVehicle
    events: list[FlyEvent] = field(default_factory=list)

    @property
    def summary(self) -> FlySummary:
        last = self.events[-1]
        assert isinstance(last, FlySummary)
        return last

    def of(self, kind: type[T]) -> list[T]:
        """Return the events of a kind, and the changes of that kind in mission updates."""
        found = (event.change if isinstance(event, MissionUpdate) else event for event in self.events)
        return [one for one in found if isinstance(one, kind)]


@asynccontextmanager
async def station_with(
    stack: str, script: Script | None = None
) -> AsyncIterator[tuple[Station, ScriptedVehicle]]:
    """A station joined to a scripted vehicle."""
    clock = VirtualClock()
    ours, theirs = memory_pair("ground", "aircraft")
    vehicle = ScriptedVehicle(stack, clock, script)
    async with asyncio.TaskGroup() as group:
        living = group.create_task(vehicle.run(theirs))
        async with Station(clock=clock) as station:
            await station.add(ours)
            yield station, vehicle
        living.cancel()


@asynccontextmanager
async def vehicle_with(
    stack: str, script: Script | None = None
) -> AsyncIterator[tuple[Vehicle, ScriptedVehicle]]:
    """A vehicle as the ground sees it, ready to be commanded, and its other side."""
    async with station_with(stack, script or Script(ready_at_s=0.0)) as (station, scripted):
        vehicle = await station.vehicle()
        await vehicle.request_streams()
        await vehicle.request_version()
        yield vehicle, scripted


async def flight(
    plan: Plan, stack: str = "ardupilot", script: Script | None = None, options: FlyOptions | None = None
) -> Flown:
    """A whole flight."""
    async with station_with(stack, script) as (station, scripted):
        result = Flown(scripted)
        async for event in fly(plan, station, options or FlyOptions()):
            result.events.append(event)
    return result
