"""Memory for reading a whole log, as a multiple of the file's size: every field of every message, in a process of its
own.

`python -m benchmarks.memory BIG SMALL`: SMALL is read first, so that the memory of libraries is not counted. BIG is
read in another process before, so that the compiler's memory is not counted either. Linux only.
"""

from __future__ import annotations

import multiprocessing
import re
import sys
from pathlib import Path

from controller.logs.formats.read import open_log


def peak_bytes() -> int:
    """Peak memory of this process (Linux, proc(5): VmHWM)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else 0


def read_whole(path: Path) -> int:
    """Read each column once; return the file's size."""
    read = open_log(path)
    for table in read.tables.values():
        for column in table:
            table[column]
    return read.size_bytes


def main(big: Path | None = None, small: Path | None = None) -> None:
    """Print the increase of the peak, divided by the file's size."""
    if big is None or small is None:
        print("needs two logs: python -m benchmarks.memory BIG SMALL")
        return
    compiling = multiprocessing.get_context("spawn").Process(target=read_whole, args=(big,))
    compiling.start()
    compiling.join()
    read_whole(small)
    before = peak_bytes()
    size = read_whole(big)
    print(f"{(peak_bytes() - before) / size:.2f}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
