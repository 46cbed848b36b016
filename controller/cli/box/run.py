"""`landline box run`: runs the box's firmware as a process, with the watchdog and restarts of a board's hardware."""

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

RESTART = 75  # exit code of the firmware after a reboot command
RESTART_DELAY_S = 1.0

Ready = Callable[[list[str], str, int, str], None]


def run_firmware(
    program: Path,
    settings: Path,
    ready: Ready,
    note: Callable[[str], None],
    *,
    watchdog_s: float = WATCHDOG_MS / 1000,
) -> int:
    """Run a box until it is interrupted; return the exit code.

    `ready` is called at each start with its ports, a problem of its settings ("" for none), its process id and the
    folder of an installed update ("" for the firmware of this Landline). `note` gets the reason of each restart: a
    reboot command, an exit, or no output for `watchdog_s` seconds. Firmware on trial that fails is replaced by the
    firmware before it. An installed update is used even if Landline is newer.

    Raises UserError for invalid settings, LinkError when Landline's own firmware does not start.
    """
    disk = Disk(str(settings.parent))
    while True:
        with _started(program, settings) as box:
            was_ready, message, code = _monitor(box, disk, ready, watchdog_s)
        if code == 0 and was_ready:
            return 0
        why = "received a reboot command" if code == RESTART else message
        state = load_state(disk)
        if state["trial"] and state["tried"] == state["trial"]:
            note(f"the firmware on trial {why}; starting the previous firmware")
        elif was_ready:
            note(f"the box {why}; restarting it")
            if code != RESTART:
                select.select([], [], [], RESTART_DELAY_S)
        elif code == 2:
            raise UserError(
                message.removeprefix(f"{settings.name}: "),
                where=str(settings),
                hint="docs/box/settings.md lists every setting",
            )
        else:
            raise LinkError(f"cannot start the box: it {message}", where=str(settings))


def _monitor(
    box: subprocess.Popen[bytes], disk: Disk, ready: Ready, watchdog_s: float
) -> tuple[bool, str, int]:
    """Wait until the box ends; return whether it was ready, how it ended, and its exit code."""
    was_ready, last = False, ""
    for line in _lines(box, watchdog_s):
        if line is None:
            box.kill()
            box.wait()
            return was_ready, f"hung: no output for {watchdog_s:g} s", -signal.SIGKILL
        if line.startswith("{") and '"ready"' in line:
            started = json.loads(line)
            was_ready = True
            state = load_state(disk)
            ready(started["ports"], started["problem"], box.pid, state["tried"] or state["active"])
        elif line:
            last = line
    code = box.wait()
    return (
        was_ready,
        last if code == 2 and last else f"ended with exit code {code}{': ' if last else ''}{last}",
        code,
    )


def _lines(box: subprocess.Popen[bytes], within_s: float) -> Iterator[str | None]:
    """Yield its output line by line, None when there was no output for `within_s` seconds."""
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
    """Start the firmware in MicroPython. It ignores SIGPIPE, so that it continues when this process has ended."""
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
            # A terminal sends Ctrl-C to the box as well; other interrupts are forwarded. The box closes its record.
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
