"""The box on MicroPython's unix port, over real pseudo-terminals and sockets, in real time."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.protocol.ftp.client_download import FtpDownload
from controller.protocol.state_machine import Done
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from controller.wire.message import Message
from firmware.core.blockfile import BlockFile
from firmware.roles import playback
from tests.support.box.micropython import ENVIRONMENT, ROOT, binary
from tests.support.box.rig import heartbeat, station_heartbeat
from tests.support.mavlink.ftp_server import ftp_peer

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(sys.platform != "linux", reason="pseudo-terminals as Linux has them"),
]


class End:
    """The remote end of one of the box's terminals."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / name
        self.fd = self._box_side = -1
        self.framer = Framer()
        self.open()

    def open(self) -> None:
        import tty

        # The box's side stays open here as well: a terminal that nothing has opened is always "ready" and cannot be
        # waited for.
        self.fd, self._box_side = os.openpty()
        tty.setraw(self._box_side)
        os.set_blocking(self.fd, False)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self._box_side))

    def close(self) -> None:
        for side in (self._box_side, self.fd):
            with contextlib.suppress(OSError):
                os.close(side)
        self.fd = self._box_side = -1

    def write(self, data: bytes) -> None:
        os.write(self.fd, data)

    def read(self, *, within_s: float = 0.0) -> list[Any]:
        """The frames that have come, waiting at most `within_s` for the first bytes."""
        if not select.select([self.fd], [], [], within_s)[0]:
            return []
        return self.framer.feed(os.read(self.fd, 65536))


class RunningBox:
    """A box with its laptop and radios on terminals."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.folder = folder
        self.laptop = End(folder, "laptop")
        self.radios = [End(folder, "radio1"), End(folder, "radio2")]
        given = {
            "version": 1,
            "laptop": {"port": f"pty:{folder}/laptop", "baud": 921600},
            "radios": [{"port": f"pty:{folder}/radio{i}", "baud": 57600} for i in (1, 2)],
            **changes,
        }
        (folder / "box.json").write_text(json.dumps(given))
        self.process = subprocess.Popen(
            [str(binary()), "-m", "firmware.boot", "--config", str(folder / "box.json")],
            cwd=ROOT,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.ready = json.loads(self.process.stdout.readline())
        self.aircraft, self.station = Encoder(address(1, 1)), Encoder(address(255, 190))

    def wait_for(self, end: End, name: str, *, timeout_s: float = 5, own: bool = False) -> Message:
        """The next message of that name out of the box at `end`."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            for frame in end.read(within_s=timeout_s):
                if frame.name == name and (own or frame.source.system != 254):
                    return frame.message()
        raise AssertionError(f"no {name} within {timeout_s} s")

    def recorded(self, wanted: bytes, *, times: int = 1) -> None:
        """Wait until the record on the disk holds `wanted` so often; looks each time that the box sends its
        heartbeat.
        """
        for _ in range(5):
            store = BlockFile(str(self.folder / "box.rec"), 64)
            found = playback.tlog(store).count(wanted)
            store.close()
            if found >= times:
                return
            self.wait_for(self.laptop, "HEARTBEAT", own=True)
        raise AssertionError(f"{found} of {times} are recorded")

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(5)
        assert self.process.stdout is not None
        self.process.stdout.close()
        for end in (self.laptop, *self.radios):
            end.close()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[RunningBox]:
    running = RunningBox(tmp_path, recorder={"path": f"{tmp_path}/box.rec", "blocks": 64})
    running.wait_for(running.laptop, "HEARTBEAT", own=True)
    yield running
    running.close()


def test_frames_cross_the_box_both_ways_and_are_recorded(box: RunningBox) -> None:
    box.radios[0].write(box.aircraft.pack(heartbeat()))
    assert box.wait_for(box.laptop, "HEARTBEAT").autopilot == 3
    box.laptop.write(box.station.pack(m.COMMAND_LONG(command=400, target_system=1, param1=1)))
    assert box.wait_for(box.radios[0], "COMMAND_LONG").command == 400
    box.recorded(b"\x90\x01\x01")


def test_the_record_comes_over_the_link_while_the_box_goes_on_bridging(box: RunningBox) -> None:
    for _ in range(40):
        box.radios[0].write(
            b"".join(box.aircraft.pack(m.ATTITUDE(time_boot_ms=i, roll=1.0)) for i in range(20))
        )
        box.wait_for(box.laptop, "ATTITUDE")
    box.recorded(b"\x1e\0\0", times=600)  # ATTITUDE
    with contextlib.closing(BlockFile(str(box.folder / "box.rec"), 64)) as written:
        growing = max(number for number, _ in playback.blocks(written))
    machine = FtpDownload(ftp_peer(address(254, 191)), "/box.rec", check=False)
    until = time.monotonic() + 30
    bridged = 0
    box.laptop.write(b"".join(map(box.station.pack, machine.start(time.monotonic()))))
    while machine.outcome is None:
        now_s = time.monotonic()
        assert now_s < until
        answers = machine.tick(now_s)
        for frame in box.laptop.read(within_s=0.02):
            bridged += frame.name == "HEARTBEAT" and frame.source.system == 1
            answers += machine.receive(frame.message(), frame.source, now_s)
        box.laptop.write(b"".join(map(box.station.pack, answers)))
        box.radios[0].write(box.aircraft.pack(heartbeat()))
    assert isinstance(machine.outcome, Done)
    assert bridged > 10
    (box.folder / "copy.rec").write_bytes(machine.outcome.value.data)
    with contextlib.closing(BlockFile(str(box.folder / "copy.rec"), 64)) as store:
        # A block that was still growing may have been copied before it was whole; the one after it tells.
        assert [number for number in playback.breaks(store) if number <= growing] == []
        assert playback.tlog(store).count(b"\x1e\0\0") >= 600  # ATTITUDE


def test_a_laptop_that_goes_away_and_comes_back_is_found_again(box: RunningBox) -> None:
    box.laptop.close()
    box.radios[0].write(box.aircraft.pack(heartbeat()))
    box.laptop.open()
    box.laptop.framer = Framer()
    box.wait_for(box.laptop, "HEARTBEAT", own=True)
    box.radios[0].write(box.aircraft.pack(m.ATTITUDE(time_boot_ms=7)))
    assert box.wait_for(box.laptop, "ATTITUDE").time_boot_ms == 7


def test_a_laptop_that_does_not_read_does_not_hold_up_the_radios(tmp_path: Path) -> None:
    """The terminal's buffer fills up, and the box must not block writing into it."""
    running = RunningBox(tmp_path, laptop={"port": f"pty:{tmp_path}/laptop", "rate_bytes_per_s": 0})
    try:
        flood = b"".join(running.aircraft.pack(m.ATTITUDE(time_boot_ms=i, roll=1.0)) for i in range(20))
        for _ in range(400):
            assert select.select([], [running.radios[0].fd], [], 5)[1], "the box no longer reads this radio"
            running.radios[0].write(flood)
        running.laptop.write(running.station.pack(station_heartbeat()))
        running.wait_for(running.radios[0], "HEARTBEAT")
        unread = 0
        with contextlib.suppress(BlockingIOError):
            while piece := os.read(running.laptop.fd, 65536):
                unread += len(piece)
        assert unread > 10_000
    finally:
        running.close()


@pytest.mark.slow
def test_the_box_replaces_a_laptop_killed_in_flight(tmp_path: Path) -> None:
    running = RunningBox(tmp_path, dead_man={"silent_ms": 1500, "hold_ms": 2000, "action": "return"})
    try:
        running.wait_for(running.laptop, "HEARTBEAT", own=True)
        running.laptop.write(running.station.pack(station_heartbeat()))
        running.wait_for(running.radios[0], "HEARTBEAT")
        running.laptop.close()
        heard: list[str] = []
        until = time.monotonic() + 8
        while time.monotonic() < until:
            running.radios[0].write(running.aircraft.pack(heartbeat()))
            for frame in running.radios[0].read(within_s=0.1):
                heard.append(frame.name)
                if frame.name == "COMMAND_LONG":
                    running.radios[0].write(running.aircraft.pack(m.COMMAND_ACK(command=20, result=0)))
        assert heard.count("COMMAND_LONG") == 1
        assert heard.index("COMMAND_LONG") >= 2
        assert heard.count("HEARTBEAT") >= 5
    finally:
        running.close()


def test_datagrams_cross_the_box(tmp_path: Path) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as laptop,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as radio,
    ):
        laptop.bind(("127.0.0.1", 0))
        radio.bind(("127.0.0.1", 0))
        laptop.settimeout(5)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        given = {
            "version": 1,
            "laptop": {"port": f"udpout:127.0.0.1:{laptop.getsockname()[1]}", "rate_bytes_per_s": 0},
            "radios": [{"port": f"udpin:127.0.0.1:{port}", "rate_bytes_per_s": 0}],
        }
        (tmp_path / "box.json").write_text(json.dumps(given))
        process = subprocess.Popen(
            [str(binary()), "-m", "firmware.boot", "--config", str(tmp_path / "box.json")],
            cwd=ROOT,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
        )
        try:
            assert process.stdout is not None
            process.stdout.readline()
            sent = [
                Encoder(address(1, 1)).pack(m.FILE_TRANSFER_PROTOCOL(payload=bytes(range(1, 252))))
                for _ in range(6)
            ]
            radio.sendto(b"".join(sent), ("127.0.0.1", port))
            framer, got = Framer(), []
            while len(got) < 6:
                got += [frame.raw for frame in framer.feed(laptop.recv(4096)) if frame.source.system == 1]
            assert got == sent
        finally:
            process.terminate()
            process.wait(5)
            process.stdout.close()  # type: ignore[union-attr]


def test_on_a_computer_an_invalid_configuration_is_printed_and_ends_the_box(tmp_path: Path) -> None:
    (tmp_path / "box.json").write_text("{")
    done = subprocess.run(
        [str(binary()), "-m", "firmware.boot", "--config", str(tmp_path / "box.json")],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout.startswith("box.json: not JSON")


@pytest.mark.parametrize(
    ("laptop", "problem"),
    [
        ({"port": "foo"}, "box.json: laptop.port: foo is no port"),
        ({"port": "pty:{folder}/laptop", "baud": 12345}, "box.json: laptop.baud: a terminal's is one of"),
        ({"port": "usb"}, "box.json: port usb: a computer has serial:, pty:, udpin: and udpout:"),
        ({"port": "udpout:256.1.1.1:9"}, "box.json: port udpout:256.1.1.1:9: there is no such host"),
    ],
)
def test_a_port_that_cannot_be_is_told_and_the_last_good_settings_are_used(
    tmp_path: Path, laptop: dict[str, Any], problem: str
) -> None:
    good = {"version": 1, "laptop": {"port": f"pty:{tmp_path}/l"}, "radios": [{"port": f"pty:{tmp_path}/r"}]}
    (tmp_path / "box.good.json").write_text(json.dumps(good))
    wrong = json.dumps({**good, "laptop": laptop}).replace("{folder}", str(tmp_path))
    (tmp_path / "box.json").write_text(wrong)
    process = subprocess.Popen(
        [str(binary()), "-m", "firmware.boot", "--config", str(tmp_path / "box.json")],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["problem"].startswith(problem)
        assert ready["ports"] == [f"pty:{tmp_path}/l", f"pty:{tmp_path}/r"]
    finally:
        process.terminate()
        process.wait(5)
        process.stdout.close()  # type: ignore[union-attr]


def test_a_box_whose_watcher_is_gone_goes_on(tmp_path: Path) -> None:
    given = {"version": 1, "laptop": {"port": f"pty:{tmp_path}/l"}, "radios": [{"port": f"pty:{tmp_path}/r"}]}
    (tmp_path / "box.json").write_text(json.dumps(given))
    process = subprocess.Popen(
        [str(binary()), "-m", "firmware.boot", "--config", str(tmp_path / "box.json")],
        cwd=ROOT,
        env={**ENVIRONMENT, "LANDLINE_BOX_WATCHED": "1"},
        stdout=subprocess.PIPE,
        restore_signals=False,
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["event"] == "ready"
    assert process.stdout.readline() == b"\n"
    process.stdout.close()
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.3)
    finally:
        process.terminate()
        process.wait(5)
