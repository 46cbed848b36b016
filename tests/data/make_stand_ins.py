"""Makes `stand_ins.tar.xz` from the folder of recorded flights: `python -m tests.data.make_stand_ins FOLDER`.

The stand-ins have the paths of the recordings and every kind of message in them, thinned to a few a second; sequence
numbers and checksums of telemetry are renewed, so that thinning is no loss. Missions keep their items, moved to
another site. The tests read them where the recordings themselves are absent.
"""

from __future__ import annotations

import io
import json
import struct
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from controller.wire import dialect
from controller.wire.crc import checksum
from controller.wire.tlog import TlogFrames

ARCHIVE = Path(__file__).parent / "stand_ins.tar.xz"
FOLDERS = ("missions", "logs", "reference", "real")
NORTH_DEG, EAST_DEG = 0.25, 0.5
KEPT = ("MISSION_", "PARAM_", "COMMAND_", "STATUSTEXT", "AUTOPILOT_VERSION", "HEARTBEAT", "EVENT")
CHANGES = ("MISSION_CURRENT", "MISSION_ITEM_REACHED", "EXTENDED_SYS_STATE", "HOME_POSITION")
RATES_HZ = {"EKF_STATUS_REPORT": 2.0, "ESTIMATOR_STATUS": 2.0, "SYS_STATUS": 2.0}
OTHER_HZ = 0.2
ULOG_HZ, ULOG_POSITION_HZ, DATAFLASH_HZ = 0.5, 4.0, 0.5
ULOG_POSITIONS = (b"vehicle_global_position", b"vehicle_local_position", b"vehicle_gps_position")
ULOG_KEPT = (
    b"vehicle_status",
    b"navigator_mission_item",
    b"mission_result",
    b"vehicle_land_detected",
    b"event",
)
DATAFLASH_EVENTS = (
    "FMT",
    "FMTU",
    "UNIT",
    "MULT",
    "PARM",
    "MSG",
    "MODE",
    "EV",
    "ERR",
    "CMD",
    "VER",
    "ARM",
    "ORGN",
)


def thinned_tlog(data: bytes, position_hz: float = 5.0) -> bytes:
    """Return the telemetry log with few messages of each kind a second; frames that it lost stay lost."""
    rates_hz = RATES_HZ | {"GLOBAL_POSITION_INT": position_hz}
    frames, out = TlogFrames(data), bytearray()
    names = {dialect.by_name(name).msg_id: name for name in dialect.message_names()}
    last_s: dict[tuple[int, int, int], float] = {}
    last: dict[tuple[int, int, int], bytes] = {}
    sequence: Counter[tuple[int, int]] = Counter()
    next_seq: dict[tuple[int, int], int] = {}
    for time_us, frame in frames:
        sender = (frame.system, frame.component)
        sequence[sender] += (frame.seq - next_seq.get(sender, frame.seq)) % 256
        next_seq[sender] = (frame.seq + 1) % 256
        key = (frame.system, frame.component, frame.msg_id)
        name, now_s = names.get(frame.msg_id, ""), time_us / 1e6
        changed = name in CHANGES and frame.payload[-4:] != last.get(key)
        every = name.startswith(KEPT) and name not in CHANGES
        gap_s = 1.0 / rates_hz.get(name, 1.0 if name in CHANGES else OTHER_HZ)
        if not (every or changed or now_s - last_s.get(key, 0.0) >= gap_s - 0.01):
            continue
        last_s[key], last[key] = now_s, frame.payload[-4:]
        out += time_us.to_bytes(8, "big") + _numbered(frame.raw, frame.msg_id, sequence[sender] % 256)
        sequence[sender] += 1
    return bytes(out)


def _numbered(raw: bytes, msg_id: int, seq: int) -> bytes:
    at, head = (4, 10) if raw[0] == 0xFD else (2, 6)
    end = head + raw[1]
    body = raw[1:at] + bytes((seq,)) + raw[at + 1 : end]
    extra = dialect.crc_extras().get(msg_id)
    crc = raw[end : end + 2] if extra is None else checksum(body, extra).to_bytes(2, "little")
    return raw[:1] + body + crc + raw[end + 2 :]


def thinned_ulog(data: bytes) -> bytes:
    """Return the ULog with all definitions and few samples a second of each topic."""
    out, at = bytearray(data[:16]), 16
    last_us: dict[int, int] = {}
    rates_hz: dict[int, float] = {}
    while at + 3 <= len(data):
        size, kind = struct.unpack_from("<HB", data, at)
        record = data[at : at + 3 + size]
        at += 3 + size
        if kind == ord("D") and len(record) >= 13:
            topic, time_us = struct.unpack_from("<HQ", record, 3)
            if 0 <= time_us - last_us.get(topic, -(10**9)) < 1e6 / rates_hz.get(topic, ULOG_HZ):
                continue
            last_us[topic] = time_us
        elif kind == ord("A"):
            topic, name = int.from_bytes(record[4:6], "little"), record[6:]
            rates_hz[topic] = (
                1e6 if name in ULOG_KEPT else ULOG_POSITION_HZ if name in ULOG_POSITIONS else ULOG_HZ
            )
        out += record
    return bytes(out)


def thinned_dataflash(data: bytes) -> bytes:
    """Return the DataFlash log with all definitions and events, and few records a second of each other type."""
    sizes, names = {128: 89}, {128: "FMT"}
    records = list(_records(data, sizes, names))
    counts = Counter(kind for kind, _ in records)
    seconds = max(1.0, counts[next(kind for kind, name in names.items() if name == "ATT")] / 10.0)
    kept: Counter[int] = Counter()
    out = bytearray()
    for kind, record in records:
        every = max(1, round(counts[kind] / seconds / DATAFLASH_HZ))
        if names.get(kind) in DATAFLASH_EVENTS or kept[kind] % every == 0:
            out += record
        kept[kind] += 1
    return bytes(out)


def _records(data: bytes, sizes: dict[int, int], names: dict[int, str]) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 3 <= len(data):
        if data[at : at + 2] != b"\xa3\x95" or data[at + 2] not in sizes:
            at += 1
            continue
        kind = data[at + 2]
        record = data[at : at + sizes[kind]]
        if kind == 128 and len(record) == 89:
            sizes[record[3]], names[record[3]] = record[4], record[5:9].rstrip(b"\0").decode()
        yield kind, record
        at += sizes[kind]


def moved_plan(data: bytes) -> bytes:
    """Return the plan with every position at another site."""
    return json.dumps(_moved(json.loads(data)), indent=1).encode()


def _moved(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _moved(inner) for key, inner in value.items()}
    if isinstance(value, list) and _is_position(value[:2]):
        return [value[0] + NORTH_DEG, value[1] + EAST_DEG, *value[2:]]
    if isinstance(value, list) and len(value) == 7 and _is_position(value[4:6]):
        return [*value[:4], value[4] + NORTH_DEG, value[5] + EAST_DEG, value[6]]
    return [_moved(inner) for inner in value] if isinstance(value, list) else value


def _is_position(values: list[Any]) -> bool:
    return len(values) == 2 and all(isinstance(one, float) and abs(one) > 1 and one % 1 for one in values)


def moved_waypoints(data: bytes) -> bytes:
    """Return the waypoint file with every position at another site."""
    rows = [line.split("\t") for line in data.decode().splitlines()]
    for row in rows:
        if len(row) == 12 and float(row[8]) and float(row[9]):
            row[8], row[9] = f"{float(row[8]) + NORTH_DEG:.8f}", f"{float(row[9]) + EAST_DEG:.8f}"
    return "".join("\t".join(row) + "\n" for row in rows).encode()


WRITERS = {
    ".tlog": thinned_tlog,
    ".ulg": thinned_ulog,
    ".bin": thinned_dataflash,
    ".plan": moved_plan,
    ".txt": moved_waypoints,
}


def main(folder: Path) -> None:
    """Write the archive, in the same bytes for the same recordings."""
    with tarfile.open(ARCHIVE, "w:xz", preset=9) as archive:
        for path in sorted(path for name in FOLDERS for path in (folder / name).rglob("*") if path.is_file()):
            name = path.relative_to(folder)
            plain = "real" in name.parts and path.suffix == ".plan"
            data = path.read_bytes()
            if path.suffix == ".tlog" and ("real" in name.parts or path.stem == "hover"):
                data = thinned_tlog(data, position_hz=50.0)  # flown faster than the log's clock, or short
            elif not plain:
                data = WRITERS.get(path.suffix, bytes)(data)
            entry = tarfile.TarInfo(name.as_posix())
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
