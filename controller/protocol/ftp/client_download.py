"""MAVLink FTP client: download a file, whole or a range of it. Never writes to the remote side.

The data comes in bursts; ranges that a burst lost are requested with single reads. `client_listing` lists folders.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.errors import VerificationFailed
from controller.protocol.ftp import wire
from controller.protocol.ftp.burst_pace import BurstPace
from controller.protocol.ftp.client_checksum import CRC_BYTES_PER_S
from controller.protocol.ftp.client_exchange import FtpExchange
from controller.protocol.ftp.peer import FtpPeer
from controller.protocol.ftp.wire import FtpPacket
from controller.protocol.missing_ranges import MissingRanges
from controller.protocol.state_machine import Progress
from controller.wire.address import Address
from controller.wire.message import Message

# guide: "two in flight"; five bridge a lossy link and still fit the queue of a slow radio
READS_IN_FLIGHT = 5
SILENT_BURSTS = 3  # ours: after so many, the server may not support bursts
CLOSINGS = 4  # ours: so many requests to close a session
MAX_REOPENINGS = 5  # ours: how often a lost session is opened again
_SESSION_LOST = (wire.INVALID_SESSION, wire.NOT_FOUND)  # ArduPilot reports "not found" for a closed session


@dataclass(frozen=True, slots=True)
class FtpFile:
    """Downloaded file or range.

    `size_bytes` is the size of the whole file; `checked`: the server's checksum matched.
    """

    path: str
    data: bytes
    size_bytes: int
    offset: int = 0
    checked: bool = False


class FtpDownload(FtpExchange[FtpFile]):
    """Downloads the file `path`, or `count` bytes of it from `offset` on.

    A whole file is compared with the server's checksum, if it offers one, unless `check` is False (for a file that is
    being written). `take_over` closes the sessions of other clients if all are in use. Ends with an FtpFile,
    FtpRefused (no such file, no session), VerificationFailed (checksum, or the file shrank) or LinkError, and closes
    the session in all cases.
    """

    def __init__(
        self,
        peer: FtpPeer,
        path: str,
        *,
        offset: int = 0,
        count: int | None = None,
        check: bool = True,
        take_over: bool = False,
        chunk_bytes: int = wire.DATA_BYTES,
    ) -> None:
        super().__init__(f"download {path}", peer)
        self.path = path
        self._path = wire.encoded_path(path)
        self._offset = offset
        self._count = count
        self._check = check
        self._take_over = take_over
        self._chunk = max(1, min(chunk_bytes, wire.DATA_BYTES))
        self._is_open = False
        self._size: int | None = None
        self._ranges = MissingRanges(0)
        self._in_flight: dict[int, tuple[int, int]] = {}  # number -> offset and count, in the order sent
        self._reopenings = 0
        self._bursts = True
        self._burst_gave_data = False
        self._fruitless_bursts = 0
        self._checked = False
        self._pace = BurstPace()

    @property
    def size_bytes(self) -> int | None:
        """Size of the whole file as announced by the server; None before the file is open."""
        return self._size

    def received_from(self, begin: int = 0) -> bytes:
        """Return the bytes received without a gap from byte `begin` of the range on, to keep them if the transfer
        fails.
        """
        return self._ranges.contiguous_from(begin)

    def start(self, now: float) -> list[Message]:
        return self._ask(wire.OPEN, now, data=self._path)

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        packet = self._packet_from(message, source)
        if packet is None or self._open is None:
            return []
        if self._open.opcode in (wire.READ, wire.BURST):
            return self._data_received(packet, now)
        if not self._answers(packet):
            return self._unexpected(packet, now)
        self.peer.follow(packet.seq)
        match self._open.opcode:
            case wire.OPEN:
                return self._open_answered(packet, now)
            case wire.RESET:
                return self._ask(wire.OPEN, now, data=self._path)
            case wire.CRC32:
                return self._checksum_received(packet, now)
        return self._closed(now)

    def _closed(self, now: float) -> list[Message]:
        """Go on after a session was closed: with the opening, if it was an earlier one."""
        self.peer.open_session = None
        if self._is_open:
            return self._end()
        self._session = self.peer.session
        return self._ask(wire.OPEN, now, data=self._path)

    def cancel(self, now: float) -> list[Message]:  # noqa: ARG002
        """Close the session."""
        return self._give_up([]) if self.outcome is None else []

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline or self._open is None:
            return []
        opcode = self._open.opcode
        if opcode in (wire.READ, wire.BURST):
            return self._transfer_silent(now)
        if opcode == wire.OPEN and self._busy is not None:
            return self._ask_for_session(now)
        if self._tries < self._retries(opcode):
            return self._ask_again(now)
        match opcode:
            case wire.CRC32:
                return self._close(now)  # the server does not support checksums and sends no NAK
            case wire.TERMINATE:
                return self._end() if self._is_open else self._closed(now)
        return self._give_up(self._no_answer())

    def _retries(self, opcode: int) -> int:
        """Return how often a request with this operation is repeated."""
        if opcode == wire.TERMINATE:
            return CLOSINGS
        more = (self._size or 0) // CRC_BYTES_PER_S if opcode == wire.CRC32 else 0
        return self._timing.ftp.retries + more

    # -- opening

    def _open_answered(self, packet: FtpPacket, now: float) -> list[Message]:
        if packet.opcode == wire.NAK:
            if wire.error_code(packet) not in (wire.NO_SESSIONS, wire.FAIL):
                return self._refused(packet)
            if self._take_over:
                self._take_over = False
                return self._ask(wire.RESET, now)
            if self.peer.open_session is not None:
                self._session = self.peer.open_session  # of ours, and the request to close it was lost
                return self._ask(wire.TERMINATE, now)
            return self._wait_for_session(packet, now)
        self._busy = None
        self._session = self.peer.open_session = packet.session
        self._is_open = True
        problem = self._take_size(int.from_bytes(packet.data[:4], "little"))
        return self._give_up(self._changed(problem)) if problem else self._request_or_close(now)

    def _take_size(self, size: int) -> str:
        """Prepare for a file of the announced size. Returns what is wrong with it, "" for nothing."""
        if self._size is None:
            self._size = size
            rest = max(0, size - self._offset)
            self._ranges = MissingRanges(rest if self._count is None else min(rest, self._count))
            self._bursts = self._ranges.size == rest  # a burst goes on to the end of the file
        elif size < self._size:
            return f"the file shrank from {self._size} to {size} bytes during the transfer"
        return ""

    def _changed(self, problem: str) -> list[Message]:
        return self.fail(VerificationFailed(f"cannot {self.action}: {problem}", hint="download it again"))

    def _expected_bytes(self) -> int:
        return self._ranges.size

    def _read_bytes(self, missing: int) -> int:
        """Return the number of bytes to ask for where so many are missing."""
        return min(self._chunk, missing)

    # -- data

    def _request_or_close(self, now: float) -> list[Message]:
        """Request missing data, or finish."""
        self.progress = Progress(self._ranges.received, self._expected_bytes(), self.action)
        if self._ranges.complete:
            self.peer.skip()
            whole = self._check and self._offset == 0 and self._count is None
            return self._ask(wire.CRC32, now, data=self._path) if whole else self._close(now)
        self._in_flight.clear()
        tail = self._ranges.size - self._ranges.front
        if self._bursts and not self._fruitless_bursts and tail > self._chunk:
            self._burst_gave_data = False
            self._pace.asked(now)
            return self._keep_tries(
                wire.BURST, now, size=self._chunk, offset=self._offset + self._ranges.front
            )
        return self._read_more(now)

    def _keep_tries(self, opcode: int, now: float, *, size: int, offset: int) -> list[Message]:
        tries = self._tries
        sent = self._ask(opcode, now, size=size, offset=offset)
        self._tries = tries
        self.deadline = now + self._timeout_s(opcode)
        return sent

    def _read_more(self, now: float) -> list[Message]:
        """Keep several reads in flight, at the first missing ranges."""
        sent: list[Message] = []
        under_way = {offset for offset, _ in self._in_flight.values()}
        for start, end in self._ranges.missing(READS_IN_FLIGHT):
            for offset in range(start, end, self._chunk):
                if len(self._in_flight) >= READS_IN_FLIGHT:
                    return sent
                if offset in under_way:
                    continue
                count = self._read_bytes(end - offset)
                sent += self._keep_tries(wire.READ, now, size=count, offset=self._offset + offset)
                assert self._open is not None
                self._in_flight[self._open.seq] = (offset, count)
        return sent

    def _data_received(self, packet: FtpPacket, now: float) -> list[Message]:
        """Handle an answer to any burst or read, old or new."""
        if packet.req_opcode not in (wire.READ, wire.BURST) or packet.session != self._session:
            return []
        self.peer.follow(packet.seq)
        if packet.opcode == wire.NAK:
            return self._transfer_refused(packet, now)
        asked = self._in_flight.get((packet.seq - 1) & 0xFFFF) if packet.req_opcode == wire.READ else None
        offset = packet.offset - self._offset
        new_bytes = self._ranges.add(offset, packet.data) if offset >= 0 else 0
        if packet.req_opcode == wire.BURST:
            self._pace.received(now)
            self.deadline = now + self._timeout_s(wire.BURST)
        if new_bytes:
            self._tries = 0
            self._fruitless_bursts = 0
            self._burst_gave_data = True
            self.deadline = now + self._timeout_s(packet.req_opcode)
            self.progress = Progress(self._ranges.received, self._expected_bytes(), self.action)
        if self._ranges.complete:
            return self._request_or_close(now)
        assert self._open is not None
        if self._open.opcode == wire.BURST:
            ended = packet.req_opcode == wire.BURST and packet.burst_complete
            return self._end_burst(now) if ended else []
        if asked is not None:
            if not packet.data:
                return self._ended_at(asked[0], now)
            self._answered_read((packet.seq - 1) & 0xFFFF)
        return self._read_more(now) if new_bytes else []

    def _answered_read(self, seq: int) -> None:
        """Drop this request and all earlier ones: answers arrive in order, so earlier ones are lost."""
        for number in list(self._in_flight):
            del self._in_flight[number]
            if number == seq:
                return

    def _transfer_refused(self, packet: FtpPacket, now: float) -> list[Message]:
        assert self._open is not None
        code = wire.error_code(packet)
        burst = self._open.opcode == wire.BURST
        if burst and (
            packet.req_opcode != wire.BURST or not 0 < (packet.seq - self._open.seq) & 0xFFFF < 0x8000
        ):
            return []
        asked = self._in_flight.get((packet.seq - 1) & 0xFFFF)
        if not burst and (packet.req_opcode != wire.READ or asked is None):
            return []
        if code == wire.EOF:
            return self._burst_at_end(packet, now) if asked is None else self._ended_at(asked[0], now)
        if burst and code == wire.UNKNOWN_COMMAND:
            self._bursts = False
            return self._request_or_close(now)
        if code in _SESSION_LOST and self._reopenings < MAX_REOPENINGS:
            self._reopenings += 1
            self._is_open = False
            self.peer.skip()
            return self._ask(wire.OPEN, now, data=self._path)
        return self._give_up(self._refused(packet))

    def _end_burst(self, now: float) -> list[Message]:
        """End the burst and request the rest, with a sequence number that the server cannot have kept."""
        self.peer.skip()
        if not self._burst_gave_data:
            self._fruitless_bursts += 1
        return self._request_or_close(now)

    def _burst_at_end(self, packet: FtpPacket, now: float) -> list[Message]:  # noqa: ARG002
        """Handle the end of the file in a burst."""
        return self._end_burst(now)

    def _ended_at(self, offset: int, now: float) -> list[Message]:
        """End the file at `offset`, whatever size was announced (ArduPilot generates some files during the read)."""
        self._ranges.ends_at(offset)
        self._in_flight = {seq: read for seq, read in self._in_flight.items() if read[0] < offset}
        if self._ranges.complete or not self._in_flight:
            return self._request_or_close(now)
        return self._read_more(now)

    def _transfer_silent(self, now: float) -> list[Message]:
        assert self._open is not None
        self._tries += 1
        if self._tries > self._timing.ftp.retries:
            return self._give_up(self._no_answer())
        if self._open.opcode == wire.BURST:
            if not self._burst_gave_data and self._tries >= SILENT_BURSTS:
                self._bursts = False
            self.peer.skip()
        return self._request_or_close(now)

    def _timeout_s(self, opcode: int) -> float:
        longest_s = super()._timeout_s(opcode)
        if self._tries or opcode not in (wire.READ, wire.BURST):
            return longest_s  # the second silence in a row is that of an interrupted link
        return self._pace.timeout_s(longest_s)

    # -- closing

    def _checksum_received(self, packet: FtpPacket, now: float) -> list[Message]:
        if packet.opcode == wire.NAK or len(packet.data) < 4:
            return self._close(now)  # the server offers no checksums
        theirs, ours = int.from_bytes(packet.data[:4], "little"), wire.checksum(self._ranges.data())
        if theirs != ours:
            return self._give_up(
                self.fail(
                    VerificationFailed(
                        f"cannot {self.action}: checksum {ours:08x} differs from {theirs:08x} of {self.target}",
                        hint="download it again; a file that is being written changes during the transfer",
                    )
                )
            )
        self._checked = True
        return self._close(now)

    def _close(self, now: float) -> list[Message]:
        return self._ask(wire.TERMINATE, now)

    def _end(self) -> list[Message]:
        data = self._ranges.data()
        size = len(data) if self._offset == 0 and self._count is None else self._size or 0
        return self.finish(FtpFile(self.path, data, size, self._offset, self._checked))

    def _give_up(self, messages: list[Message]) -> list[Message]:
        """Close an open session after a failure."""
        if not self._is_open:
            return messages
        return [*messages, FtpPacket(self.peer.number(), self._session, wire.TERMINATE, 0).to(self.target)]
