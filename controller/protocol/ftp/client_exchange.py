"""Base class of the MAVLink FTP clients: numbered requests, their answers, and retries."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from controller.errors import LinkError
from controller.protocol.ftp import wire
from controller.protocol.ftp.wire import FtpPacket
from controller.protocol.message_fields import is_addressed_to
from controller.protocol.state_machine import StateMachine
from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.wire.address import GROUND_STATION, Address
from controller.wire.message import Message

T = TypeVar("T")

# The answers of a burst continue the sequence number of its request, and some may be lost. The next request skips all
# of them, so that the server does not take it for a repeat (ArduPilot keeps its last answer; its bursts have at most
# 2,000).
SEQ_SKIP = 0x4000


class FtpExchange(StateMachine[T]):
    """One open request at a time (bursts and parallel reads are handled by the subclass). `action` names it in errors.

    A repeated request keeps its sequence number, so that a server that has executed it only repeats its answer.
    """

    def __init__(
        self,
        action: str,
        target: Address,
        *,
        own_address: Address = GROUND_STATION,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        super().__init__()
        self.target = target
        self.action = action
        self._own_address = own_address
        self._timing = timing
        self._session = 0
        self._next_seq = 0
        self._open: FtpPacket | None = None
        self._tries = 0

    def _packet_from(self, message: Message, source: Address) -> FtpPacket | None:
        """Return the answer in a message, None if the message is no answer to us."""
        if self.outcome is not None or source != self.target or message.name != "FILE_TRANSFER_PROTOCOL":
            return None
        if not is_addressed_to(message, self._own_address):
            return None
        packet = wire.parse(message.payload)
        return packet if packet.opcode in (wire.ACK, wire.NAK) else None

    def _number(self) -> int:
        seq = self._next_seq
        self._next_seq = (seq + 1) & 0xFFFF
        return seq

    def _follow_sequence(self, packet: FtpPacket) -> None:
        """Continue the sequence number of an answer: a later request must not look like a repeat."""
        if (packet.seq - self._next_seq) & 0xFFFF < 0x8000:
            self._next_seq = (packet.seq + 1) & 0xFFFF

    def _skip_sequence(self) -> None:
        self._next_seq = (self._next_seq + SEQ_SKIP) & 0xFFFF

    def _ask(
        self, opcode: int, now: float, *, data: bytes = b"", size: int | None = None, offset: int = 0
    ) -> list[Message]:
        """Send a new request; `_answers` identifies its answer."""
        self._open = FtpPacket(
            self._number(), self._session, opcode, len(data) if size is None else size, offset, data
        )
        self._tries = 0
        self.deadline = now + self._timeout_s(opcode)
        return [self._open.to(self.target)]

    def _ask_again(self, now: float) -> list[Message]:
        assert self._open is not None
        self._tries += 1
        self.deadline = now + self._timeout_s(self._open.opcode)
        return [self._open.to(self.target)]

    def _timeout_s(self, opcode: int) -> float:  # noqa: ARG002
        return self._timing.ftp.timeout_s

    def _answers(self, packet: FtpPacket) -> bool:
        """Return whether this is the answer to the open request."""
        request = self._open
        return (
            request is not None
            and packet.req_opcode == request.opcode
            and packet.seq == (request.seq + 1) & 0xFFFF
        )

    def _unexpected(self, packet: FtpPacket, now: float) -> list[Message]:
        """Handle a packet that is not the answer: mostly ignore it.

        A server that keeps its last answer (ArduPilot) repeats it to any request with the preceding sequence number,
        even to the first request of another client. Then send the request again with another number.
        """
        request = self._open
        if request is None or packet.req_opcode == request.opcode or packet.seq != (request.seq + 1) & 0xFFFF:
            return []
        self._skip_sequence()
        self._open = replace(request, seq=self._number())
        return self._ask_again(now)

    def _no_answer(self) -> list[Message]:
        """Fail because the server does not answer."""
        return self.fail(
            LinkError(
                f"cannot {self.action}: no answer from {self.target} to {self._tries} tries",
                hint="check the link, and that this system supports MAVLink FTP",
            )
        )

    def _refused(self, packet: FtpPacket) -> list[Message]:
        return self.fail(wire.FtpRefused(f"cannot {self.action}: refused by {self.target}", packet))
