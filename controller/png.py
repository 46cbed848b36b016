"""PNG pictures from arrays of 8-bit values, written with the standard library alone (PNG specification, ISO 15948)."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # grey, grey and alpha, RGB, RGBA


def png(picture: NDArray[np.uint8], *, level: int = 3) -> bytes:
    """Return a PNG of an array of rows, columns and 1 to 4 channels; `level` is that of zlib's compression."""
    rows, columns, channels = picture.shape
    # Every row begins with the number of its filter, 0.
    lines = np.zeros((rows, 1 + columns * channels), dtype=np.uint8)
    lines[:, 1:] = picture.reshape(rows, -1)
    header = struct.pack(">2I5B", columns, rows, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (
            (b"IHDR", header),
            (b"IDAT", zlib.compress(lines.tobytes(), level)),
            (b"IEND", b""),
        )
    )
