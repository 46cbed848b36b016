"""Small map files, written from scratch: tiles that name their place, in each container."""

from __future__ import annotations

import gzip
import json
import sqlite3
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from controller.png import png
from controller.web.maps.pmtiles import tile_number

Tiles = Mapping[tuple[int, int, int], bytes]


def colour_tile(red: int, green: int, blue: int, side: int = 256) -> bytes:
    """A picture of one colour."""
    return png(np.full((side, side, 3), (red, green, blue), dtype=np.uint8))


def write_mbtiles(path: Path, tiles: Tiles, **metadata: str) -> Path:
    """Write an MBTiles file; its rows count from the south."""
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
    base.execute(
        "CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB)"
    )
    base.execute("CREATE UNIQUE INDEX tile_index ON tiles (zoom_level, tile_column, tile_row)")
    base.executemany("INSERT INTO metadata VALUES (?, ?)", metadata.items())
    base.executemany(
        "INSERT INTO tiles VALUES (?, ?, ?, ?)",
        [(z, x, (1 << z) - 1 - y, data) for (z, x, y), data in tiles.items()],
    )
    base.commit()
    base.close()
    return path


def varint(value: int) -> bytes:
    """A number as PMTiles writes it, seven bits a byte."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def directory(entries: list[tuple[int, int, int, int]]) -> bytes:
    """A directory of tile number, run length, length and offset."""
    numbers = [entry[0] for entry in entries]
    deltas = [number - before for number, before in zip(numbers, [0, *numbers[:-1]], strict=True)]
    columns = [deltas, *([entry[i] for entry in entries] for i in (1, 2)), [e[3] + 1 for e in entries]]
    return varint(len(entries)) + b"".join(varint(value) for column in columns for value in column)


def pmtiles_bytes(
    tiles: Tiles,
    *,
    kind: int = 2,
    packed: bool = True,
    leaves: bool = False,
    bounds: tuple[float, float, float, float] = (-180.0, -85.0, 180.0, 85.0),
    metadata: Any = None,
) -> bytes:
    """A PMTiles archive of version 3; with `leaves`, its root directory holds directories alone."""
    pack = gzip.compress if packed else bytes
    data, entries = bytearray(), []
    for number, tile in sorted((tile_number(*place), tile) for place, tile in tiles.items()):
        entries.append((number, 1, len(tile), len(data)))
        data += tile
    leaf = b""
    if leaves:
        leaf = pack(directory(entries))
        entries = [(entries[0][0], 0, len(leaf), 0)]
    root, about = pack(directory(entries)), pack(json.dumps(metadata or {}).encode())
    zooms = [z for z, _, _ in tiles]
    west, south, east, north = (round(one * 1e7) for one in bounds)
    starts = [127]
    for part in (root, about, leaf):
        starts.append(starts[-1] + len(part))
    header = struct.pack(
        "<7sB11Q6B4iB2i", b"PMTiles", 3, starts[0], len(root), starts[1], len(about), starts[2], len(leaf),
        starts[3], len(data), len(tiles), len(entries), len(tiles), 1, 2 if packed else 1, 1, kind,
        min(zooms), max(zooms), west, south, east, north, 0, 0, 0,
    )  # fmt: skip
    return header + root + about + leaf + bytes(data)


def write_geotiff(path: Path, bands: np.ndarray[Any, Any], **profile: Any) -> Path:
    """Write a GeoTIFF of bands, rows and columns; by default one degree a cell, from 8 E, 48 N."""
    import rasterio

    place: dict[str, Any] = {"crs": "EPSG:4326", "transform": rasterio.Affine(0.01, 0, 8.0, 0, -0.01, 48.0)}
    count, rows, columns = bands.shape
    with rasterio.open(
        path, "w", driver="GTiff", count=count, height=rows, width=columns, dtype=bands.dtype,
        **{**place, **profile},
    ) as made:  # fmt: skip
        made.write(bands)
    return path
