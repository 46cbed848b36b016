"""PMTiles archives, version 3: a header, directories along a Hilbert curve, and tiles (specification of PMTiles 3)."""

from __future__ import annotations

import json
import os
import struct
import threading
from bisect import bisect_right
from collections import OrderedDict
from pathlib import Path
from typing import Any

from controller.web.maps.source import (
    MAX_TILE_BYTES,
    MAX_ZOOM,
    MapError,
    MapInfo,
    Tile,
    checked_bounds,
    checked_tile,
    layer_names,
    plain,
    unpacked,
)

MAGIC = b"PMTiles"
_HEADER = struct.Struct("<7sB11Q6B4iB2i")
_TILE_TYPES = {1: "vector", 2: "PNG", 3: "JPEG", 4: "WebP"}
_NAMES = {2: "gzip", 3: "brotli", 4: "zstd", 5: "AVIF", 6: "MLT"}
_NONE, _GZIP = 1, 2
_MAX_DIRECTORY = 4 * 1024 * 1024
_MAX_ENTRIES = 100_000
_MAX_METADATA = 4 * 1024 * 1024
_DEEPEST = 4
_KEPT_ENTRIES = 400_000

Entries = tuple[list[int], list[int], list[int], list[int]]


class Pmtiles:
    """An archive, of which only the directories and the tiles that are asked for are read. Raises MapError."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._leaves: OrderedDict[tuple[int, int], Entries] = OrderedDict()
        self._fd = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
        try:
            self._read_header()
        except BaseException:
            os.close(self._fd)
            raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._fd >= 0:
                os.close(self._fd)
            self._fd = -1

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """Return a tile, None where the archive has none. Raises MapError."""
        place = self._find(tile_number(z, x, y))
        if place is None:
            return None
        offset, length = place
        if length > MAX_TILE_BYTES:
            raise MapError(f"cannot use the tile: the archive says {length} bytes")
        data = self._read(self._tiles + offset, length)
        if self._tile_compression == _GZIP and not self.info.vector:
            data = unpacked(data)
        return checked_tile(data, vector=self.info.vector)

    def _read_header(self) -> None:
        fields = _HEADER.unpack(self._read(0, _HEADER.size))
        magic, version, numbers, tail = fields[0], fields[1], fields[2:13], fields[13:]
        if magic != MAGIC or version != 3:
            raise MapError(f"cannot use PMTiles of version {version}; convert it to version 3")
        root, root_length, meta, meta_length, self._leaf_start, _, self._tiles, *_ = numbers
        _, self._compression, self._tile_compression, kind, low, high, west, south, east, north, *_ = tail
        for word, compression in (("directories", self._compression), ("tiles", self._tile_compression)):
            if compression not in (0, _NONE, _GZIP):
                raise MapError(
                    f"cannot use PMTiles with {_NAMES.get(compression, 'unknown')} {word}; use gzip"
                )
        if kind not in _TILE_TYPES:
            raise MapError(f"cannot use PMTiles with {_NAMES.get(kind, 'unknown')} tiles")
        self._root = self._directory(root, root_length)
        metadata = self._metadata(meta, meta_length)
        bounds = checked_bounds(west / 1e7, south / 1e7, east / 1e7, north / 1e7)
        self.info = MapInfo(
            kind="PMTiles",
            vector=kind == 1,
            bounds=bounds,
            min_zoom=min(low, MAX_ZOOM),
            max_zoom=min(max(low, high), MAX_ZOOM),
            title=plain(metadata.get("name")),
            attribution=plain(metadata.get("attribution")),
            licence=plain(metadata.get("license") or metadata.get("licence")),
            layers=layer_names(metadata),
        )

    def _metadata(self, offset: int, length: int) -> dict[str, Any]:
        """Return the metadata; an archive with broken metadata still has tiles."""
        if not 0 < length <= _MAX_METADATA:
            return {}
        try:
            found = json.loads(self._unpack(self._read(offset, length)))
        except (MapError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def _find(self, number: int) -> tuple[int, int] | None:
        entries = self._root
        for _ in range(_DEEPEST):
            numbers, runs, lengths, offsets = entries
            at = bisect_right(numbers, number) - 1
            if at < 0:
                return None
            if runs[at] > 0:
                return (offsets[at], lengths[at]) if number < numbers[at] + runs[at] else None
            entries = self._leaf(self._leaf_start + offsets[at], lengths[at])
        raise MapError("cannot use PMTiles: its directories lead into each other")

    def _leaf(self, offset: int, length: int) -> Entries:
        key = (offset, length)
        with self._lock:
            if key in self._leaves:
                self._leaves.move_to_end(key)
                return self._leaves[key]
        entries = self._directory(offset, length)
        with self._lock:
            self._leaves[key] = entries
            while sum(len(kept[0]) for kept in self._leaves.values()) > _KEPT_ENTRIES:
                self._leaves.popitem(last=False)
        return entries

    def _directory(self, offset: int, length: int) -> Entries:
        if length > _MAX_DIRECTORY:
            raise MapError(f"cannot use PMTiles: a directory has {length} bytes")
        return parsed_directory(self._unpack(self._read(offset, length)))

    def _unpack(self, data: bytes) -> bytes:
        return unpacked(data, _MAX_DIRECTORY) if self._compression == _GZIP else data

    def _read(self, offset: int, length: int) -> bytes:
        with self._lock:
            if self._fd < 0:
                raise MapError("the map was closed")
            if offset + length > os.fstat(self._fd).st_size:
                raise MapError("cannot read PMTiles: the file ends early")
            os.lseek(self._fd, offset, os.SEEK_SET)
            data = os.read(self._fd, length)
        if len(data) != length:
            raise MapError("cannot read PMTiles: the file ends early")
        return data


def tile_number(z: int, x: int, y: int) -> int:
    """Return the number of a tile along the Hilbert curves of all zooms."""
    number = ((1 << (2 * z)) - 1) // 3
    for level in range(z - 1, -1, -1):
        side = 1 << level
        right, low = bool(x & side), bool(y & side)
        number += side * side * ((3 * right) ^ low)
        if not low:
            if right:
                x, y = side - 1 - (x & (side - 1)), side - 1 - (y & (side - 1))
            x, y = y, x
    return number


def parsed_directory(data: bytes) -> Entries:
    """Return tile numbers, run lengths (0 for a directory), lengths and offsets. Raises MapError."""
    values = iter(_varints(data))
    try:
        count = next(values)
        if count > _MAX_ENTRIES:
            raise MapError(f"cannot use PMTiles: a directory has {count} entries")
        numbers, number = [], 0
        for _ in range(count):
            number += next(values)
            numbers.append(number)
        runs = [next(values) for _ in range(count)]
        lengths = [next(values) for _ in range(count)]
        offsets: list[int] = []
        for index in range(count):
            value = next(values)
            if value == 0 and index > 0:
                offsets.append(offsets[-1] + lengths[index - 1])
            else:
                offsets.append(value - 1)
    except (StopIteration, RuntimeError):
        raise MapError("cannot use PMTiles: a directory ends early") from None
    if offsets and min(offsets) < 0:
        raise MapError("cannot use PMTiles: a directory points before its data")
    return numbers, runs, lengths, offsets


def _varints(data: bytes) -> list[int]:
    found, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            found.append(value)
            value = shift = 0
        else:
            shift += 7
            if shift > 63:
                raise MapError("cannot use PMTiles: a number of a directory is too long")
    return found
