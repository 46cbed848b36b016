"""Flight recorder of the box: a ring of hash-chained blocks on a card that survives a power cut at any byte.

A block has 4096 bytes: a header of 64, records as in a tlog (8 bytes of big-endian microseconds, then the raw frame)
that never cross the end of the block, zeros, and the SHA-256 of all before it. The header holds the digest of the
previous block. Block n is written at n modulo ring size, its first sector last, so that a power cut damages only the
current block.

One sector is written each turn. While the card stalls, finished blocks wait in memory; when that is full, frames are
dropped and counted. Appending allocates nothing; closing a block allocates one hash object.
"""

from hashlib import sha256

from firmware.core import compat as micropython
from firmware.core.ticks import clamp_past, diff
from firmware.mavlite.hot import copy

BLOCK = 4096
SECTOR = 512
HEAD = 64
DIGEST = 32
MAGIC = b"LLB1"
DIGEST_AT = BLOCK - DIGEST
STAMP = 8
FLUSH_MS = 1000
RETRY_MS = 5000
# After a sector write longer than this the card is paused for twice that time: bridging has priority.
SLOW_MS = 50
LONG_MS = 60_000  # upper limit of a card's stall

OFF = 0
RECORDING = 1
ABSENT = 2


class Store:
    """Block storage of `blocks` blocks. Methods raise OSError."""

    blocks = 0

    def write(self, at: int, buf: bytearray, start: int, count: int) -> None:
        raise NotImplementedError

    def read(self, at: int, buf: bytearray) -> None:
        """Fill `buf` from offset `at`."""
        raise NotImplementedError

    def sync(self) -> None:
        """Return when written data is on the medium."""


def number_of(block: bytearray) -> int:
    """Return the number in a block's header, -1 if it has none."""
    for i in range(4):
        if block[i] != MAGIC[i]:
            return -1
    return block[4] | block[5] << 8 | block[6] << 16 | block[7] << 24


def is_whole(block: bytearray) -> bool:
    return number_of(block) >= 0 and sha256(memoryview(block)[:DIGEST_AT]).digest() == block[DIGEST_AT:]


def find_newest(store: Store, block: bytearray) -> int:
    """Return the number of the newest whole block and leave it in `block`; -1 for an empty ring. Binary search."""
    first = -1
    base = 0
    while base < 2 and base < store.blocks and first < 0:
        store.read(base * BLOCK, block)
        if is_whole(block):
            first = number_of(block)
        else:
            base += 1
    if first < 0:
        return -1
    low, high = base, store.blocks  # low belongs to the newest lap; high does not
    while high - low > 1:
        middle = (low + high) // 2
        store.read(middle * BLOCK, block)
        if number_of(block) == first + middle - base:
            low = middle
        else:
            high = middle
    while low >= base:
        store.read(low * BLOCK, block)
        if is_whole(block):
            return number_of(block)
        low -= 1
    return -1


class Recorder:
    """Call `append` for each frame and `step` once a turn. `buffers` blocks of memory cover a slow card."""

    def __init__(self, buffers: int) -> None:
        self._blocks = [bytearray(BLOCK) for _ in range(buffers)]
        self._views = [memoryview(block) for block in self._blocks]
        self.digest = bytearray(DIGEST)
        self._filling = 0
        self._used = 0
        self._frames = 0
        self._full = 0  # closed blocks not yet written
        self._writing = 0
        self._sector = 0
        self._store: Store | None = None
        self._next = 0
        self._session = 0
        self._opened_ms = 0
        self._retry_ms = 0
        self._wrote_ms = 0
        self._rest_ms = -1  # -1: duration of the last write not known yet
        self.state = OFF
        self.frames = 0
        self.dropped = 0
        self.written = 0
        self.errors = 0
        self.last_error = ""

    def start(self, store: Store, now_ms: int) -> bool:
        """Continue after the newest block of the store; False on an error (`step` retries)."""
        self._store = store
        self._retry_ms = now_ms
        try:
            block = self._blocks[0]
            newest = find_newest(store, block)
            if store.blocks < 2:
                raise OSError("no room for two blocks")
        except OSError as error:
            self._fail(error, now_ms)
            return False
        if newest < 0:
            self.digest[:] = bytes(DIGEST)
        else:
            self.digest[:] = block[DIGEST_AT:]
            self._session = (block[52] | block[53] << 8) + 1
        self._next = newest + 1
        self._filling = self._full = self._writing = self._sector = 0
        self._rest_ms = 0
        self._begin()
        self.state = RECORDING
        self._opened_ms = now_ms
        return True

    def stop(self) -> None:
        """Close the current block; `step` still writes it."""
        if self.state == RECORDING:
            self._close()
        self.state = OFF

    def _begin(self) -> None:
        self._used = HEAD
        self._frames = 0

    @micropython.native
    def append(self, buf: bytearray, at: int, count: int, stamp: bytearray) -> None:
        """Append one frame with its time of arrival."""
        if self.state != RECORDING:
            return
        if self._used + STAMP + count > DIGEST_AT:
            self._close()
        if self._full == len(self._blocks):
            self.dropped += 1
            return
        block = self._blocks[self._filling]
        if self._frames == 0:
            copy(block, 12, stamp, 0, STAMP)
        used = copy(block, self._used, stamp, 0, STAMP)
        self._used = copy(block, used, buf, at, count)
        self._frames += 1
        self.frames += 1

    def _close(self) -> None:
        """Finish the current block and continue in the next buffer."""
        if not self._frames or self._full == len(self._blocks):
            return
        block = self._blocks[self._filling]
        used = self._used - HEAD
        number = self._next
        block[0:4] = MAGIC
        for i in range(4):
            block[4 + i] = number >> (8 * i) & 0xFF
        block[8] = used & 0xFF
        block[9] = used >> 8
        block[10] = self._frames & 0xFF
        block[11] = self._frames >> 8
        copy(block, 20, self.digest, 0, DIGEST)
        block[52] = self._session & 0xFF
        block[53] = self._session >> 8 & 0xFF
        for i in range(54, HEAD):
            block[i] = 0
        for i in range(self._used, DIGEST_AT):
            block[i] = 0
        digest = sha256(self._views[self._filling][:DIGEST_AT]).digest()
        block[DIGEST_AT:] = digest
        self.digest[:] = digest
        self._next += 1
        self._full += 1
        self._filling = (self._filling + 1) % len(self._blocks)
        self._begin()

    def step(self, now_ms: int) -> None:
        """Write one pending sector; close a block that has been open for a second."""
        if self.state == ABSENT:
            if diff(now_ms, self._retry_ms) >= RETRY_MS and self._store:
                self.start(self._store, now_ms)
            return
        if self.state == RECORDING and self._frames == 0:
            self._opened_ms = now_ms
        elif self.state == RECORDING and diff(now_ms, self._opened_ms) >= FLUSH_MS:
            self._close()
            self._opened_ms = now_ms
        rests = self._is_resting(now_ms)
        if self._full and self._store and not rests:
            try:
                self._write_sector(self._store)
                self._wrote_ms = now_ms
                self._rest_ms = -1
            except OSError as error:
                self._fail(error, now_ms)

    def _is_resting(self, now_ms: int) -> bool:
        """Whether the card is paused after a slow write. Called every turn: the turn after a write measures it."""
        self._wrote_ms = clamp_past(self._wrote_ms, now_ms, LONG_MS)
        passed = diff(now_ms, self._wrote_ms)
        if self._rest_ms < 0:
            self._rest_ms = min(3 * passed, LONG_MS) if passed > SLOW_MS else 0
        return passed < self._rest_ms

    def _write_sector(self, store: Store) -> None:
        block = self._blocks[self._writing]
        number = self._next - self._full
        # The first sector, with the number, is written last: until then the old block is valid, or none.
        sector = (self._sector + 1) % (BLOCK // SECTOR)
        store.write((number % store.blocks) * BLOCK + sector * SECTOR, block, sector * SECTOR, SECTOR)
        self._sector += 1
        if self._sector == BLOCK // SECTOR:
            self._sector = 0
            store.sync()
            self._writing = (self._writing + 1) % len(self._blocks)
            self._full -= 1
            self.written += 1

    def _fail(self, error: OSError, now_ms: int) -> None:
        self.errors += 1
        self.last_error = str(error)
        self.dropped += self._frames
        self.state = ABSENT
        self._retry_ms = now_ms
        self._full = self._frames = 0

    def head(self) -> int:
        """Return the number of the newest block, of which `digest` is the digest; -1 until it is on the card."""
        return -1 if self._full or self.state == ABSENT else self._next - 1

    def waiting(self) -> int:
        """Return the number of closed blocks that are not on the card yet."""
        return self._full
