"""Routing: delivery of broadcasts, targets, duplicates and echoes."""

from __future__ import annotations

import asyncio

from controller.link.memory import memory_pair
from controller.router.hub import Hub
from controller.router.local import Delivery
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION
from controller.wire.frame import Frame
from hil.sim.clock import VirtualClock
from tests.support.mavlink.router_bench import ARM, HEARTBEAT, FarEnd, bench, settle


async def test_a_broadcast_goes_to_all_links_except_its_own() -> None:
    async with bench() as b:
        (vehicle, _), (tablet, _), (camera, _) = (
            await b.add("a", (1, 1)),
            await b.add("b", (254, 1)),
            await b.add("c", (1, 100)),
        )
        await vehicle.send(HEARTBEAT)
        assert [await vehicle.names(), await tablet.names(), await camera.names()] == [
            [],
            ["HEARTBEAT"],
            ["HEARTBEAT"],
        ]


async def test_a_frame_with_a_target_goes_only_to_the_targets_link() -> None:
    async with bench() as b:
        (vehicle, _), (tablet, _), (other, _) = (
            await b.add("a", (1, 1)),
            await b.add("b", (254, 1)),
            await b.add("c", (2, 1)),
        )
        for far in (vehicle, tablet, other):
            await far.send(HEARTBEAT)
        for far in (vehicle, tablet, other):
            await far.received()
        await tablet.send(ARM)
        assert [await vehicle.names(), await tablet.names(), await other.names()] == [
            ["COMMAND_LONG"],
            [],
            [],
        ]


async def test_a_frame_for_an_unknown_target_is_counted_and_not_sent() -> None:
    async with bench() as b:
        (tablet, _), (other, _) = await b.add("b", (254, 1)), await b.add("c", (2, 1))
        ground = b.hub.local(GROUND_STATION)
        await tablet.send(ARM)
        assert await other.names() == []
        assert ground.send(ARM) is Delivery.UNKNOWN
        assert b.hub.stats.unknown == 2


async def test_a_component_never_received_is_reached_over_its_system() -> None:
    async with bench() as b:
        vehicle, _ = await b.add("a", (1, 1))
        ground = b.hub.local(GROUND_STATION)
        await vehicle.send(HEARTBEAT)
        assert ground.send(m.COMMAND_LONG(target_system=1, target_component=154)) is Delivery.ACCEPTED
        assert await vehicle.names() == ["COMMAND_LONG"]


async def test_component_zero_reaches_all_links_of_a_system() -> None:
    async with bench() as b:
        (vehicle, _), (camera, _) = await b.add("a", (1, 1)), await b.add("c", (1, 100))
        ground = b.hub.local(GROUND_STATION)
        await vehicle.send(HEARTBEAT)
        await camera.send(HEARTBEAT)
        await vehicle.received(), await camera.received()
        ground.send(m.COMMAND_LONG(target_system=1, target_component=0))
        assert [await vehicle.names(), await camera.names()] == [["COMMAND_LONG"], ["COMMAND_LONG"]]


async def test_an_aircraft_on_two_links_gets_a_command_once_over_a_live_link() -> None:
    async with bench() as b:
        (radio, _), (wifi, _) = await b.add("radio", (1, 1)), await b.add("wifi", (1, 1))
        ground = b.hub.local(GROUND_STATION)
        await radio.send(HEARTBEAT)
        await wifi.send(m.HEARTBEAT(type=2, autopilot=3, system_status=4))
        await wifi.received()
        ground.send(ARM)
        first, second = await radio.names(), await wifi.names()
        assert sorted([first, second]) == [[], ["COMMAND_LONG"]]
        alive = wifi if first else radio
        await asyncio.sleep(4)
        await alive.send(m.HEARTBEAT(type=2, autopilot=3, system_status=3))
        ground.send(ARM)
        assert await alive.names() == ["COMMAND_LONG"]


async def test_a_frame_from_one_link_of_an_aircraft_is_not_sent_to_its_other_link() -> None:
    async with bench() as b:
        (radio, _), (wifi, _) = await b.add("radio", (1, 1)), await b.add("wifi", (1, 1))
        await wifi.send(m.HEARTBEAT(type=2, system_status=4))
        await radio.received()
        await radio.send(HEARTBEAT)
        assert await wifi.names() == []


async def test_the_same_frame_over_two_links_is_delivered_once() -> None:
    async with bench() as b:
        (radio, _), (wifi, wifi_end) = await b.add("radio", (1, 1)), await b.add("wifi", (1, 1))
        got: list[Frame] = []
        b.hub.local(GROUND_STATION).listen(got.append)
        raw = await radio.send(HEARTBEAT)
        await wifi.link.write(raw)
        await settle()
        assert len(got) == 1
        assert wifi_end.stats.duplicates_in == 1


async def test_a_repeat_on_one_link_is_delivered_again() -> None:
    async with bench() as b:
        radio, _ = await b.add("radio", (1, 1))
        got: list[Frame] = []
        b.hub.local(GROUND_STATION).listen(got.append)
        raw = await radio.send(HEARTBEAT)
        await radio.link.write(raw)
        await settle()
        assert len(got) == 2


async def test_echoes_of_our_own_frames_are_ignored() -> None:
    async with bench() as b:
        mirror, end = await b.add("mirror", (9, 9))
        ground = b.hub.local(GROUND_STATION)
        got: list[Frame] = []
        seen: list[Frame] = []
        ground.listen(got.append)
        b.hub.tap(lambda frames, _links, outbound: seen.extend(() if outbound else frames))
        ground.send(HEARTBEAT)
        (ours,) = await mirror.received()
        await mirror.link.write(ours.raw)
        await settle()
        assert (got, seen, end.stats.echoes_in) == ([], [], 1)
        assert (GROUND_STATION.system, GROUND_STATION.component) not in b.hub.table


async def test_a_second_ground_station_with_our_address_reaches_the_aircraft() -> None:
    async with bench() as b:
        (vehicle, _), (tablet, _) = await b.add("a", (1, 1)), await b.add("b", (255, 190))
        got: list[str] = []
        b.hub.local(GROUND_STATION).listen(lambda frame: got.append(f"{frame.source} {frame.name}"))
        await vehicle.send(HEARTBEAT)
        await tablet.send(m.HEARTBEAT(type=6))
        await tablet.send(ARM)
        assert await vehicle.names() == ["HEARTBEAT", "COMMAND_LONG"]
        await vehicle.send(m.COMMAND_ACK(command=400, target_system=255, target_component=190))
        assert got == ["1/1 HEARTBEAT", "1/1 COMMAND_ACK"]
        assert await tablet.names() == ["HEARTBEAT", "COMMAND_ACK"]


async def test_a_loop_of_hubs_cannot_keep_a_frame_alive() -> None:
    hubs = [Hub(clock=VirtualClock()) for _ in range(3)]
    counted = 0

    def count(frames: list[Frame], _links: object, _outbound: bool) -> None:
        nonlocal counted
        counted += len(frames)

    async with hubs[0], hubs[1], hubs[2]:
        for hub, following in zip(hubs, [*hubs[1:], hubs[0]], strict=True):
            left, right = memory_pair()
            await hub.add(left)
            await following.add(right)
            hub.tap(count)
        near, far = memory_pair()
        await hubs[0].add(near)
        vehicle = FarEnd(far, (1, 1))
        for _ in range(20):
            await vehicle.send(HEARTBEAT)
            await asyncio.sleep(1)
        await asyncio.sleep(60)
        assert counted == 3 * 20  # each hub sees each frame once
        assert all(hub.stats.accepted <= 20 for hub in hubs)
