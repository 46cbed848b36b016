"""The flight recorder: a folder for each flight, every frame in it before anybody acts on it.

    recorder = FlightRecorder.start(flights, vehicle="copter", clock=clock)
    hub.tap(recorder.frames)
    recorder.event("action", name="arm")
    recording = recorder.close()

Recording must never cost a flight: a disk that is full, gone or read-only is told at once (as an event, to `problems` and to
whoever watches), is tried again every second, and what is missing is said at the end.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from controller.clock import Clock, iso_utc
from controller.errors import UserError
from controller.logs.flights import store
from controller.logs.record.append_file import AppendFile, write_atomically
from controller.logs.record.chain import ChainWriter
from controller.logs.record.checkpointer import SIGN_S, SYNC_S, Checkpointer
from controller.logs.record.disk_space import DiskSpaceMonitor
from controller.logs.record.frame_routes import NamedLink, RouteWriter
from controller.logs.record.keys import PASSPHRASE, load_key
from controller.wire.frame import Frame
from controller.wire.tlog import entries

EventKind = Literal[
    "start",
    "action",
    "mode",
    "warning",
    "text",
    "link",
    "way",
    "check",
    "mission",
    "param",
    "record",
    "end",
    "note",
]

CHECK_PERIOD_S = 10.0  # how often disk and clock are looked after
CLOCK_STEP_US = 1_000_000
# Events kept while the disk takes none.
EVENTS_KEPT = 10_000


def _finite(value: object) -> object:
    """JSON has no NaN and no infinity: they become null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value


def _json(value: dict[str, object], *, indent: int | None = None) -> bytes:
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(_finite(value), ensure_ascii=False, default=str, separators=separators, indent=indent)
    return text.encode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True)
class RecordingSummary:
    """What a flight left behind. `problems` says what is missing, one line each; empty is complete."""

    folder: Path
    frames: int
    frames_missing: int
    bytes: int
    tlog_sha256: str
    problems: tuple[str, ...]


class FlightRecorder:
    """Writes one flight folder. `on_problem(line)` is called with each new problem as it appears.

    With `keys` (the folder of the signing key) the record is chained and signed: see `chain` and `sealer`, also for `durable`.
    `before_close` are called when it is about to be closed, for what they still have to record.
    Raises UserError where the folder holds a record already, this or another process's.
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
        self.frames_missing = 0
        self.before_close: list[Callable[[], None]] = []
        self._clock = clock
        self._on_problem = on_problem
        self._tlog = AppendFile(folder / store.FRAMES, trouble=self._tlog_trouble)
        self._events = AppendFile(folder / store.EVENTS, trouble=partial(self._file_trouble, store.EVENTS))
        self._way_file = AppendFile(folder / store.ROUTES, trouble=partial(self._file_trouble, store.ROUTES))
        self._ways = RouteWriter(self._way_file, self._name_way)
        self._kept: dict[str, int] = {}
        self._unwritten_events: list[bytes] = []
        self._room = DiskSpaceMonitor(folder)
        self._look_s = 0.0
        self._last_utc_us = 0
        self._last_now_s = 0.0
        self._recording: RecordingSummary | None = None
        self._ended = False
        try:
            self._tlog.claim()
        except FileExistsError:
            raise UserError(
                "a flight is recorded in this folder already",
                where=str(folder),
                hint="each needs a folder of its own",
            ) from None
        self._checkpointer: Checkpointer | None = None
        if keys is not None and (chain := self._begin_chain(keys, durable)):
            self._checkpointer = Checkpointer(
                chain,
                (self._tlog, self._way_file, self._events),
                clock=clock,
                trouble=self._unsigned,
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
        **fields: object,
    ) -> FlightRecorder:
        """Make a new flight folder below `flights` and begin; `fields` go into the first event. Never raises OSError.

        `name_utc_us` names the folder where the clock is a virtual one.
        """
        utc_us = clock.utc_us() if name_utc_us is None else name_utc_us
        try:
            folder = store.new_flight(flights, utc_us=utc_us, vehicle=vehicle)
            trouble = ""
        except OSError as error:
            folder = flights / store.flight_name(utc_us, vehicle)
            trouble = f"no flight folder can be made below {flights}: {error.strerror or error}; nothing is recorded"
        recorder = cls(
            folder,
            clock=clock,
            on_problem=on_problem,
            keys=None if trouble else keys,
            durable=durable,
            sync_s=sync_s,
            sign_s=sign_s,
        )
        if trouble:
            recorder._problem(trouble)
        recorder._look(clock.now())
        recorder.event("start", vehicle=vehicle, **fields)
        return recorder

    def frames(self, frames: list[Frame], links: Sequence[NamedLink], outbound: bool) -> None:
        """A tap for the hub: these frames, now, from or to these links. A closed record takes no more, and that is no trouble."""
        if self._ended:
            return
        utc_us, now = self._clock.utc_us(), self._clock.now()
        data = entries(utc_us, frames)
        if self._tlog.append(data, now):
            self.frame_count += len(frames)
            # The frames first: of one whose writer was killed here the way is not known, and all others keep theirs.
            ways = self._ways.add(links, outbound, len(frames), now)
            if self._checkpointer is not None:
                self._checkpointer.add_bytes(store.FRAMES, data, frames=len(frames))
                self._checkpointer.add_bytes(store.ROUTES, ways)
                self._checkpointer.tick(now)
        else:
            self.frames_missing += len(frames)
        if now >= self._look_s:
            self._look(now)
            self._check_clock(utc_us, now)

    def event(self, kind: EventKind, /, **fields: object) -> None:
        """One line in events.jsonl: UTC, monotonic seconds, kind and `fields` (what is no JSON is written as text)."""
        if self._ended:
            return
        now = self._clock.now()
        head = {"utc": iso_utc(self._clock.utc_us()), "t_s": round(now, 6), "kind": kind}
        self._unwritten_events.append(_json(head | fields | head) + b"\n")
        data = b"".join(self._unwritten_events)
        if self._events.append(data, now):
            self._unwritten_events.clear()
            if self._checkpointer is not None:
                self._checkpointer.add_bytes(store.EVENTS, data)
                self._checkpointer.tick(now)
        elif len(self._unwritten_events) > EVENTS_KEPT:
            del self._unwritten_events[0]

    def mission(self, plan: str | bytes) -> None:
        """Keep the mission as flown (the text of a .plan file); one kept before stays beside it."""
        data = plan.encode() if isinstance(plan, str) else plan
        name = self._keep(store.MISSION, data)
        self.event("mission", file=name, bytes=len(data))

    def params(self, values: Mapping[str, float | int]) -> None:
        """Keep the parameters, sorted by name; one that is not a number is null. Those kept before stay beside them."""
        data = _json({name: values[name] for name in sorted(values)}, indent=1) + b"\n"
        name = self._keep(store.PARAMETERS, data)
        self.event("param", file=name, count=len(values))

    def close(self, **fields: object) -> RecordingSummary:
        """End the record; `fields` go into the last event. A second call returns the same."""
        if self._recording is None:
            for told in self.before_close:
                told()
            self.event(
                "end",
                frames=self.frame_count,
                frames_missing=self.frames_missing,
                tlog_sha256=self._tlog.sha256,
                **fields,
            )
            self._end_chain()
            # From here on nothing may be written: it would stand behind the final head, and look like a change.
            self._ended = True
            for file in (self._tlog, self._way_file, self._events):
                file.close()
            problems = list(self.problems)
            if self.frames_missing:
                problems.append(f"{self.frames_missing} frames are missing from {store.FRAMES}")
            if self._ways.missing:
                problems.append(f"the ways of {self._ways.missing} frames are missing from {store.ROUTES}")
            if self._unwritten_events:
                problems.append(f"{len(self._unwritten_events)} events are missing from {store.EVENTS}")
            self._recording = RecordingSummary(
                folder=self.folder,
                frames=self.frame_count,
                frames_missing=self.frames_missing,
                bytes=self._tlog.written_bytes,
                tlog_sha256=self._tlog.sha256,
                problems=tuple(problems),
            )
        return self._recording

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
            self._problem(f"the record is not signed: {error}")
            return None

    def _unsigned(self, error: OSError) -> None:
        line = f"the record's chain cannot be written: {error.strerror or error}"
        if line not in self.problems:
            self._problem(line)

    def _end_chain(self) -> None:
        if self._checkpointer is None:
            return
        try:
            self._checkpointer.close(self._clock.utc_us())
        except OSError as error:
            # Too late for an event: the files are complete, only their last seconds stay unsigned.
            self.problems.append(f"the record's last head could not be signed: {error.strerror or error}")

    def _keep(self, name: str, data: bytes) -> str:
        """Write a file under its name, or beside those of that name; gives the name."""
        number = self._kept.get(name, 0) + 1
        own = store.versioned_name(name, number)
        if self._ended:
            return own
        try:
            write_atomically(self.folder / own, data)
        except OSError as error:
            self._problem(f"{own} is not written: {error.strerror or error}")
            return own
        self._kept[name] = number
        if self._checkpointer is not None:
            self._checkpointer.add_file(own, data)
        return own

    def _name_way(self, number: int, outbound: bool, links: tuple[str, ...]) -> None:
        self.event("way", way=number, out=outbound, links=links)

    def _problem(self, line: str) -> None:
        self.problems.append(line)
        if self._on_problem is not None:
            self._on_problem(line)
        self.event("record", problem=line)

    def _tlog_trouble(self, why: str | None) -> None:
        if why is None:
            self._problem(
                f"{store.FRAMES} is recorded again; {self.frames_missing} frames are missing before this"
            )
        else:
            self._problem(f"{store.FRAMES} cannot be written: {why}; the flight goes on unrecorded")

    def _file_trouble(self, name: str, why: str | None) -> None:
        # Not as an event: events are what cannot be written. Nothing is lost of either file: it waits for room.
        if why is not None:
            line = f"{name} cannot be written: {why}"
            self.problems.append(line)
            if self._on_problem is not None:
                self._on_problem(line)

    def _look(self, now: float) -> None:
        self._look_s = now + CHECK_PERIOD_S
        line = self._room.told(now, self._tlog.written_bytes)
        if line:
            self._problem(line)

    def _check_clock(self, utc_us: int, now: float) -> None:
        if self._last_utc_us:
            step_us = (utc_us - self._last_utc_us) - (now - self._last_now_s) * 1e6
            if abs(step_us) > CLOCK_STEP_US:
                self.event("record", problem=f"this machine's clock was changed by {step_us / 1e6:+.1f} s")
        self._last_utc_us, self._last_now_s = utc_us, now
