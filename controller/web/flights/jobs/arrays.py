"""Arrays as one binary answer: a JSON header and the numbers behind it, which the page views without a copy.

Bytes: `LLA1`, the length of the header (uint32, little-endian), the header in UTF-8 with spaces at its end, the arrays.
Every array begins at a multiple of 8 bytes; `arrays` in the header has its name, type (`f4`, `f8`), offset and length.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
MAGIC = b"LLA1"


def pack(header: Mapping[str, Any], arrays: Iterable[tuple[str, Array]]) -> bytes:
    """Return the bytes of a header and of named arrays; integers and booleans become float32."""
    listed, parts, offset = [], [], 0
    for name, values in arrays:
        kept = np.ascontiguousarray(values, "<f8" if values.dtype == np.float64 else "<f4")
        raw = kept.tobytes()
        listed.append({"name": name, "type": kept.dtype.str[1:], "offset": offset, "count": len(kept)})
        padding = -len(raw) % 8
        parts += [raw, bytes(padding)]
        offset += len(raw) + padding
    text = json.dumps({**header, "arrays": listed}, ensure_ascii=False, allow_nan=False).encode()
    text += b" " * (-(len(text) + 8) % 8)
    return b"".join((MAGIC, struct.pack("<I", len(text)), text, *parts))


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return the header and the arrays by name."""
    (length,) = struct.unpack_from("<I", data, 4)
    header = json.loads(data[8 : 8 + length])
    arrays = {
        one["name"]: np.frombuffer(data, "<" + one["type"], one["count"], 8 + length + one["offset"])
        for one in header["arrays"]
    }
    return header, arrays
