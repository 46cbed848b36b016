"""MBTiles: tiles in an SQLite database, rows from the south (specification of MBTiles 1.3)."""

from __future__ import annotations

import json
import math
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from controller.web.maps.source import (
    MAX_TILE_BYTES,
    MAX_ZOOM,
    WORLD,
    Bounds,
    MapError,
    MapInfo,
    Tile,
    checked_bounds,
    checked_tile,
    layer_names,
    plain,
    tile_bounds,
)

MAGIC = b"SQLite format 3\0"
# A question to a sound database takes some hundred steps; one without an index, or with an endless view, is stopped.
_STEPS, _MOST_STEPS = 10_000, 400
_MAX_METADATA_ROWS = 200
_GZIP = b"\x1f\x8b"


class Mbtiles:
    """A database of tiles, opened for reading alone. Raises MapError."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._steps = 0
        # Immutable: no lock and no journal is made beside the operator's file.
        self._base = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        try:
            self._base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 2 * MAX_TILE_BYTES)
            self._base.set_progress_handler(self._step, _STEPS)
            with self._asking():
                self._base.execute("PRAGMA trusted_schema = OFF")
                self._base.execute("PRAGMA cell_size_check = ON")
                self.info = self._describe()
        except BaseException:
            self._base.close()
            raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._base.close()

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """Return a tile, None where the database has none. Raises MapError."""
        with self._lock, self._asking():
            data = self._one(
                "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
                (z, x, (1 << z) - 1 - y),
            )
        if data is None or data == b"":
            return None
        if not isinstance(data, bytes):
            raise MapError("cannot use the tile: it is no data")
        return checked_tile(data, vector=self.info.vector)

    def _step(self) -> int:
        self._steps += 1
        return int(self._steps > _MOST_STEPS)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        self._steps = 0
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
            if self._steps > _MOST_STEPS:
                raise MapError("cannot use MBTiles: it has no index of its tiles, or is too slow") from None
            raise MapError(f"cannot read MBTiles: {error}") from None

    def _one(self, statement: str, values: tuple[int, ...] = ()) -> Any:
        row = self._base.execute(statement, values).fetchone()
        return None if row is None else row[0]

    def _describe(self) -> MapInfo:
        metadata = self._metadata()
        sample = self._one("SELECT tile_data FROM tiles LIMIT 1")
        if not isinstance(sample, bytes):
            raise MapError("cannot use MBTiles: it has no tiles")
        vector = metadata.get("format") in ("pbf", "mvt") or sample.startswith(_GZIP)
        checked_tile(sample, vector=vector)
        low, high = (self._zoom(metadata, name) for name in ("minzoom", "maxzoom"))
        try:
            listed = json.loads(metadata.get("json", "{}"))
        except (ValueError, RecursionError):
            listed = {}
        return MapInfo(
            kind="MBTiles",
            vector=vector,
            bounds=self._bounds(metadata, high),
            min_zoom=min(low, high),
            max_zoom=high,
            title=plain(metadata.get("name")),
            attribution=plain(metadata.get("attribution")),
            licence=plain(metadata.get("license") or metadata.get("licence")),
            layers=layer_names(listed) if vector else (),
        )

    def _metadata(self) -> dict[str, str]:
        """Return the texts of the table of metadata; a database without one still has tiles."""
        try:
            rows = self._base.execute("SELECT name, value FROM metadata").fetchmany(_MAX_METADATA_ROWS)
        except sqlite3.OperationalError:
            return {}
        return {name: str(value) for name, value in rows if isinstance(name, str)}

    def _zoom(self, metadata: dict[str, str], name: str) -> int:
        """Return the smallest or largest zoom: as the metadata says, else that of the tiles."""
        told = metadata.get(name, "")
        if told.isascii() and told.isdigit() and len(told) < 3:
            return min(int(told), MAX_ZOOM)
        found = self._one(f"SELECT {'MIN' if name == 'minzoom' else 'MAX'}(zoom_level) FROM tiles")
        return min(max(found, 0), MAX_ZOOM) if isinstance(found, int) else 0

    def _bounds(self, metadata: dict[str, str], zoom: int) -> Bounds:
        """Return where the map lies: as the metadata says, else around the tiles of the largest zoom."""
        try:
            west, south, east, north = (float(one) for one in metadata.get("bounds", "").split(","))
        except ValueError:
            pass
        else:
            if all(math.isfinite(one) for one in (west, south, east, north)):
                return checked_bounds(west, south, east, north)
        row = self._base.execute(
            "SELECT MIN(tile_column), MIN(tile_row), MAX(tile_column), MAX(tile_row) FROM tiles WHERE zoom_level = ?",
            (zoom,),
        ).fetchone()
        if row is None or not all(isinstance(one, int) and 0 <= one < 1 << zoom for one in row):
            return WORLD
        left, low, right, high = row
        last = (1 << zoom) - 1
        west, south, _, _ = tile_bounds(zoom, left, last - low)
        _, _, east, north = tile_bounds(zoom, right, last - high)
        return checked_bounds(west, south, east, north)
