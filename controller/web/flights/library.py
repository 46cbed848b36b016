"""The flights of this machine, as the page reviews them: what is shared by all pages that look at them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from controller.errors import LandlineError
from controller.guard.data_folder import data_folder
from controller.web.flights.jobs.listing import listed_flights
from controller.web.flights.jobs.source import FIRST, REPLAY, REVIEW, Source
from controller.web.flights.places import Places
from controller.web.flights.worker import Progress, Runs, SharedWork, Worker

Json = dict[str, Any]
# After the start the processor belongs to the session: the aircraft is found, its parameters are read.
_WARM_AFTER_S = 8.0
_STAGES = {FIRST: "replay", REPLAY: "replay", REVIEW: "review"}


def _ignore(done: int, total: int) -> None:
    """Progress that no page asks for."""


class FlightLibrary:
    """Flights and logs under review; an async context manager. `record` is the folder of the running flight.

    One process makes what a page waits for, another one what takes long: the catalogue, verification, exports.
    """

    def __init__(
        self, record: Path, *, worker: Callable[[], Runs] = Worker, keys: Path | None = None
    ) -> None:
        self.places = Places(record.absolute().parent, record.name)
        self._keys = keys
        self._quick, self._slow = worker(), worker()
        self._shared = SharedWork()
        self._photos: dict[str, Json] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._list_error = ""

    async def __aenter__(self) -> Self:
        self._begin(self._warm())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._shared.close()
        await self._quick.close()
        await self._slow.close()
        self.places.close()

    def _begin(self, work: Any) -> None:
        task = asyncio.create_task(work, name="flights of the page")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _warm(self) -> None:
        await asyncio.sleep(_WARM_AFTER_S)
        with suppress(LandlineError):
            await self._quick.run("warm", {}, _ignore)

    # The list

    async def listing(self, *, refresh: bool) -> Json:
        """Return all flights; with `refresh`, begin to read new and changed ones into the catalogue."""
        if refresh and "list" not in self._shared.progress:
            self._begin(self._refresh())
            # So that the answer says already that it has begun.
            await asyncio.sleep(0)
        rows = await asyncio.to_thread(listed_flights, self.places.flights, self.places.running)
        return {"folder": str(self.places.flights), "rows": rows, **self.list_progress()}

    def list_progress(self) -> Json:
        """Return how far the catalogue is: `refreshing` is None when it is complete."""
        running = self._shared.progress.get("list")
        return {
            "refreshing": None if running is None else {"done": running[0], "total": running[1]},
            "error": self._list_error,
        }

    async def _refresh(self) -> None:
        args = {"flights": str(self.places.flights), "running": self.places.running}
        try:
            await self._shared.get("list", lambda progress: self._slow.run("refresh", args, progress))
            self._list_error = ""
        except LandlineError as error:
            self._list_error = str(error)

    # One flight

    async def source(self, name: str) -> Source:
        """Return the source of a flight or an opened log, decrypted if need be. Raises UserError."""
        if await asyncio.to_thread(self.places.is_encrypted, name):
            await self._shared.get(f"decrypt {name}", lambda progress: self._decrypt(name, progress))
        return await asyncio.to_thread(self.places.source, name)

    async def _decrypt(self, name: str, progress: Progress) -> None:
        target = self.places.new_folder("decrypted-")
        args = {"folder": str(self.places.folder_of(name)), "target": str(target)}
        await self._written("decrypt", args, target, self._quick, progress)
        self.places.decrypted(name, target)

    async def made(self, name: str, file: str) -> Path:
        """Return `FIRST`, `REPLAY` or `REVIEW` of a flight, made now where it is missing. Raises UserError."""
        source = await self.source(name)
        found = await asyncio.to_thread(source.cached, file)
        if found is not None:
            return found
        stage = _STAGES[file]
        await self._shared.get(
            f"{stage} {name}",
            lambda progress: self._quick.run(stage, {"source": source.plain()}, progress),
        )
        return source.cache / file

    def progress(self, name: str) -> Json:
        """Return how far the work on a flight is, by stage: done and total."""
        return {stage: self._shared.progress.get(f"{stage} {name}") for stage in set(_STAGES.values())}

    async def plot(
        self, name: str, series: Sequence[str], *, first_us: int, span_s: tuple[float, float], width: int
    ) -> bytes:
        """Return the points of a plot. Raises UserError."""
        source = await self.source(name)
        args = {"source": source.plain(), "series": list(series), "first_us": first_us, "span_s": span_s}
        points = await self._shared.get(
            f"plot {name} {series} {first_us} {span_s} {width}",
            lambda progress: self._quick.run("plot", {**args, "width": width}, progress),
        )
        assert isinstance(points, bytes)
        return points

    async def plot_csv(
        self, name: str, series: Sequence[str], first_us: int, span_s: tuple[float, float]
    ) -> Path:
        """Write every row of some series as CSV; return the file, for `forget`. Raises UserError."""
        source = await self.source(name)
        target = await asyncio.to_thread(self.places.new_folder, "export-")
        args = {"source": source.plain(), "series": list(series), "first_us": first_us, "span_s": span_s}
        return Path(await self._written("csv", {**args, "target": str(target)}, target, self._quick))

    async def verify(self, name: str) -> Json:
        """Verify a flight's record. Raises UserError."""
        source = await self.source(name)
        folder = self.places.folder_of(name) if name == self.places.running else source.folder
        args = {"folder": str(folder), "keys": str(self._keys or data_folder() / "keys")}
        result: Json = await self._shared.get(
            f"verify {name}", lambda progress: self._slow.run("verify", args, progress)
        )
        return {**result, "recording": name == self.places.running}

    async def export(self, name: str, kind: str, level: str) -> Path:
        """Write an export; return the file, for `forget`. Raises UserError."""
        source = await self.source(name)
        target = await asyncio.to_thread(self.places.new_folder, "export-")
        args = {"source": source.plain(), "kind": kind, "level": level, "target": str(target)}
        return Path(await self._written("export", args, target, self._slow))

    async def _written(
        self, task: str, args: Json, target: Path, worker: Runs, progress: Progress = _ignore
    ) -> Any:
        """Run a task that writes into a new folder; without success the folder is removed."""
        try:
            return await worker.run(task, args, progress)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise

    async def forget(self, file: Path) -> None:
        """Remove an export that was sent."""
        await asyncio.to_thread(shutil.rmtree, file.parent, ignore_errors=True)

    # Photos

    async def photos(self, name: str, folder: str, first_us: int, offset_s: float | None) -> Json:
        """Find the places of a folder's photos, and remember them for their thumbnails. Raises UserError."""
        source = await self.source(name)
        args = {"source": source.plain(), "folder": folder, "first_us": first_us, "offset_s": offset_s}
        found: Json = await self._shared.get(
            f"photos {name} {folder} {offset_s}", lambda progress: self._quick.run("photos", args, progress)
        )
        files = {one["number"]: one["name"] for one in (*found["photos"], *found["without"])}
        self._photos[name] = {"folder": folder, "files": files, "thumbnails": {}}
        return found

    async def thumbnail(self, name: str, number: int) -> bytes | None:
        """Return a small JPEG of one of the photos found before; None for any other number. Raises UserError."""
        known = self._photos.get(name)
        if known is None or number not in known["files"]:
            return None
        if number not in known["thumbnails"]:
            path = Path(known["folder"]) / known["files"][number]
            made = await self._quick.run("thumbnail", {"path": str(path)}, _ignore)
            # A thumbnail has some 10 kB.
            while len(known["thumbnails"]) >= 2000:
                known["thumbnails"].pop(next(iter(known["thumbnails"])))
            known["thumbnails"][number] = made
        thumbnail = known["thumbnails"][number]
        assert isinstance(thumbnail, bytes)
        return thumbnail
