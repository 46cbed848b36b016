"""Packs the box's own frames into a reused buffer."""

import struct

from firmware.mavlite.frame import MAX_FRAME, V2_MAGIC, View
from firmware.mavlite.hot import crc16, find_row
from firmware.mavlite.table import ROWS, TABLE


class Packer(View):
    """Packer with sender `system`/`component`; after `pack` it is the view of the new frame."""

    def __init__(self, system: int, component: int) -> None:
        View.__init__(self, MAX_FRAME)
        self.system = system
        self.component = component
        self.next_seq = 0

    def pack(self, msg_id: int, layout: str, *values: object) -> View:
        """Pack a MAVLink 2 frame; `layout` is a struct format in wire order. Truncates trailing zeros."""
        count = struct.calcsize(layout)
        struct.pack_into(layout, self.buf, 10, *values)
        return self.finish(msg_id, count)

    def finish(self, msg_id: int, count: int) -> View:
        """Complete a frame around a payload of `count` bytes at offset 10 of the buffer."""
        buf = self.buf
        while count > 1 and not buf[9 + count]:
            count -= 1
        buf[0] = V2_MAGIC
        buf[1] = count
        buf[2] = buf[3] = 0
        buf[4] = self.seq = self.next_seq
        buf[5] = self.system
        buf[6] = self.component
        buf[7] = msg_id & 0xFF
        buf[8] = msg_id >> 8 & 0xFF
        buf[9] = msg_id >> 16
        self.msg_id = msg_id
        self.row = find_row(TABLE, ROWS, msg_id)
        self.length = count + 12
        self.next_seq = (self.next_seq + 1) & 0xFF
        close(self)
        return self


def close(view: View) -> None:
    """Write the checksum of the frame's header and payload."""
    end = view.at + view.head + view.buf[view.at + 1]
    crc = crc16(view.buf, view.at + 1, end - view.at - 1, TABLE[view.row + 3])
    view.buf[end] = crc & 0xFF
    view.buf[end + 1] = crc >> 8
