"""Pseudo-terminals, and the real serial driver on top of them."""

from __future__ import annotations

import asyncio
import errno
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.clock import SystemClock
from controller.errors import LandlineError, UserError
from controller.link import serial as serial_link
from controller.link.base import Link
from controller.link.open import open_link, policy_for
from controller.link.serial import serial_error

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
LIMIT_S = 10


def link(url: str) -> Link:
    return open_link(url, policy=policy_for([]), clock=SystemClock())


async def read_all(end: Link, length: int) -> bytes:
    got = b""
    async with asyncio.timeout(LIMIT_S):
        while len(got) < length:
            got += await end.read()
    return got


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0)


@posix
@pytest.mark.realtime
async def test_a_serial_port_and_a_pty_carry_every_byte_both_ways(tmp_path: Path) -> None:
    every_byte = bytes(range(256))
    async with link(f"pty:{tmp_path}/box") as box:
        assert box.info.local == f"{tmp_path}/box"
        async with link(f"serial:{tmp_path}/box:57600") as port:
            await port.write(every_byte)
            assert await read_all(box, 256) == every_byte
            await box.write(every_byte)
            assert await read_all(port, 256) == every_byte
        async with link(f"serial:{tmp_path}/box:115200") as port:
            await port.write(b"a second client")
            assert await read_all(box, 15) == b"a second client"
    assert not Path.is_symlink(tmp_path / "box")


@posix
@pytest.mark.realtime
async def test_a_serial_port_that_disappears_and_returns_is_reopened(tmp_path: Path) -> None:
    box = link(f"pty:{tmp_path}/box")
    await box.open()
    async with link(f"serial:{tmp_path}/box") as port:
        changes: list[bool] = []
        port.watch(lambda up, _why: changes.append(up))
        reading = asyncio.ensure_future(read_all(port, 4))
        await asyncio.sleep(0)
        await box.close()
        await until(lambda: changes == [False])
        async with link(f"pty:{tmp_path}/box") as again:
            await until(lambda: changes == [False, True])
            await again.write(b"back")
            assert await reading == b"back"


@posix
@pytest.mark.realtime
async def test_a_pty_of_a_killed_run_is_replaced_and_a_users_file_is_not(
    tmp_path: Path,
) -> None:
    left_over, precious = tmp_path / "box", tmp_path / "thesis.txt"
    Path.symlink_to(left_over, "/dev/pts/does-not-exist")
    Path.write_text(precious, "three years")
    async with link(f"pty:{left_over}"):
        assert Path.exists(left_over)
    with pytest.raises(
        LandlineError, match=r"cannot create .*thesis\.txt: File exists \(the link\); choose a writable path"
    ):
        async with link(f"pty:{precious}"):
            pass
    assert Path.read_text(precious) == "three years"


@posix
@pytest.mark.realtime
async def test_an_unread_pty_drops_data_and_counts_it_instead_of_waiting() -> None:
    from controller.link.pty import PtyLink

    box = link("pty:")
    assert isinstance(box, PtyLink)
    async with box:
        for _ in range(100):
            await box.write(bytes(4096))
        assert box.dropped_writes > 0


@posix
@pytest.mark.realtime
async def test_a_serial_port_in_use_is_an_error_with_a_hint(tmp_path: Path) -> None:
    async with link(f"pty:{tmp_path}/box"), link(f"serial:{tmp_path}/box"):
        with pytest.raises(LandlineError, match=r"box: another program uses it \(the link\); close it"):
            async with link(f"serial:{tmp_path}/box"):
                pass


@pytest.mark.realtime
async def test_a_missing_serial_port_is_an_error_with_the_available_ports(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing = "COM250" if sys.platform == "win32" else "/dev/ttyUSB250"
    monkeypatch.setattr(serial_link, "ports", lambda: ["/dev/ttyACM0", "/dev/ttyS0"])
    with pytest.raises(LandlineError) as caught:
        async with link(f"serial:{missing}:57600"):
            pass
    assert str(caught.value) == (
        f"serial:{missing}:57600: cannot open {missing}: no such serial port (the link); "
        "use one of /dev/ttyACM0, /dev/ttyS0"
    )
    monkeypatch.setattr(serial_link, "ports", list)
    assert "check the cable: this machine has no serial port" in str(
        serial_error(OSError(errno.ENOENT, "x"), device="/dev/x", where="u")
    )


@posix
@pytest.mark.realtime
async def test_a_file_that_is_no_serial_port_is_an_error(tmp_path: Path) -> None:
    Path.write_text(tmp_path / "file", "x")
    with pytest.raises(LandlineError, match="file: not a serial port, or baud rate not supported"):
        async with link(f"serial:{tmp_path}/file"):
            pass


@pytest.mark.skipif(sys.platform != "linux", reason="the group has this name on Linux")
def test_a_serial_port_without_permission_names_the_group_to_join() -> None:
    error = serial_error(
        PermissionError(errno.EACCES, "Permission denied"), device="/dev/ttyUSB0", where="serial:/dev/ttyUSB0"
    )
    assert (
        "cannot open /dev/ttyUSB0: permission denied (the link); join its group: sudo usermod -aG dialout $USER"
        in str(error)
    )


@pytest.mark.realtime
async def test_a_pty_on_windows_is_a_user_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(UserError, match="cannot open a pseudo-terminal: Windows has none"):
        async with link("pty:box"):
            pass
