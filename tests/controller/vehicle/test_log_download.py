"""Downloads of on-board logs: over FTP and over the log service, continued, and with their output."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.cli.common import Output
from controller.cli.logs.download import fetch
from controller.errors import LinkError, SafetyRefused, UserError, VerificationFailed
from controller.protocol.logs.client import LogEntry
from controller.protocol.logs.server import LogService
from controller.protocol.state_machine import Progress, StateMachine
from controller.vehicle.log_download import download_log, list_logs
from controller.vehicle.onboard_logs import OnboardLog, newest_log
from controller.wire.address import Address
from controller.wire.enums import MAV_PROTOCOL_CAPABILITY
from controller.wire.message import Message
from tests.support.flights import vehicle_with
from tests.support.logs.sample_logs import dataflash_sample, ulog_sample
from tests.support.mavlink.ftp_server import FtpServer
from tests.support.mavlink.lossy_pipe import VEHICLE
from tests.support.scripted.script import Script

BIN, ULG = dataflash_sample(), ulog_sample()
LONG = BIN + random.Random(5).randbytes(60_000)
BEGAN_S = 1_779_000_000
FTP = int(MAV_PROTOCOL_CAPABILITY.FTP)
ARDUPILOT_FILES = {
    "/APM/LOGS/00000012.BIN": BIN,
    "/APM/LOGS/00000013.BIN": LONG,
    "/APM/LOGS/LASTLOG.TXT": b"13",
}
PX4_FILES = {
    "/fs/microsd/log/2026-05-17/06_40_00.ulg": ULG,
    "/fs/microsd/log/2026-05-16/09_30_12.ulg": ULG[:-40],
    "/fs/microsd/log/data.txt": b"",
}


class DyingLogService(LogService):
    """Sends `left` more messages, and then none."""

    left = 1 << 30

    def _next_batch(self, now: float) -> list[Message]:
        sent = super()._next_batch(now)[: max(0, self.left)]
        self.left -= len(sent)
        return sent


class EstimatingLogService(LogService):
    """Reports log 4 longer than it is."""

    def entry(self, number: int) -> LogEntry:
        true = super().entry(number)
        return replace(true, size_bytes=true.size_bytes + (number == 4))


class ForgetfulLogService(LogService):
    """Forgets its list on LOG_REQUEST_END and sends nothing until the list is requested again, as older PX4."""

    listed = False

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if message.name in ("LOG_REQUEST_LIST", "LOG_REQUEST_END"):
            self.listed = message.name == "LOG_REQUEST_LIST"
        if message.name == "LOG_REQUEST_DATA" and not self.listed:
            return []
        return super().receive(message, source, now)


class SilencedFtpServer(FtpServer):
    """Answers `left` more requests, and then none."""

    left = 0

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if message.name == "FILE_TRANSFER_PROTOCOL":
            self.left -= 1
        return super().receive(message, source, now) if self.left >= 0 else []


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def log_service_script(logs: dict[int, tuple[int, bytes]] | None = None) -> Script:
    return Script(ready_at_s=0.0, services=[LogService(VEHICLE, logs or {4: (0, ULG), 5: (BEGAN_S, LONG)})])


def ftp_script(files: dict[str, bytes], *more: StateMachine[Any]) -> Script:
    return Script(services=[FtpServer(files), *more], capabilities=FTP)


async def test_without_ftp_logs_come_over_the_log_service(tmp_path: Path) -> None:
    async with vehicle_with("ardupilot", log_service_script()) as (vehicle, _):
        await vehicle.request_version()
        logs = await list_logs(vehicle)
        assert logs == [OnboardLog(4, 0, len(ULG)), OnboardLog(5, BEGAN_S, len(LONG))]
        got = [await download_log(vehicle, log, tmp_path / "out") for log in logs]
        assert [one.path.name for one in got] == ["log4.ulg", "log5-20260517T064000Z.bin"]
        assert [one.path.read_bytes() for one in got] == [ULG, LONG]
        again = await download_log(vehicle, logs[1], tmp_path / "out")
    assert (again.path, again.resumed_at) == (got[1].path, len(LONG))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [one.path.name for one in got]


@pytest.mark.parametrize(
    ("stack", "files", "names"),
    [
        ("ardupilot", ARDUPILOT_FILES, ["00000012.BIN", "00000013.BIN"]),
        ("px4", PX4_FILES, ["2026-05-16_09_30_12.ulg", "2026-05-17_06_40_00.ulg"]),
    ],
)
async def test_with_ftp_logs_come_as_files_with_checksums(
    tmp_path: Path, stack: str, files: dict[str, bytes], names: list[str]
) -> None:
    async with vehicle_with(stack, ftp_script(files)) as (vehicle, scripted):
        await vehicle.request_version()
        logs = await list_logs(vehicle)
        assert [log.name for log in logs] == names
        assert [log.number for log in logs] == ([12, 13] if stack == "ardupilot" else [1, 2])
        got = [await download_log(vehicle, log, tmp_path) for log in logs]
        assert not any(message.name.startswith("LOG_REQUEST") for message in scripted.received)
    assert {one.checked for one in got} == {"checksum"}
    assert [one.path.read_bytes() for one in got] == [files[log.path] for log in logs]


async def test_the_log_service_is_used_where_ftp_shows_no_logs() -> None:
    script = ftp_script({"/other.txt": b""}, LogService(VEHICLE, {1: (BEGAN_S, BIN)}))
    async with vehicle_with("ardupilot", script) as (vehicle, _):
        await vehicle.request_version()
        assert [log.number for log in await list_logs(vehicle)] == [1]


async def test_a_partial_log_download_is_continued(tmp_path: Path) -> None:
    service = DyingLogService(VEHICLE, {5: (BEGAN_S, LONG)})
    async with vehicle_with("ardupilot", Script(services=[service])) as (vehicle, scripted):
        (log,) = await list_logs(vehicle)
        service.left = 300
        with pytest.raises(LinkError, match="stopped answering"):
            await download_log(vehicle, log, tmp_path)
        part = tmp_path / f"{log.name}.part"
        kept = part.stat().st_size
        assert part.read_bytes() == LONG[:kept]
        assert kept == 300 * 90
        service.left = 1 << 30
        scripted.received.clear()
        got = await download_log(vehicle, log, tmp_path)
    assert (got.resumed_at, got.path.read_bytes()) == (kept, LONG)
    asked: Any = [message for message in scripted.received if message.name == "LOG_REQUEST_DATA"]
    assert min(message.ofs for message in asked) == kept


async def test_no_log_is_downloaded_while_armed_nor_over_another_file(tmp_path: Path) -> None:
    async with vehicle_with("px4", log_service_script()) as (vehicle, scripted):
        (tmp_path / "log4.ulg").write_bytes(b"mine")
        with pytest.raises(UserError, match="a file of its name has"):
            await download_log(vehicle, OnboardLog(4, 0, len(ULG)), tmp_path)
        await vehicle.arm()
        scripted.received.clear()
        with pytest.raises(SafetyRefused, match="the aircraft is armed"):
            await list_logs(vehicle)
        assert not any(message.name.startswith("LOG_") for message in scripted.received)
    assert (tmp_path / "log4.ulg").read_bytes() == b"mine"


async def test_a_log_shorter_than_listed_fails_and_the_others_are_downloaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = EstimatingLogService(VEHICLE, {4: (BEGAN_S, ULG), 5: (BEGAN_S, LONG), 6: (BEGAN_S, BIN)})
    async with vehicle_with("ardupilot", Script(services=[service])) as (vehicle, _):
        logs = await list_logs(vehicle)
        (tmp_path / "log6-20260517T064000Z.bin").write_bytes(BIN[:-100])  # fetched when it was shorter
        with pytest.raises(
            VerificationFailed, match=f"log 4 ended at byte {len(ULG):,d} of {len(ULG) + 1:,d}"
        ):
            await download_log(vehicle, logs[0], tmp_path)
        with pytest.raises(UserError, match="cannot download 2 of 3 logs"):
            await fetch(vehicle, logs, tmp_path, Output())
    errors = capsys.readouterr().err
    assert f"log 4 ended at byte {len(ULG):,d}" in errors
    assert f"a file of its name has {len(BIN) - 100:,d} bytes" in errors
    assert contents(tmp_path) == {
        "log4-20260517T064000Z.part": ULG,
        "log5-20260517T064000Z.bin": LONG,
        "log6-20260517T064000Z.bin": BIN[:-100],
    }


async def test_a_log_without_a_time_does_not_continue_an_old_part(tmp_path: Path) -> None:
    (tmp_path / "log4.part").write_bytes(b"of another aircraft")
    async with vehicle_with("px4", log_service_script()) as (vehicle, _):
        got = await download_log(vehicle, OnboardLog(4, 0, len(ULG)), tmp_path)
    assert (got.path.read_bytes(), got.resumed_at) == (ULG, 0)


@pytest.mark.parametrize(
    ("files", "answers"), [(PX4_FILES, 0), (PX4_FILES, 2), ({"/log/2026-05-17/06_40_00.ulg": ULG}, 1)]
)
async def test_ftp_silent_after_an_answer_does_not_fall_back_to_the_log_service(
    files: dict[str, bytes], answers: int
) -> None:
    ftp = SilencedFtpServer(files)
    ftp.left = answers
    script = Script(services=[ftp, LogService(VEHICLE, {0: (BEGAN_S, ULG)})], capabilities=FTP)
    async with vehicle_with("px4", script) as (vehicle, _):
        await vehicle.request_version()
        if answers == 0:
            assert [log.number for log in await list_logs(vehicle)] == [0]
        else:
            with pytest.raises(LinkError, match="cannot list /"):
                await list_logs(vehicle)


async def test_a_download_stops_when_the_aircraft_arms_and_keeps_its_part(tmp_path: Path) -> None:
    async with vehicle_with("ardupilot", log_service_script()) as (vehicle, scripted):
        log = (await list_logs(vehicle))[1]

        def arms(progress: Progress) -> None:
            scripted.armed = True

        with pytest.raises(SafetyRefused, match="the aircraft is armed"):
            await download_log(vehicle, log, tmp_path, progress=arms)
        kept = (tmp_path / f"{log.name}.part").read_bytes()
        assert 0 < len(kept) < len(LONG)
        assert LONG.startswith(kept)
        await asyncio.sleep(1)
        assert scripted.received[-1].name != "LOG_REQUEST_DATA"
        scripted.received.clear()
        with pytest.raises(SafetyRefused, match="the aircraft is armed"):
            await download_log(vehicle, log, tmp_path)
        assert not any(message.name.startswith("LOG_") for message in scripted.received)


async def test_the_last_log_number_of_ardupilot_marks_the_newest_log() -> None:
    files = dict.fromkeys((f"/APM/LOGS/{number:08d}.BIN" for number in (1, 2, 499, 500)), BIN)
    async with vehicle_with("ardupilot", ftp_script({**files, "/APM/LOGS/LASTLOG.TXT": b"2\r\n"})) as (
        vehicle,
        _,
    ):
        await vehicle.request_version()
        logs = await list_logs(vehicle)
    assert [log.number for log in logs] == [499, 500, 1, 2]
    assert newest_log(logs, "").number == 2


async def test_downloads_are_reported_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = Script(services=[ForgetfulLogService(VEHICLE, {4: (0, ULG), 5: (BEGAN_S, LONG)})])
    async with vehicle_with("px4", script) as (vehicle, scripted):
        await fetch(vehicle, await list_logs(vehicle), tmp_path, Output(json=True))
        await asyncio.sleep(1)
        assert sum(message.name == "LOG_REQUEST_END" for message in scripted.received) == 1
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event.get("number") for event in events] == [4, 5, None]
    assert events[-1] == {
        "event": "summary",
        "logs": 2,
        "files": [str(tmp_path / "log4.ulg"), str(tmp_path / "log5-20260517T064000Z.bin")],
        "bytes": len(ULG) + len(LONG),
    }


async def test_the_summary_names_the_service_and_why_it_is_the_slow_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reasons: list[str] = []
    async with vehicle_with("ardupilot", log_service_script()) as (vehicle, _):
        await vehicle.request_version()
        logs = await list_logs(vehicle, note=reasons.append)
        service = {"service": "log", "why": reasons[0]}
        await fetch(vehicle, logs[:1], tmp_path, Output(json=True), service)
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert summary["service"] == "log"
    assert summary["why"].endswith("the autopilot does not offer MAVLink FTP")
