"""Replay of a telemetry log as a link."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.errors import UserError
from controller.link.open import open_link, policy_for
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from controller.wire.tlog import entries
from hil.sim.clock import VirtualClock


async def played(path: Path) -> list[tuple[float, int]]:
    """Return (virtual time in s, sequence number) of all replayed frames."""
    got = []
    loop = asyncio.get_running_loop()
    async with open_link(f"tlog:{path}", policy=policy_for([]), clock=VirtualClock()) as link:
        began_s = loop.time()
        framer = Framer()
        while chunk := await link.read():
            got += [(round(loop.time() - began_s, 6), frame.seq) for frame in framer.feed(chunk)]
            await link.write(b"goes nowhere")
    return got


async def test_frames_arrive_with_their_recorded_timing_and_then_the_link_closes(tmp_path: Path) -> None:
    encoder = Encoder(address(1, 1))
    times_s = [100.0, 100.0, 101.5, 101.25, 160.0]
    data = b"".join(entries(round(at * 1e6), Framer().feed(encoder.pack(m.HEARTBEAT()))) for at in times_s)
    Path.write_bytes(tmp_path / "flight.tlog", data)
    assert await played(tmp_path / "flight.tlog") == [(0, 0), (0, 1), (1.5, 2), (1.5, 3), (60, 4)]


async def test_a_file_that_is_no_telemetry_log_is_an_error(tmp_path: Path) -> None:
    Path.write_bytes(tmp_path / "zeros.tlog", bytes(1000))
    with pytest.raises(UserError, match="no MAVLink frame in this file"):
        await played(tmp_path / "zeros.tlog")
    with pytest.raises(UserError, match="cannot read the telemetry log: No such file"):
        await played(tmp_path / "missing.tlog")
