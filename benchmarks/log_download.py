"""Download of an on-board log: MAVLink FTP against the log service, from the same emulated aircraft in one run.

The aircraft send as many packets a second as the real ones did (PX4 v1.17.0-alpha1 and ArduPilot V4.7.0-dev, software
in the loop, November 2026), and repeat their last FTP answer as they do. The time is that of the emulated link; the
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import machine
from controller.app.station import Station
from controller.link.base import Link
from controller.link.memory import memory_pair
from controller.protocol.logs.server import LogService
from controller.protocol.state_machine import StateMachine
from controller.vehicle.log_download import download_log, list_logs
from controller.vehicle.vehicle import Vehicle
from controller.wire import messages as m
from controller.wire.codec import Encoder
from controller.wire.enums import MAV_PROTOCOL_CAPABILITY
from controller.wire.framer import Framer
from hil.autopilot.stacks.ftp.ardupilot_server import ArduPilotFtpServer
from hil.autopilot.stacks.ftp.px4_server import Px4FtpServer
from hil.sim.clock import VirtualClock, VirtualLoop
from tests.support.mavlink.lossy_pipe import VEHICLE
from tests.support.mavlink.px4_log_service import Px4LogService

TICK_S = 0.01


@dataclass(frozen=True)
class Stack:
    """One kind of aircraft: its log, and how many packets it sends in 10 ms over either service."""

    name: str
    autopilot: int
    path: str
    size_bytes: int
    ftp_packets: int
    log_packets: int


STACKS = (
    Stack("PX4", 12, "/log/2026-11-30/04_51_00.ulg", 3_000_000, 17, 8),
    Stack("ArduPilot", 3, "/logs/00000001.BIN", 6_000_000, 167, 82),
)


class Aircraft:
    """Sends heartbeats, answers AUTOPILOT_VERSION, and serves its log."""

    def __init__(self, stack: Stack, clock: VirtualClock, data: bytes, *, ftp: bool) -> None:
        self._stack, self._clock, self._ftp = stack, clock, ftp
        self._encoder = Encoder(VEHICLE)
        pace: dict[str, Any] = {"interval_s": TICK_S, "burst": stack.ftp_packets}
        logs: dict[int, tuple[int, bytes]] = {1: (1_780_000_000, data)}
        how: dict[str, Any] = {"batch": stack.log_packets, "batch_s": TICK_S}
        files = {stack.path: data}
        self._services: tuple[StateMachine[None], ...] = (
            (Px4FtpServer(files, **pace), Px4LogService(VEHICLE, {0: logs[1]}, **how))
            if stack.autopilot == 12
            else (ArduPilotFtpServer(files, **pace), LogService(VEHICLE, logs, **how))
        )

    async def run(self, link: Link) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stream(link))
            group.create_task(self._answer(link))

    async def _send(self, link: Link, *messages: Any) -> None:
        for message in messages:
            await link.write(self._encoder.pack(message))

    async def _stream(self, link: Link) -> None:
        for tick in range(1_000_000):
            now = self._clock.now()
            if tick % 100 == 0:
                beat = m.HEARTBEAT(type=2, autopilot=self._stack.autopilot, base_mode=81, system_status=3)
                await self._send(link, beat)
            for service in self._services:
                if service.deadline is not None and service.deadline <= now + 1e-6:
                    await self._send(link, *service.tick(max(now, service.deadline)))
            await asyncio.sleep(TICK_S)

    async def _answer(self, link: Link) -> None:
        framer = Framer()
        while chunk := await link.read():
            for frame in framer.feed(chunk):
                message = frame.message()
                if message.name == "COMMAND_LONG":
                    known = message.command == 512 and message.param1 == 148
                    await self._send(link, m.COMMAND_ACK(command=message.command, result=0 if known else 3))
                    if known:
                        bits = MAV_PROTOCOL_CAPABILITY.FTP if self._ftp else 0
                        await self._send(link, m.AUTOPILOT_VERSION(capabilities=int(bits)))
                for service in self._services:
                    await self._send(link, *service.receive(message, frame.source, self._clock.now()))


@contextlib.asynccontextmanager
async def connected(stack: Stack, data: bytes, *, ftp: bool) -> AsyncIterator[Vehicle]:
    """Connect to an emulated aircraft."""
    clock = VirtualClock()
    ours, theirs = memory_pair("ground", "aircraft")
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(Aircraft(stack, clock, data, ftp=ftp).run(theirs))
        async with Station(clock=clock) as station:
            await station.add(ours)
            vehicle = await station.vehicle()
            await vehicle.request_version()
            yield vehicle
        serving.cancel()


async def downloaded(stack: Stack, data: bytes, *, ftp: bool) -> float:
    """List and download the log; return the seconds of the emulated link."""
    async with connected(stack, data, ftp=ftp) as vehicle:
        began_s = vehicle.clock.now()
        (log,) = await list_logs(vehicle)
        assert bool(log.path) == ftp
        with tempfile.TemporaryDirectory() as folder:
            got = await download_log(vehicle, log, Path(folder))
            assert got.path.read_bytes() == data
        return vehicle.clock.now() - began_s


def main() -> None:
    """Print the table of results.md."""
    print(machine())
    print("\n| aircraft | log | MAVLink FTP | log service | share | computing with FTP |")
    print("|---|---|---|---|---|---|")
    for stack in STACKS:
        data = random.Random(1).randbytes(stack.size_bytes)
        times, computing = [], []
        for ftp in (True, False):
            began_s = time.process_time()
            with asyncio.Runner(loop_factory=VirtualLoop) as runner:
                times.append(runner.run(downloaded(stack, data, ftp=ftp)))
            computing.append(time.process_time() - began_s)
        print(
            f"| {stack.name} | {stack.size_bytes / 1e6:.0f} MB | {times[0]:.1f} s | {times[1]:.1f} s "
            f"| {times[0] / times[1]:.2f} | {computing[0]:.1f} s |"
        )


if __name__ == "__main__":
    main()
