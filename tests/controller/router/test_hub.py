"""Router hub: delivery of each frame, and the frames it must not deliver."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import pytest

from controller.errors import LinkError, OurBug
from controller.link.memory import MemoryLink, memory_pair
from controller.router.endpoint import LinkEndpoint
from controller.router.filters import Filter
from controller.router.hub import Hub, LinkChange
from controller.router.local import Delivery
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, address
from controller.wire.codec import Encoder
from controller.wire.frame import Frame
from controller.wire.framer import Framer
from controller.wire.message import Message
from hil.sim.clock import VirtualClock

VEHICLE = address(1, 1)


class Far:
    """Far end of a link: sends with its own address, and returns the frames it received."""

    def __init__(self, link: MemoryLink, who: tuple[int, int]) -> None:
        self.link = link
        self._encoder = Encoder(address(*who))
        self._framer = Framer()

    async def say(self, message: Message) -> bytes:
        raw = self._encoder.pack(message)
        await self.link.write(raw)
        await settle()
        return raw

    async def heard(self) -> list[Frame]:
        """Return the frames received since the last call."""
        await settle()
        frames = []
        while self.link._received.waiting_bytes:
            frames += self._framer.feed(await self.link.read())
        return frames

    async def names(self) -> list[str]:
        return [frame.name for frame in await self.heard()]


async def settle() -> None:
    """Run every task until it waits; virtual time passes only then."""
    await asyncio.sleep(0.001)


class Bench:
    def __init__(self) -> None:
        self.hub = Hub(clock=VirtualClock())

    async def add(
        self, name: str, who: tuple[int, int], *, filters: Iterable[Filter] = ()
    ) -> tuple[Far, LinkEndpoint]:
        near, far = memory_pair(name, f"far {name}")
        return Far(far, who), await self.hub.add(near, name=name, filters=filters)


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    async with made.hub:
        yield made


HEARTBEAT = m.HEARTBEAT(type=2, autopilot=3)
ARM = m.COMMAND_LONG(target_system=1, target_component=1, command=400)


async def test_a_broadcast_goes_to_all_links_except_its_own() -> None:
    async with bench() as b:
        (vehicle, _), (tablet, _), (camera, _) = (
            await b.add("a", (1, 1)),
            await b.add("b", (254, 1)),
            await b.add("c", (1, 100)),
        )
        await vehicle.say(HEARTBEAT)
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
            await far.say(HEARTBEAT)
        for far in (vehicle, tablet, other):
            await far.heard()
        await tablet.say(ARM)
        assert [await vehicle.names(), await tablet.names(), await other.names()] == [
            ["COMMAND_LONG"],
            [],
            [],
        ]


async def test_a_frame_for_an_unknown_target_is_counted_and_not_sent() -> None:
    async with bench() as b:
        (tablet, _), (other, _) = await b.add("b", (254, 1)), await b.add("c", (2, 1))
        ground = b.hub.local(GROUND_STATION)
        await tablet.say(ARM)
        assert await other.names() == []
        assert ground.send(ARM) is Delivery.UNKNOWN
        assert b.hub.stats.unknown == 2


async def test_a_component_never_received_is_reached_over_its_system() -> None:
    async with bench() as b:
        vehicle, _ = await b.add("a", (1, 1))
        ground = b.hub.local(GROUND_STATION)
        await vehicle.say(HEARTBEAT)
        assert ground.send(m.COMMAND_LONG(target_system=1, target_component=154)) is Delivery.ACCEPTED
        assert await vehicle.names() == ["COMMAND_LONG"]


async def test_component_zero_reaches_all_links_of_a_system() -> None:
    async with bench() as b:
        (vehicle, _), (camera, _) = await b.add("a", (1, 1)), await b.add("c", (1, 100))
        ground = b.hub.local(GROUND_STATION)
        await vehicle.say(HEARTBEAT)
        await camera.say(HEARTBEAT)
        await vehicle.heard(), await camera.heard()
        ground.send(m.COMMAND_LONG(target_system=1, target_component=0))
        assert [await vehicle.names(), await camera.names()] == [["COMMAND_LONG"], ["COMMAND_LONG"]]


async def test_an_aircraft_on_two_links_gets_a_command_once_over_a_live_link() -> None:
    async with bench() as b:
        (radio, _), (wifi, _) = await b.add("radio", (1, 1)), await b.add("wifi", (1, 1))
        ground = b.hub.local(GROUND_STATION)
        await radio.say(HEARTBEAT)
        await wifi.say(m.HEARTBEAT(type=2, autopilot=3, system_status=4))
        await wifi.heard()
        ground.send(ARM)
        first, second = await radio.names(), await wifi.names()
        assert sorted([first, second]) == [[], ["COMMAND_LONG"]]
        alive = wifi if first else radio
        await asyncio.sleep(4)
        await alive.say(m.HEARTBEAT(type=2, autopilot=3, system_status=3))
        ground.send(ARM)
        assert await alive.names() == ["COMMAND_LONG"]


async def test_a_frame_from_one_link_of_an_aircraft_is_not_sent_to_its_other_link() -> None:
    async with bench() as b:
        (radio, _), (wifi, _) = await b.add("radio", (1, 1)), await b.add("wifi", (1, 1))
        await wifi.say(m.HEARTBEAT(type=2, system_status=4))
        await radio.heard()
        await radio.say(HEARTBEAT)
        assert await wifi.names() == []


async def test_the_same_frame_over_two_links_is_delivered_once() -> None:
    async with bench() as b:
        (radio, _), (wifi, wifi_end) = await b.add("radio", (1, 1)), await b.add("wifi", (1, 1))
        got: list[Frame] = []
        b.hub.local(GROUND_STATION).listen(got.append)
        raw = await radio.say(HEARTBEAT)
        await wifi.link.write(raw)
        await settle()
        assert len(got) == 1
        assert wifi_end.stats.duplicates_in == 1


async def test_a_repeat_on_one_link_is_delivered_again() -> None:
    async with bench() as b:
        radio, _ = await b.add("radio", (1, 1))
        got: list[Frame] = []
        b.hub.local(GROUND_STATION).listen(got.append)
        raw = await radio.say(HEARTBEAT)
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
        (ours,) = await mirror.heard()
        await mirror.link.write(ours.raw)
        await settle()
        assert (got, seen, end.stats.echoes_in) == ([], [], 1)
        assert (GROUND_STATION.system, GROUND_STATION.component) not in b.hub.table


async def test_a_second_ground_station_with_our_address_reaches_the_aircraft() -> None:
    async with bench() as b:
        (vehicle, _), (tablet, _) = await b.add("a", (1, 1)), await b.add("b", (255, 190))
        got: list[str] = []
        b.hub.local(GROUND_STATION).listen(lambda frame: got.append(f"{frame.source} {frame.name}"))
        await vehicle.say(HEARTBEAT)
        await tablet.say(m.HEARTBEAT(type=6))
        await tablet.say(ARM)
        assert await vehicle.names() == ["HEARTBEAT", "COMMAND_LONG"]
        await vehicle.say(m.COMMAND_ACK(command=400, target_system=255, target_component=190))
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
        vehicle = Far(far, (1, 1))
        for _ in range(20):
            await vehicle.say(HEARTBEAT)
            await asyncio.sleep(1)
        await asyncio.sleep(60)
        assert counted == 3 * 20  # each hub sees each frame once
        assert all(hub.stats.accepted <= 20 for hub in hubs)


async def test_filters_block_frames_and_filtered_is_not_unknown() -> None:
    no_parameters = Filter("out", "msg_id", block=frozenset({22}))
    only_one = Filter("in", "system", allow=frozenset({1}))
    async with bench() as b:
        vehicle, end = await b.add("a", (1, 1), filters=[only_one])
        tablet, tablet_end = await b.add("b", (254, 1), filters=[no_parameters])
        await vehicle.say(m.PARAM_VALUE(param_id="X"))
        assert await tablet.names() == []
        assert (b.hub.stats.filtered, b.hub.stats.unknown, tablet_end.stats.filtered) == (1, 0, 1)
        stranger = Far(vehicle.link, (7, 1))
        await stranger.say(HEARTBEAT)
        assert await tablet.names() == []
        assert (b.hub.stats.filtered, end.stats.filtered) == (2, 1)


async def test_a_tap_gets_every_frame_in_both_directions_first() -> None:
    async with bench() as b:
        vehicle, _ = await b.add("a", (1, 1))
        ground = b.hub.local(GROUND_STATION)
        order: list[str] = []
        b.hub.tap(
            lambda frames, links, outbound: order.extend(
                f"{[link.name for link in links]} {f.name} {outbound}" for f in frames
            )
        )
        ground.listen(lambda frame: order.append(f"acted on {frame.name}"))
        await vehicle.say(HEARTBEAT)
        ground.send(ARM)
        assert order == ["['a'] HEARTBEAT False", "acted on HEARTBEAT", "['a'] COMMAND_LONG True"]


async def test_a_message_without_destination_is_not_recorded_as_sent() -> None:
    async with bench() as b:
        ground = b.hub.local(GROUND_STATION)
        seen: list[Frame] = []
        b.hub.tap(lambda frames, _links, _outbound: seen.extend(frames))
        ground.send(HEARTBEAT)
        assert seen == []


async def test_a_local_endpoint_gets_broadcasts_and_its_frames_or_all_frames() -> None:
    async with bench() as b:
        vehicle, _ = await b.add("a", (1, 1))
        ours: list[str] = []
        everything: list[str] = []
        b.hub.local(GROUND_STATION).listen(lambda frame: ours.append(frame.name))
        b.hub.local(address(250, 1), receives_all=True).listen(lambda frame: everything.append(frame.name))
        await vehicle.say(HEARTBEAT)
        await vehicle.say(m.COMMAND_ACK(command=400, target_system=255, target_component=190))
        await vehicle.say(m.MISSION_ACK(target_system=254, target_component=1))
        assert ours == ["HEARTBEAT", "COMMAND_ACK"]
        assert everything == ["HEARTBEAT", "COMMAND_ACK", "MISSION_ACK"]


async def test_a_slow_subscriber_loses_only_its_own_oldest_frames() -> None:
    async with bench() as b:
        vehicle, _ = await b.add("a", (1, 1))
        ground = b.hub.local(GROUND_STATION)
        async with ground.subscribe(limit=2) as slow, ground.subscribe() as patient:
            for custom_mode in range(5):
                await vehicle.say(m.HEARTBEAT(custom_mode=custom_mode))
            assert [(await anext(slow)).message().custom_mode for _ in range(2)] == [3, 4]
            assert (slow.dropped, patient.dropped) == (3, 0)
            assert [(await anext(patient)).message().custom_mode for _ in range(5)] == [0, 1, 2, 3, 4]


async def test_a_slow_link_drops_its_oldest_frames_and_counts_them() -> None:
    near, far = memory_pair(limit_bytes=50)
    end = LinkEndpoint(near, queue_limit_bytes=300)
    encoder, framer = Encoder(VEHICLE), Framer()
    for custom_mode in range(1, 101):
        (frame,) = framer.feed(encoder.pack(m.HEARTBEAT(custom_mode=custom_mode)))
        assert end.offer(frame)
    assert end.stats.frames_out + end.stats.dropped_out + len(end._queue) == 100
    assert len(end._queue) == 300 // len(frame.raw)
    draining = asyncio.ensure_future(end.drain())
    modes: list[int] = []
    while len(modes) < 100 - end.stats.dropped_out:
        modes += [frame.message().custom_mode for frame in framer.feed(await far.read())]
    draining.cancel()
    first_kept = 101 - 300 // len(frame.raw)
    assert modes == [*range(1, first_kept - end.stats.dropped_out), *range(first_kept, 101)]


async def test_a_closed_link_notifies_watchers_and_gets_no_more_frames() -> None:
    async with bench() as b:
        vehicle, end = await b.add("a", (1, 1))
        changes: list[LinkChange] = []
        b.hub.watch(changes.append)
        ground = b.hub.local(GROUND_STATION)
        await vehicle.say(HEARTBEAT)
        await vehicle.link.close()
        await settle()
        assert [(change.endpoint, change.up) for change in changes] == [(end, False)]
        assert ground.send(ARM) is Delivery.UNKNOWN
        assert ground.send(HEARTBEAT) is Delivery.UNKNOWN


async def test_a_removed_link_is_closed_and_its_routes_are_removed() -> None:
    async with bench() as b:
        vehicle, end = await b.add("a", (1, 1))
        await vehicle.say(HEARTBEAT)
        await b.hub.remove(end)
        assert b.hub.links == []
        assert (1, 1) not in b.hub.table
        assert await vehicle.link.read() == b""


async def test_a_listeners_error_stops_no_other_listener_and_is_raised_at_the_end() -> None:
    good: list[str] = []
    with pytest.raises(OurBug, match="ZeroDivisionError"):
        async with bench() as b:
            vehicle, _ = await b.add("a", (1, 1))
            ground = b.hub.local(GROUND_STATION)
            ground.listen(lambda frame: good.append(str(frame.seq / 0)))
            ground.listen(lambda frame: good.append(frame.name))
            await vehicle.say(HEARTBEAT)
            await vehicle.say(HEARTBEAT)
    assert good == ["HEARTBEAT", "HEARTBEAT"]


async def test_a_listeners_error_is_added_as_a_note_to_a_later_error() -> None:
    with pytest.raises(LinkError) as caught:
        async with bench() as b:
            vehicle, _ = await b.add("a", (1, 1))
            b.hub.local(GROUND_STATION).listen(lambda frame: print(frame.seq / 0))  # noqa: T201
            await vehicle.say(HEARTBEAT)
            raise LinkError("no answer")
    assert "ZeroDivisionError" in caught.value.__notes__[0]


async def test_gaps_in_the_sequence_are_counted_for_each_sender() -> None:
    async with bench() as b:
        vehicle, end = await b.add("a", (1, 1))
        camera = Far(vehicle.link, (1, 100))
        await vehicle.say(HEARTBEAT)
        for _ in range(3):
            vehicle._encoder.pack(HEARTBEAT)  # lost on the way
        await vehicle.say(HEARTBEAT)
        await camera.say(HEARTBEAT)
        stats = end.stats.sources
        assert (stats[1, 1].frames, stats[1, 1].lost, stats[1, 100].lost) == (2, 3, 0)
        assert stats[1, 1].loss == pytest.approx(3 / 5)
