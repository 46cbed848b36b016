"""View of one frame in a buffer, for the roles; copies and allocates nothing."""

from firmware.core import compat as micropython

V1_MAGIC = 0xFE
V2_MAGIC = 0xFD
MAX_FRAME = 280
SIGNATURE = 13


class View:
    """A valid frame `buf[at : at + length]`; `row` is its offset in the message table, -1 for an unknown message.

    Valid until its owner reuses the buffer (a framer: until the next call of `next`).
    """

    def __init__(self, size: int) -> None:
        self.buf = bytearray(size)
        self.at = 0
        self.length = 0
        self.head = 10
        self.msg_id = 0
        self.row = -1
        self.seq = 0
        self.system = 0
        self.component = 0

    def signed(self) -> bool:
        return self.head == 10 and self.buf[self.at + 2] == 1

    def payload_length(self) -> int:
        return self.buf[self.at + 1]

    @micropython.native
    def u8(self, offset: int) -> int:
        """Return a byte of the payload; 0 for truncated zeros."""
        at = self.at
        return self.buf[at + self.head + offset] if offset < self.buf[at + 1] else 0

    def u16(self, offset: int) -> int:
        return self.u8(offset) | self.u8(offset + 1) << 8

    @micropython.native
    def parse(self) -> None:
        """Read the header at `at` into the attributes."""
        buf, at = self.buf, self.at
        if buf[at] == V2_MAGIC:
            self.head = 10
            self.seq = buf[at + 4]
            self.system = buf[at + 5]
            self.component = buf[at + 6]
            self.msg_id = buf[at + 7] | buf[at + 8] << 8 | buf[at + 9] << 16
        else:
            self.head = 6
            self.seq = buf[at + 2]
            self.system = buf[at + 3]
            self.component = buf[at + 4]
            self.msg_id = buf[at + 5]
