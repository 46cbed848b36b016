"""`landline box run`: the box as a process of this terminal, watched and started again as a board's hardware
does it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from controller.errors import LinkError, UserError
from firmware.boot import WATCHDOG_MS
from firmware.core.disk import Disk
from firmware.roles.update import load_state

RESTART = 75  # what the firmware ends with when it was told to reboot
AGAIN_AFTER_S = 1.0

Ready = Callable[[list[str], str, int, str], None]


def run_firmware(
    program: Path,
    settings: Path,
    ready: Ready,
    note: Callable[[str], None],
    *,
    watchdog_s: float = WATCHDOG_MS / 1000,
) -> int:
    """A box until it is asked to end.

    `ready` gets its ports, what is wrong with its settings, its process and the slot of its firmware at each
    start; `note` why it starts again: it was told to, it ended by itself, or it was silent for `watchdog_s`.
    Firmware on trial that ends so is given up by that next start.

    An update that was kept outlives a newer Landline: `ready` is told its slot, "" for Landline's own firmware.

    Raises UserError when its settings cannot be used, LinkError when the box it came with never gets ready.
    """
    disk = Disk(str(settings.parent))
    while True:
        with _started(program, settings) as box:
            was_ready, said, code = _follow(box, disk, ready, watchdog_s)
        if code == 0 and was_ready:
            return 0
        why = "was told to restart" if code == RESTART else said
        state = load_state(disk)
        if state["trial"] and state["tried"] == state["trial"]:
            note(f"the firmware on trial {why}; the one before it runs again")
        elif was_ready:
            note(f"the box {why}; it is started again")
            if code != RESTART:
                select.select([], [], [], AGAIN_AFTER_S)
        elif code == 2:
            raise UserError(
                said.removeprefix(f"{settings.name}: "),
                where=str(settings),
                hint="docs/box/settings.md has every setting",
            )
        else:
            raise LinkError(f"the box did not start: it {said}", where=str(settings))


def _follow(
    box: subprocess.Popen[bytes], disk: Disk, ready: Ready, watchdog_s: float
) -> tuple[bool, str, int]:
    """Until it ends: whether it got ready, what there is to say of its end, and its exit code."""
    was_ready, last = False, ""
    for line in _lines(box, watchdog_s):
        if line is None:
            box.kill()
            box.wait()
            return was_ready, f"was silent for {watchdog_s:g} s", -signal.SIGKILL
        if line.startswith("{") and '"ready"' in line:
            said = json.loads(line)
            was_ready = True
            state = load_state(disk)
            ready(said["ports"], said["problem"], box.pid, state["tried"] or state["active"])
        elif line:
            last = line
    code = box.wait()
    return was_ready, last if code == 2 and last else f"ended with {code}{': ' if last else ''}{last}", code


def _lines(box: subprocess.Popen[bytes], within_s: float) -> Iterator[str | None]:
    """What it prints, line by line; None when nothing came for that long."""
    assert box.stdout is not None
    held = b""
    while True:
        if not select.select([box.stdout], [], [], within_s)[0]:
            yield None
            return
        data = os.read(box.stdout.fileno(), 4096)
        if not data:
            return
        *lines, held = (held + data).split(b"\n")
        yield from (line.decode(errors="replace").strip() for line in lines)


@contextmanager
def _started(program: Path, settings: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The firmware in MicroPython. It keeps SIGPIPE ignored as this process does: it bridges on if we are gone."""
    import firmware

    root = Path(str(firmware.__file__)).parent.parent
    box = subprocess.Popen(
        [str(program), "-m", "firmware.boot", "--config", str(settings)],
        env={**os.environ, "MICROPYPATH": f"{root}:.frozen", "LANDLINE_BOX_WATCHED": "1"},
        stdout=subprocess.PIPE,
        bufsize=0,
        restore_signals=False,
    )
    assert box.stdout is not None
    with box.stdout:
        try:
            yield box
        except KeyboardInterrupt:
            # A terminal sends Ctrl-C to it as well; whoever interrupts us alone means it too. It closes its record.
            try:
                box.wait(2.0)
            except subprocess.TimeoutExpired:
                box.send_signal(signal.SIGINT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    box.wait(5.0)
            raise
        finally:
            if box.poll() is None:
                box.terminate()
                box.wait()
