"""Reconnection: a lost link is reopened by its policy, and outdated data is not sent."""

from __future__ import annotations

import asyncio

import pytest

from controller.errors import LandlineError, LinkError
from controller.link.base import Link
from controller.link.memory import MemoryLink, memory_pair
from controller.link.supervise import SupervisedLink, never_reconnect, reconnect_with_backoff


class Unplugged(MemoryLink):
    """Link whose port is missing when it is opened."""

    def __init__(self) -> None:
        super().__init__("unplugged", 100)

    async def open(self) -> None:
        raise LinkError("no such port")


class Harness:
    """Creates memory links; every second attempt after the first fails."""

    def __init__(self, *, missing: int = 0) -> None:
        self.far: list[MemoryLink] = []
        self.attempt_times_s: list[float] = []
        self._missing = missing

    def make(self) -> Link:
        if self.far:
            self.attempt_times_s.append(asyncio.get_running_loop().time())
            if self._missing:
                self._missing -= 1
                return Unplugged()
        near, far = memory_pair()
        self.far.append(far)
        return near


async def test_a_lost_link_is_reopened_and_reading_continues() -> None:
    harness = Harness()
    async with SupervisedLink(harness.make) as link:
        changes: list[tuple[bool, str]] = []
        link.watch(lambda up, why: changes.append((up, why)))
        await harness.far[0].write(b"before")
        assert await link.read() == b"before"
        await harness.far[0].close()
        reading = asyncio.ensure_future(link.read())
        await asyncio.sleep(5)
        await harness.far[1].write(b"after")
        assert await reading == b"after"
        await link.write(b"and out")
        assert await harness.far[1].read() == b"and out"
    assert [up for up, _ in changes] == [False, True]
    assert "closed" in changes[0][1]


async def test_attempts_back_off_and_never_end() -> None:
    harness = Harness(missing=6)
    async with SupervisedLink(harness.make) as link:
        await harness.far[0].close()
        reading = asyncio.ensure_future(link.read())
        await asyncio.sleep(60)
        await harness.far[1].write(b"at last")
        assert await reading == b"at last"
    assert harness.attempt_times_s == [0.5, 1.5, 3.5, 7.5, 12.5, 17.5, 22.5]


async def test_writing_while_the_link_is_down_is_an_error_and_data_is_not_kept() -> None:
    harness = Harness(missing=1)
    async with SupervisedLink(harness.make) as link:
        await harness.far[0].close()
        reading = asyncio.ensure_future(link.read())
        await asyncio.sleep(0.1)
        assert not link.write_now(b"arm")
        with pytest.raises(LinkError, match="the link is down"):
            await link.write(b"arm")
        await asyncio.sleep(10)
        await link.write(b"now")
        assert await harness.far[1].read() == b"now"
        reading.cancel()


async def test_a_policy_that_stops_ends_the_link_with_the_reason() -> None:
    harness = Harness()
    async with SupervisedLink(harness.make, policy=never_reconnect) as link:
        await harness.far[0].close()
        with pytest.raises(LinkError, match="closed the link"):
            await link.read()


async def test_the_first_opening_fails_at_once() -> None:
    with pytest.raises(LinkError, match="no such port"):
        async with SupervisedLink(Unplugged):
            pass


def test_reconnect_with_backoff_never_gives_up() -> None:
    error: LandlineError = LinkError("gone")
    assert [reconnect_with_backoff(attempt, error) for attempt in (0, 1, 2, 3, 4, 1000)] == [
        0.5,
        1,
        2,
        4,
        5,
        5,
    ]
