"""Ground station killed in flight: the missing frames are merged from the box, over the link and from its card."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.logs.formats.read import open_log
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from tests.support.box.process import running_box
from tests.support.cli import COMMAND, ROOT, environment, landline

pytestmark = [
    pytest.mark.slow,
    pytest.mark.realtime,
    pytest.mark.skipif(sys.platform != "linux", reason="MicroPython's unix port comes for Linux"),
]


class Aircraft(threading.Thread):
    """Sends 25 frames a second to the box's radio port, each with its time, until `over` is set."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.over = threading.Event()
        self.sent = 0
        self._flown = threading.Condition()
        self._to = ("127.0.0.1", port)

    def fly(self, seconds: float) -> None:
        """Return when it has flown so long."""
        until = self.sent + round(seconds * 25)
        with self._flown:
            assert self._flown.wait_for(lambda: self.sent >= until, timeout=10 * seconds)

    def run(self) -> None:
        encoder = Encoder(address(1, 1))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as radio:
            while not self.over.wait(0.04):
                with self._flown:
                    self.sent += 1
                    self._flown.notify_all()
                at_ms = self.sent * 40
                frames = [m.ATTITUDE(time_boot_ms=at_ms, roll=0.001 * self.sent)]
                if self.sent % 25 == 0:
                    frames += [
                        m.HEARTBEAT(type=2, autopilot=3, base_mode=209, custom_mode=3),
                        m.GLOBAL_POSITION_INT(
                            time_boot_ms=at_ms,
                            lat=473_977_000 + self.sent,
                            lon=85_456_000,
                            relative_alt=20_000,
                        ),
                    ]
                for frame in frames:
                    radio.sendto(encoder.pack(frame), self._to)


def start_ground_station(home: Path, link: str) -> subprocess.Popen[str]:
    """Start a ground station; return it when it receives frames."""
    process = subprocess.Popen(
        [*COMMAND, "gcs", "--link", link, "--json"], cwd=ROOT, env=environment(home), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line).get("heard"):
            return process
    raise AssertionError("the ground station received nothing")


def end(process: subprocess.Popen[str], how: Callable[[], None]) -> None:
    how()
    process.communicate(timeout=20)


def test_frames_that_a_killed_laptop_missed_come_from_the_box(tmp_path: Path) -> None:
    with running_box(tmp_path, blocks=256) as link:
        settings = json.loads((tmp_path / "box.json").read_text())
        aircraft = Aircraft(int(settings["radios"][0]["port"].rsplit(":", 1)[1]))
        aircraft.start()
        try:
            first = start_ground_station(tmp_path, link)
            aircraft.fly(12)  # long enough for the box to announce a head
            end(first, first.kill)
            aircraft.fly(6)
            second = start_ground_station(tmp_path, link)
            aircraft.fly(3)
            end(second, lambda: second.send_signal(signal.SIGTERM))
            one, two = sorted((tmp_path / "flights").iterdir())
            own = (one / "frames.tlog").read_bytes()
            before = open_log(one / "frames.tlog")
            merged = landline("logs", "merge-box", one, "--from", link, "--json", home=tmp_path)
            assert merged.code == 0, merged.err
        finally:
            aircraft.over.set()
            aircraft.join()
    (gap,) = [gap for gap in merged.summary["gaps"] if gap["frames"]]
    assert gap["end_us"] - gap["begin_us"] > 6e6
    assert (one / "frames.tlog").read_bytes() == own
    after = open_log(one / "frames.tlog")
    received = after.tables["ATTITUDE"]["time_boot_ms"].tolist()
    assert len(received) - before.counts["ATTITUDE"] > 6 * 25
    # From the first frame to the first one of the next flight none is missing, repeated or out of order.
    assert received == list(range(received[0], received[-1] + 40, 40))
    following = open_log(two / "frames.tlog").tables["ATTITUDE"]["time_boot_ms"].tolist()
    assert following[0] - received[-1] == 40
    assert after.problems[0].startswith(f"{merged.summary['filled']:,d} frames come from the ground box")
    assert all(segment["spread_us"] < 500_000 for segment in merged.summary["stretches"])
    verified = landline("logs", "verify", one, home=tmp_path)
    assert (verified.code, "match the box's record" in verified.out) == (0, True), verified.err
    assert "of its heads match the flight's record" in verified.out
    # The card gives the same frames in the gap. It also has the first moments of the flight, which were not
    # downloaded over the link, so the clock offset differs slightly.
    again = landline("logs", "merge-box", one, "--from", tmp_path / "box.blocks", "--json", home=tmp_path)
    assert [gap["frames"] for gap in again.summary["gaps"]] == [
        gap["frames"] for gap in merged.summary["gaps"]
    ]
