"""A tiny flight that is read after the start: libraries and compiled functions are then loaded, or compiled at all,
before the operator opens the first flight."""

from __future__ import annotations

import tempfile
from pathlib import Path

from controller.web.flights.jobs.replay import write_replay
from controller.web.flights.jobs.review import write_review
from controller.web.flights.jobs.source import Source
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder

_BEGUN_US = 1_779_000_000_000_000
_SECONDS = 30


def warm() -> int:
    """Read the tiny flight as any other; return the number of bytes of its log."""
    data = _log()
    with tempfile.TemporaryDirectory(prefix="landline-") as folder:
        log = Path(folder) / "warm.tlog"
        log.write_bytes(data)
        source = Source("warm", Path(folder), log, single=True)
        write_replay(source, _ignore)
        write_review(source, _ignore)
    return len(data)


def _ignore(done: int, total: int) -> None:
    """Progress that no page asks for."""


def _log() -> bytes:
    """A telemetry log: a copter takes off and flies north."""
    aircraft, out = Encoder(address(1, 1)), bytearray()
    for second in range(_SECONDS):
        armed, height_mm = 3 <= second < _SECONDS - 2, 20_000 * (5 <= second < _SECONDS - 3)
        place = {"lat": 473_977_000 + 450 * second, "lon": 85_456_000, "alt": 488_000 + height_mm}
        boot_ms = second * 1000
        for message in (
            m.HEARTBEAT(type=2, autopilot=3, base_mode=81 + 128 * armed, custom_mode=5),
            m.GLOBAL_POSITION_INT(time_boot_ms=boot_ms, **place, relative_alt=height_mm, vx=500),
            m.ATTITUDE(time_boot_ms=boot_ms, roll=0.1, pitch=-0.05, yaw=0.0),
            m.SYS_STATUS(voltage_battery=15_200, current_battery=1520, battery_remaining=90),
            m.GPS_RAW_INT(time_usec=boot_ms * 1000, fix_type=3, **place, eph=121, satellites_visible=14),
            m.VFR_HUD(airspeed=6.0, groundspeed=5.0),
        ):
            out += (_BEGUN_US + second * 1_000_000).to_bytes(8, "big") + aircraft.pack(message)
    return bytes(out)
