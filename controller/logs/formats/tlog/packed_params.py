"""Parameters that a ground station read as a file: ArduPilot's `param.pck` in the MAVLink FTP frames of a log."""

from __future__ import annotations

from controller.errors import VerificationFailed
from controller.protocol.ftp import wire
from controller.protocol.ftp.wire import FtpPacket
from controller.protocol.params import packed
from controller.wire.columns import MessageTable

MOST_FRAMES = 20_000  # a log with more holds other files: they are not searched


def packed_parameters(table: MessageTable | None, system: int) -> dict[str, float]:
    """Return the parameters of the last whole file that the aircraft `system` sent; empty without one."""
    if table is None or table.count > MOST_FRAMES:
        return {}
    file, found = _File(), dict[str, float]()
    rows = zip(table.systems.tolist(), table["target_system"].tolist(), table["payload"], strict=True)
    for sender, target, payload in rows:
        packet = wire.parse(payload.tobytes())
        if sender != system and target == system:
            file.asked(packet)
        elif sender == system and file.answered(packet):
            found = file.parameters() or found
    return found


class _File:
    """The file that is being sent."""

    def __init__(self) -> None:
        self._opening: int | None = None
        self._session: int | None = None
        self._pieces: dict[int, bytes] = {}

    def asked(self, packet: FtpPacket) -> None:
        """Note a request of the ground station."""
        if packet.opcode == wire.OPEN:
            path = packet.data.rstrip(b"\0").decode(errors="replace")
            whole = path in (packed.PATH, packed.PATH_WITH_DEFAULTS)
            self._opening = (packet.seq + 1) & 0xFFFF if whole else None
            self._session = None

    def answered(self, packet: FtpPacket) -> bool:
        """Note an answer of the aircraft. Returns whether the file may be whole now."""
        if packet.req_opcode == wire.OPEN and packet.seq == self._opening and packet.opcode == wire.ACK:
            self._session, self._pieces = packet.session, {}
        if self._session is None or packet.session != self._session:
            return False
        if packet.req_opcode == wire.TERMINATE:
            return True
        if packet.req_opcode in (wire.READ, wire.BURST) and packet.opcode == wire.ACK:
            self._pieces[packet.offset] = packet.data
        return False

    def parameters(self) -> dict[str, float]:
        """Return the parameters of the file, empty if pieces of it are missing."""
        data = bytearray()
        while piece := self._pieces.get(len(data)):
            data += piece
        try:
            return {name: float(one.value) for name, one in packed.read_packed(bytes(data)).values.items()}
        except VerificationFailed:
            return {}
