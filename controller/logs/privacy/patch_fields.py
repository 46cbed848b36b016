"""Changes fields of records in place, all records of a kind at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from controller.logs.privacy.anonymize_rules import Kind, Level, Mover, masked, rewritten


def taken(buffer: Any, starts: Any, dtype: np.dtype[Any]) -> Any:
    """One field of many records: `starts` are where it stands, in bytes."""
    index = starts[:, None] + np.arange(dtype.itemsize)
    return np.ascontiguousarray(buffer[index]).view(dtype)[:, 0]


def put(buffer: Any, starts: Any, values: Any) -> None:
    """The opposite of `taken`."""
    raw = np.ascontiguousarray(values)
    index = starts[:, None] + np.arange(raw.dtype.itemsize)
    buffer[index] = raw.view(np.uint8).reshape(len(starts), raw.dtype.itemsize)


def change(buffer: Any, starts: Any, dtype: np.dtype[Any], kind: Kind | None, mover: Mover) -> None:
    """Texts are masked, or emptied where they tell who; numbers go where `kind` says, and stay without one."""
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
        put(buffer, starts, rewritten(taken(buffer, starts, dtype), kind, mover))


def mask_at(buffer: Any, starts: Any, length: int, level: Level) -> None:
    """Mask texts of one length."""
    for at in starts.tolist():
        before = buffer[at : at + length].tobytes()
        after = masked(before, level)
        if after != before:
            buffer[at : at + length] = np.frombuffer(after, np.uint8)


def blank(buffer: Any, starts: Any, lengths: Any) -> None:
    """Zeros over payloads, each of its own length."""
    for at, length in zip(starts.tolist(), lengths.tolist(), strict=True):
        buffer[at : at + length] = 0
