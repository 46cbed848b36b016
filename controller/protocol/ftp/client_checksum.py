"""The checksum of a file of the other side, without reading it: what a file that came in pieces is compared with."""

from __future__ import annotations

from controller.protocol.ftp import wire
from controller.protocol.ftp.client_exchange import FtpExchange
from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.wire.address import GROUND_STATION, Address
from controller.wire.message import Message

CRC_BYTES_PER_S = 50_000  # ours: what a small board with a slow card manages


class FtpChecksum(FtpExchange[int | None]):
    """Ends with the checksum of `path` (`ftp_wire.checksum`), None from a server that offers none; FtpRefused when there is no
    such file. A server that is silent for as long as a file of `size_bytes` may take counts as one that offers none."""

    def __init__(
        self,
        target: Address,
        path: str,
        size_bytes: int,
        *,
        own_address: Address = GROUND_STATION,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        super().__init__(f"checksum of {path}", target, own_address=own_address, timing=timing)
        self._path = wire.encoded_path(path)
        self._allowed = timing.ftp.retries + size_bytes // CRC_BYTES_PER_S

    def start(self, now: float) -> list[Message]:
        return self._ask(wire.CRC32, now, data=self._path)

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        packet = self._packet_from(message, source)
        if packet is None:
            return []
        if not self._answers(packet):
            return self._stale(packet, now)
        if packet.opcode == wire.NAK:
            code = wire.error_code(packet)
            return self._refused(packet) if code == wire.NOT_FOUND else self.finish(None)
        return self.finish(int.from_bytes(packet.data[:4], "little") if len(packet.data) >= 4 else None)

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline:
            return []
        return self._ask_again(now) if self._tries < self._allowed else self.finish(None)
