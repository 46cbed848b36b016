"""MAVLink FTP client: list a remote folder."""

from __future__ import annotations

from dataclasses import dataclass

from controller.errors import VerificationFailed
from controller.protocol.ftp import wire
from controller.protocol.ftp.client_exchange import FtpExchange
from controller.protocol.ftp.peer import FtpPeer
from controller.protocol.state_machine import Progress
from controller.wire.address import Address
from controller.wire.message import Message

MAX_ENTRIES = 100_000  # ours: more entries mean a broken server


@dataclass(frozen=True, slots=True)
class FtpEntry:
    """Entry of a folder; `size_bytes` is 0 for a folder."""

    name: str
    size_bytes: int
    is_folder: bool = False


class FtpListing(FtpExchange[tuple[FtpEntry, ...]]):
    """Lists the folder `path`, page by page until the server reports the end.

    Ends with the entries in the server's order (without skipped ones), FtpRefused, VerificationFailed (too many
    entries) or LinkError.
    """

    def __init__(
        self,
        peer: FtpPeer,
        path: str = "/",
    ) -> None:
        super().__init__(f"list {path}", peer)
        self._path = wire.encoded_path(path)
        self._entries: list[FtpEntry] = []
        self._listed = 0

    def start(self, now: float) -> list[Message]:
        return self._ask(wire.LIST, now, data=self._path)

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
            if code == wire.EOF:
                return self.finish(tuple(self._entries))
            return self._refused(packet)
        # Some servers end a page with two NULs; an empty name is no entry and does not count in the offset.
        raw = [entry for entry in packet.data.split(b"\0") if entry]
        if not raw:
            return self.finish(tuple(self._entries))
        self._listed += len(raw)
        self._entries += [entry for entry in map(_entry, raw) if entry is not None]
        self.progress = Progress(self._listed, 0, self.action)
        if self._listed > MAX_ENTRIES:
            return self.fail(
                VerificationFailed(
                    f"cannot {self.action}: {self.target} returned more than {MAX_ENTRIES} entries",
                    hint="list a subfolder",
                )
            )
        return self._ask(wire.LIST, now, data=self._path, offset=self._listed)

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline:
            return []
        if self._busy is not None:
            return self._ask_for_session(now)
        if self._tries < self._timing.ftp.retries:
            return self._ask_again(now)
        return self._no_answer()


def _entry(raw: bytes) -> FtpEntry | None:
    kind, (name, _, size) = raw[:1], raw[1:].decode(errors="replace").partition("\t")
    if kind == b"D":
        return FtpEntry(name, 0, is_folder=True)
    if kind != b"F":
        return None  # S: an entry that the server skips
    return FtpEntry(name, int(size) if size.isascii() and size.isdigit() and len(size) < 16 else 0)
