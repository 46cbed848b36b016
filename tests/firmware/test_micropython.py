"""The firmware's files on MicroPython: they compile for every board, and the pump allocates nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from controller.protocol.ftp import wire
from controller.protocol.ftp.wire import FtpPacket
from controller.wire.codec import Encoder
from tests.support.box.micropython import ENVIRONMENT, ONBOARD, ROOT, VECTORS, binary, run_onboard
from tests.support.box.rig import BOX, STATION

ARCHITECTURES = ("armv6m", "armv7emsp", "xtensawin", "x64")


@pytest.mark.parametrize("plan", ["plain", "rules"])
def test_nothing_is_allocated_while_frames_are_pumped(plan: str) -> None:
    result = run_onboard("nothing_allocated.py", str(VECTORS), "5000", plan)
    assert result["faults"] == ""
    assert result["frames"] >= 5000
    assert result["laptop_bytes"] > 100_000
    assert result["radio_bytes"] > 100_000


@pytest.mark.slow
def test_nothing_is_allocated_over_a_million_frames() -> None:
    result = run_onboard("nothing_allocated.py", str(VECTORS), "1000000", "rules")
    assert result["faults"] == ""
    assert result["frames"] >= 1_000_000


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_file_compiles_for_every_board(architecture: str, tmp_path: Path) -> None:
    cross = binary("mpy-cross")
    for path in sorted((ROOT / "firmware").rglob("*.py")):
        done = subprocess.run(
            [str(cross), f"-march={architecture}", "-o", str(tmp_path / "out.mpy"), str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{path}: {done.stderr}"


def test_files_are_served_alike_on_micropython_and_cost_little_memory(tmp_path: Path) -> None:
    content = bytes(i * 7 & 0xFF for i in range(16 * 4096))
    packets = [
        FtpPacket(1, 0, wire.LIST, 1, 0, b"/"),
        FtpPacket(2, 0, wire.OPEN, 8, 0, b"/old.rec"),
        FtpPacket(2, 0, wire.OPEN, 8, 0, b"/old.rec"),
        FtpPacket(3, 1, wire.READ, 239, 500),
        FtpPacket(4, 1, wire.BURST, 239, 40_000),
        FtpPacket(300, 0, wire.CRC32, 8, 0, b"/old.rec"),
        FtpPacket(301, 1, wire.READ, 239, 1 << 20),
        FtpPacket(302, 1, wire.TERMINATE, 0),
        FtpPacket(303, 0, wire.OPEN, 11, 0, b"../box.json"),
        FtpPacket(304, 0, wire.OPEN, 2, 0, b"\xff\xfe"),
    ]
    encoder = Encoder(STATION)
    (tmp_path / "requests.json").write_text(json.dumps([encoder.pack(p.to(BOX)).hex() for p in packets]))
    results = []
    for python in (str(binary()), sys.executable):
        (tmp_path / "old.rec").write_bytes(content)
        done = subprocess.run(
            [python, str(ONBOARD / "files.py"), tmp_path.as_posix()],
            env={**ENVIRONMENT, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        results.append(json.loads(done.stdout))
    onboard, here = results
    assert onboard["faults"] == here["faults"] == ""
    assert onboard["answers"] == here["answers"]
    assert len(onboard["answers"]) == 9 + 107 + 1  # of the burst: packets to the end of the file, and its end
    assert 0 < onboard["server_bytes"] < 4096


def test_a_box_with_everything_switched_on_stays_small_and_does_not_grow() -> None:
    """With pointers twice as long as a board's; `python -m benchmarks.box_memory` measures it with such."""
    found = run_onboard("memory.py")
    assert found["fault"] == ""
    assert found["built"] < 64_000
    assert found["running"] - found["built"] < 1000
