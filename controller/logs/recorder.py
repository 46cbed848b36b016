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
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from controller.clock import Clock, iso_utc
from controller.errors import UserError
from controller.logs import store
from controller.logs.chain import ChainWriter
from controller.logs.diskfile import AppendFile, write_atomically
from controller.logs.keys import load_key
from controller.wire.frame import Frame
from controller.wire.tlog import entries

Kind = Literal[
    "start", "action", "mode", "warning", "text", "link", "check", "mission", "param", "record", "end", "note"
]

# An hour of busy telemetry is some 50 MB: told once when there is room for four hours, and again when it gets serious.
WARN_FREE_BYTES = 200_000_000
LAST_FREE_BYTES = 20_000_000
FREE_CHECK_S = 10.0
CLOCK_STEP_US = 1_000_000
# How much a power cut may cost, and how much of the record may be unsigned.
SYNC_S = 1.0
SIGN_S = 10.0
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


class _Origin(Protocol):
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Recording:
    """What a flight left behind. `problems` says what is missing, one line each; empty is complete."""

    folder: Path
    frames: int
    frames_missing: int
    bytes: int
    tlog_sha256: str
    problems: tuple[str, ...]


class FlightRecorder:
    """Writes one flight folder. `watch(line)` is called with each new problem as it appears.

    With `keys` (the folder of the signing key) the record is chained and signed: see `chain`. Every second what was written
    is forced to the disk and covered by a block, every ten seconds signed. `durable` False leaves out the forcing.
    Raises UserError where the folder holds a record already, this or another process's.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        watch: Callable[[str], None] | None = None,
        keys: Path | None = None,
        durable: bool = True,
    ) -> None:
        self.folder = folder
        self.problems: list[str] = []
        self.frame_count = 0
        self.frames_missing = 0
        self._clock = clock
        self._watch = watch
        self._tlog = AppendFile(folder / store.FRAMES, trouble=self._tlog_trouble)
        self._events = AppendFile(folder / store.EVENTS, trouble=self._events_trouble)
        self._unwritten_events: list[bytes] = []
        self._check_free_s = 0.0
        self._warned_free_bytes: float = math.inf
        self._began_s: float | None = None
        self._last_utc_us = 0
        self._last_now_s = 0.0
        self._recording: Recording | None = None
        try:
            self._tlog.claim()
        except FileExistsError:
            raise UserError(
                "a flight is recorded in this folder already",
                where=str(folder),
                hint="each needs a folder of its own",
            ) from None
        self._durable = durable
        self._seal_s = self._sign_s = 0.0
        self._chain: ChainWriter | None = None
        if keys is not None:
            self._chain = self._begin_chain(keys)

    @classmethod
    def start(
        cls,
        flights: Path,
        *,
        vehicle: str,
        clock: Clock,
        watch: Callable[[str], None] | None = None,
        named_utc_us: int | None = None,
        keys: Path | None = None,
        durable: bool = True,
        **fields: object,
    ) -> FlightRecorder:
        """Make a new flight folder below `flights` and begin; `fields` go into the first event. Never raises OSError.

        `named_utc_us` names the folder where the clock is a virtual one.
        """
        utc_us = clock.utc_us() if named_utc_us is None else named_utc_us
        try:
            folder = store.new_flight(flights, utc_us=utc_us, vehicle=vehicle)
            trouble = ""
        except OSError as error:
            folder = flights / store.flight_name(utc_us, vehicle)
            trouble = f"no flight folder can be made below {flights}: {error.strerror or error}; nothing is recorded"
        recorder = cls(folder, clock=clock, watch=watch, keys=None if trouble else keys, durable=durable)
        if trouble:
            recorder._problem(trouble)
        recorder._check_free(clock.now())
        recorder.event("start", vehicle=vehicle, **fields)
        return recorder

    def frames(self, frames: list[Frame], origin: _Origin, outbound: bool) -> None:  # noqa: ARG002
        """A tap for the hub: these frames, now. A closed record takes no more of them, and that is no trouble."""
        if self._recording is not None:
            return
        utc_us, now = self._clock.utc_us(), self._clock.now()
        if self._began_s is None:
            self._began_s = now
        data = entries(utc_us, frames)
        if self._tlog.append(data, now):
            self.frame_count += len(frames)
            if self._chain is not None:
                self._chain.wrote(store.FRAMES, data, frames=len(frames))
        else:
            self.frames_missing += len(frames)
        if self._chain is not None and now >= self._seal_s:
            self._seal(now)
        if now >= self._check_free_s:
            self._check_free(now)
            self._check_clock(utc_us, now)

    def event(self, kind: Kind, /, **fields: object) -> None:
        """One line in events.jsonl: UTC, monotonic seconds, kind and `fields` (what is no JSON is written as text)."""
        if self._recording is not None:
            return
        now = self._clock.now()
        head = {"utc": iso_utc(self._clock.utc_us()), "t_s": round(now, 6), "kind": kind}
        self._unwritten_events.append(_json(head | fields | head) + b"\n")
        data = b"".join(self._unwritten_events)
        if self._events.append(data, now):
            self._unwritten_events.clear()
            if self._chain is not None:
                self._chain.wrote(store.EVENTS, data)
        elif len(self._unwritten_events) > EVENTS_KEPT:
            del self._unwritten_events[0]

    def mission(self, plan: str | bytes) -> None:
        """Keep the mission as flown (the text of a .plan file)."""
        data = plan.encode() if isinstance(plan, str) else plan
        self._keep(store.MISSION, data)
        self.event("mission", file=store.MISSION, bytes=len(data))

    def params(self, values: Mapping[str, float | int]) -> None:
        """Keep the parameters, sorted by name; one that is not a number is null."""
        self._keep(store.PARAMETERS, _json({name: values[name] for name in sorted(values)}, indent=1) + b"\n")
        self.event("param", file=store.PARAMETERS, count=len(values))

    def close(self, **fields: object) -> Recording:
        """End the record; `fields` go into the last event. A second call returns the same."""
        if self._recording is None:
            self.event(
                "end",
                frames=self.frame_count,
                frames_missing=self.frames_missing,
                tlog_sha256=self._tlog.sha256,
                **fields,
            )
            self._end_chain()
            self._tlog.close()
            self._events.close()
            problems = list(self.problems)
            if self.frames_missing:
                problems.append(f"{self.frames_missing} frames are missing from {store.FRAMES}")
            if self._unwritten_events:
                problems.append(f"{len(self._unwritten_events)} events are missing from {store.EVENTS}")
            self._recording = Recording(
                folder=self.folder,
                frames=self.frame_count,
                frames_missing=self.frames_missing,
                bytes=self._tlog.written_bytes,
                tlog_sha256=self._tlog.sha256,
                problems=tuple(problems),
            )
        return self._recording

    def _begin_chain(self, keys: Path) -> ChainWriter | None:
        try:
            return ChainWriter(
                self.folder,
                flight=self.folder.name,
                key=load_key(keys, passphrase=os.environ.get("LANDLINE_KEY_PASSPHRASE")),
                keys_folder=keys,
                utc_us=self._clock.utc_us(),
                durable=self._durable,
            )
        except (OSError, UserError) as error:
            self._problem(f"the record is not signed: {error}")
            return None

    def _seal(self, now: float) -> None:
        """Force what was written to the disk, then cover it by a block; a disk that fails is tried again a second later."""
        assert self._chain is not None
        self._seal_s = now + SYNC_S
        sign = now >= self._sign_s
        try:
            if self._durable:
                self._tlog.sync()
                self._events.sync()
            self._chain.seal(self._clock.utc_us(), sign=sign)
        except OSError as error:
            self._unsigned(error)
            return
        if sign:
            self._sign_s = now + SIGN_S

    def _unsigned(self, error: OSError) -> None:
        line = f"the record's chain cannot be written: {error.strerror or error}"
        if line not in self.problems:
            self._problem(line)

    def _end_chain(self) -> None:
        if self._chain is None:
            return
        whole = [name for name in (store.MISSION, store.PARAMETERS) if (self.folder / name).is_file()]
        try:
            if self._durable:
                self._tlog.sync()
                self._events.sync()
            self._chain.close(self._clock.utc_us(), files=whole)
        except OSError as error:
            # Too late for an event: the files are complete, only their last seconds stay unsigned.
            self.problems.append(f"the record's last head could not be signed: {error.strerror or error}")
            self._chain.abandon()

    def _keep(self, name: str, data: bytes) -> None:
        try:
            write_atomically(self.folder / name, data)
        except OSError as error:
            self._problem(f"{name} is not written: {error.strerror or error}")

    def _problem(self, line: str) -> None:
        self.problems.append(line)
        if self._watch is not None:
            self._watch(line)
        self.event("record", problem=line)

    def _tlog_trouble(self, why: str | None) -> None:
        if why is None:
            self._problem(
                f"{store.FRAMES} is recorded again; {self.frames_missing} frames are missing before this"
            )
        else:
            self._problem(f"{store.FRAMES} cannot be written: {why}; the flight goes on unrecorded")

    def _events_trouble(self, why: str | None) -> None:
        # Not as an event: events are what cannot be written.
        if why is not None:
            line = f"{store.EVENTS} cannot be written: {why}"
            self.problems.append(line)
            if self._watch is not None:
                self._watch(line)

    def _check_free(self, now: float) -> None:
        self._check_free_s = now + FREE_CHECK_S
        try:
            free_bytes = shutil.disk_usage(self.folder).free
        except OSError:
            return
        for limit in (LAST_FREE_BYTES, WARN_FREE_BYTES):
            if free_bytes < limit < self._warned_free_bytes:
                self._warned_free_bytes = limit
                self._problem(
                    f"the disk of {self.folder} has {free_bytes // 1_000_000} MB left{self._lasts(free_bytes, now)}"
                )
                return

    def _lasts(self, free_bytes: int, now: float) -> str:
        """For how long, where this flight has shown how much it writes."""
        flown_s = now - self._began_s if self._began_s is not None else 0.0
        if flown_s < FREE_CHECK_S or not self._tlog.written_bytes:
            return ""
        minutes = free_bytes / (self._tlog.written_bytes / flown_s) / 60
        return f", enough for {minutes:.0f} min of a flight like this"

    def _check_clock(self, utc_us: int, now: float) -> None:
        if self._last_utc_us:
            step_us = (utc_us - self._last_utc_us) - (now - self._last_now_s) * 1e6
            if abs(step_us) > CLOCK_STEP_US:
                self.event("record", problem=f"this machine's clock was changed by {step_us / 1e6:+.1f} s")
        self._last_utc_us, self._last_now_s = utc_us, now
