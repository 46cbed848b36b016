"""Impaired link: its statistics match the configuration, and one seed gives one sequence."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from controller.link.impair import ImpairedLink
from controller.link.memory import MemoryLink, memory_pair
from controller.link.supervise import SupervisedLink
from controller.link.url import Impairment
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.framer import Framer

FRAMES = 2000


def heartbeats(count: int) -> list[bytes]:
    encoder = Encoder(address(1, 1))
    return [encoder.pack(m.HEARTBEAT(custom_mode=n, mavlink_version=3)) for n in range(count)]


class Reader:
    """Reads a link to its end and records (virtual time, frame number)."""

    def __init__(self, link: MemoryLink | ImpairedLink) -> None:
        self.got: list[tuple[float, int]] = []
        self._link = link

    async def run(self) -> None:
        framer, loop = Framer(), asyncio.get_running_loop()
        while chunk := await self._link.read():
            self.got += [(loop.time(), frame.message().custom_mode) for frame in framer.feed(chunk)]

    @property
    def numbers(self) -> list[int]:
        return [number for _, number in self.got]


async def outbound(
    how: Impairment, *, count: int = FRAMES, period_s: float = 0.01
) -> tuple[Reader, ImpairedLink]:
    """Send `count` frames over an impaired link. Return the frames received at the far end."""
    near, far = memory_pair()
    reader = Reader(far)
    async with asyncio.TaskGroup() as group, ImpairedLink(near, how) as link:
        group.create_task(reader.run())
        for raw in heartbeats(count):
            await link.write(raw)
            await asyncio.sleep(period_s)
        await asyncio.sleep(60)
    return reader, link


async def inbound(how: Impairment) -> Reader:
    near, far = memory_pair()
    async with ImpairedLink(near, how) as link:
        reader = Reader(link)
        reading = asyncio.ensure_future(reader.run())
        for raw in heartbeats(FRAMES):
            await far.write(raw)
            await asyncio.sleep(0.01)
        await asyncio.sleep(60)
    await reading
    return reader


async def test_delay_alone_keeps_all_frames_and_their_order() -> None:
    reader, _ = await outbound(Impairment(delay_ms=150), count=100)
    assert reader.numbers == list(range(100))
    assert [at for at, _ in reader.got] == pytest.approx([0.15 + 0.01 * n for n in range(100)])


async def test_loss_and_duplication_match_their_probabilities() -> None:
    reader, link = await outbound(Impairment(loss=0.2, dup=0.05, seed=1))
    stats = link.outbound.stats
    assert stats.frames == FRAMES
    assert stats.lost / FRAMES == pytest.approx(0.2, abs=0.03)
    assert stats.duplicated / (FRAMES - stats.lost) == pytest.approx(0.05, abs=0.02)
    assert len(reader.got) == FRAMES - stats.lost + stats.duplicated


async def test_both_directions_are_impaired_independently() -> None:
    how = Impairment(loss=0.3, seed=1)
    out, _ = await outbound(how)
    into = await inbound(how)
    assert len(into.got) / FRAMES == pytest.approx(0.7, abs=0.03)
    assert into.numbers != out.numbers


async def test_one_seed_gives_one_sequence_and_another_seed_another() -> None:
    how = Impairment(loss=0.2, delay_ms=100, jitter_ms=80, dup=0.05, reorder=0.05, seed=3)
    first, _ = await outbound(how, count=300)
    again, _ = await outbound(how, count=300)
    other, _ = await outbound(replace(how, seed=4), count=300)

    def since_start(reader: Reader) -> list[tuple[float, int]]:
        return [(round(at - reader.got[0][0], 9), number) for at, number in reader.got]

    assert since_start(first) == since_start(again)
    assert first.numbers != other.numbers


async def test_changing_one_probability_keeps_the_other_decisions() -> None:
    plain, _ = await outbound(Impairment(loss=0.2, seed=5))
    doubled, _ = await outbound(Impairment(loss=0.2, dup=0.5, seed=5))
    assert plain.numbers == sorted(set(doubled.numbers))


async def test_impairment_does_not_depend_on_the_chunk_size() -> None:
    how = Impairment(loss=0.2, seed=6)
    plain, _ = await outbound(how)
    near, far = memory_pair()
    reader = Reader(far)
    whole = b"".join(heartbeats(FRAMES))
    async with asyncio.TaskGroup() as group, ImpairedLink(near, how) as link:
        group.create_task(reader.run())
        for at in range(0, len(whole), 777):
            await link.write(whole[at : at + 777])
        await asyncio.sleep(1)
    assert reader.numbers == plain.numbers


async def test_jitter_spreads_the_delay_but_keeps_the_order() -> None:
    reader, _ = await outbound(Impairment(delay_ms=50, jitter_ms=40, seed=2))
    assert reader.numbers == list(range(FRAMES))
    delays_s = [at - 0.01 * number for at, number in reader.got]
    assert min(delays_s) >= 0.05
    assert max(delays_s) <= 0.0901
    assert max(delays_s) - min(delays_s) > 0.03


async def test_reordering_lets_later_frames_overtake_and_loses_none() -> None:
    reader, link = await outbound(Impairment(reorder=0.1, delay_ms=50, seed=2))
    assert sorted(reader.numbers) == list(range(FRAMES))
    overtaken = sum(b < a for a, b in pairwise(reader.numbers))
    assert overtaken == pytest.approx(0.1 * FRAMES, rel=0.3)
    assert link.outbound.stats.reordered == pytest.approx(0.1 * FRAMES, rel=0.2)


async def test_a_rate_limit_sends_at_its_rate_and_drops_above_its_buffer() -> None:
    reader, link = await outbound(Impairment(rate_bps=9600), count=FRAMES, period_s=0.001)
    frame_s = len(heartbeats(1)[0]) * 8 / 9600
    times = [at for at, _ in reader.got]
    assert [b - a for a, b in pairwise(times)] == pytest.approx([frame_s] * (len(times) - 1))
    assert link.outbound.stats.overflowed == FRAMES - len(times) > 0


async def test_a_lost_inner_link_is_an_error_for_reader_and_writer() -> None:
    near, far = memory_pair()
    async with ImpairedLink(near, Impairment(loss=0.1)) as link:
        await far.close()
        assert await link.read() == b""


async def test_a_reconnected_link_works_through_an_impairment() -> None:
    ends: list[MemoryLink] = []

    def make() -> MemoryLink:
        near, far = memory_pair()
        ends.append(far)
        return near

    async with asyncio.timeout(60), ImpairedLink(SupervisedLink(make), Impairment(delay_ms=10)) as link:
        await ends[0].close()
        await asyncio.sleep(0.1)
        first, second = heartbeats(2)
        await link.write(first)  # into nothing
        await asyncio.sleep(5)
        await link.write(second)
        assert await ends[1].read() == second


async def test_a_link_entered_twice_is_opened_once_and_closed_by_the_last_user() -> None:
    left, right = memory_pair()
    bad = ImpairedLink(right, Impairment(delay_ms=10))
    async with left, bad:
        tasks = [task for task in asyncio.all_tasks() if task.get_name().startswith("impaired link")]
        async with bad:
            again = [task for task in asyncio.all_tasks() if task.get_name().startswith("impaired link")]
            assert set(again) == set(tasks)
        await left.write(Encoder(address(1, 1)).pack(m.HEARTBEAT()))
        assert await bad.read()
