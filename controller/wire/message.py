"""Decoded messages: immutable tuples with the fields' names, in the order of the wire.

A class for each message type is made on first use (see `dialect`). Scalars are numbers; char arrays are str, cut at the
first NUL (bytes that are not UTF-8 survive as surrogates); uint8 arrays are bytes; other arrays are tuples.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    from controller.wire.dialect import MessageType


class Message(tuple[Any, ...]):
    """Base of all message classes. Make one with keywords: `messages.HEARTBEAT(type=2)`; what is left out is 0 or empty."""

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
        """A copy with some fields changed."""
        return type(self)(**(self.to_dict() | fields))

    def to_dict(self) -> dict[str, Any]:
        """Field names to values."""
        return dict(zip((name for name, _ in self.type_.defaults), self, strict=True))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and tuple.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = tuple.__hash__

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.to_dict().items())})"

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _revive, (self.name, tuple(self))


def _revive(name: str, values: tuple[Any, ...]) -> Message:
    from controller.wire.dialect import by_name

    return tuple.__new__(by_name(name).cls, values)
