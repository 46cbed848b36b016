"""Change fields of binary records in place, all records of one type at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from controller.logs.privacy.anonymize_rules import Kind, Level, Mover, masked, rewritten


def take(buffer: Any, starts: Any, dtype: np.dtype[Any]) -> Any:
    """The values of one field in many records; `starts` are the byte offsets of the field."""
    index = starts[:, None] + np.arange(dtype.itemsize)
    return np.ascontiguousarray(buffer[index]).view(dtype)[:, 0]


def put(buffer: Any, starts: Any, values: Any) -> None:
    """Write the values of one field into many records; the opposite of `take`."""
    raw = np.ascontiguousarray(values)
    index = starts[:, None] + np.arange(raw.dtype.itemsize)
    buffer[index] = raw.view(np.uint8).reshape(len(starts), raw.dtype.itemsize)


def change(buffer: Any, starts: Any, dtype: np.dtype[Any], kind: Kind | None, mover: Mover) -> None:
    """Anonymize one field: a text is masked, or emptied if it has a `kind`; a number is rewritten as its `kind` says,
    or kept."""
    if dtype.subdtype is not None:
        if kind is not None:
            put(buffer, starts, np.zeros(len(starts), dtype))
        return
    if dtype.kind == "S":
        if kind is not None:
            put(buffer, starts, np.zeros(len(starts), dtype))
        elif dtype.itemsize > 1:
            mask_at(buffer, starts, dtype.itemsize, mover.level)
        return
    if kind is not None:
        put(buffer, starts, rewritten(take(buffer, starts, dtype), kind, mover))


def mask_at(buffer: Any, starts: Any, length: int, level: Level) -> None:
    """Mask texts of one length, in place."""
    for at in starts.tolist():
        before = buffer[at : at + length].tobytes()
        after = masked(before, level)
        if after != before:
            buffer[at : at + length] = np.frombuffer(after, np.uint8)


def blank(buffer: Any, starts: Any, lengths: Any) -> None:
    """Overwrite payloads with zeros, each of its own length."""
    for at, length in zip(starts.tolist(), lengths.tolist(), strict=True):
        buffer[at : at + length] = 0
