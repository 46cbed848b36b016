"""Router hub: filters, taps, local endpoints, slow and closed links, and errors of listeners."""

from __future__ import annotations

import asyncio

import pytest

from controller.errors import LinkError, OurBug
from controller.link.memory import memory_pair
from controller.router.endpoint import LinkEndpoint
from controller.router.filters import Filter
from controller.router.hub import LinkChange
from controller.router.local import Delivery
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, address
from controller.wire.codec import Encoder
from controller.wire.frame import Frame
from controller.wire.framer import Framer
from tests.support.mavlink.router_bench import ARM, HEARTBEAT, VEHICLE, FarEnd, bench, settle


async def test_filters_block_frames_and_filtered_is_not_unknown() -> None:
    no_parameters = Filter("out", "msg_id", block=frozenset({22}))
    only_one = Filter("in", "system", allow=frozenset({1}))
    async with bench() as b:
        vehicle, end = await b.add("a", (1, 1), filters=[only_one])
        tablet, tablet_end = await b.add("b", (254, 1), filters=[no_parameters])
        await vehicle.send(m.PARAM_VALUE(param_id="X"))
        assert await tablet.names() == []
        assert (b.hub.stats.filtered, b.hub.stats.unknown, tablet_end.stats.filtered) == (1, 0, 1)
        stranger = FarEnd(vehicle.link, (7, 1))
        await stranger.send(HEARTBEAT)
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
        await vehicle.send(HEARTBEAT)
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
        await vehicle.send(HEARTBEAT)
        await vehicle.send(m.COMMAND_ACK(command=400, target_system=255, target_component=190))
        await vehicle.send(m.MISSION_ACK(target_system=254, target_component=1))
        assert ours == ["HEARTBEAT", "COMMAND_ACK"]
        assert everything == ["HEARTBEAT", "COMMAND_ACK", "MISSION_ACK"]


async def test_a_slow_subscriber_loses_only_its_own_oldest_frames() -> None:
    async with bench() as b:
        vehicle, _ = await b.add("a", (1, 1))
        ground = b.hub.local(GROUND_STATION)
        async with ground.subscribe(limit=2) as slow, ground.subscribe() as patient:
            for custom_mode in range(5):
                await vehicle.send(m.HEARTBEAT(custom_mode=custom_mode))
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
        await vehicle.send(HEARTBEAT)
        await vehicle.link.close()
        await settle()
        assert [(change.endpoint, change.up) for change in changes] == [(end, False)]
        assert ground.send(ARM) is Delivery.UNKNOWN
        assert ground.send(HEARTBEAT) is Delivery.UNKNOWN


async def test_a_removed_link_is_closed_and_its_routes_are_removed() -> None:
    async with bench() as b:
        vehicle, end = await b.add("a", (1, 1))
        await vehicle.send(HEARTBEAT)
        await b.hub.remove(end)
        assert b.hub.links == []
        assert (1, 1) not in b.hub.table
        assert await vehicle.link.read() == b""


async def test_a_listener_for_one_system_gets_the_frames_of_that_system_alone() -> None:
    async with bench() as b:
        one, _ = await b.add("a", (1, 1))
        two, _ = await b.add("b", (2, 1))
        ground = b.hub.local(GROUND_STATION)
        heard: list[str] = []
        ground.listen(lambda frame: heard.append(f"all {frame.system}"))
        stop = ground.listen(lambda frame: heard.append(f"own {frame.system}"), system=2)
        await one.send(HEARTBEAT)
        await two.send(HEARTBEAT)
        stop()
        await two.send(HEARTBEAT)
        assert heard == ["all 1", "all 2", "own 2", "all 2"]


async def test_a_listeners_error_stops_no_other_listener_and_is_raised_at_the_end() -> None:
    good: list[str] = []
    with pytest.raises(OurBug, match="ZeroDivisionError"):
        async with bench() as b:
            vehicle, _ = await b.add("a", (1, 1))
            ground = b.hub.local(GROUND_STATION)
            ground.listen(lambda frame: good.append(str(frame.seq / 0)))
            ground.listen(lambda frame: good.append(frame.name))
            await vehicle.send(HEARTBEAT)
            await vehicle.send(HEARTBEAT)
    assert good == ["HEARTBEAT", "HEARTBEAT"]


async def test_a_listeners_error_is_added_as_a_note_to_a_later_error() -> None:
    with pytest.raises(LinkError) as caught:
        async with bench() as b:
            vehicle, _ = await b.add("a", (1, 1))
            b.hub.local(GROUND_STATION).listen(lambda frame: print(frame.seq / 0))  # noqa: T201
            await vehicle.send(HEARTBEAT)
            raise LinkError("no answer")
    assert "ZeroDivisionError" in caught.value.__notes__[0]


async def test_gaps_in_the_sequence_are_counted_for_each_sender() -> None:
    async with bench() as b:
        vehicle, end = await b.add("a", (1, 1))
        camera = FarEnd(vehicle.link, (1, 100))
        await vehicle.send(HEARTBEAT)
        for _ in range(3):
            vehicle._encoder.pack(HEARTBEAT)  # lost on the way
        await vehicle.send(HEARTBEAT)
        await camera.send(HEARTBEAT)
        stats = end.stats.sources
        assert (stats[1, 1].frames, stats[1, 1].lost, stats[1, 100].lost) == (2, 3, 0)
        assert stats[1, 1].loss == pytest.approx(3 / 5)
