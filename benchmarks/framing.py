"""Benchmark of framing and decoding a live stream. Compared with pymavlink's `MAVLink.parse_buffer`.

The stream is the usual telemetry of a six-minute multicopter flight. Chunks of 4096 bytes are what a busy socket or
port delivers, chunks of 512 bytes a quiet one. pymavlink frames and decodes in one step, so both our figures are
compared with it.
"""

from __future__ import annotations

import functools
import random
from importlib.metadata import version

from benchmarks.measure import in_turn, machine
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.framer import Framer

FRAMES = 20_000


def telemetry(frames: int = FRAMES, seed: int = 1) -> bytes:
    """Return a stream with realistic rates: attitude and position fast, the rest slower."""
    rng = random.Random(seed)
    encoder = Encoder(address(1, 1))
    out = []
    for i in range(frames):
        ms = i * 20
        match i % 10:
            case 0 | 3 | 6:
                message = m.ATTITUDE(
                    time_boot_ms=ms, roll=rng.gauss(0, 0.1), pitch=rng.gauss(0, 0.1), yaw=rng.random()
                )
            case 1 | 4 | 7:
                message = m.GLOBAL_POSITION_INT(
                    time_boot_ms=ms,
                    lat=473977500 + i,
                    lon=85456000 - i,
                    alt=488000 + i,
                    relative_alt=i,
                    vx=500,
                    hdg=9000,
                )
            case 2:
                message = m.ATTITUDE_QUATERNION(time_boot_ms=ms, q1=0.9, q2=rng.random(), q3=0.1, q4=0.2)
            case 5:
                message = m.VFR_HUD(
                    airspeed=5.0, groundspeed=5.1, heading=90, throttle=41, alt=500.0, climb=0.1
                )
            case 8:
                message = m.SERVO_OUTPUT_RAW(
                    time_usec=ms * 1000, servo1_raw=1500, servo2_raw=1510, servo3_raw=1490
                )
            case _:
                message = rng.choice(
                    [
                        m.HEARTBEAT(
                            type=2,
                            autopilot=3,
                            base_mode=81,
                            custom_mode=3,
                            system_status=4,
                            mavlink_version=3,
                        ),
                        m.SYS_STATUS(
                            voltage_battery=15200, current_battery=1520, battery_remaining=71, load=310
                        ),
                        m.GPS_RAW_INT(
                            time_usec=ms * 1000,
                            fix_type=3,
                            lat=473977500,
                            lon=85456000,
                            satellites_visible=14,
                        ),
                        m.BATTERY_STATUS(
                            voltages=(15200,) + (65535,) * 9, current_battery=1520, battery_remaining=71
                        ),
                        m.MISSION_CURRENT(seq=4, total=12, mission_state=3),
                        m.STATUSTEXT(severity=6, text="Reached command #4"),
                    ]
                )
        out.append(encoder.pack(message))
    return b"".join(out)


def chunks(data: bytes, size: int) -> list[bytes]:
    """Split the stream into chunks of `size` bytes."""
    return [data[at : at + size] for at in range(0, len(data), size)]


def frame(parts: list[bytes]) -> int:
    """Run our framer with CRC check only. Return the number of frames."""
    framer = Framer()
    return sum(len(framer.feed(part)) for part in parts)


def frame_and_decode(parts: list[bytes]) -> int:
    """Run our framer and decode every field of every message. Return the number of frames."""
    framer = Framer()
    count = 0
    for part in parts:
        for found in framer.feed(part):
            found.message()
            count += 1
    return count


def peer(parts: list[bytes]) -> int:
    """Run pymavlink's parser. Return the number of messages."""
    from pymavlink.dialects.v20 import ardupilotmega

    parser = ardupilotmega.MAVLink(None)
    return sum(len(parser.parse_buffer(part) or ()) for part in parts)


def main() -> None:
    """Print the table of results."""
    data = telemetry()
    print(f"Framing, {machine()}, pymavlink {version('pymavlink')}; {FRAMES:,} frames, {len(data):,} bytes\n")
    print("| what | Landline | pymavlink | times |\n|---|---|---|---|")
    for size in (4096, 512):
        parts = chunks(data, size)
        assert frame(parts) == frame_and_decode(parts) == peer(parts) == FRAMES
        for what, ours in (
            ("framing with CRC", frame),
            ("framing and decoding every field", frame_and_decode),
        ):
            ours_now, peer_now = functools.partial(ours, parts), functools.partial(peer, parts)
            result = in_turn(ours_now, peer_now)
            print(result.row(f"{what}, chunks of {size} bytes", FRAMES, "frames"))


if __name__ == "__main__":
    main()
