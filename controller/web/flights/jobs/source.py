"""A flight or a log that is reviewed, as the process that works on it gets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.logs.flights.catalogue import files_signature
from controller.logs.query.parquet_tables import FOLDER as COLUMNS

Progress = Callable[[int, int], None]
# Increase it when the contents of the cache change: older files are then made again.
VERSION = 3
CACHE = "replay"
# `FIRST` is the replay with few rows: the page opens with it, and takes `REPLAY` afterwards.
FIRST, REPLAY, REVIEW, CHECKED = "first.bin", "replay.bin", "review.json", "checked.bin"


@dataclass(frozen=True, slots=True)
class Source:
    """`folder` holds the record, or the log that was opened from a disk (`single`); `log` is its first log file.

    Tables and the cache are written into `folder/columns`, where Landline keeps what can be made again.
    """

    name: str
    folder: Path
    log: Path
    single: bool = False

    @property
    def record(self) -> Path:
        """The path for functions that take a flight's folder or a log file."""
        return self.log if self.single else self.folder

    @property
    def cache(self) -> Path:
        """The folder of what was made from the log."""
        return self.folder / COLUMNS / CACHE

    @property
    def stamp(self) -> str:
        """Sizes and times of the files that the cache is made from."""
        if self.single:
            found = self.log.stat()
            return f"{VERSION} {found.st_size}:{found.st_mtime_ns}"
        return f"{VERSION} {files_signature(self.folder)}"

    def cached(self, name: str) -> Path | None:
        """A file of the cache, None if it is missing or older than the record."""
        path = self.cache / name
        try:
            with path.with_suffix(".stamp").open(encoding="utf-8") as file:
                return path if file.read() == self.stamp and path.is_file() else None
        except OSError:
            return None

    def keep(self, name: str, data: bytes, stamp: str) -> None:
        """Write a file of the cache, made from the record as it was at `stamp`. Raises OSError."""
        from controller.logs.record.append_file import write_atomically

        self.cache.mkdir(parents=True, exist_ok=True)
        path = self.cache / name
        # The stamp last: a file without one does not count.
        path.with_suffix(".stamp").unlink(missing_ok=True)
        write_atomically(path, data)
        write_atomically(path.with_suffix(".stamp"), stamp.encode())

    def plain(self) -> dict[str, Any]:
        """The source as JSON, for the other process."""
        return {
            "name": self.name,
            "folder": str(self.folder),
            "log": str(self.log),
            "single": self.single,
        }


def source_of(plain: dict[str, Any]) -> Source:
    """Return the source that `plain` gave."""
    return Source(plain["name"], Path(plain["folder"]), Path(plain["log"]), plain["single"])


def json_bytes(value: Any) -> bytes:
    """JSON for the page: numbers that are not finite become null."""
    return json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogateescape"
    )


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, dict):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value
