"""The emulated ArduPilot flies through the JSON interface, in virtual time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from controller.link.memory import memory_pair
from controller.protocol.mission.items import MissionItem
from hil.airframes.load import load_airframe
from hil.bridges.ardupilot.peer import ArduPilotPeer
from hil.bridges.ardupilot.sitl import ArduPilotSitl
from hil.bridges.peer import run_peer
from hil.sim.clock import run_virtual
from hil.sim.plant.plant import Plant
from hil.sim.vehicle import DEFAULT_HOME
from tests.support.bridge_missions import MISSION
from tests.support.ground_station import Ground, until, until_disarmed


@dataclass
class Setup:
    bridge: ArduPilotSitl
    peer: ArduPilotPeer
    ground: Ground
    notes: list[str]

    @property
    def plant(self) -> Plant:
        assert self.bridge.plant is not None
        return self.bridge.plant


@asynccontextmanager
async def bridged(*, seed: int = 1, **weather: Any) -> AsyncIterator[Setup]:
    notes: list[str] = []
    ours, theirs = memory_pair("physics", "ardupilot")
    radio, there = memory_pair("ardupilot's radio", "ground")

    def make() -> Plant:
        return Plant(load_airframe("quad_x"), DEFAULT_HOME, seed=seed, **weather)

    bridge = ArduPilotSitl(make, note=notes.append)
    peer = ArduPilotPeer(DEFAULT_HOME, pace_s=0.001)
    ground = Ground(there)

    async def serve() -> None:
        while data := await ours.read():
            reply = bridge.receive(data, "peer", asyncio.get_running_loop().time())
            if reply is not None:
                ours.write_now(reply)

    async with asyncio.TaskGroup() as group:
        work = (serve(), run_peer(peer, theirs, radio), ground.listen(), ground.beat())
        tasks = [group.create_task(one) for one in work]
        await until(lambda: peer.emulator.autopilot.vehicle.home is not None, within_s=60.0)
        yield Setup(bridge, peer, ground, notes)
        for task in tasks:
            task.cancel()


async def test_a_mission_flies_from_take_off_to_landing_through_the_bridge() -> None:
    async with bridged(wind_ned=(3.0, 1.0, 0.0), gust_m_s=0.7) as here:
        assert await here.ground.upload([MissionItem(frame=0, command=16), *MISSION]) == 0
        for command in ((176, 1, 4), (400, 1), (176, 1, 3), (300,)):
            assert await here.ground.command(*command) == 0, command
        await until(lambda: here.plant.truth.pos_ned[0] > 25.0, within_s=60.0)
        assert 13.5 < -here.plant.truth.pos_ned[2] < 16.5
        await until_disarmed(here.peer.emulator, within_s=240.0)
        assert math.hypot(*here.plant.truth.pos_ned[:2]) < 2.0
        assert here.plant.truth.pos_ned[2] > -0.5
        assert here.notes == []
        assert (here.peer.resent, here.peer.bad_lines, here.bridge.repeats) == (0, 0, 0)


def test_the_same_seed_repeats_a_flight_through_the_bridge() -> None:
    async def end() -> tuple[object, object]:
        async with bridged(seed=7, gust_m_s=1.0) as here:
            return here.plant.truth, here.peer.emulator.loop.estimate

    assert run_virtual(end()) == run_virtual(end())
