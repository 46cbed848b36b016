"""The emulated PX4 flies through the simulator interface, in virtual time."""

from __future__ import annotations

import asyncio
import math
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from controller.link.memory import memory_pair
from hil.airframes.load import load_airframe
from hil.bridges.peer import run_peer
from hil.bridges.px4.peer import Px4Peer
from hil.bridges.px4.sensor_feed import SensorFeed
from hil.bridges.px4.sitl import Px4Sitl
from hil.bridges.serve import FramedEndpoint, serve_endpoint
from hil.sensors import layout as sn
from hil.sim.clock import EPOCH_UTC_US, run_virtual
from hil.sim.plant.plant import Plant
from hil.sim.vehicle import DEFAULT_HOME
from tests.support.bridge_missions import MISSION
from tests.support.ground_station import Ground, until, until_disarmed


@dataclass
class Setup:
    bridge: Px4Sitl
    peer: Px4Peer
    ground: Ground
    notes: list[str]

    @property
    def plant(self) -> Plant:
        assert self.bridge.feed is not None
        return self.bridge.feed.plant


@asynccontextmanager
async def bridged(*, imus: int = 1, seed: int = 1, **weather: Any) -> AsyncIterator[Setup]:
    """An emulated PX4 on the bridge, ready to arm, and a ground station on its link."""
    notes: list[str] = []

    def feed() -> SensorFeed:
        plant = Plant(load_airframe("quad_x"), DEFAULT_HOME, seed=seed, **weather)
        return SensorFeed(plant, seed=seed, imus=imus, epoch_utc_us=EPOCH_UTC_US)

    ours, theirs = memory_pair("simulator", "px4")
    radio, there = memory_pair("px4's radio", "ground")
    bridge = Px4Sitl(feed, note=notes.append)
    peer = Px4Peer(DEFAULT_HOME)
    ground = Ground(there)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(work)
            for work in (
                serve_endpoint(FramedEndpoint(bridge), ours),
                run_peer(peer, theirs, radio),
                ground.listen(),
                ground.beat(),
            )
        ]
        await until(lambda: peer.emulator.autopilot.vehicle.home is not None, within_s=60.0)
        yield Setup(bridge, peer, ground, notes)
        for task in tasks:
            task.cancel()


@pytest.mark.parametrize(
    ("imus", "imu_hz"), [(1, 250), (3, 250), pytest.param(1, 1000, marks=pytest.mark.slow)]
)
async def test_a_mission_flies_from_take_off_to_landing_through_the_bridge(imus: int, imu_hz: int) -> None:
    async with bridged(imus=imus, imu_hz=imu_hz, wind_ned=(3.0, 1.0, 0.0), gust_m_s=0.7) as here:
        assert await here.ground.upload(MISSION) == 0
        assert await here.ground.command(176, 1, 4, 4) == 0
        assert await here.ground.command(400, 1) == 0
        await until(lambda: here.plant.truth.pos_ned[0] > 25.0, within_s=60.0)
        assert 13.5 < -here.plant.truth.pos_ned[2] < 16.5
        await until_disarmed(here.peer.emulator, within_s=240.0)
        assert math.hypot(*here.plant.truth.pos_ned[:2]) < 2.0
        assert here.plant.truth.pos_ned[2] > -0.5
        assert here.notes == []


async def test_after_the_first_outputs_every_step_waits_for_an_answer() -> None:
    async with bridged() as here:
        steps, answers = here.bridge.steps, here.bridge.answers
        await asyncio.sleep(2.0)
        assert here.bridge.steps - steps == here.bridge.answers - answers > 400
        assert here.bridge.unanswered == 0


@pytest.mark.parametrize("imu_hz", [250, 500, 1000])
def test_all_sensors_keep_their_rates_at_any_imu_rate(imu_hz: int) -> None:
    plant = Plant(load_airframe("quad_x"), DEFAULT_HOME, seed=1, imu_hz=imu_hz, receivers=2)
    fed = SensorFeed(plant, seed=1, imus=2, rangefinder=True, flow=True, epoch_utc_us=EPOCH_UTC_US)
    sent = [one for _ in range(2 * imu_hz) for one in fed.step()]
    sensors = [one for one in sent if one.name == "HIL_SENSOR"]
    assert plant.time_s == pytest.approx(2.0)
    assert [sum(one.id == number for one in sensors) for number in (0, 1)] == [2 * imu_hz] * 2
    assert sum(one.fields_updated & 0x1C0 == 0x1C0 for one in sensors) == 100
    assert 38 <= sum(one.name == "DISTANCE_SENSOR" for one in sent) <= 42
    assert len({one.time_usec for one in sensors}) == 2 * imu_hz
    # White noise of constant density: with twice the rate the deviation is larger by the root of two.
    for number in (0, 1):
        spread = statistics.stdev(one.xgyro for one in sensors if one.id == number)
        assert spread / math.sqrt(imu_hz) == pytest.approx(float(plant.records[sn.GYRO_NOISE]), rel=0.1)


async def test_the_emulated_autopilots_estimate_agrees_with_ground_truth() -> None:
    async with bridged() as here:
        await asyncio.sleep(5.0)
        estimate, truth = here.peer.emulator.loop.estimate, here.plant.truth
        assert math.dist(estimate.pos_ned, truth.pos_ned) < 4.0
        assert math.dist(estimate.euler_rad[:2], truth.euler_rad[:2]) < math.radians(2.0)
        assert here.peer.dropped_groups == 0


def test_the_same_seed_repeats_a_flight_through_the_bridge() -> None:
    async def end() -> tuple[object, object]:
        async with bridged(seed=7, gust_m_s=1.0) as here:
            await asyncio.sleep(1.0)
            return here.plant.truth, here.peer.emulator.loop.estimate

    assert run_virtual(end()) == run_virtual(end())


def test_two_receivers_are_two_instances_at_one_position() -> None:
    plant = Plant(load_airframe("quad_x"), DEFAULT_HOME, seed=1, receivers=2)
    fed = SensorFeed(plant, seed=1, epoch_utc_us=EPOCH_UTC_US)
    sent = [one for _ in range(25 * 250) for one in fed.step() if one.name == "HIL_GPS"]
    block_offsets = {
        number: [one for one in sent if one.id == number and one.fix_type == 3] for number in (0, 1)
    }
    assert len(block_offsets[0]) > 50 < len(block_offsets[1])
    (first, second) = (block_offsets[0][-1], block_offsets[1][-1])
    assert first.lat != second.lat
    assert abs(first.lat - second.lat) < 500  # 1e-7 degrees: 5 m
    assert abs(first.time_usec - second.time_usec) <= 200_000


def test_a_rangefinder_measures_twenty_times_a_second() -> None:
    plant = Plant(load_airframe("quad_x"), DEFAULT_HOME, seed=1)
    fed = SensorFeed(plant, seed=1, rangefinder=True, epoch_utc_us=EPOCH_UTC_US)
    plant.drive([0.9] * 4)
    sent = [one for _ in range(250) for one in fed.step() if one.name == "DISTANCE_SENSOR"]
    assert 19 <= len(sent) <= 21
    assert {one.orientation for one in sent} == {25}
    height_m = plant.ground_d_m - plant.truth.pos_ned[2]
    assert height_m > 2.0
    assert sent[-1].current_distance * 0.01 == pytest.approx(height_m, rel=0.2)
    assert (sent[0].signal_quality, sent[-1].signal_quality) == (1, 100)  # below its range on the ground
