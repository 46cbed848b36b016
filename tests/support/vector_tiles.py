"""Vector tiles (Mapbox Vector Tile 2.1) written from scratch: layers with one feature for each place of a grid."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.map_files import varint

EXTENT = 4096
POINT, LINE, AREA = 1, 2, 3
Feature = tuple[int, Sequence[tuple[int, int]], dict[str, str]]


def vector_tile(layers: dict[str, list[Feature]]) -> bytes:
    """A tile of layers, each with features of a geometry type, points and texts."""
    return b"".join(_field(3, _layer(name, features)) for name, features in layers.items())


def _layer(name: str, features: list[Feature]) -> bytes:
    texts = sorted({text for _, _, tags in features for pair in tags.items() for text in pair})
    parts = [varint(15 << 3) + varint(2), _field(1, name.encode())]
    for kind, points, tags in features:
        indices = b"".join(
            varint(texts.index(key)) + varint(texts.index(value)) for key, value in tags.items()
        )
        geometry = _field(4, _geometry(kind, points))
        parts.append(_field(2, _field(2, indices) + varint(3 << 3) + varint(kind) + geometry))
    parts += [_field(3, text.encode()) for text in texts]
    parts += [_field(4, _field(1, text.encode())) for text in texts]
    return b"".join(parts) + varint(5 << 3) + varint(EXTENT)


def _geometry(kind: int, points: Sequence[tuple[int, int]]) -> bytes:
    deltas, last = [], (0, 0)
    for x, y in points:
        deltas.append(_zigzag(x - last[0]) + _zigzag(y - last[1]))
        last = (x, y)
    found = varint(1 | 1 << 3) + deltas[0]
    if len(deltas) > 1:
        found += varint(2 | (len(deltas) - 1) << 3) + b"".join(deltas[1:])
    return found + (varint(7 | 1 << 3) if kind == AREA else b"")


def _zigzag(value: int) -> bytes:
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def _field(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data
