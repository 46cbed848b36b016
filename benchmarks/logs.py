"""Speed of reading whole logs into columns. Peers: fasttlogparser (C++), mavparser (C), pyulog, pymavlink.

All readers get the same files and return all fields of all messages; our counts are compared with pymavlink's. The
row of a peer that is not installed (extra `bench`) is left out, with a note. Files are those below in the given
folder; without a folder, a telemetry log is generated and the on-board logs are left out.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.framing import telemetry
from benchmarks.measure import in_turn, installed, machine
from controller.logs.formats.dataflash.reader import read_dataflash
from controller.logs.formats.file_map import map_file
from controller.logs.formats.ulog.reader import read_ulog
from controller.wire.columns import read_tlog
from controller.wire.framer import Framer

TLOG_BYTES = 100_000_000


def all_columns(tables: Any) -> int:
    """Read every field of every table, so that no column remains to be made later."""
    return sum(table[name].nbytes for table in tables.values() for name in table)


def ours_tlog(path: Path) -> int:
    """Read and expand a telemetry log."""
    return all_columns(read_tlog(map_file(path)).tables)


def ours_dataflash(path: Path) -> int:
    """Read and expand a DataFlash log."""
    return all_columns(read_dataflash(map_file(path)).tables)


def ours_ulog(path: Path) -> int:
    """Read and expand a ULog."""
    return all_columns(read_ulog(map_file(path)).tables)


def pymavlink_messages(path: Path) -> Iterator[Any]:
    """Every message as an object, as users of pymavlink read a log."""
    from pymavlink import mavutil

    log: Any = mavutil.mavlink_connection(str(path))
    while (message := log.recv_msg()) is not None:
        yield message
    log.close()


def pymavlink_objects(path: Path) -> int:
    """Count the messages: pymavlink's time without the user's part."""
    return sum(1 for _ in pymavlink_messages(path))


def pymavlink_columns(path: Path) -> dict[str, dict[str, Any]]:
    """The same result as ours: every field of every message in an array."""
    lists: dict[str, list[list[Any]]] = {}
    names: dict[str, list[str]] = {}
    for message in pymavlink_messages(path):
        kind = message.get_type()
        if kind not in lists:
            names[kind] = message.get_fieldnames()
            lists[kind] = [[] for _ in names[kind]]
        if kind != "BAD_DATA":
            for values, name in zip(lists[kind], names[kind], strict=True):
                values.append(getattr(message, name))
    return {
        kind: {name: np.array(values) for name, values in zip(names[kind], columns, strict=True)}
        for kind, columns in lists.items()
    }


def peers() -> dict[str, Callable[[Path], object]]:
    """The installed readers, by package."""
    found: dict[str, Callable[[Path], object]] = {
        "pymavlink": pymavlink_columns,
        "pymavlink, objects": pymavlink_objects,
    }
    if installed("fasttlogparser"):
        import fasttlogparser

        found["fasttlogparser"] = lambda path: fasttlogparser.parseTLog(str(path))
    if installed("mavparser"):
        import mavparser

        found["mavparser"] = lambda path: mavparser.parse(str(path))
    if installed("pyulog"):
        import pyulog

        found["pyulog"] = lambda path: pyulog.ULog(str(path))
    return found


def with_version(name: str) -> str:
    """`pyulog 1.3.0`."""
    package, *how = name.split(", ")
    try:
        return ", ".join([f"{package} {version(package)}", *how])
    except PackageNotFoundError:
        return name


def timed_log(data: bytes) -> bytes:
    """A stream as a telemetry log."""
    frames = Framer().feed(data)
    return b"".join(
        (1_779_000_000_000_000 + i * 500).to_bytes(8, "big") + frame.raw for i, frame in enumerate(frames)
    )


def main(folder: Path | None = None) -> None:
    """Print the table."""
    scratch = Path("build/benchmarks")
    scratch.mkdir(parents=True, exist_ok=True)
    big = scratch / "big.tlog"
    source = folder / "arduplane_vtol.tlog" if folder else None
    once = source.read_bytes() if source else timed_log(telemetry())
    big.write_bytes(once * (TLOG_BYTES // len(once) + 1))
    work = [
        ("telemetry log, 100 MB", big, ours_tlog, ["fasttlogparser", "pymavlink", "pymavlink, objects"]),
    ]
    if folder:
        work += [
            (
                "DataFlash",
                folder / "arducopter_mission.bin",
                ours_dataflash,
                ["mavparser", "pymavlink", "pymavlink, objects"],
            ),
            ("ULog", folder / "px4_survey.ulg", ours_ulog, ["pyulog"]),
        ]
    readers = peers()
    print(f"Logs to columns, {machine()}\n\n| what | Landline | peer | times |\n|---|---|---|---|")
    for what, path, ours, names in work:
        for name in names:
            if name in readers:
                read = readers[name]
                size = path.stat().st_size
                # pymavlink takes a minute and more for a hundred megabytes.
                rounds = 3 if size < TLOG_BYTES else 2
                result = in_turn(partial(ours, path), partial(read, path), rounds=rounds)
                print(result.row(f"{what}; {with_version(name)}", size / 1e6, "MB"))
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"\npeak memory of this process, peers included: {before_kb / 1024:,.0f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
