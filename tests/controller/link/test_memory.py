"""Memory link: each end reads the data of the other, with flow control."""

from __future__ import annotations

import asyncio

import pytest

from controller.errors import LinkError
from controller.link.memory import memory_pair


async def test_chunks_arrive_as_they_were_written_in_both_directions() -> None:
    a, b = memory_pair()
    await a.write(b"one")
    await a.write(b"two")
    await b.write(b"back")
    assert [await b.read(), await b.read(), await a.read()] == [b"one", b"two", b"back"]


async def test_a_reader_waits_for_a_writer() -> None:
    a, b = memory_pair()
    reading = asyncio.ensure_future(b.read())
    await asyncio.sleep(1)
    assert not reading.done()
    await a.write(b"x")
    assert await reading == b"x"


async def test_after_a_close_the_other_end_reads_the_rest_and_then_the_end() -> None:
    a, b = memory_pair()
    await a.write(b"last words")
    async with a:
        pass
    assert [await b.read(), await b.read()] == [b"last words", b""]
    with pytest.raises(LinkError, match="memory:right: cannot send: the link is closed"):
        await b.write(b"into nothing")


async def test_a_writer_waits_for_a_slow_reader_and_loses_nothing() -> None:
    a, b = memory_pair(limit_bytes=10)
    await a.write(b"0123456789")
    assert not a.write_now(b"more")
    writing = asyncio.ensure_future(a.write(b"more"))
    await asyncio.sleep(1)
    assert not writing.done()
    assert await b.read() == b"0123456789"
    await writing
    assert await b.read() == b"more"


async def test_a_cancelled_read_loses_no_data() -> None:
    a, b = memory_pair()
    reading = asyncio.ensure_future(b.read())
    await asyncio.sleep(0)
    reading.cancel()
    await a.write(b"x")
    assert await b.read() == b"x"
