"""Read-only MAVLink FTP server for the record, with one session.

Each turn does at most one step (a reply, a packet of a burst, a part of a checksum), and only while the laptop's port
is almost idle: its frames have the lowest priority (bulk). Transfers are not recorded. Source:
mavlink.io/en/services/ftp.html.
"""

import struct
from binascii import crc32

from firmware.core.compat import Any
from firmware.core.record_folder import RecordFolder
from firmware.core.ringbuf import FrameQueue
from firmware.core.ticks import clamp_past, diff
from firmware.mavlite.frame import MAX_FRAME, View
from firmware.mavlite.hot import copy
from firmware.mavlite.pack import Packer
from firmware.roles.bridge import Bridge

FILE_TRANSFER_PROTOCOL = 110

NONE, TERMINATE, RESET, LIST, OPEN, READ, CRC32, BURST = 0, 1, 2, 3, 4, 5, 14, 15
ACK, NAK = 128, 129
ENOENT = 2
FAIL, FAIL_ERRNO, INVALID_SIZE, INVALID_SESSION, NO_SESSIONS, EOF, UNKNOWN, NOT_FOUND = (
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    10,
)

_AT = 13  # offset of the FTP header in a frame: after header, target network, system and component
_DATA = _AT + 12
DATA_BYTES = 239
BURST_PACKETS = 128  # then the client has to ask again, which bounds the cost of a vanished client
IDLE_MS = 10_000  # a session idle for this time is free for other clients
ROOM = 300  # most bytes queued at the laptop's port for a step to run
SUM_BYTES = 2048
_ALL_ONES = (
    0xFFFFFFFF  # MAVLink FTP's CRC32 starts from 0 without inversion; MicroPython's, like zlib's, inverts
)
LOOK_MS = 1000  # interval of checks that the open file still exists
# As in the recorder: after a slower access the card is paused for three times its duration.
SLOW_MS = 50
LONG_MS = 60_000  # upper limit of a card's stall


class FileServer:
    """Serves `folder`; its frames continue the sequence of `packer`."""

    def __init__(self, folder: RecordFolder, packer: Packer) -> None:
        self.folder = folder
        self._packer = packer
        self._waiting = FrameQueue(3 * MAX_FRAME)
        self._request = View(MAX_FRAME)
        self._reply = Packer(packer.system, packer.component)
        self._kept = -1  # sequence of the request whose reply is still in `_reply`
        self._answered_to = 0
        self._file: Any = None
        self._name = ""
        self._size = 0
        self._session = 0
        self._asked = 0  # session of the current request
        self._owner = -1
        self._open_seq = -1
        self._used_ms = 0
        self._looked_ms = 0
        self._burst = 0  # packets still to be sent
        self._burst_seq = 0
        self._burst_at = 0
        self._burst_bytes = DATA_BYTES
        self._crc_file: Any = None
        self._crc_seq = -1
        self._crc_client = 0
        self._crc_session = 0
        self._crc = 0
        self._chunk: Any = None
        self._acted_ms = 0
        self._rest_ms = 0  # -1: duration of the last access not known yet
        self.sent = 0

    def receive(self, view: View) -> None:
        """Queue a request; ignores requests to others and replies of other servers."""
        component = view.u8(2)
        if view.u8(1) != self._packer.system or component not in (0, self._packer.component):
            return
        if view.u8(6) >= ACK:
            return
        self._waiting.put(view.buf, view.at, view.length, 0)

    def tick(self, bridge: Bridge, now_ms: int) -> None:
        """Do at most one step."""
        rests = self._is_resting(now_ms)
        if not self._waiting.frames and not self._burst and self._crc_file is None:
            if self._file is not None and diff(now_ms, self._used_ms) >= IDLE_MS:
                self._close()
            return
        shaper = bridge.laptop.shaper
        if shaper.queues[2].used + shaper.ring.used > ROOM or rests:
            return
        self._acted_ms = now_ms
        self._rest_ms = -1
        if self._waiting.frames:
            self._waiting.pop(self._request.buf)
            self._request.parse()
            self._answer(bridge, now_ms)
        elif self._burst:
            self._used_ms = now_ms
            self._next_of_burst(bridge)
        else:
            self._add_to_crc(bridge)

    def _is_resting(self, now_ms: int) -> bool:
        """Whether the card is paused after a slow access. Called every turn: the turn after an access measures it."""
        self._acted_ms = clamp_past(self._acted_ms, now_ms, LONG_MS)
        passed = diff(now_ms, self._acted_ms)
        if self._rest_ms < 0:
            self._rest_ms = min(3 * passed, LONG_MS) if passed > SLOW_MS else 0
        return passed < self._rest_ms

    # -- requests

    def _answer(self, bridge: Bridge, now_ms: int) -> None:
        request = self._request
        seq, opcode = request.u16(3), request.u8(6)
        by = request.system << 8 | request.component
        if seq == self._kept and by == self._answered_to and opcode == self._reply.buf[_AT + 5]:
            self._send(bridge, by)  # the reply was lost
            return
        if opcode == CRC32 and self._crc_file is not None and (seq, by) == (self._crc_seq, self._crc_client):
            return  # in progress
        if by == self._owner:
            self._used_ms = now_ms
        self._kept, self._answered_to = seq, by
        self._asked = request.u8(5)
        try:
            self._do(opcode, seq, by, now_ms)
        except OSError as error:
            self._fail(error)
        if self._kept >= 0:
            self._send(bridge, by)

    def _do(self, opcode: int, seq: int, by: int, now_ms: int) -> None:
        """Write the reply, or set `_kept` to -1 if there is none yet."""
        request = self._request
        if opcode == OPEN:
            self._open(seq, by, now_ms)
        elif opcode == LIST:
            self._list()
        elif opcode == READ or opcode == BURST:
            if request.u8(5) != self._session or by != self._owner or self._file is None:
                self._nak(INVALID_SESSION)
            elif not self._exists(now_ms):
                self._close()
                self._nak(NOT_FOUND)
            elif opcode == READ:
                self._read(seq, READ, self._offset(), self._asked_size(), False)
            else:
                self._burst = BURST_PACKETS
                self._burst_seq = seq
                self._burst_at = self._offset()
                self._burst_bytes = self._asked_size()
                self._kept = -1
        elif opcode == CRC32:
            self._begin_crc(seq, by)
        elif opcode in (NONE, TERMINATE, RESET):
            # A closed session needs no action; another client's session is closed by RESET only.
            if opcode == RESET or (opcode == TERMINATE and by == self._owner):
                self._close()
            self._head(seq, ACK, opcode, 0)
        else:
            self._nak(UNKNOWN)

    def _offset(self) -> int:
        request = self._request
        return request.u16(11) | request.u16(13) << 16

    def _asked_size(self) -> int:
        size = self._request.u8(7)
        return size if 0 < size <= DATA_BYTES else DATA_BYTES

    def _path(self) -> str:
        """Return the requested name without its folder, `/` or its alias `@MAV_LOG`."""
        request = self._request
        raw = bytes([request.u8(15 + i) for i in range(min(request.u8(7), DATA_BYTES))])
        try:
            path = str(raw.split(b"\0")[0], "utf-8")
        except ValueError:  # includes UnicodeError
            return "\0"
        if path.startswith("@MAV_LOG"):
            path = path[8:]
        return path[1:] if path.startswith("/") else path

    def _open(self, seq: int, by: int, now_ms: int) -> None:
        name = self._path()
        if not self.folder.has(name):
            self._nak(NOT_FOUND)
            return
        if self._file is not None:
            if seq == self._open_seq and by == self._owner and name == self._name:
                self._say_open(seq)  # the reply was lost, and another was sent since
                return
            if diff(now_ms, self._used_ms) < IDLE_MS:
                self._nak(NO_SESSIONS)
                return
        self._close()
        self._size = self.folder.size(name)
        self._file = self.folder.open(name)
        self._name = name
        # A client that numbers its sessions itself (MAVProxy) keeps its number; others get a new one.
        self._session = self._request.u8(5) or self._session % 255 + 1
        self._owner = by
        self._open_seq = seq
        self._used_ms = self._looked_ms = now_ms
        self._say_open(seq)

    def _say_open(self, seq: int) -> None:
        struct.pack_into("<I", self._reply.buf, _DATA, self._size)
        self._asked = self._session
        self._head(seq, ACK, OPEN, 4)

    def _list(self) -> None:
        if self._path() not in ("", "."):
            self._nak(NOT_FOUND)
            return
        names = self.folder.names()
        buf = self._reply.buf
        used = 0
        for i in range(self._offset(), len(names)):
            entry = ("F" + names[i] + "\t" + str(self.folder.size(names[i])) + "\0").encode()
            if used + len(entry) > DATA_BYTES:
                break
            used = copy(buf, _DATA + used, entry, 0, len(entry)) - _DATA
        if used:
            self._head(self._request.u16(3), ACK, LIST, used)
        else:
            self._nak(EOF)

    def _exists(self, now_ms: int) -> bool:
        """Whether the open file still exists: reading a removed file from a card gives arbitrary data."""
        if diff(now_ms, self._looked_ms) < LOOK_MS:
            return True
        self._looked_ms = now_ms
        try:
            return self.folder.size(self._name) >= self._size
        except OSError:
            return False

    # -- data

    def _read(self, seq: int, opcode: int, at: int, count: int, last: bool) -> int:
        """Write a reply with a part of the open file; return its length."""
        if at >= self._size:
            self._nak_to(seq, opcode, EOF, 0)
            return 0
        self._file.seek(at)
        buf = self._reply.buf
        count = min(count, self._size - at)
        got = self._file.readinto(memoryview(buf)[_DATA : _DATA + count])
        if not got:
            self._nak_to(seq, opcode, EOF, 0)
            return 0
        self._head(seq, ACK, opcode, got)
        buf[_AT + 6] = 1 if last else 0
        struct.pack_into("<I", buf, _AT + 8, at)
        return int(got)

    def _next_of_burst(self, bridge: Bridge) -> None:
        owner = self._owner
        self._asked = self._session
        self._kept = -1
        self._burst -= 1
        try:
            got = self._read(self._burst_seq, BURST, self._burst_at, self._burst_bytes, self._burst == 0)
        except OSError as error:
            self._nak_to(self._burst_seq, BURST, FAIL_ERRNO, _errno(error))
            self._close()
            got = 0
        if not got:
            self._burst = 0
        self._burst_at += got
        self._burst_seq = (self._burst_seq + 1) & 0xFFFF
        self._send(bridge, owner)

    def _begin_crc(self, seq: int, by: int) -> None:
        name = self._path()
        self._end_crc()
        self._crc_session = self._asked
        if not self.folder.has(name):
            self._nak(NOT_FOUND)
            return
        self._crc_file = self.folder.open(name)
        self._chunk = bytearray(SUM_BYTES)
        self._crc_seq, self._crc_client = seq, by
        self._crc = _ALL_ONES
        self._kept = -1

    def _add_to_crc(self, bridge: Bridge) -> None:
        seq = self._crc_seq
        self._asked = self._crc_session
        try:
            got = self._crc_file.readinto(self._chunk)
            if got:
                self._crc = crc32(memoryview(self._chunk)[:got], self._crc)
                return
            struct.pack_into("<I", self._reply.buf, _DATA, (self._crc ^ _ALL_ONES) & _ALL_ONES)
            self._head(seq, ACK, CRC32, 4)
        except OSError as error:
            self._nak_to(seq, CRC32, FAIL_ERRNO, _errno(error))
        self._end_crc()
        self._kept, self._answered_to = seq, self._crc_client
        self._send(bridge, self._crc_client)

    # -- answers

    def _head(self, seq: int, opcode: int, asked: int, size: int) -> None:
        """Write the FTP header before `size` bytes of data.

        The session is that of the request, for the client to match.
        """
        buf = self._reply.buf
        struct.pack_into("<HBBBBHI", buf, _AT, (seq + 1) & 0xFFFF, self._asked, opcode, size, asked, 0, 0)

    def _nak(self, code: int) -> None:
        self._nak_to(self._request.u16(3), self._request.u8(6), code, 0)

    def _nak_to(self, seq: int, opcode: int, code: int, errno: int) -> None:
        buf = self._reply.buf
        buf[_DATA] = code
        buf[_DATA + 1] = errno
        self._head(seq, NAK, opcode, 2 if code == FAIL_ERRNO else 1)

    def _fail(self, error: OSError) -> None:
        """Reply to an OSError: the card or the file is gone."""
        errno = _errno(error)
        if errno == ENOENT:
            self._nak(NOT_FOUND)
        else:
            self._nak_to(self._request.u16(3), self._request.u8(6), FAIL_ERRNO, errno)
        self._close()

    def _send(self, bridge: Bridge, to: int) -> None:
        """Send the reply with the box's next sequence, without recording it."""
        packer, reply = self._packer, self._reply
        reply.buf[10] = 0
        reply.buf[11] = to >> 8
        reply.buf[12] = to & 0xFF
        reply.next_seq = packer.next_seq
        bridge.laptop.shaper.offer(reply.finish(FILE_TRANSFER_PROTOCOL, _DATA - 10 + reply.buf[_AT + 4]))
        # Restore the truncated zeros under the frame's checksum: the reply may be sent again.
        end = 10 + reply.payload_length()
        reply.buf[end] = reply.buf[end + 1] = 0
        packer.next_seq = reply.next_seq
        self.sent += 1

    def close(self) -> None:
        """Close all files."""
        self._close()
        self._end_crc()

    def _close(self) -> None:
        file, self._file = self._file, None
        self._burst = 0
        self._owner = self._open_seq = -1
        if file is not None:
            try:
                file.close()
            except OSError:
                pass  # the card was removed with the file open

    def _end_crc(self) -> None:
        file, self._crc_file = self._crc_file, None
        self._chunk = None
        if file is not None:
            try:
                file.close()
            except OSError:
                pass


def _errno(error: OSError) -> int:
    return int(error.args[0]) & 0xFF if error.args and isinstance(error.args[0], int) else 5
