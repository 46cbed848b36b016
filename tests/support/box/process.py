"""A ground box that runs in a process of its own, and its settings file."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.bridges.process.instances import free_udp_port
from tests.support.box.micropython import binary
from tests.support.cli import COMMAND, ROOT, environment


def box_settings(folder: Path, **changes: object) -> Path:
    """Write a valid box.json with `changes`; return its path."""
    path = folder / "box.json"
    path.write_text(
        json.dumps({"version": 1, "laptop": {"port": "usb"}, "radios": [{"port": "uart:0"}]} | changes)
    )
    return path


@contextlib.contextmanager
def running_box(
    folder: Path,
    *,
    blocks: int = 16,
    ended_by: signal.Signals = signal.SIGINT,
    answering: bool = False,
    **changes: object,
) -> Iterator[str]:
    """Run a recording box in MicroPython; yield the link to its laptop port. `ended_by` ends it.

    With `answering`, the box sends nothing before the laptop has sent.
    """
    binary()
    laptop, radio = free_udp_port(), free_udp_port()
    here, there = ("udpout", "udpin") if answering else ("udpin", "udpout")
    file = box_settings(
        folder, laptop={"port": f"{there}:127.0.0.1:{laptop}"}, radios=[{"port": f"udpin:127.0.0.1:{radio}"}],
        recorder={"path": str(folder / "box.blocks"), "blocks": blocks}, **changes,
    )  # fmt: skip
    box = subprocess.Popen(
        [*COMMAND, "box", "run", str(file), "--json"], cwd=ROOT, env=environment(folder), stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        assert box.stdout is not None
        ready = json.loads(box.stdout.readline())
        assert ready["event"] == "ready"
        yield f"{here}:127.0.0.1:{laptop}"
    finally:
        box.send_signal(ended_by)
        with contextlib.suppress(subprocess.TimeoutExpired):
            box.wait(10)
        box.kill()
        box.wait()
        assert box.stdout is not None
        box.stdout.close()
    with pytest.raises(ProcessLookupError):
        os.kill(ready["pid"], 0)
