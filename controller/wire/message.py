"""Message definitions and decoded messages.

A decoded message is an immutable tuple with named fields, in the order of the wire. Scalars are numbers; char arrays
are str, cut at the first NUL (bytes that are not UTF-8 are kept as surrogates); uint8 arrays are bytes; other arrays
are tuples. The class of a message type is created on first use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from struct import Struct
from typing import TYPE_CHECKING, Any, ClassVar, Self

from controller.wire.frame_format import V2_MAGIC

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
    """Return a char array as text, up to the first NUL."""
    return raw.partition(b"\0")[0].decode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Field:
    """Definition of a message field. `length` is the number of array elements, 0 for a scalar.

    `units` is the unit as MAVLink's XML definitions write it.
    """

    name: str
    type: str
    length: int
    enum: str
    units: str

    @property
    def format(self) -> str:
        """The field's format code for the `struct` module."""
        code = _FORMATS[self.type]
        if self.length:
            return f"{self.length}s" if self.type in ("char", "uint8_t") else f"{self.length}{code}"
        return code

    @property
    def default(self) -> Any:
        """The value of an omitted field: 0 or empty."""
        if not self.length:
            return b"\0" if self.type == "char" else 0
        if self.type == "char":
            return ""
        return bytes(self.length) if self.type == "uint8_t" else (0,) * self.length


@dataclass(frozen=True)
class MessageType:
    """Definition of a message. `min_length` is the payload length in bytes without extension fields.

    `lookup` finds a message type by name and is needed only for pickling messages.
    """

    name: str
    msg_id: int
    crc_extra: int
    min_length: int
    fields: tuple[Field, ...]
    lookup: Callable[[str], MessageType] | None = field(default=None, compare=False, repr=False)

    @cached_property
    def struct(self) -> Struct:
        """Packs and unpacks the whole payload, extensions included."""
        return Struct("<" + "".join(member.format for member in self.fields))

    @cached_property
    def length(self) -> int:
        """Length of the whole payload in bytes, extensions included."""
        return self.struct.size

    @cached_property
    def defaults(self) -> tuple[tuple[str, Any], ...]:
        """Pairs of field name and default value, in the order of the wire."""
        return tuple((member.name, member.default) for member in self.fields)

    @cached_property
    def cls(self) -> type[Message]:
        """The message class of this type."""
        members: dict[str, Any] = {
            member.name: property(itemgetter(i)) for i, member in enumerate(self.fields)
        }
        members |= {"__slots__": (), "name": self.name, "msg_id": self.msg_id, "type_": self}
        members["__doc__"] = (
            f"MAVLink message {self.msg_id}; fields: {', '.join(f.name for f in self.fields)}."
        )
        return type(self.name, (Message,), members)

    @cached_property
    def from_raw(self) -> Callable[[bytes], Message]:
        """Function that decodes a raw frame into a message.

        Missing payload bytes are the trailing zeros that MAVLink 2 truncates; surplus bytes are ignored. The function
        is generated and compiled once a type, as `namedtuple` does, because it runs for every decoded message.
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
        """Return the source of the expression that groups `v`, the flat values of `struct`, into one value a field."""
        terms, at = [], 0
        for member in self.fields:
            if member.length and member.type not in ("char", "uint8_t"):
                terms.append(f"v[{at}:{at + member.length}]")
                at += member.length
            else:
                terms.append(f"text(v[{at}])" if member.length and member.type == "char" else f"v[{at}]")
                at += 1
        return "v" if terms == [f"v[{i}]" for i in range(len(terms))] else f"({', '.join(terms)},)"

    def to_payload(self, message: Message) -> bytes:
        """Encode the whole payload, extensions included. Raises ValueError naming the field that does not fit."""
        flat: list[Any] = []
        for member, value in zip(self.fields, message, strict=True):
            if not member.length:
                flat.append(value)
            elif member.type == "char":
                raw = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value)
                if len(raw) > member.length:
                    raise ValueError(
                        f"invalid {self.name}.{member.name}: {len(raw)} bytes do not fit into {member.length}"
                    )
                flat.append(raw)
            elif len(value) > member.length or (member.type != "uint8_t" and len(value) != member.length):
                raise ValueError(
                    f"invalid {self.name}.{member.name}: {len(value)} elements, the field has {member.length}"
                )
            elif member.type == "uint8_t":
                flat.append(bytes(value))
            else:
                flat.extend(value)
        try:
            return self.struct.pack(*flat)
        except Exception as error:
            raise ValueError(f"invalid {self.name}: {self._invalid_field(message) or error}") from None

    def _invalid_field(self, message: Message) -> str | None:
        """Describe the first field whose value does not fit its type."""
        for member, value in zip(self.fields, message, strict=True):
            for element in value if member.length and not isinstance(value, str | bytes) else (value,):
                if isinstance(element, str | bytes):
                    continue
                try:
                    Struct("<" + _FORMATS[member.type]).pack(element)
                except Exception:
                    return f"field {member.name} cannot hold {element!r} ({member.type})"
        return None


class Message(tuple[Any, ...]):
    """Base class of all messages. Construct with keywords: `messages.HEARTBEAT(type=2)`; omitted fields are 0 or empty.

    Raises TypeError for a field that the message does not have.
    """

    __slots__ = ()
    name: ClassVar[str]
    msg_id: ClassVar[int]
    type_: ClassVar[MessageType]

    def __new__(cls, **fields: Any) -> Self:
        values = [fields.pop(name, default) for name, default in cls.type_.defaults]
        if fields:
            known = ", ".join(name for name, _ in cls.type_.defaults)
            raise TypeError(f"{cls.name} has no field {', '.join(fields)}; it has {known}")
        return tuple.__new__(cls, values)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def replace(self, **fields: Any) -> Self:
        """Return a copy with some fields changed."""
        return type(self)(**(self.to_dict() | fields))

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dictionary: name to value."""
        return dict(zip((name for name, _ in self.type_.defaults), self, strict=True))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and tuple.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = tuple.__hash__

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.to_dict().items())})"

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        # The class is created at run time, so pickle must find it again through the message table.
        if self.type_.lookup is None:
            raise TypeError(f"cannot pickle {self.name}: the message is not in the message table")
        return _unpickle, (self.type_.lookup, self.name, tuple(self))


def _unpickle(lookup: Callable[[str], MessageType], name: str, values: tuple[Any, ...]) -> Message:
    return tuple.__new__(lookup(name).cls, values)
