"""Message table: numbers, CRC extras and fields of all messages, and all enums.

Loading reads only the text of the table (3 ms). The class and the packing code of a message are made on first use.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from controller.wire.message import Field, Message, MessageType


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Path(__file__).with_name("table.json").read_bytes())
    return loaded


@lru_cache(maxsize=1)
def _ids() -> dict[int, str]:
    return {entry["id"]: name for name, entry in _table()["messages"].items()}


@cache
def by_name(name: str) -> MessageType:
    """Return the message type called `name`. Raises KeyError."""
    entry = _table()["messages"][name]
    fields = tuple(Field(*field) for field in entry["fields"])
    return MessageType(name, entry["id"], entry["crc_extra"], entry["min_length"], fields, by_name)


@cache
def by_id(msg_id: int) -> MessageType | None:
    """Return the message type with this number, or None for a message outside our dialects."""
    name = _ids().get(msg_id)
    return by_name(name) if name is not None else None


class _Decoders(dict[int, Callable[[bytes], Message]]):
    """Decoder functions by message number, filled on demand. Raises KeyError for an unknown number."""

    def __missing__(self, msg_id: int) -> Callable[[bytes], Message]:
        kind = by_id(msg_id)
        if kind is None:
            raise KeyError(f"cannot decode message {msg_id}: it is not in our dialects")
        self[msg_id] = kind.from_raw
        return kind.from_raw


DECODERS = _Decoders()


def crc_extras() -> dict[int, int]:
    """Return the CRC extra of every message, by message number."""
    return {entry["id"]: entry["crc_extra"] for entry in _table()["messages"].values()}


def message_names() -> list[str]:
    """Return all message names, sorted."""
    return sorted(_table()["messages"])


def enum_tables() -> dict[str, dict[str, int]]:
    """Return all enums: enum name to a dictionary of full entry names and values."""
    tables: dict[str, dict[str, int]] = _table()["enums"]
    return tables
