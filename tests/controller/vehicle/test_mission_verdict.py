"""Missions that are acknowledged and rejected afterwards, on what a real PX4 sent; changes by other ground stations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from controller.app.fly.events import StatusTextReceived
from controller.app.fly.options import FlyOptions
from controller.app.fly.procedure import fly
from controller.app.station import Station
from controller.autopilots.px4 import PX4
from controller.errors import SafetyRefused, VerificationFailed
from controller.link.memory import memory_pair
from controller.missions.plan import Plan
from controller.vehicle.mission_verdict import NO_VERDICT, MissionRejected, wait_for_home
from controller.vehicle.vehicle import Vehicle
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.enums import MAV_CMD
from hil.sim.clock import VirtualClock
from tests.support.flights import vehicle_with
from tests.support.recorded_missions import mission_of
from tests.support.replay_peer import ReplayPeer
from tests.support.scripted.script import Script

DENIED = "px4_plane_without_landing_denied.tlog"
REASON = "Mission rejected: Landing waypoint/pattern required"


def plan_without_landing() -> Plan:
    return mission_of(DENIED, first_seq=0, sender=255, vehicle_type=1)


@asynccontextmanager
async def replayed(recording: str, **options: tuple[str, ...]) -> AsyncIterator[tuple[Station, ReplayPeer]]:
    peer = ReplayPeer(recording, **options)
    ours, theirs = memory_pair("ground", "aircraft")
    async with asyncio.TaskGroup() as group:
        living = group.create_task(peer.run(theirs))
        async with Station(clock=VirtualClock()) as station:
            await station.add(ours)
            yield station, peer
        living.cancel()


async def test_a_mission_that_a_recorded_px4_rejects_fails_with_its_reason() -> None:
    async with replayed(DENIED) as (station, _):
        vehicle = await station.vehicle()
        with pytest.raises(MissionRejected) as failed:
            await vehicle.mission.upload(plan_without_landing())
        assert failed.value.what == f"the aircraft will not fly this mission: {REASON}"
        assert failed.value.exit_code == 4
        assert vehicle.mission.onboard is None


async def test_a_flight_ends_before_arming_when_the_mission_is_rejected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Our own check knows this reason too; the aircraft's others are the matter here.
    monkeypatch.setattr(PX4, "plan_findings", lambda *_: ())
    async with replayed(DENIED) as (station, peer):
        events = [event async for event in fly(plan_without_landing(), station, FlyOptions(params="none"))]
    summary = events[-1]
    assert summary.exit_code == 4  # type: ignore[union-attr]
    assert REASON in summary.why  # type: ignore[union-attr]
    assert REASON in [event.text for event in events if isinstance(event, StatusTextReceived)]
    assert not any(message.name == "COMMAND_LONG" and message.command == 400 for message in peer.received)


async def test_without_the_event_the_rejection_is_known_by_the_mission_state() -> None:
    async with replayed(DENIED, without=("EVENT",)) as (station, _):
        vehicle = await station.vehicle()
        with pytest.raises(MissionRejected, match="it gives no reason"):
            await vehicle.mission.upload(plan_without_landing())


async def test_an_aircraft_that_says_nothing_about_the_mission_gives_a_note() -> None:
    async with replayed(DENIED, without=("EVENT", "MISSION_CURRENT")) as (station, _):
        vehicle = await station.vehicle()
        uploaded = await vehicle.mission.upload(plan_without_landing())
        assert NO_VERDICT in uploaded.notes


async def test_a_mission_that_a_recorded_px4_accepts_is_uploaded() -> None:
    recording = "px4_second_mission_starts_at_item_4.tlog"
    async with replayed(recording) as (station, _):
        vehicle = await station.vehicle()
        uploaded = await vehicle.mission.upload(mission_of(recording, first_seq=0, sender=255))
        assert uploaded.items == 6
        assert NO_VERDICT not in uploaded.notes


async def test_an_aircraft_that_answers_zeros_for_home_is_asked_for_ten_seconds() -> None:
    zeros = Script(messages=[m.HOME_POSITION()])
    async with vehicle_with("px4", zeros) as (vehicle, scripted):
        began_s = vehicle.clock.now()
        async with asyncio.timeout(60.0):
            assert not await wait_for_home(vehicle)
        assert 10.0 <= vehicle.clock.now() - began_s < 15.0
        asked = sum(getattr(one, "command", 0) == MAV_CMD.REQUEST_MESSAGE for one in scripted.received)
        assert 5 <= asked <= 20


async def changes_after(vehicle: Vehicle, link_write: object, *currents: dict[str, int]) -> list[str]:
    found: list[str] = []
    stop = vehicle.mission.watch_changes(found.append)
    for current in currents:
        await link_write(Encoder(vehicle.address).pack(m.MISSION_CURRENT(**current)))  # type: ignore[operator]
        await asyncio.sleep(0.2)
    stop()
    return found


@pytest.mark.parametrize(
    ("currents", "found"),
    [
        ([{"total": 6, "mission_id": 7}, {"total": 6, "mission_id": 8}], ["mission"]),
        ([{"total": 6, "mission_id": 7, "seq": 2}, {"total": 6, "mission_id": 7, "seq": 3}], []),
        ([{"total": 6}, {"total": 4}, {"total": 4}], ["mission"]),
        ([{"fence_id": 1}, {"fence_id": 2, "rally_points_id": 3}], ["fence and rally points"]),
        ([{"total": 6, "mission_id": 7}, {"total": 65535}], ["mission"]),
    ],
)
async def test_a_change_by_another_ground_station_is_noticed_once(
    currents: list[dict[str, int]], found: list[str]
) -> None:
    ours, theirs = memory_pair("ground", "aircraft")
    async with Station(clock=VirtualClock()) as station:
        await station.add(ours)
        await theirs.write(Encoder(address(1, 1)).pack(m.HEARTBEAT(type=2, autopilot=12)))
        vehicle = await station.vehicle()
        noticed = await changes_after(vehicle, theirs.write, *currents)
    assert noticed == [f"{what} on board changed by another ground station" for what in found]


async def test_the_own_upload_is_no_change_by_another_ground_station() -> None:
    recording = "px4_second_mission_starts_at_item_4.tlog"
    async with replayed(recording) as (station, _):
        vehicle = await station.vehicle()
        found: list[str] = []
        vehicle.mission.watch_changes(found.append)
        await asyncio.sleep(2.0)
        await vehicle.mission.upload(mission_of(recording, first_seq=0, sender=255))
        await asyncio.sleep(3.0)
        assert found == []


async def test_a_plan_without_a_first_position_waits_for_home_and_is_not_sent_without() -> None:
    plan = plan_without_landing()
    first = replace(plan.items[0], lat_deg=0.0, lon_deg=0.0)
    plan = replace(plan, items=(first, *plan.items[1:]), home=None)
    async with replayed(DENIED, without=("HOME_POSITION",)) as (station, peer):
        vehicle = await station.vehicle()
        with pytest.raises(SafetyRefused, match="no home position yet"):
            await vehicle.mission.upload(plan)
        assert not any(message.name == "MISSION_COUNT" for message in peer.received)
    async with replayed(DENIED) as (station, peer):
        vehicle = await station.vehicle()
        with pytest.raises(VerificationFailed):  # the peer gives back the item that was recorded
            await vehicle.mission.upload(plan)
        sent = [message for message in peer.received if message.name == "MISSION_ITEM_INT"]
        assert (sent[0].x, sent[0].y) == (473977419, 85455938)
