"""Simulated radio between aircraft and ground, with and without impairment."""

from __future__ import annotations

import asyncio

import pytest

from controller.link.impair import ImpairedLink
from controller.link.memory import memory_pair
from controller.link.url import Impairment
from hil.sim.clock import VirtualClock
from hil.sim.link_splitter import LinkSplitter
from hil.sim.radio import radio
from hil.sim.vehicle import SimVehicle
from tests.support.ground_station import Ground


async def test_a_bad_radio_loses_frames_by_its_seed() -> None:
    async def heartbeats(impairment: Impairment | None) -> int:
        here, there = radio(impairment)
        vehicle, ground = SimVehicle(clock=VirtualClock()), Ground(there)
        async with asyncio.TaskGroup() as group, there:
            group.create_task(vehicle.run(here))
            listening = group.create_task(ground.listen())
            await asyncio.sleep(100.0)
            await there.close()
            await listening
        return len(ground.messages("HEARTBEAT"))

    assert await heartbeats(None) == pytest.approx(100, abs=1)
    lossy = Impairment(loss=0.3, delay_ms=50.0, seed=4)
    assert 50 < await heartbeats(lossy) < 90
    assert await heartbeats(lossy) == await heartbeats(lossy)


def test_a_good_radio_is_nothing_but_memory() -> None:
    assert not isinstance(radio(Impairment(seed=3))[1], ImpairedLink)


async def test_several_aircraft_share_a_link() -> None:
    here, there = memory_pair("air", "ground")
    shared = LinkSplitter(here, 3)
    ground = Ground(there)
    async with asyncio.TaskGroup() as group:
        group.create_task(shared.run())
        for number, link in enumerate(shared.members, 1):
            group.create_task(SimVehicle(system_id=number, clock=VirtualClock()).run(link))
        listening = group.create_task(ground.listen())
        await asyncio.sleep(3.0)
        assert {frame.system for _, frame in ground.heard} == {1, 2, 3}
        assert await ground.command(520) == 0
        await there.close()
        await listening
