"""The process beside the ground station that works on logs, and the tasks that wait for it."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from controller.errors import UserError

Json = dict[str, Any]
Progress = Callable[[int, int], None]
# An answer's head is one line; the review of a long flight may fill it.
_LINE_BYTES = 64 << 20


class WorkFailed(UserError):
    """A task that could not be done; the error is the line of the process that tried."""

    def __str__(self) -> str:
        return self.what


class Runs(Protocol):
    """A way to run tasks one after another."""

    async def run(self, task: str, args: Json, progress: Progress) -> Any:
        """Run a task; return JSON or bytes. Raises WorkFailed. A cancelled call stops the work."""

    async def close(self) -> None:
        """Stop."""


class Worker:
    """Runs tasks in one process of low priority, which starts with the first task; a cancelled task ends it."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    async def run(self, task: str, args: Json, progress: Progress) -> Any:
        """As `Runs.run`."""
        async with self._turn:
            try:
                return await self._run(task, args, progress)
            except asyncio.CancelledError:
                # The work itself cannot be told to stop.
                await self.close()
                raise

    async def _run(self, task: str, args: Json, progress: Progress) -> Any:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "controller.web.flights.work.process",
                stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=_LINE_BYTES, start_new_session=True,
            )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps({"task": task, "args": args}).encode() + b"\n")
            await process.stdin.drain()
            while True:
                head = json.loads(await process.stdout.readuntil(b"\n"))
                match head["kind"]:
                    case "progress":
                        progress(head["done"], head["total"])
                    case "json":
                        return head["value"]
                    case "bytes":
                        return await process.stdout.readexactly(head["length"])
                    case _:
                        raise WorkFailed(head["line"])
        except (OSError, asyncio.IncompleteReadError, ValueError):
            await self.close()
            raise WorkFailed(
                "cannot read the flight: the process that read it ended; "
                "the file may be too large for this computer's memory"
            ) from None

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        # Read to the end: otherwise the pipes stay open until they are collected.
        with suppress(asyncio.CancelledError):
            await asyncio.shield(process.wait())
        if process.stdin is not None:
            process.stdin.close()


class InThread:
    """Runs tasks in a thread of this process, for tests and short work."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def run(self, task: str, args: Json, progress: Progress) -> Any:
        """As `Runs.run`."""
        from controller.web.flights.work.process import error_line
        from controller.web.flights.work.tasks import run_task

        loop = asyncio.get_running_loop()

        def tell(done: int, total: int) -> None:
            loop.call_soon_threadsafe(progress, done, total)

        async with self._turn:
            try:
                return await asyncio.to_thread(run_task, task, json.loads(json.dumps(args)), tell)
            except Exception as error:
                raise WorkFailed(error_line(error)) from None

    async def close(self) -> None:
        """Nothing to stop."""


class SharedWork:
    """Work that several pages wait for at once: one that asks for what is being made waits for the same.

    The work is cancelled when the last one that waits for it goes away.
    """

    def __init__(self) -> None:
        self._running: dict[str, tuple[asyncio.Task[Any], list[int]]] = {}
        self.progress: dict[str, tuple[int, int]] = {}
        """Progress by key: done and total, in the unit of the work."""

    async def get(self, key: str, begin: Callable[[Progress], Any]) -> Any:
        """Wait for the work of a key; `begin(progress)` returns the coroutine that does it."""
        if key not in self._running:
            self.progress[key] = (0, 0)
            task = asyncio.create_task(begin(lambda done, total: self._tell(key, done, total)), name=key)
            self._running[key] = (task, [0])
            task.add_done_callback(lambda _: self._forget(key))
        task, waiting = self._running[key]
        waiting[0] += 1
        try:
            return await asyncio.shield(task)
        finally:
            waiting[0] -= 1
            if not waiting[0] and not task.done():
                task.cancel()
                self._forget(key)

    def _tell(self, key: str, done: int, total: int) -> None:
        if key in self._running:
            self.progress[key] = (done, total)

    def _forget(self, key: str) -> None:
        self._running.pop(key, None)
        self.progress.pop(key, None)

    async def close(self) -> None:
        """Cancel all."""
        tasks = [task for task, _ in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
