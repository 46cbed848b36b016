"""MAVLink frame: raw bytes and parsed header; the payload is decoded on request.

A frame owns a copy of its bytes. At about 40 bytes a frame, a slice costs less in CPython than a view, and the receive
buffer can be freed.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from controller.wire import dialect
from controller.wire.address import Address, ComponentId, SystemId
from controller.wire.frame_format import SIGNED, V2_MAGIC
from controller.wire.message import Message


class Frame(tuple[Any, ...]):
    """Complete frame with a valid CRC (or of an unknown type, see `known`).

    `Framer` creates thousands a second, therefore it is a tuple: raw bytes, message number, sequence number, system id,
    component id, and a list that holds the decoded message after the first call of `message`.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        raw: bytes
        msg_id: int
        seq: int
        system: SystemId
        component: ComponentId
    else:
        raw = property(itemgetter(0))
        msg_id = property(itemgetter(1))
        seq = property(itemgetter(2))
        system = property(itemgetter(3))
        component = property(itemgetter(4))

    @property
    def source(self) -> Address:
        """System and component id of the sender."""
        return Address(self[3], self[4])

    @property
    def version(self) -> int:
        """MAVLink version, 1 or 2."""
        return 2 if self[0][0] == V2_MAGIC else 1

    @property
    def signed(self) -> bool:
        """Whether the frame carries a MAVLink 2 signature; the signature is not verified here."""
        raw = self[0]
        return raw[0] == V2_MAGIC and bool(raw[2] & SIGNED)

    @property
    def payload(self) -> bytes:
        """Payload bytes as sent, without the zeros that MAVLink 2 truncates."""
        raw: bytes = self[0]
        start = 10 if raw[0] == V2_MAGIC else 6
        return raw[start : start + raw[1]]

    @property
    def known(self) -> bool:
        """Whether our dialects define this message; the CRC of an unknown message cannot be checked."""
        return dialect.by_id(self[1]) is not None

    @property
    def name(self) -> str:
        """Message name, or UNKNOWN_<number>."""
        kind = dialect.by_id(self[1])
        return kind.name if kind else f"UNKNOWN_{self[1]}"

    def message(self) -> Message:
        """Return the decoded message; decoding happens once. Raises KeyError for an unknown type."""
        decoded: list[Message] = self[5]
        if decoded:
            return decoded[0]
        message = dialect.DECODERS[self[1]](self[0])
        decoded.append(message)
        return message

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Frame) and bool(self[0] == other[0])

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self[0])

    def __repr__(self) -> str:
        return f"<Frame {self.name} from {self.source} seq {self.seq}, {len(self.raw)} bytes>"
