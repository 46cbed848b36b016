"""The message table: numbers, CRC extras, fields and the compiled way from payload to message and back.

Only the table's text is read at first use (3 ms); a message's class and its packing code are made when that message is
first met.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from operator import itemgetter
from pathlib import Path
from struct import Struct
from typing import Any

from controller.wire.message import Message

V1_MAGIC = 0xFE
V2_MAGIC = 0xFD

_FORMATS = {
    "char": "c",
    "int8_t": "b",
    "uint8_t": "B",
    "int16_t": "h",
    "uint16_t": "H",
    "int32_t": "i",
    "uint32_t": "I",
    "int64_t": "q",
    "uint64_t": "Q",
    "float": "f",
    "double": "d",
}


def decode_chars(raw: bytes) -> str:
    """A char array as text: up to the first NUL."""
    return raw.partition(b"\0")[0].decode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message. `length` is the number of array elements, 0 for a scalar; `units` as in MAVLink's definitions."""

    name: str
    type: str
    length: int
    enum: str
    units: str

    @property
    def format(self) -> str:
        code = _FORMATS[self.type]
        if self.length:
            return f"{self.length}s" if self.type in ("char", "uint8_t") else f"{self.length}{code}"
        return code

    @property
    def default(self) -> Any:
        if not self.length:
            return b"\0" if self.type == "char" else 0
        if self.type == "char":
            return ""
        return bytes(self.length) if self.type == "uint8_t" else (0,) * self.length


@dataclass(frozen=True)
class MessageType:
    """Everything there is to know of one message. `min_length` is the payload without extension fields."""

    name: str
    msg_id: int
    crc_extra: int
    min_length: int
    fields: tuple[Field, ...]

    @cached_property
    def struct(self) -> Struct:
        return Struct("<" + "".join(field.format for field in self.fields))

    @cached_property
    def length(self) -> int:
        """Bytes of the whole payload, extensions included."""
        return self.struct.size

    @cached_property
    def defaults(self) -> tuple[tuple[str, Any], ...]:
        return tuple((field.name, field.default) for field in self.fields)

    @cached_property
    def cls(self) -> type[Message]:
        members: dict[str, Any] = {field.name: property(itemgetter(i)) for i, field in enumerate(self.fields)}
        members |= {"__slots__": (), "name": self.name, "msg_id": self.msg_id, "type_": self}
        members["__doc__"] = (
            f"MAVLink message {self.msg_id}; fields: {', '.join(f.name for f in self.fields)}."
        )
        return type(self.name, (Message,), members)

    @cached_property
    def from_raw(self) -> Callable[[bytes], Message]:
        """Raw frame to message: payload bytes that are missing are the zeros MAVLink 2 cut off, surplus ones are ignored.

        Written out and compiled once a type, as `namedtuple` does, because this runs for every message decoded.
        """
        names = {
            "unpack": self.struct.unpack_from,
            "new": tuple.__new__,
            "cls": self.cls,
            "text": decode_chars,
        }
        source = f"""
def decode(raw):
    if raw[0] == {V2_MAGIC} and raw[1] >= {self.length}:
        v = unpack(raw, 10)
    else:
        start = 10 if raw[0] == {V2_MAGIC} else 6
        v = unpack(raw[start:start + raw[1]].ljust({self.length}, b"\\0"))
    return new(cls, {self._regrouped()})
"""
        exec(source, names)
        decode: Callable[[bytes], Message] = names["decode"]  # type: ignore[assignment]
        return decode

    def _regrouped(self) -> str:
        """The expression that joins `v`, the flat values of `struct`, into one value a field."""
        terms, at = [], 0
        for field in self.fields:
            if field.length and field.type not in ("char", "uint8_t"):
                terms.append(f"v[{at}:{at + field.length}]")
                at += field.length
            else:
                terms.append(f"text(v[{at}])" if field.length and field.type == "char" else f"v[{at}]")
                at += 1
        return "v" if terms == [f"v[{i}]" for i in range(len(terms))] else f"({', '.join(terms)},)"

    def to_payload(self, message: Message) -> bytes:
        """The whole payload, extensions included. Raises ValueError naming the field that does not fit."""
        flat: list[Any] = []
        for field, value in zip(self.fields, message, strict=True):
            if not field.length:
                flat.append(value)
            elif field.type == "char":
                raw = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value)
                if len(raw) > field.length:
                    raise ValueError(
                        f"{self.name}.{field.name}: {len(raw)} bytes do not fit into {field.length}"
                    )
                flat.append(raw)
            elif len(value) > field.length or (field.type != "uint8_t" and len(value) != field.length):
                raise ValueError(f"{self.name}.{field.name}: {len(value)} elements, {field.length} needed")
            elif field.type == "uint8_t":
                flat.append(bytes(value))
            else:
                flat.extend(value)
        try:
            return self.struct.pack(*flat)
        except Exception as error:
            raise ValueError(f"{self.name}: {self._misfit(message) or error}") from None

    def _misfit(self, message: Message) -> str | None:
        for field, value in zip(self.fields, message, strict=True):
            for element in value if field.length and not isinstance(value, str | bytes) else (value,):
                if isinstance(element, str | bytes):
                    continue
                try:
                    Struct("<" + _FORMATS[field.type]).pack(element)
                except Exception:
                    return f"field {field.name} cannot hold {element!r} ({field.type})"
        return None


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Path(__file__).with_name("table.json").read_bytes())
    return loaded


@lru_cache(maxsize=1)
def _ids() -> dict[int, str]:
    return {entry["id"]: name for name, entry in _table()["messages"].items()}


@cache
def by_name(name: str) -> MessageType:
    """The type called `name`. Raises KeyError."""
    entry = _table()["messages"][name]
    fields = tuple(Field(*field) for field in entry["fields"])
    return MessageType(name, entry["id"], entry["crc_extra"], entry["min_length"], fields)


@cache
def by_id(msg_id: int) -> MessageType | None:
    """The type with this number, or None where no dialect of ours knows it."""
    name = _ids().get(msg_id)
    return by_name(name) if name is not None else None


class _Decoders(dict[int, Callable[[bytes], Message]]):
    """Message number to what decodes its raw frames; filled as messages are met. KeyError for an unknown number."""

    def __missing__(self, msg_id: int) -> Callable[[bytes], Message]:
        kind = by_id(msg_id)
        if kind is None:
            raise KeyError(f"message {msg_id} is not in our dialects")
        self[msg_id] = kind.from_raw
        return kind.from_raw


DECODERS = _Decoders()


def crc_extras() -> dict[int, int]:
    """Message number to CRC extra, for all messages."""
    return {entry["id"]: entry["crc_extra"] for entry in _table()["messages"].values()}


def message_names() -> list[str]:
    """All message names, sorted."""
    return sorted(_table()["messages"])


def enum_tables() -> dict[str, dict[str, int]]:
    """Enum names to their entries (full names)."""
    tables: dict[str, dict[str, int]] = _table()["enums"]
    return tables
