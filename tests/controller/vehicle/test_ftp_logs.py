"""On-board logs of servers that behave as the autopilots do: found over FTP wherever they lie, else the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from controller.errors import LinkError
from controller.protocol.ftp.client_listing import FtpEntry
from controller.protocol.logs.server import LogService
from controller.protocol.state_machine import StateMachine
from controller.vehicle.ftp_logs import folders_to_try
from controller.vehicle.log_download import download_log, list_logs
from controller.wire.enums import MAV_PROTOCOL_CAPABILITY
from hil.autopilot.stacks.ftp.ardupilot_server import ArduPilotFtpServer
from hil.autopilot.stacks.ftp.px4_server import Px4FtpServer
from tests.support.flights import vehicle_with
from tests.support.logs.sample_logs import dataflash_sample, ulog_sample
from tests.support.mavlink.lossy_pipe import VEHICLE
from tests.support.mavlink.px4_log_service import Px4LogService
from tests.support.scripted.script import Script

BIN, ULG = dataflash_sample(), ulog_sample()
FTP = int(MAV_PROTOCOL_CAPABILITY.FTP)
DAY = "2026-11-30/04_51_00.ulg"


def px4(files: dict[str, bytes], **more: Any) -> Px4FtpServer:
    return Px4FtpServer(files, **more)


def script(*services: StateMachine[Any], capabilities: int = FTP) -> Script:
    return Script(ready_at_s=0.0, services=list(services), capabilities=capabilities)


@pytest.mark.parametrize("numbered", [False, True], ids=["one session", "sessions"])
@pytest.mark.parametrize("folder", ["/APM/LOGS", "/logs", "/var/APM/logs", "/LOGS"])
async def test_ardupilots_logs_are_found_and_loaded_over_ftp(
    folder: str, numbered: bool, tmp_path: Path
) -> None:
    server = ArduPilotFtpServer(
        {f"{folder}/00000001.BIN": BIN, f"{folder}/LASTLOG.TXT": b"1", "/terrain/a.dat": b"x"},
        numbers_sessions=numbered,
        sessions=3 if numbered else 1,
    )
    notes: list[str] = []
    async with vehicle_with("ardupilot", script(server)) as (vehicle, scripted):
        await vehicle.request_version()
        (log,) = await list_logs(vehicle, note=notes.append)
        got = await download_log(vehicle, log, tmp_path)
    assert (got.path.read_bytes(), got.checked, notes) == (BIN, "checksum", [])
    assert log.path == f"{folder}/00000001.BIN"
    assert server.open_files == 0
    assert not any(message.name.startswith("LOG_REQUEST") for message in scripted.received)


@pytest.mark.parametrize("folder", ["/fs/microsd/log", "/log"])
async def test_px4s_logs_are_found_and_loaded_over_ftp(folder: str, tmp_path: Path) -> None:
    server = px4({f"{folder}/{DAY}": ULG, "/etc/init.d/rcS": b"#!"})
    async with vehicle_with("px4", script(server)) as (vehicle, _):
        await vehicle.request_version()
        (log,) = await list_logs(vehicle)
        got = await download_log(vehicle, log, tmp_path)
    assert (got.path.read_bytes(), got.checked) == (ULG, "checksum")
    assert server.open is None
    numbers = [request.seq for request in server.requests]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize(
    ("server", "capabilities", "why"),
    [
        (ArduPilotFtpServer({"/x/a.txt": b""}), 0, "the autopilot does not offer MAVLink FTP"),
        (
            ArduPilotFtpServer({"/x/a.txt": b"", "/y/b": b""}),
            FTP,
            "shows no logs in /APM/LOGS, /logs, /var/APM/logs, /fs/microsd/log, /log; the top folder has x, y",
        ),
        (None, FTP, "MAVLink FTP does not answer"),
    ],
)
async def test_the_slow_service_is_announced_with_its_reason(
    server: ArduPilotFtpServer | None, capabilities: int, why: str
) -> None:
    services: list[StateMachine[Any]] = [LogService(VEHICLE, {1: (0, BIN)})]
    services += [server] if server else []
    notes: list[str] = []
    async with vehicle_with("ardupilot", script(*services, capabilities=capabilities)) as (vehicle, _):
        await vehicle.request_version()
        assert [log.path for log in await list_logs(vehicle, note=notes.append)] == [""]
    assert len(notes) == 1
    assert notes[0].startswith("the logs come over the log service")
    assert notes[0].endswith(why)


@pytest.mark.parametrize("capabilities", [0, FTP])
async def test_px4_without_logs_has_no_logs_and_the_link_is_not_blamed(capabilities: int) -> None:
    services = (px4({"/etc/x": b""}, empty=("/log",)), Px4LogService(VEHICLE, {}))
    notes: list[str] = []
    async with vehicle_with("px4", script(*services, capabilities=capabilities)) as (vehicle, _):
        await vehicle.request_version()
        assert await list_logs(vehicle, note=notes.append) == []
    assert notes == []


async def test_px4_that_has_gone_silent_is_a_link_error_and_not_an_empty_list() -> None:
    quiet = script(capabilities=0)
    async with vehicle_with("px4", quiet) as (vehicle, _):
        await vehicle.request_version()
        quiet.silent_when = lambda _: True
        with pytest.raises(LinkError, match="no heartbeat for"):
            await list_logs(vehicle)


def test_folders_that_the_top_folder_shows_are_tried_first() -> None:
    top = tuple(FtpEntry(name, 0, is_folder=True) for name in ("fs", "Logs", "tmp"))
    tried = folders_to_try(("/APM/LOGS", "/logs"), (*top, FtpEntry("log", 5)))
    assert tried[:2] == ["/fs/microsd/log", "/Logs"]
    assert set(tried) >= {"/APM/LOGS", "/logs", "/log"}
