"""Base class of the MAVLink FTP clients: numbered requests, their answers, and retries."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from controller.errors import LinkError
from controller.protocol.ftp import wire
from controller.protocol.ftp.peer import FtpPeer
from controller.protocol.ftp.wire import FtpPacket
from controller.protocol.message_fields import is_addressed_to
from controller.protocol.state_machine import StateMachine
from controller.wire.address import Address
from controller.wire.message import Message

T = TypeVar("T")

# ArduPilot refuses to open a second file with "no reason given", and closes the first after 3 s without requests.
FAILED_OPENINGS = 3
# PX4 closes an idle session after 12 s without any request, also of other clients: then none must be sent for longer.
IDLE_S = 13.0


class FtpExchange(StateMachine[T]):
    """One open request at a time (bursts and parallel reads are handled by the subclass). `action` names it in errors.

    A repeated request keeps its sequence number, so that a server that has executed it only repeats its answer.
    """

    def __init__(self, action: str, peer: FtpPeer) -> None:
        super().__init__()
        self.peer = peer
        self.target = peer.target
        self.action = action
        self._timing = peer.timing
        self._session = peer.session
        self._open: FtpPacket | None = None
        self._tries = 0
        self._busy: FtpPacket | None = None
        self._busy_tries = peer.timing.ftp_busy.retries

    def _packet_from(self, message: Message, source: Address) -> FtpPacket | None:
        """Return the answer in a message, None if the message is no answer to us."""
        if self.outcome is not None or source != self.target or message.name != "FILE_TRANSFER_PROTOCOL":
            return None
        if not is_addressed_to(message, self.peer.own_address):
            return None
        packet = wire.parse(message.payload)
        return packet if packet.opcode in (wire.ACK, wire.NAK) else None

    def _ask(
        self, opcode: int, now: float, *, data: bytes = b"", size: int | None = None, offset: int = 0
    ) -> list[Message]:
        """Send a new request; `_answers` identifies its answer."""
        self._busy = None
        self._open = FtpPacket(
            self.peer.number(), self._session, opcode, len(data) if size is None else size, offset, data
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
        self.peer.skip()
        self._open = replace(request, seq=self.peer.number())
        return self._ask_again(now)

    def _wait_for_session(self, packet: FtpPacket, now: float) -> list[Message]:
        """Wait after the refusal `packet`: another program uses all sessions, or an earlier one of ours is open."""
        if self._busy is None:
            self._tries = 0
            if wire.error_code(packet) == wire.FAIL:
                self._busy_tries = min(self._busy_tries, FAILED_OPENINGS)
        self._busy = packet
        self.deadline = now + self._busy_wait_s()
        return []

    def _busy_wait_s(self) -> float:
        """Return the time to the next try: every fourth is long."""
        short_s = self._timing.ftp_busy.timeout_s
        return max(short_s, IDLE_S) if self._tries % 4 == 1 else short_s

    def _ask_for_session(self, now: float) -> list[Message]:
        """Repeat a request that found no free session."""
        assert self._busy is not None
        assert self._open is not None
        if self._tries >= self._busy_tries:
            return self._refused(self._busy)
        self._tries += 1
        self.deadline = now + self._timing.ftp_busy.timeout_s
        # A new number: to the old one the server would repeat its refusal.
        self._open = replace(self._open, seq=self.peer.number())
        return [self._open.to(self.target)]

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
