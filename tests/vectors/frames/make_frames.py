"""Write `frames.json` and `streams.json` with pymavlink as an independent encoder.

Usage: `python -m tests.vectors.frames.make_frames`. The tests of controller.wire and of the firmware read the files,
on CPython and on MicroPython. `frames.json` holds single frames and their header fields; `streams.json` holds byte
streams, the frames they contain by construction, and the number of bytes of no frame. Every stream ends with zeros,
so that no candidate is incomplete at its end.
"""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as dialect

HERE = Path(__file__).parent
PAD = bytes(300)
KEY = bytes(range(32))


class Sink:
    def write(self, data: bytes) -> None:
        pass


def sender(*, system: int, component: int, key: bytes | None = None) -> Any:
    mav = dialect.MAVLink(Sink(), srcSystem=system, srcComponent=component)
    if key:
        mav.signing.secret_key = key
        mav.signing.sign_outgoing = True
        mav.signing.link_id = 3
        mav.signing.timestamp = 377_000_000_000_00
    return mav


def messages() -> list[Any]:
    """Return messages: short and long, truncated and full, with extension fields, and with payloads of magic bytes."""
    return [
        dialect.MAVLink_heartbeat_message(2, 3, 81, 4, 4, 3),
        dialect.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3),
        dialect.MAVLink_attitude_message(123456, 0.1, -0.2, 1.5, 0.0, 0.0, 0.0),
        dialect.MAVLink_param_value_message(b"ARMING_CHECK", 1.0, 9, 800, 17),
        dialect.MAVLink_param_request_list_message(1, 1),
        dialect.MAVLink_command_long_message(1, 1, 400, 0, 1.0, 0, 0, 0, 0, 0, 0),
        dialect.MAVLink_command_ack_message(400, 0, 0, 0, 255, 190),
        dialect.MAVLink_mission_item_int_message(
            1, 1, 7, 6, 16, 0, 1, 0, 0, 0, 0, 473977420, 85455940, 50.0, 0
        ),
        dialect.MAVLink_statustext_message(4, b"battery low" * 4),
        dialect.MAVLink_radio_status_message(180, 170, 92, 40, 41, 3, 1),
        dialect.MAVLink_file_transfer_protocol_message(0, 1, 1, list(b"\xfd\xfe" * 125 + b"\xfd")),
        dialect.MAVLink_system_time_message(1_790_000_000_000_000, 99),
        dialect.MAVLink_global_position_int_message(1, 473977420, 85455940, 500000, 10000, 0, 0, 0, 0),
        dialect.MAVLink_named_value_int_message(5, b"LOSS", -3),
        dialect.MAVLink_gps_rtcm_data_message(0, 120, list(range(180))),
    ]


def frames() -> list[dict[str, Any]]:
    """Return every message as MAVLink 1, MAVLink 2 and signed MAVLink 2."""
    made = []
    senders = [
        ("v1", sender(system=1, component=1), True),
        ("v2", sender(system=7, component=191), False),
        ("signed", sender(system=255, component=190, key=KEY), False),
    ]
    for kind, mav, force in senders:
        mav.seq = 250
        for message in messages():
            raw = bytes(message.pack(mav, force_mavlink1=force))
            mav.seq = (mav.seq + 1) % 256
            header = message.get_header()
            made.append(
                {
                    "kind": kind,
                    "name": message.get_type(),
                    "msg_id": message.get_msgId(),
                    "seq": header.seq,
                    "system": header.srcSystem,
                    "component": header.srcComponent,
                    "raw": raw.hex(),
                }
            )
    return made


def unknown_frame() -> bytes:
    """Return a frame of a message outside all dialects, with an arbitrary checksum."""
    return (
        b"\xfd"
        + bytes((4, 0, 0, 9, 7, 1))
        + (70_000).to_bytes(3, "little")
        + b"\1\2\3\4"
        + struct.pack("<H", 0xBEEF)
    )


def stream(name: str, parts: list[tuple[bytes, bool]]) -> dict[str, Any]:
    data = b"".join(part for part, _ in parts) + PAD
    held = [part for part, is_frame in parts if is_frame]
    return {
        "name": name,
        "data": data.hex(),
        "frames": [frame.hex() for frame in held],
        "bad_bytes": len(data) - sum(map(len, held)),
    }


def quiet(rng: random.Random, count: int) -> bytes:
    """Return noise without magic bytes, which cannot begin a frame."""
    return bytes(rng.randrange(0xFD) for _ in range(count))


def streams() -> list[dict[str, Any]]:
    rng = random.Random(21)
    raws = [bytes.fromhex(frame["raw"]) for frame in frames()]
    heartbeat, long = raws[0], raws[10]
    inner = bytes.fromhex(frames()[15]["raw"])
    carrier = sender(system=1, component=1)
    outer = bytes(
        dialect.MAVLink_file_transfer_protocol_message(
            0, 1, 1, list(inner + b"\1" * (251 - len(inner)))
        ).pack(carrier)
    )
    at = outer.index(inner)
    broken = outer[:-1] + bytes((outer[-1] ^ 0xFF,))
    half = bytes((raws[20][0], raws[20][1], 0x40))
    return [
        stream("clean", [(raw, True) for raw in raws]),
        stream(
            "noise between frames", [part for raw in raws for part in ((quiet(rng, 17), False), (raw, True))]
        ),
        stream("only noise", [(quiet(rng, 600), False)]),
        stream("only magic bytes", [(b"\xfd" * 400, False), (heartbeat, True)]),
        stream("zeros", [(bytes(500), False), (heartbeat, True)]),
        stream(
            "a frame inside a broken one",
            [(broken[:at], False), (inner, True), (broken[at + len(inner) :], False)],
        ),
        stream(
            "flags that cannot be",
            [(half, False), (heartbeat, True), (raws[30][:2] + b"\2", False), (long, True)],
        ),
        stream("one bit wrong in each", [(flip(raw, rng), False) for raw in raws[:15]] + [(heartbeat, True)]),
        stream(
            "cut short, then whole",
            [(long[:90], False), (long, True), (heartbeat[:5], False), (heartbeat, True)],
        ),
        stream(
            "an unknown message between others", [(heartbeat, True), (unknown_frame(), True), (long, True)]
        ),
        stream(
            "an unknown message before noise",
            [(heartbeat, True), (unknown_frame(), False), (bytes(20), False)],
        ),
    ]


def flip(raw: bytes, rng: random.Random) -> bytes:
    """Return the frame with one wrong bit in its checksum."""
    end = len(raw) - 1
    return raw[:end] + bytes((raw[end] ^ 1 << rng.randrange(8),))


if __name__ == "__main__":
    for file, content in (("frames.json", frames()), ("streams.json", streams())):
        lines = ",\n".join(json.dumps(entry) for entry in content)
        (HERE / file).write_text(f"[\n{lines}\n]\n", encoding="utf-8")
        print(f"{file}: {len(content)}")
