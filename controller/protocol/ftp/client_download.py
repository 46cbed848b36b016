"""A file of the other side over MAVLink FTP, whole or a piece of it. Nothing here writes over there.

It comes in bursts; what a burst lost is asked for piece by piece. What is in a folder is read by `ftp_list`.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.errors import VerificationFailed
from controller.protocol.ftp import wire
from controller.protocol.ftp.client_checksum import CRC_BYTES_PER_S
from controller.protocol.ftp.client_exchange import FtpExchange
from controller.protocol.ftp.wire import FtpPacket
from controller.protocol.missing_ranges import MissingRanges
from controller.protocol.state_machine import Progress
from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.wire.address import GROUND_STATION, Address
from controller.wire.message import Message

# guide: "two in flight"; more bridge a lossy link, and all of them fit the queue of a slow radio
READS_IN_FLIGHT = 5
SILENT_BURSTS = 3  # ours: then the server may not know bursts at all
REOPENINGS = 5  # ours: how often a session that was taken away is opened again
_LOST = (wire.INVALID_SESSION, wire.NOT_FOUND)  # ArduPilot says "not found" of a session that is not open


@dataclass(frozen=True, slots=True)
class FtpFile:
    """What was read. `size_bytes` is the whole file's; `checked` says that the server's checksum of it agreed."""

    path: str
    data: bytes
    size_bytes: int
    offset: int = 0
    checked: bool = False


class FtpDownload(FtpExchange[FtpFile]):
    """The file `path`, or `count` bytes of it from `offset` on.

    A whole file is compared with the server's checksum, where it offers one, unless `check` is False (for a file that is being
    written). `take_over` ends the sessions of others when there is none left. Ends with an FtpFile, FtpRefused (there is no such
    file, no session), VerificationFailed (checksum; it changed its size meanwhile) or LinkError. Ending, also badly, closes the
    session.
    """

    def __init__(
        self,
        target: Address,
        path: str,
        *,
        offset: int = 0,
        count: int | None = None,
        check: bool = True,
        take_over: bool = False,
        chunk_bytes: int = wire.DATA_BYTES,
        own_address: Address = GROUND_STATION,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        super().__init__(f"reading {path}", target, own_address=own_address, timing=timing)
        self.path = path
        self._path = wire.encoded_path(path)
        self._offset = offset
        self._count = count
        self._check = check
        self._take_over = take_over
        self._chunk = max(1, min(chunk_bytes, wire.DATA_BYTES))
        self._busy: FtpPacket | None = None
        self._is_open = False
        self._size: int | None = None
        self._holes = MissingRanges(0)
        self._in_flight: dict[int, tuple[int, int]] = {}  # number -> offset and count, in the order sent
        self._reopenings = 0
        self._bursts = True
        self._burst_news = False
        self._useless_bursts = 0
        self._checked = False

    @property
    def size_bytes(self) -> int | None:
        """The whole file's size as the server gave it; None before it is open."""
        return self._size

    def so_far(self, begin: int = 0) -> bytes:
        """What has come without a hole from byte `begin` of the piece on: worth keeping when the rest does not come."""
        return self._holes.whole_from(begin)

    def start(self, now: float) -> list[Message]:
        return self._ask(wire.OPEN, now, data=self._path)

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        packet = self._packet_from(message, source)
        if packet is None or self._open is None:
            return []
        if self._open.opcode in (wire.READ, wire.BURST):
            return self._transferred(packet, now)
        if not self._answers(packet):
            return self._stale(packet, now)
        self._heard(packet)
        match self._open.opcode:
            case wire.OPEN:
                return self._opened(packet, now)
            case wire.RESET:
                return self._ask(wire.OPEN, now, data=self._path)
            case wire.CRC32:
                return self._summed(packet, now)
        return self._end()

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline or self._open is None:
            return []
        opcode = self._open.opcode
        if opcode in (wire.READ, wire.BURST):
            return self._transfer_silent(now)
        if opcode == wire.OPEN and self._busy is not None:
            return self._open_busy(now)
        allowed = self._timing.ftp.retries
        if opcode == wire.CRC32:
            allowed += (self._size or 0) // CRC_BYTES_PER_S
        if self._tries < (2 if opcode == wire.TERMINATE else allowed):
            return self._ask_again(now)
        match opcode:
            case wire.CRC32:
                return self._close(now)  # it does not know the operation, and does not say so
            case wire.TERMINATE:
                return self._end()
        return self._give_up(self._silent())

    # -- opening

    def _opened(self, packet: FtpPacket, now: float) -> list[Message]:
        if packet.opcode == wire.NAK:
            if wire.error_code(packet) != wire.NO_SESSIONS:
                return self._refused(packet)
            if self._take_over:
                self._take_over = False
                return self._ask(wire.RESET, now)
            if self._busy is None:
                self._tries = 0
            self._busy = packet
            self.deadline = now + self._timing.ftp_busy.timeout_s
            return []
        self._busy = None
        self._session = packet.session
        self._is_open = True
        size = int.from_bytes(packet.data[:4], "little")
        if self._size is None:
            self._size = size
            rest = max(0, size - self._offset)
            self._holes = MissingRanges(rest if self._count is None else min(rest, self._count))
            self._bursts = self._holes.size == rest  # a burst goes on to the end of the file
        elif size < self._size:
            what = f"{self.what}: it was cut from {self._size} to {size} bytes meanwhile"
            return self._give_up(self.fail(VerificationFailed(what, hint="read it again")))
        return self._go_on(now)

    def _open_busy(self, now: float) -> list[Message]:
        assert self._busy is not None
        busy, tries = self._busy, self._tries
        if tries >= self._timing.ftp_busy.retries:
            return self._refused(busy)
        # A fresh number: to the old one the server would only repeat its refusal.
        sent = self._ask(wire.OPEN, now, data=self._path)
        self._tries = tries + 1
        self.deadline = now + self._timing.ftp_busy.timeout_s
        return sent

    # -- the data

    def _go_on(self, now: float) -> list[Message]:
        """Ask for what is missing, or end."""
        self.progress = Progress(self._holes.received, self._holes.size, self.what)
        if self._holes.complete:
            self._leap()
            whole = self._check and self._offset == 0 and self._count is None
            return self._ask(wire.CRC32, now, data=self._path) if whole else self._close(now)
        tail = self._holes.size - self._holes.front
        if self._bursts and not self._useless_bursts and tail > self._chunk:
            self._in_flight.clear()
            self._burst_news = False
            return self._keep_tries(
                wire.BURST, now, size=self._chunk, offset=self._offset + self._holes.front
            )
        self._in_flight.clear()
        return self._read_more(now)

    def _keep_tries(self, opcode: int, now: float, *, size: int, offset: int) -> list[Message]:
        tries = self._tries
        sent = self._ask(opcode, now, size=size, offset=offset)
        self._tries = tries
        return sent

    def _read_more(self, now: float) -> list[Message]:
        """Keep some reads under way, at the first holes."""
        sent: list[Message] = []
        under_way = {offset for offset, _ in self._in_flight.values()}
        for start, end in self._holes.missing(READS_IN_FLIGHT):
            for offset in range(start, end, self._chunk):
                if len(self._in_flight) >= READS_IN_FLIGHT:
                    return sent
                if offset in under_way:
                    continue
                count = min(self._chunk, end - offset)
                sent += self._keep_tries(wire.READ, now, size=count, offset=self._offset + offset)
                assert self._open is not None
                self._in_flight[self._open.seq] = (offset, count)
        return sent

    def _transferred(self, packet: FtpPacket, now: float) -> list[Message]:
        """An answer while data is under way, be it to a burst or to a read, old or new."""
        if packet.req_opcode not in (wire.READ, wire.BURST) or packet.session != self._session:
            return []
        self._heard(packet)
        if packet.opcode == wire.NAK:
            return self._transfer_refused(packet, now)
        asked = self._in_flight.get((packet.seq - 1) & 0xFFFF) if packet.req_opcode == wire.READ else None
        offset = packet.offset - self._offset
        news = self._holes.add(offset, packet.data) if offset >= 0 else 0
        if news:
            self._tries = 0
            self._useless_bursts = 0
            self._burst_news = True
            self.deadline = now + self._patience_s(packet.req_opcode)
            self.progress = Progress(self._holes.received, self._holes.size, self.what)
        if self._holes.complete:
            return self._go_on(now)
        assert self._open is not None
        if self._open.opcode == wire.BURST:
            ended = packet.req_opcode == wire.BURST and packet.burst_complete
            return self._burst_over(now) if ended else []
        if asked is not None:
            if not packet.data:
                return self._ended_at(asked[0], now)
            self._answered_read((packet.seq - 1) & 0xFFFF)
        return self._read_more(now) if news else []

    def _answered_read(self, seq: int) -> None:
        """Answers come in the order of the requests: what was asked for before this one is lost."""
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
            return self._burst_over(now) if asked is None else self._ended_at(asked[0], now)
        if burst and code == wire.UNKNOWN_COMMAND:
            self._bursts = False
            return self._go_on(now)
        if code in _LOST and self._reopenings < REOPENINGS:
            self._reopenings += 1
            self._is_open = False
            self._leap()
            return self._ask(wire.OPEN, now, data=self._path)
        return self._give_up(self._refused(packet))

    def _burst_over(self, now: float) -> list[Message]:
        """The burst ended, whatever it lost: ask for the rest, by another number than any the server may have kept."""
        self._leap()
        if not self._burst_news:
            self._useless_bursts += 1
        return self._go_on(now)

    def _ended_at(self, offset: int, now: float) -> list[Message]:
        """The file ends there, whatever size was given when it was opened (ArduPilot makes some files while they are read)."""
        self._holes.ends_at(offset)
        self._in_flight = {seq: read for seq, read in self._in_flight.items() if read[0] < offset}
        if self._holes.complete or not self._in_flight:
            return self._go_on(now)
        return self._read_more(now)

    def _transfer_silent(self, now: float) -> list[Message]:
        assert self._open is not None
        self._tries += 1
        if self._tries > self._timing.ftp.retries:
            return self._give_up(self._silent())
        if self._open.opcode == wire.BURST:
            if not self._burst_news and self._tries >= SILENT_BURSTS:
                self._bursts = False
            self._leap()
        return self._go_on(now)

    # -- the end

    def _summed(self, packet: FtpPacket, now: float) -> list[Message]:
        if packet.opcode == wire.NAK or len(packet.data) < 4:
            return self._close(now)  # it has no checksums to offer
        theirs, ours = int.from_bytes(packet.data[:4], "little"), wire.checksum(self._holes.data())
        if theirs != ours:
            return self._give_up(
                self.fail(
                    VerificationFailed(
                        f"{self.what}: checksum {ours:08x}, {self.target} says {theirs:08x}",
                        hint="read it again; a file that is being written changes while it is read",
                    )
                )
            )
        self._checked = True
        return self._close(now)

    def _close(self, now: float) -> list[Message]:
        return self._ask(wire.TERMINATE, now)

    def _end(self) -> list[Message]:
        data = self._holes.data()
        size = len(data) if self._offset == 0 and self._count is None else self._size or 0
        return self.finish(FtpFile(self.path, data, size, self._offset, self._checked))

    def _give_up(self, messages: list[Message]) -> list[Message]:
        """The last message of an exchange that failed: close what is open."""
        if not self._is_open:
            return messages
        return [*messages, FtpPacket(self._number(), self._session, wire.TERMINATE, 0).to(self.target)]
