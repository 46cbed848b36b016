"""Synthetic telemetry for the measurements of the web page: many copters that only send.

Each sends ATTITUDE, GLOBAL_POSITION_INT and VFR_HUD `rate` times a second, GPS_RAW_INT and SYS_STATUS twice, and
HEARTBEAT once. The height above home, in millimetres, is the time at which the frame was sent, in milliseconds since
`epoch_s`: the page can thus tell the age of what it shows.
"""

from __future__ import annotations

import argparse
import math
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

LAT_E7, LON_E7 = 473_977_000, 85_455_000


class Copter:
    """Messages of one vehicle; `system` is its number on the link, from 1."""

    def __init__(self, system: int) -> None:
        self._codec = mavlink.MAVLink(None, srcSystem=system, srcComponent=1)
        self._phase = system * 0.7

    def frames(self, now_ms: int, names: tuple[str, ...]) -> Iterator[bytes]:
        """Return the frames of these messages, packed; `now_ms` is since the epoch of the source."""
        for name in names:
            yield getattr(self, name)(now_ms % (1 << 31)).pack(self._codec)

    def heartbeat(self, now_ms: int) -> Any:  # noqa: ARG002 - one signature for all messages
        return mavlink.MAVLink_heartbeat_message(2, 3, 81, 4, 4, 3)

    def attitude(self, now_ms: int) -> Any:
        angle = now_ms / 1000 + self._phase
        return mavlink.MAVLink_attitude_message(
            now_ms, 0.2 * math.sin(angle), 0.1 * math.cos(angle), angle % math.tau - math.pi, 0.1, 0.1, 0.1
        )

    def position(self, now_ms: int) -> Any:
        angle = now_ms / 20_000 + self._phase
        lat, lon = LAT_E7 + round(20_000 * math.sin(angle)), LON_E7 + round(30_000 * math.cos(angle))
        return mavlink.MAVLink_global_position_int_message(
            now_ms, lat, lon, 500_000, now_ms, 120, -250, 10, round(math.degrees(angle) * 100) % 36000
        )

    def speed(self, now_ms: int) -> Any:
        wave = math.sin(now_ms / 3000 + self._phase)
        return mavlink.MAVLink_vfr_hud_message(8 + wave, 9 + wave, now_ms // 1000 % 360, 45, 500, wave)

    def gps(self, now_ms: int) -> Any:
        return mavlink.MAVLink_gps_raw_int_message(
            now_ms * 1000, 6, LAT_E7, LON_E7, 500_000, 70, 90, 900, 0, 17 + now_ms // 7000 % 3
        )

    def battery(self, now_ms: int) -> Any:
        return mavlink.MAVLink_sys_status_message(
            0x1, 0x1, 0x1, 300, 15_800 - now_ms // 10_000 % 1000, 1500, 80, 0, 0, 0, 0, 0, 0
        )


FAST = ("attitude", "position", "speed")


def send(
    sender: Callable[[bytes], object], vehicles: int, rate_hz: int, seconds: float, epoch_s: float
) -> int:
    """Send in real time for `seconds`, the vehicles spread over each period; return the number of frames."""
    fleet = [Copter(number + 1) for number in range(vehicles)]
    step_s = 1 / (rate_hz * vehicles)
    started, count = time.monotonic(), 0
    for turn in range(round(seconds * rate_hz * vehicles)):
        if (wait := started + turn * step_s - time.monotonic()) > 0:
            time.sleep(wait)
        round_number, number = divmod(turn, vehicles)
        names = FAST
        if round_number % (rate_hz // 2) == 0:
            names += ("gps", "battery")
        if round_number % rate_hz == 0:
            names += ("heartbeat",)
        for frame in fleet[number].frames(round((time.time() - epoch_s) * 1000), names):
            sender(frame)
            count += 1
    return count


def send_simulated(sender: Callable[[bytes], object], rate_hz: int, from_h: float, to_h: float) -> int:
    """Send the messages of one vehicle between two hours, as fast as the other end takes them."""
    copter, count = Copter(1), 0
    for turn in range(round(from_h * 3600 * rate_hz), round(to_h * 3600 * rate_hz)):
        names = FAST + (("gps", "battery") if turn % (rate_hz // 2) == 0 else ())
        names += ("heartbeat",) if turn % rate_hz == 0 else ()
        sender(b"".join(copter.frames(turn * 1000 // rate_hz, names)))
        count += len(names)
    return count


def main() -> None:
    """Send to a UDP port of this machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--vehicles", type=int, default=50)
    parser.add_argument("--rate", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--epoch", type=float, default=0)
    arguments = parser.parse_args()
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.connect(("127.0.0.1", arguments.port))
    print(send(link.send, arguments.vehicles, arguments.rate, arguments.seconds, arguments.epoch))


if __name__ == "__main__":
    main()
