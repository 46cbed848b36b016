"""Flight recorder: one folder for each flight.

Every frame is on the disk before any part of the program acts on it.

    recorder = FlightRecorder.start(flights, vehicle="copter", clock=clock)
    hub.tap(recorder.frames)
    recorder.event("action", name="arm")
    recording = recorder.close()

A disk error never stops a flight. The recorder reports a full, removed or read-only disk at once (in `problems`, as an
event and to `on_problem`), tries again every second, and reports at the end how many frames are missing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from controller.clock import Clock
from controller.errors import UserError
from controller.logs.flights import store
from controller.logs.record.append_file import AppendFile, write_atomically
from controller.logs.record.chain import ChainWriter
from controller.logs.record.checkpointer import SIGN_S, SYNC_S, Checkpointer
from controller.logs.record.disk_space import DiskSpaceMonitor
from controller.logs.record.event_file import EventKind, EventWriter, plain_json
from controller.logs.record.frame_routes import NamedLink, RouteWriter
from controller.logs.record.keys import PASSPHRASE, load_key
from controller.logs.record.steady_clock import SteadyClock
from controller.wire.frame import Frame
from controller.wire.tlog import entries

CHECK_PERIOD_S = 10.0  # of the free disk space
FOLDER_PERIOD_S = 1.0  # of the folder, which another program may delete


@dataclass(frozen=True, slots=True)
class RecordingSummary:
    """Result of a recording.

    `frames` are those on the disk, `frames_received` those that came from a link, recorded or not. `problems` has one
    line for each gap or disk error; it is empty for a complete record.
    """

    folder: Path
    frames: int
    frames_received: int
    frames_missing: int
    bytes: int
    tlog_sha256: str
    problems: tuple[str, ...]


class FlightRecorder:
    """Writer of one flight's folder. `on_problem(line)` is called with each new problem; it may be replaced.

    With `keys` (the folder of the signing key) the record is chained and signed: see `chain` and `checkpointer`, also
    for `durable`, `sync_s` and `sign_s`. The functions in `before_close` are called first when the record is closed,
    and may still record. Raises UserError if the folder holds a record already.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        on_problem: Callable[[str], None] | None = None,
        keys: Path | None = None,
        durable: bool = True,
        sync_s: float = SYNC_S,
        sign_s: float = SIGN_S,
    ) -> None:
        self.folder = folder
        self.problems: list[str] = []
        self.frame_count = 0
        self.frames_received = 0
        self.frames_missing = 0
        self.before_close: list[Callable[[], None]] = []
        self._clock = SteadyClock(clock)
        self.on_problem = on_problem
        self._tlog = AppendFile(folder / store.FRAMES, on_error=self._tlog_error)
        self._event_file = AppendFile(folder / store.EVENTS, on_error=partial(self._file_error, store.EVENTS))
        self._route_file = AppendFile(folder / store.ROUTES, on_error=partial(self._file_error, store.ROUTES))
        self._events = EventWriter(self._event_file)
        self._routes = RouteWriter(self._route_file, self._record_route)
        self._versions: dict[str, int] = {}
        self._disk_space = DiskSpaceMonitor(folder)
        self._next_check_s = self._next_folder_check_s = 0.0
        self._summary: RecordingSummary | None = None
        self._ended = False
        self._moved = False
        try:
            self._tlog.create()
        except FileExistsError:
            raise UserError(
                "cannot record: the folder holds a record already",
                where=str(folder),
                hint="use a new folder for each flight",
            ) from None
        self._checkpointer: Checkpointer | None = None
        if keys is not None and (chain := self._begin_chain(keys, durable)):
            self._checkpointer = Checkpointer(
                chain,
                (self._tlog, self._route_file, self._event_file),
                clock=self._clock,
                on_error=self._chain_error,
                durable=durable,
                sync_s=sync_s,
                sign_s=sign_s,
            )

    @classmethod
    def start(
        cls,
        flights: Path,
        *,
        vehicle: str,
        clock: Clock,
        on_problem: Callable[[str], None] | None = None,
        name_utc_us: int | None = None,
        keys: Path | None = None,
        durable: bool = True,
        sync_s: float = SYNC_S,
        sign_s: float = SIGN_S,
        start_fields: Mapping[str, object] | None = None,
    ) -> FlightRecorder:
        """Make a new folder below `flights` and begin to record; `start_fields` go into the first event.

        `name_utc_us` gives the time in the folder's name when `clock` is a virtual clock. Never raises OSError.
        """
        utc_us = clock.utc_us() if name_utc_us is None else name_utc_us
        try:
            folder = store.new_flight(flights, utc_us=utc_us, vehicle=vehicle)
            failure = ""
        except OSError as error:
            folder = flights / store.flight_name(utc_us, vehicle)
            failure = f"cannot record in {flights}: {error.strerror or error}; the flight goes on"
        recorder = cls(
            folder,
            clock=clock,
            on_problem=on_problem,
            keys=None if failure else keys,
            durable=durable,
            sync_s=sync_s,
            sign_s=sign_s,
        )
        if failure:
            recorder._add_problem(failure)
        recorder._check_disk(clock.now())
        recorder.event("start", vehicle=vehicle, **(start_fields or {}))
        return recorder

    def frames(self, frames: list[Frame], links: Sequence[NamedLink], outbound: bool) -> None:
        """Record frames that came from or were sent on `links` now; a closed record ignores them.

        Made to be a tap of the hub.
        """
        if self._ended:
            return
        if not outbound:
            self.frames_received += len(frames)
        utc_us, now = self._clock.utc_us(), self._clock.now()
        self._check_clock()
        data = entries(utc_us, frames)
        if self._tlog.append(data, now):
            self.frame_count += len(frames)
            # Frames before routes: if the process is killed in between, only the last frame has no route.
            routes = self._routes.add(links, outbound, len(frames), now)
            if self._checkpointer is not None:
                self._checkpointer.add_bytes(store.FRAMES, data, frames=len(frames))
                self._checkpointer.add_bytes(store.ROUTES, routes)
                self._checkpointer.tick(now)
        else:
            self.frames_missing += len(frames)
        if now >= self._next_folder_check_s:
            self._check_folder(now)
        if now >= self._next_check_s:
            self._check_disk(now)

    @property
    def failing(self) -> bool:
        """Whether the disk takes no frames or no events at present."""
        return self._tlog.failing or self._event_file.failing

    def event(self, kind: EventKind, /, **fields: object) -> None:
        """Write one line to events.jsonl: UTC, monotonic seconds, kind and `fields` (non-JSON values as text)."""
        if self._ended:
            return
        now = self._clock.now()
        written = self._events.add(kind, fields, utc_us=self._clock.utc_us(), now=now)
        if written and self._checkpointer is not None:
            self._checkpointer.add_bytes(store.EVENTS, written)
            self._checkpointer.tick(now)

    def mission(self, plan: str | bytes, *, system: int | None = None) -> None:
        """Save the mission as flown (the text of a .plan file); an earlier one stays beside it.

        `system` is the system id of the aircraft, in a record of several.
        """
        data = plan.encode() if isinstance(plan, str) else plan
        name = self._save(store.MISSION, data)
        of = {} if system is None else {"system": system}
        self.event("mission", file=name, bytes=len(data), **of)

    def params(self, values: Mapping[str, float | int]) -> None:
        """Save the parameters, sorted by name, NaN as null; earlier ones stay beside them."""
        data = plain_json({name: values[name] for name in sorted(values)}, indent=1) + b"\n"
        name = self._save(store.PARAMETERS, data)
        self.event("param", file=name, count=len(values))

    def close(self, **fields: object) -> RecordingSummary:
        """End the record; `fields` go into the last event. A second call returns the same summary."""
        if self._summary is None:
            for record_last in self.before_close:
                record_last()
            self.event(
                "end",
                frames=self.frame_count,
                frames_missing=self.frames_missing,
                tlog_sha256=self._tlog.sha256,
                **fields,
            )
            self._end_chain()
            # No write is allowed after the final head: verification would report it as a change.
            self._ended = True
            for file in (self._tlog, self._route_file, self._event_file):
                file.close()
            problems = list(self.problems)
            if self.frames_missing:
                problems.append(f"{self.frames_missing} frames are missing from {store.FRAMES}")
            if self._routes.missing:
                problems.append(
                    f"the routes of {self._routes.missing} frames are missing from {store.ROUTES}"
                )
            if self._events.missing:
                problems.append(f"{self._events.missing} events are missing from {store.EVENTS}")
            self._summary = RecordingSummary(
                folder=self.folder,
                frames=self.frame_count,
                frames_received=self.frames_received,
                frames_missing=self.frames_missing,
                bytes=self._tlog.written_bytes,
                tlog_sha256=self._tlog.sha256,
                problems=tuple(problems),
            )
        return self._summary

    def _begin_chain(self, keys: Path, durable: bool) -> ChainWriter | None:
        try:
            return ChainWriter(
                self.folder,
                flight=self.folder.name,
                key=load_key(keys, passphrase=os.environ.get(PASSPHRASE)),
                keys_folder=keys,
                utc_us=self._clock.utc_us(),
                durable=durable,
            )
        except (OSError, UserError) as error:
            self._add_problem(f"cannot sign the record: {error}")
            return None

    def _chain_error(self, error: OSError) -> None:
        line = f"cannot write {store.CHAIN}: {error.strerror or error}"
        if line not in self.problems:
            self._add_problem(line)

    def _end_chain(self) -> None:
        if self._checkpointer is None:
            return
        try:
            self._checkpointer.close(self._clock.utc_us())
        except OSError as error:
            # Too late for an event: the files are complete, but their last seconds are unsigned.
            self.problems.append(f"cannot sign the last seconds of the record: {error.strerror or error}")

    def _save(self, name: str, data: bytes) -> str:
        """Write a file under its name, or under the next numbered name if it exists. Return the name used."""
        number = self._versions.get(name, 0) + 1
        numbered = store.versioned_name(name, number)
        if self._ended:
            return numbered
        try:
            write_atomically(self.folder / numbered, data)
        except OSError as error:
            self._add_problem(f"cannot write {numbered}: {error.strerror or error}")
            return numbered
        self._versions[name] = number
        if self._checkpointer is not None:
            self._checkpointer.add_file(numbered, data)
        return numbered

    def _record_route(self, number: int, outbound: bool, links: tuple[str, ...]) -> None:
        self.event("way", way=number, out=outbound, links=links)

    def _add_problem(self, line: str) -> None:
        self.problems.append(line)
        if self.on_problem is not None:
            self.on_problem(line)
        self.event("record", problem=line)

    def _tlog_error(self, reason: str | None) -> None:
        if reason is None:
            self._add_problem(
                f"{store.FRAMES} is recorded again; {self.frames_missing} frames are missing before this"
            )
        else:
            self._add_problem(f"cannot write {store.FRAMES}: {reason}; the flight goes on unrecorded")

    def _file_error(self, name: str, reason: str | None) -> None:
        # Not recorded as an event, because the event file may be the failing one. No data is lost: it waits in
        # memory.
        if reason is not None:
            line = f"cannot write {name}: {reason}"
            self.problems.append(line)
            if self.on_problem is not None:
                self.on_problem(line)

    def _check_folder(self, now: float) -> None:
        """Begin new files where another program has deleted those of this flight."""
        self._next_folder_check_s = now + FOLDER_PERIOD_S
        if not (self._tlog.removed or self._event_file.removed):
            if not self._moved and self._tlog.written_bytes and not self.folder.exists():
                self._moved = True
                self._add_problem(
                    f"the folder {self.folder} was moved during the flight; it is recorded there"
                )
            return
        if self._checkpointer is not None:
            self._checkpointer.abandon()
            self._checkpointer = None
        for file in (self._tlog, self._route_file, self._event_file):
            file.start_again()
        self._routes = RouteWriter(self._route_file, self._record_route)
        self.frames_missing += self.frame_count
        self.frame_count = 0
        self._add_problem(
            f"the record was deleted during the flight: {self.frames_missing} frames are lost; "
            f"it begins again in {self.folder}, unsigned"
        )

    def _check_disk(self, now: float) -> None:
        self._next_check_s = now + CHECK_PERIOD_S
        line = self._disk_space.warning(now, self._tlog.written_bytes)
        if line:
            self._add_problem(line)

    def _check_clock(self) -> None:
        steps_us, self._clock.steps_us = self._clock.steps_us, []
        for step_us in steps_us:
            self.event(
                "record",
                problem=f"the system clock jumped by {step_us / 1e6:+.1f} s: the record's times go on evenly",
            )
