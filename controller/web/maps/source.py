"""A map as a source of tiles in the web mercator scheme: what each format offers, and what its tiles hold."""

from __future__ import annotations

import html
import math
import re
import zlib
from dataclasses import dataclass
from typing import Any, Protocol

from controller.errors import UserError

MAX_TILE_BYTES = 16 * 1024 * 1024
MAX_ZOOM = 24
_MAX_TEXT = 1000
_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"RIFF", "image/webp"),
)
_GZIP = b"\x1f\x8b"

Bounds = tuple[float, float, float, float]
WORLD: Bounds = (-180.0, -85.051129, 180.0, 85.051129)


class MapError(UserError):
    """A map file, or a tile of it, is invalid or of a kind that is not supported."""


@dataclass(frozen=True, slots=True)
class MapInfo:
    """What a map says about itself. Bounds are west, south, east, north in degrees.

    `layers` are the names of the layers of vector tiles, empty for pictures. Texts are plain, without markup.
    """

    kind: str
    vector: bool
    bounds: Bounds
    min_zoom: int
    max_zoom: int
    title: str = ""
    attribution: str = ""
    licence: str = ""
    layers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile as it is sent: `content_type`, and whether the data is gzip."""

    data: bytes
    content_type: str
    gzip: bool = False


class TileSource(Protocol):
    """An open map. Its methods block, and may be called from any thread."""

    info: MapInfo

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """Return a tile, row 0 in the north; None where the map has none. Raises MapError."""

    def close(self) -> None:
        """Close the file."""


def checked_tile(data: bytes, *, vector: bool) -> Tile:
    """Return the data as a tile after a look at what it holds. Raises MapError.

    A browser only gets pictures of known formats, and vector tiles that are not larger than they look.
    """
    if len(data) > MAX_TILE_BYTES:
        raise MapError(f"cannot use the tile: it has {len(data)} bytes")
    if vector:
        if data.startswith(_GZIP):
            unpacked(data)
        return Tile(data, "application/x-protobuf", data.startswith(_GZIP))
    for start, content_type in _PICTURES:
        if data.startswith(start) and (start != b"RIFF" or data[8:12] == b"WEBP"):
            return Tile(data, content_type)
    raise MapError("cannot use the tile: it is no PNG, JPEG or WebP picture")


def unpacked(data: bytes, most: int = MAX_TILE_BYTES) -> bytes:
    """Return gzip data unpacked. Raises MapError where it is broken or larger than `most` bytes."""
    unpacker = zlib.decompressobj(31)
    try:
        found = unpacker.decompress(data, most)
    except zlib.error as error:
        raise MapError(f"cannot unpack: {error}") from None
    if unpacker.unconsumed_tail:
        raise MapError(f"cannot unpack: more than {most} bytes")
    if not unpacker.eof:
        raise MapError("cannot unpack: the data ends early")
    return found


def plain(text: object) -> str:
    """Return a text of a file without markup and line breaks, and not longer than a few lines."""
    if not isinstance(text, str):
        return ""
    unmarked = html.unescape(re.sub(r"<[^<>]*>", " ", text[: 4 * _MAX_TEXT]))
    return " ".join("".join(c if c.isprintable() else " " for c in unmarked).split())[:_MAX_TEXT]


def checked_bounds(west: float, south: float, east: float, north: float) -> Bounds:
    """Return bounds inside the web mercator square; those of the world where they make no sense."""
    values = (west, south, east, north)
    if not all(math.isfinite(one) for one in values) or not (south < north and west < east):
        return WORLD
    found = tuple(
        min(max(one, low), high)
        for one, low, high in zip(values, (WORLD[0], WORLD[1]) * 2, (WORLD[2], WORLD[3]) * 2, strict=True)
    )
    bounds = (found[0], found[1], found[2], found[3])
    return bounds if bounds[0] < bounds[2] and bounds[1] < bounds[3] else WORLD


def tile_bounds(z: int, x: int, y: int) -> Bounds:
    """Return west, south, east and north of a tile, degrees."""
    n = 1 << z

    def lat(row: int) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1.0 - 2.0 * row / n))))

    return x / n * 360.0 - 180.0, lat(y + 1), (x + 1) / n * 360.0 - 180.0, lat(y)


def layer_names(metadata: Any) -> tuple[str, ...]:
    """Return the names of the vector layers that the metadata of a map lists."""
    layers = metadata.get("vector_layers") if isinstance(metadata, dict) else None
    if not isinstance(layers, list):
        return ()
    names = [one.get("id") for one in layers[:200] if isinstance(one, dict)]
    return tuple(name[:100] for name in names if isinstance(name, str) and name)
