"""Checkpoints of a record: in the right order, in time, and without delaying a frame."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from controller.logs.record.ledger import read_ledger
from controller.logs.record.recorder import FlightRecorder
from controller.logs.verification.flight import verify_flight
from hil.sim.clock import VirtualClock, run_virtual
from tests.support.logs.recorded_flights import LINKS, attitude_frames

SYNC = "fdatasync" if hasattr(os, "fdatasync") else "fsync"


def start(folder: Path, **more: Any) -> FlightRecorder:
    return FlightRecorder.start(
        folder / "flights", vehicle="quad", clock=VirtualClock(), keys=folder / "keys", **more
    )


def chain_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "chain.jsonl").read_bytes().splitlines()]


def blocks(folder: Path, name: str) -> list[tuple[int, int]]:
    """Return (seconds since the first line, length) of each block of the file."""
    lines = chain_of(folder)
    return [
        (round((line["utc_us"] - lines[0]["utc_us"]) / 1e6), line["length"])
        for line in lines
        if line.get("file") == name
    ]


async def flushed(recorder: FlightRecorder) -> None:
    """Wait for the disk, whose real milliseconds are longer than virtual seconds."""
    checkpointer = recorder._checkpointer
    assert checkpointer is not None
    if checkpointer._job is not None:
        checkpointer._job.result(60)


class Calls:
    """Log of the writes and flushes, in order; all of them are also carried out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[tuple[str, str, int]] = []
        self._names: dict[int, str] = {}
        self._open, self._write = os.open, os.write
        monkeypatch.setattr(os, "open", self.open)
        monkeypatch.setattr(os, "write", self.write)
        for name in {SYNC, "fsync"}:
            monkeypatch.setattr(os, name, self._syncing(getattr(os, name)))

    def open(self, path: Any, *args: Any, **more: Any) -> int:
        handle = self._open(path, *args, **more)
        self._names[handle] = Path(path).name
        return handle

    def write(self, handle: int, data: bytes) -> int:
        done = self._write(handle, data)
        self.made.append(("write", self._names[handle], done))
        return done

    def _syncing(self, sync: Any) -> Any:
        def synced(handle: int) -> None:
            self.made.append(("sync", self._names.get(handle, "ledger"), 0))
            sync(handle)

        return synced


async def test_a_chain_line_is_written_after_its_bytes_are_flushed_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls(monkeypatch)
    recorder = start(tmp_path)
    for second in range(12):
        recorder.frames(attitude_frames(2), LINKS, False)
        recorder.event("note", second=second)
        await asyncio.sleep(1)
        await flushed(recorder)
    recorder.params({"A": 1.0})
    folder = recorder.close().folder
    lines = (folder / "chain.jsonl").read_bytes().splitlines(keepends=True)
    written: dict[str, int] = {}
    on_disk: dict[str, int] = {}
    checked, after_head = 0, ""
    for what, name, length in calls.made:
        if what == "sync":
            on_disk[name] = written.get(name, 0)
            after_head = (
                "" if name == "ledger" and after_head == "chain.jsonl" else name if after_head else ""
            )
        elif name == "chain.jsonl":
            assert not after_head, "a line was written before the head was on the disk and in the ledger"
            line = json.loads(lines[checked])
            assert length == len(lines[checked])
            if line["kind"] == "block":
                assert line["offset"] + line["length"] <= on_disk[line["file"]], line
            after_head = "head" if line["kind"] == "head" else ""
            checked += 1
        else:
            written[name] = written.get(name, 0) + length
    assert checked == len(lines) > 20
    assert verify_flight(folder, ledger=read_ledger(tmp_path / "keys")).closed


async def test_the_last_data_is_covered_within_a_second_and_signed_within_ten(
    tmp_path: Path,
) -> None:
    recorder = start(tmp_path, durable=False)
    recorder.frames(attitude_frames(3), LINKS, False)
    await asyncio.sleep(0.5)
    recorder.frames(attitude_frames(1), LINKS, False)
    recorder.event("action", name="arm")
    await asyncio.sleep(0.6)
    assert [at for at, _ in blocks(recorder.folder, "frames.tlog")] == [1]
    assert verify_flight(recorder.folder).tail_bytes == 0
    assert verify_flight(recorder.folder).unsigned_blocks > 0
    await asyncio.sleep(9)
    assert verify_flight(recorder.folder).unsigned_blocks == 0
    before = len(chain_of(recorder.folder))
    await asyncio.sleep(600)
    assert len(chain_of(recorder.folder)) == before  # no new data, no new line
    await asyncio.sleep(0)
    recorder.event("action", name="disarm")
    await asyncio.sleep(1.1)
    assert verify_flight(recorder.folder).tail_bytes == 0
    recorder.close()


async def test_the_plan_is_covered_and_signed_as_soon_as_it_is_written(tmp_path: Path) -> None:
    recorder = start(tmp_path, durable=False)
    recorder.frames(attitude_frames(3), LINKS, False)
    await asyncio.sleep(3.3)
    recorder.mission('{"fileType": "Plan"}')
    # The process may be killed here.
    found = verify_flight(recorder.folder, ledger=read_ledger(tmp_path / "keys"))
    assert (found.ok, found.unsigned_blocks, found.uncovered) == (True, 0, ())
    (recorder.folder / "mission.plan").write_text('{"fileType": "Flan"}')
    fault = verify_flight(recorder.folder).first_fault
    assert fault is not None
    assert fault.why == "mission.plan was changed"
    (recorder.folder / "mission.plan").unlink()
    fault = verify_flight(recorder.folder).first_fault
    assert fault is not None
    assert "cannot read mission.plan" in fault.why


async def test_parameters_written_again_keep_the_first_file_and_both_are_proved(tmp_path: Path) -> None:
    recorder = start(tmp_path, durable=False)
    recorder.params({"A": 1.0})
    recorder.params({"A": 2.0})
    folder = recorder.close().folder
    assert [json.loads((folder / name).read_text())["A"] for name in ("params.json", "params-2.json")] == [
        1.0,
        2.0,
    ]
    for name in ("params.json", "params-2.json"):
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes(kept.replace(b".0", b".1"))
        assert not verify_flight(folder).ok, name
        (folder / name).write_bytes(kept)
    assert verify_flight(folder).ok


@pytest.mark.parametrize("name", ["mission.plan", "params.json", "params-2.json"])
async def test_a_plan_or_parameters_added_to_a_closed_flight_are_found(tmp_path: Path, name: str) -> None:
    recorder = start(tmp_path, durable=False)
    recorder.event("note")
    folder = recorder.close().folder
    assert verify_flight(folder).ok
    (folder / name).write_text("{}")
    fault = verify_flight(folder).first_fault
    assert fault is not None
    assert fault.why == f"{name} is not in the chain: it was added later"


def test_two_flights_with_the_same_events_have_the_same_blocks(tmp_path: Path) -> None:
    async def fly(folder: Path) -> Path:
        recorder = start(folder, durable=False)
        for step in range(40):
            recorder.frames(attitude_frames(1 + step % 3), LINKS, step % 2 == 0)
            await asyncio.sleep(0.3)
        recorder.mission("{}")
        await asyncio.sleep(3)
        return recorder.close().folder

    first, second = (chain_of(run_virtual(fly(tmp_path / name))) for name in ("a", "b"))
    assert [line for line in first if line["kind"] in ("block", "file")] == [
        line for line in second if line["kind"] in ("block", "file")
    ]
    assert [line["size"] for line in first if line["kind"] == "head"] == [
        line["size"] for line in second if line["kind"] == "head"
    ]
    assert len(first) > 30


@pytest.mark.realtime
async def test_a_stalled_disk_delays_no_frame_and_loses_no_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, stalled = threading.Event(), threading.Event()
    sync = getattr(os, SYNC)

    def stalling(handle: int) -> None:
        stalled.set()
        assert goes_on.wait(10)
        sync(handle)

    recorder = start(tmp_path, sync_s=0.0, sign_s=0.0)
    monkeypatch.setattr(os, SYNC, stalling)
    recorder.frames(attitude_frames(1), LINKS, False)
    while not stalled.is_set():
        await asyncio.sleep(0)
        recorder.frames(attitude_frames(1), LINKS, False)
    for _ in range(100):
        recorder.frames(attitude_frames(5), LINKS, False)
        await asyncio.sleep(0)
    taken = recorder.frame_count
    assert (recorder.folder / "frames.tlog").stat().st_size == taken * (len(attitude_frames(1)[0].raw) + 8)
    goes_on.set()
    recording = recorder.close()
    found = verify_flight(recording.folder, ledger=read_ledger(tmp_path / "keys"))
    assert (found.ok, found.closed, found.frames) == (True, True, taken), found.first_fault
    assert recording.problems == ()


async def test_a_failing_flush_is_reported_once_and_data_is_covered_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [True]
    sync = getattr(os, SYNC)

    def failing(handle: int) -> None:
        if broken[0]:
            raise OSError(errno.EIO, "Input/output error")
        sync(handle)

    monkeypatch.setattr(os, SYNC, failing)
    reported: list[str] = []
    recorder = start(tmp_path, on_problem=reported.append)
    for second in range(30):
        broken[0] = second < 20
        recorder.frames(attitude_frames(1), LINKS, False)
        await asyncio.sleep(1)
    recording = recorder.close()
    found = verify_flight(recording.folder, ledger=read_ledger(tmp_path / "keys"))
    assert (found.ok, found.closed, found.frames) == (True, True, 30), found.first_fault
    assert reported == ["cannot write chain.jsonl: Input/output error"]


async def test_a_head_flushed_late_is_written_once_and_enters_the_ledger_after_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = start(tmp_path)
    chain = recorder.folder / "chain.jsonl"
    # The first failure is reported in an event, which must be signed as well; the second adds nothing.
    left, fsync = [2], os.fsync

    def failing(handle: int) -> None:
        if left[0] and os.path.samestat(os.fstat(handle), chain.stat()):
            left[0] -= 1
            raise OSError(errno.EIO, "Input/output error")
        fsync(handle)

    recorder.frames(attitude_frames(1), LINKS, False)
    await flushed(recorder)
    monkeypatch.setattr(os, "fsync", failing)
    recorder.frames(attitude_frames(1), LINKS, False)
    for _ in range(30):
        await asyncio.sleep(1)
        with contextlib.suppress(OSError):
            await flushed(recorder)
    assert left[0] == 0
    found = verify_flight(recorder.folder, ledger=read_ledger(tmp_path / "keys"))
    assert (found.ok, found.unsigned_blocks, found.frames) == (True, 0, 2), found.first_fault
    assert read_ledger(tmp_path / "keys").newest == found.heads[-1]
    recorder.close()
    found = verify_flight(recorder.folder, ledger=read_ledger(tmp_path / "keys"))
    assert (found.ok, found.closed) == (True, True), found.first_fault


async def test_a_disk_error_while_closing_is_reported_and_not_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing = threading.Event()

    def failing(handle: int) -> None:
        assert closing.wait(60)
        raise OSError(errno.EIO, "Input/output error")

    recorder = start(tmp_path, sync_s=0.0)
    await flushed(recorder)
    checkpointer = recorder._checkpointer
    assert checkpointer is not None
    thread: Any = checkpointer._thread
    shutdown = thread.shutdown

    def announced(*arguments: Any, **options: Any) -> None:
        closing.set()
        shutdown(*arguments, **options)

    monkeypatch.setattr(thread, "shutdown", announced)
    monkeypatch.setattr(os, SYNC, failing)
    recorder.frames(attitude_frames(2), LINKS, False)
    recording = recorder.close()
    assert recording.frames == 2
    assert recording.problems == (
        "cannot write chain.jsonl: Input/output error",
        "cannot sign the last seconds of the record: Input/output error",
    )
    found = verify_flight(recording.folder, ledger=read_ledger(tmp_path / "keys"))
    assert (found.ok, found.closed) == (True, False)
