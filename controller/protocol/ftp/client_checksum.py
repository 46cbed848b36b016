"""MAVLink FTP client: request the checksum of a remote file, to verify a file downloaded in parts."""

from __future__ import annotations

from controller.protocol.ftp import wire
from controller.protocol.ftp.client_exchange import FtpExchange
from controller.protocol.ftp.peer import FtpPeer
from controller.wire.address import Address
from controller.wire.message import Message

CRC_BYTES_PER_S = 50_000  # ours: speed of a small board with a slow SD card


class FtpChecksum(FtpExchange[int | None]):
    """Requests the checksum of `path` (see `wire.checksum`).

    Ends with the checksum, None if the server does not support the operation, or FtpRefused if the file does not
    exist. A server that is silent for longer than a file of `size_bytes` can take does not support it.
    """

    def __init__(
        self,
        peer: FtpPeer,
        path: str,
        size_bytes: int,
    ) -> None:
        super().__init__(f"get the checksum of {path}", peer)
        self._path = wire.encoded_path(path)
        self._max_tries = peer.timing.ftp.retries + size_bytes // CRC_BYTES_PER_S

    def start(self, now: float) -> list[Message]:
        return self._ask(wire.CRC32, now, data=self._path)

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        packet = self._packet_from(message, source)
        if packet is None:
            return []
        if not self._answers(packet):
            return self._unexpected(packet, now)
        self.peer.follow(packet.seq)
        if packet.opcode == wire.NAK:
            code = wire.error_code(packet)
            if code == wire.NO_SESSIONS:
                return self._wait_for_session(packet, now)
            return self._refused(packet) if code == wire.NOT_FOUND else self.finish(None)
        return self.finish(int.from_bytes(packet.data[:4], "little") if len(packet.data) >= 4 else None)

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline:
            return []
        if self._busy is not None:
            return self._ask_for_session(now)
        return self._ask_again(now) if self._tries < self._max_tries else self.finish(None)
