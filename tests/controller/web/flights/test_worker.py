"""The process that reads logs answers, survives a wrong task and ends with a cancelled one; work is shared."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from controller.web.flights.worker import Progress, SharedWork, Worker, WorkFailed
from tests.support.logs.recorded_tlogs import write_circle


async def test_two_pages_that_ask_for_the_same_wait_for_one_work() -> None:
    shared, begun, go = SharedWork(), [], asyncio.Event()

    async def work(progress: Progress) -> str:
        begun.append(1)
        progress(1, 2)
        await go.wait()
        return "made"

    pages = [asyncio.create_task(shared.get("one", work)) for _ in range(2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert shared.progress == {"one": (1, 2)}
    go.set()
    assert await asyncio.gather(*pages) == ["made", "made"]
    assert (len(begun), shared.progress) == (1, {})


async def test_work_goes_on_for_the_page_that_stays_and_ends_with_the_last_one() -> None:
    shared, ended = SharedWork(), asyncio.Event()

    async def work(_: Progress) -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    one, other = (asyncio.create_task(shared.get("one", work)) for _ in range(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    one.cancel()
    with suppress(asyncio.CancelledError):
        await one
    assert not ended.is_set()
    other.cancel()
    with suppress(asyncio.CancelledError):
        await other
    async with asyncio.timeout(5):
        await ended.wait()


@pytest.mark.slow
def test_the_process_answers_and_a_wrong_task_does_not_end_it(tmp_path: Path) -> None:
    write_circle(tmp_path / "flight" / "frames.tlog", seconds=20)
    source = {
        "name": "flight",
        "folder": str(tmp_path / "flight"),
        "log": str(tmp_path / "flight" / "frames.tlog"),
        "single": False,
    }

    async def main() -> None:
        worker = Worker()
        told: list[tuple[int, int]] = []
        try:
            with pytest.raises(WorkFailed, match="cannot read the flight"):
                await worker.run("verify", {}, lambda *_: None)
            await worker.run("replay", {"source": source}, lambda *progress: told.append(progress))
            assert told[-1][0] == told[-1][1] > 0
            args = {
                "source": source,
                "series": ["ATTITUDE.roll"],
                "first_us": 0,
                "span_s": [0, 1e18],
                "width": 100,
            }
            points = await worker.run("plot", args, lambda *_: None)
            assert points.startswith(b"LLA1")
        finally:
            await worker.close()

    asyncio.run(main())


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs a named pipe")
def test_a_cancelled_task_ends_the_process_and_the_next_one_gets_a_new(tmp_path: Path) -> None:
    # A named pipe without a writer: reading it never ends.
    os.mkfifo(tmp_path / "endless.jpg")

    async def main() -> None:
        worker = Worker()
        try:
            task = asyncio.create_task(worker.run("warm", {}, lambda *_: None))
            await task
            first = worker._process
            assert first is not None
            endless = asyncio.create_task(
                worker.run("thumbnail", {"path": str(tmp_path / "endless.jpg")}, lambda *_: None)
            )
            # Opened as soon as the process has opened it for reading.
            writer = await asyncio.to_thread((tmp_path / "endless.jpg").open, "wb")
            endless.cancel()
            with suppress(asyncio.CancelledError):
                await endless
            writer.close()
            assert first.poll() is not None
            assert await worker.run("warm", {}, lambda *_: None) > 0
        finally:
            await worker.close()

    asyncio.run(main())
