"""`landline box run`: updates on trial, the fallback, and restarts after an exit or a hang."""

from __future__ import annotations

import io
import json
import os
import platform
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controller.cli.box.image import compiled, find_cross, firmware_files
from controller.cli.box.run import run_firmware
from controller.errors import LinkError
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from firmware.core.disk import Disk
from firmware.image import pack
from firmware.roles.update import INBOX, install
from hil.bridges.process.instances import free_udp_port
from tests.support.box.micropython import ROOT, binary
from tests.support.cli import landline

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(sys.platform != "linux", reason="MicroPython's unix port comes for Linux"),
]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OPERATOR = KEY.public_key().public_bytes_raw()


class StopTest(Exception):
    """Ends the run of the box once the test has enough starts."""


def folder_of_a_box(folder: Path) -> Path:
    """Write settings with free ports; return their path."""
    laptop, radio = (f"udpin:127.0.0.1:{free_udp_port()}" for _ in range(2))
    given = {
        "version": 1,
        "laptop": {"port": laptop},
        "radios": [{"port": radio}],
        "keys": {"operator": OPERATOR.hex()},
    }
    path = folder / "config.json"
    path.write_text(json.dumps(given))
    return path


def image(main: str = "", **files: bytes) -> bytes:
    """Image of the firmware, or with another `main.py`."""
    changed = {"firmware/main.py": main.encode()} if main else {}
    return pack(firmware_files() | changed | files, "9.0", "unix", KEY.sign)


def starts(
    settings: Path, count: int, at_ready: Callable[[list[str], int], None] = lambda _ports, _pid: None
) -> list[str]:
    """Run the box until its `count`-th start; return the starts, with the folder of an update, and the notes
    between.
    """
    happened: list[str] = []

    def ready(ports: list[str], problem: str, pid: int, slot: str) -> None:
        assert problem == ""
        happened.append(f"ready {slot}".strip())
        if sum(line.startswith("ready") for line in happened) == count:
            raise StopTest
        at_ready(ports, pid)

    with pytest.raises(StopTest):
        run_firmware(binary(), settings, ready, happened.append, watchdog_s=2.0)
    return happened


def test_an_update_is_tried_at_the_next_start_and_may_be_replaced_before(tmp_path: Path) -> None:
    settings = folder_of_a_box(tmp_path)
    for _ in range(2):
        install(Disk(str(tmp_path)), io.BytesIO(image()), OPERATOR, "unix")
    assert starts(settings, 1) == ["ready a"]


def test_an_image_in_the_inbox_is_tried_with_any_settings_name(tmp_path: Path) -> None:
    settings = folder_of_a_box(tmp_path).rename(tmp_path / "field.json")
    (tmp_path / INBOX).write_bytes(image())
    assert starts(settings, 1) == ["ready a"]


def test_firmware_on_trial_that_fails_on_import_is_replaced(
    tmp_path: Path,
) -> None:
    settings = folder_of_a_box(tmp_path)
    install(Disk(str(tmp_path)), io.BytesIO(image("raise ValueError('broken')\n")), OPERATOR, "unix")
    assert starts(settings, 1) == [
        "the firmware on trial ended with exit code 1; starting the previous firmware",
        "ready",
    ]
    assert (tmp_path / "update.said").read_text() == "update failed its trial; the old firmware runs"
    assert starts(settings, 1) == ["ready"]


def test_firmware_on_trial_that_hangs_is_replaced(tmp_path: Path) -> None:
    settings = folder_of_a_box(tmp_path)
    install(Disk(str(tmp_path)), io.BytesIO(image("while True:\n    pass\n")), OPERATOR, "unix")
    assert starts(settings, 1) == [
        "the firmware on trial hung: no output for 2 s; starting the previous firmware",
        "ready",
    ]


def test_an_update_killed_midway_keeps_the_old_firmware(tmp_path: Path) -> None:
    settings = folder_of_a_box(tmp_path)
    data = image()

    class Killed(BaseException):
        """The process was killed."""

    class HalfRead(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > len(data) // 2:
                raise Killed
            return super().read(size)

    with pytest.raises(Killed):
        install(Disk(str(tmp_path)), HalfRead(data), OPERATOR, "unix")
    assert starts(settings, 1) == ["ready"]
    install(Disk(str(tmp_path)), io.BytesIO(data), OPERATOR, "unix")
    assert starts(settings, 1) == ["ready a"]


def test_a_box_is_restarted_after_a_reboot_command_or_a_kill(tmp_path: Path) -> None:
    settings = folder_of_a_box(tmp_path)
    reboot = m.COMMAND_LONG(target_system=254, target_component=191, command=246, param2=1)
    pids: list[int] = []

    def end_it(ports: list[str], pid: int) -> None:
        pids.append(pid)
        if len(pids) == 2:
            os.kill(pid, signal.SIGKILL)
            return
        host, port = ports[0].split(":")[1:]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as laptop:
            laptop.sendto(Encoder(address(255, 190)).pack(reboot), (host, int(port)))

    assert starts(settings, 3, end_it) == [
        "ready",
        "the box received a reboot command; restarting it",
        "ready",
        "the box ended with exit code -9; restarting it",
        "ready",
    ]


def test_own_firmware_that_does_not_start_ends_the_command(tmp_path: Path) -> None:
    program = tmp_path / "micropython"
    program.write_text("#!/bin/sh\necho no memory\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(LinkError, match="cannot start the box: it ended with exit code 1: no memory"):
        run_firmware(program, folder_of_a_box(tmp_path), lambda *_: None, lambda _: None)


@pytest.mark.slow
def test_a_compiled_image_runs_as_the_source_does(tmp_path: Path) -> None:
    cross = find_cross()
    if cross is None or platform.machine() != "x86_64":
        pytest.skip("needs mpy-cross and a MicroPython for x64")
    settings = folder_of_a_box(tmp_path)
    files = {
        f"{name.removesuffix('.py')}.mpy": compiled(cross, "x64", ROOT / name) for name in firmware_files()
    }
    data = pack(files, "9.0", "unix", KEY.sign)
    install(Disk(str(tmp_path)), io.BytesIO(data), OPERATOR, "unix")
    assert starts(settings, 1) == ["ready a"]


@pytest.mark.slow
def test_an_image_for_a_board_is_compiled_for_its_processor(tmp_path: Path) -> None:
    if find_cross() is None:
        pytest.skip("needs mpy-cross")
    path = tmp_path / "box.llfw"
    made = landline(
        "box", "image", path, "--key", tmp_path / "key.pem", "--board", "rp2", "--json", home=tmp_path
    )
    assert (made.code, made.summary["compiled"]) == (0, True)
    data = path.read_bytes()
    size = int.from_bytes(data[6:10], "big")
    manifest = json.loads(data[10 : 10 + size])
    names = [name for name, _, _ in manifest["files"]]
    assert "firmware/main.mpy" in names
    assert not [name for name in names if name.endswith(".py") or "unix" in name]
    # A compiled file begins with M, its version and, above two bits, its processor: 4 is armv6m.
    at = 10 + size + 64
    hot = at + sum(length for name, length, _ in manifest["files"] if name < "firmware/mavlite/hot.mpy")
    assert (data[hot : hot + 2], data[hot + 2] >> 2) == (b"M\x06", 4)
