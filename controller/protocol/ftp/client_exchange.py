"""What listing a folder and reading a file have in common: numbered requests, their answers, and asking again."""

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

# A burst's answers count on from its request, and some may have been lost. A request after it leaps ahead of them all, lest the
# server take it for a repetition of one that it has answered (ArduPilot keeps its last answer; its bursts have at most 2,000).
LEAP = 0x4000


class FtpExchange(StateMachine[T]):
    """Keeps one request open at a time (a burst or a few reads are their subclass's own business).

    A repeated request carries its old number, so that a server which has done it already only answers again.
    """

    def __init__(
        self,
        what: str,
        target: Address,
        *,
        own_address: Address = GROUND_STATION,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        super().__init__()
        self.target = target
        self.what = what
        self._own_address = own_address
        self._timing = timing
        self._session = 0
        self._next_seq = 0
        self._open: FtpPacket | None = None
        self._tries = 0

    def _packet_from(self, message: Message, source: Address) -> FtpPacket | None:
        """The answer in a message, if it is one for us."""
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

    def _heard(self, packet: FtpPacket) -> None:
        """Count on from an answer: the server counts too, and a request must not look like a repetition."""
        if (packet.seq - self._next_seq) & 0xFFFF < 0x8000:
            self._next_seq = (packet.seq + 1) & 0xFFFF

    def _leap(self) -> None:
        self._next_seq = (self._next_seq + LEAP) & 0xFFFF

    def _ask(
        self, opcode: int, now: float, *, data: bytes = b"", size: int | None = None, offset: int = 0
    ) -> list[Message]:
        """Send a new request; answers to it are told by `_answers`."""
        self._open = FtpPacket(
            self._number(), self._session, opcode, len(data) if size is None else size, offset, data
        )
        self._tries = 0
        self.deadline = now + self._patience_s(opcode)
        return [self._open.to(self.target)]

    def _ask_again(self, now: float) -> list[Message]:
        assert self._open is not None
        self._tries += 1
        self.deadline = now + self._patience_s(self._open.opcode)
        return [self._open.to(self.target)]

    def _patience_s(self, opcode: int) -> float:  # noqa: ARG002
        return self._timing.ftp.timeout_s

    def _answers(self, packet: FtpPacket) -> bool:
        """Whether this is the answer to the open request."""
        asked = self._open
        return (
            asked is not None and packet.req_opcode == asked.opcode and packet.seq == (asked.seq + 1) & 0xFFFF
        )

    def _stale(self, packet: FtpPacket, now: float) -> list[Message]:
        """What to do about what is not the answer: mostly nothing.

        A server that keeps its last answer (ArduPilot) gives it again to any request under the number before it, whatever is asked,
        be it another machine's first: then ask under another number.
        """
        asked = self._open
        if asked is None or packet.req_opcode == asked.opcode or packet.seq != (asked.seq + 1) & 0xFFFF:
            return []
        self._leap()
        self._open = replace(asked, seq=self._number())
        return self._ask_again(now)

    def _silent(self) -> list[Message]:
        """End because nothing comes any more."""
        return self.fail(
            LinkError(
                f"{self.what}: no answer from {self.target} to {self._tries} tries",
                hint="check the link, and that this system offers files",
            )
        )

    def _refused(self, packet: FtpPacket) -> list[Message]:
        return self.fail(wire.FtpRefused(f"{self.what} refused by {self.target}", packet))
