"""The process beside the ground station that works on logs, and the tasks that wait for it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, Protocol

from controller.errors import UserError

Json = dict[str, Any]
Progress = Callable[[int, int], None]


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
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = asyncio.Lock()

    async def run(self, task: str, args: Json, progress: Progress) -> Any:
        """As `Runs.run`."""
        async with self._turn:
            try:
                return await self._run(json.dumps({"task": task, "args": args}).encode() + b"\n", progress)
            except asyncio.CancelledError:
                # The work itself cannot be told to stop.
                await self.close()
                raise

    async def _run(self, line: bytes, progress: Progress) -> Any:
        try:
            process = await asyncio.to_thread(self._started)
            asked, answers = process.stdin, process.stdout
            assert asked is not None
            assert answers is not None
            await asyncio.to_thread(_write, asked, line)
            while True:
                # Threads, because the event loop of Windows cannot wait for a process and for our sockets.
                head = json.loads(await asyncio.to_thread(answers.readline))
                match head["kind"]:
                    case "progress":
                        progress(head["done"], head["total"])
                    case "json":
                        return head["value"]
                    case "bytes":
                        data = await asyncio.to_thread(answers.read, head["length"])
                        if len(data) == head["length"]:
                            return data
                        raise ValueError("the answer is cut off")
                    case _:
                        raise WorkFailed(head["line"])
        except (OSError, ValueError):
            await self.close()
            raise WorkFailed(
                "cannot read the flight: the process that read it ended; "
                "the file may be too large for this computer's memory"
            ) from None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            # In a session of its own: Ctrl-C on the terminal is for the ground station.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "controller.web.flights.jobs.process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        return self._process

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            await asyncio.shield(asyncio.to_thread(_close, process))


def _write(asked: IO[bytes], line: bytes) -> None:
    asked.write(line)
    asked.flush()


def _close(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of a killed process and close its pipes."""
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


class InThread:
    """Runs tasks in a thread of this process, for tests and short work."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def run(self, task: str, args: Json, progress: Progress) -> Any:
        """As `Runs.run`."""
        from controller.web.flights.jobs.process import error_line
        from controller.web.flights.jobs.tasks import run_task

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
