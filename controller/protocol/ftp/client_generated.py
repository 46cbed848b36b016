"""MAVLink FTP client for files that the server generates while they are read, as ArduPilot's parameter file.

Their size at the opening is only an estimate: the file is read until the server reports its end. All reads of one
opening ask for the same number of bytes, because ArduPilot lays the file out for that number. Source:
AP_Filesystem_Param.cpp.
"""

from __future__ import annotations

from controller.protocol.ftp import wire
from controller.protocol.ftp.client_download import FtpDownload
from controller.protocol.ftp.peer import FtpPeer
from controller.protocol.ftp.wire import FtpPacket
from controller.protocol.missing_ranges import MissingRanges
from controller.wire.message import Message

OPENING_RETRIES = 3  # ours: what the file has can also be asked for in another way


class FtpGeneratedFile(FtpDownload):
    """Downloads a generated file of at most `most_bytes`, whole.

    Ends as FtpDownload, but soon where the server does not answer or has no free session; with VerificationFailed also
    for a file that is longer or that changed its length. Has no checksum: ArduPilot's is of another layout.
    """

    def __init__(self, peer: FtpPeer, path: str, *, most_bytes: int) -> None:
        super().__init__(peer, path, check=False)
        self._most_bytes = most_bytes
        self._estimate = 0
        self._ended = False

    def _take_size(self, size: int) -> str:
        # Opened again after a lost session, the file may be another one: nothing of before counts.
        self._estimate = min(size, self._most_bytes)
        self._ranges = MissingRanges(self._most_bytes + 1)
        self._fruitless_bursts = 0
        self._ended = False
        return ""

    def _expected_bytes(self) -> int:
        if self._ended:
            return self._ranges.size
        return max(self._estimate, self._ranges.received)

    def _read_bytes(self, missing: int) -> int:  # noqa: ARG002
        return self._chunk

    def _retries(self, opcode: int) -> int:
        return (
            min(OPENING_RETRIES, super()._retries(opcode))
            if opcode == wire.OPEN
            else super()._retries(opcode)
        )

    def _wait_for_session(self, packet: FtpPacket, now: float) -> list[Message]:  # noqa: ARG002
        return self._refused(packet)

    def _request_or_close(self, now: float) -> list[Message]:
        if self._ranges.front > self._most_bytes:
            return self._give_up(self._changed(f"it has more than {self._most_bytes} bytes"))
        return super()._request_or_close(now)

    def _burst_at_end(self, packet: FtpPacket, now: float) -> list[Message]:
        if packet.offset < max(self._ranges.front, 1):
            # No sign of where the file ends: a single read at the end of the data shows it.
            return self._end_burst(now)
        self.peer.skip()
        return self._ended_at(packet.offset, now)

    def _ended_at(self, offset: int, now: float) -> list[Message]:
        if offset < self._ranges.front:
            return self._give_up(
                self._changed(f"it ends at byte {offset}, after {self._ranges.front} were received")
            )
        self._ended = True
        return super()._ended_at(offset, now)
