"""Traffic shaping of a slow port: a byte budget, three priorities, and fair shares within one priority.

Priorities are urgent, normal and bulk, by the message table. A frame leaves its queue when the line is about to be
free, so an urgent frame waits for the current frame and at most one of lower priority: under 100 ms at 57,600 baud.
No priority starves: under full load urgent frames take at most three quarters, and bulk gets a quarter of the rest.

Frames for a radio expire: commands after three seconds, others after ten. They are dropped and counted (`aged`), even
in the ring of a blocked port, so that an old ARM command is never sent.
"""

from firmware.core import compat as micropython
from firmware.core.ringbuf import ByteRing, FrameQueue
from firmware.core.ticks import clamp_past, diff
from firmware.mavlite.frame import MAX_FRAME, View
from firmware.mavlite.table import TABLE

URGENT = 0
NORMAL = 1
BULK = 2

_STREAK = 3 * MAX_FRAME
_STATUS_LASTS_MS = 5000
MOST_AGE_MS = (3000, 10_000, 10_000)  # of each rank


class Shaper:
    """Shaper of one port with `rate_bytes_per_s` (0: unlimited); frames expire if `ages` (radios)."""

    def __init__(self, rate_bytes_per_s: int, ring: ByteRing, queue_size: int, ages: bool = False) -> None:
        self.rate_bytes_per_s = rate_bytes_per_s
        self.rate_percent = 100
        self.ring = ring
        self.queues = (FrameQueue(queue_size), FrameQueue(queue_size), FrameQueue(queue_size))
        self.sent_frames = 0
        self._frame = bytearray(MAX_FRAME)
        self._tokens = 0  # thousandths of a byte
        self._last_ms = 0
        self._started = False
        self._streak = 0  # urgent bytes since a frame of lower priority
        self._share = 0  # normal bytes sent minus three times the bulk bytes
        self._status_ms = 0
        self._ages = ages
        self._now_ms = 0
        self._ring_tail = 0
        self._ring_ms = 0  # last time the port accepted bytes or had none to send
        self.aged = 0

    @micropython.native
    def offer(self, view: View) -> bool:
        """Queue a frame by its priority; False if it was refused."""
        ring = self.ring
        if not self.rate_bytes_per_s and not self.waiting() and view.length <= ring.size - ring.used:
            # An idle port without a budget: skip the queue and save a copy.
            self.sent_frames += 1
            return ring.put(view.buf, view.at, view.length)
        rank = TABLE[view.row + 6] if view.row >= 0 else NORMAL
        source = view.system * 3 + view.component
        return self.queues[rank].put(view.buf, view.at, view.length, source, self._now_ms)

    def queue_raw(self, buf: bytearray, at: int, count: int) -> None:
        """Queue bytes outside frames."""
        self.queues[NORMAL].put(buf, at, count, 0, self._now_ms)

    def tick(self, now_ms: int) -> None:
        """Refill the budget and drop expired frames; called every turn."""
        self._now_ms = now_ms
        if self.rate_percent < 100:
            self._status_ms = clamp_past(self._status_ms, now_ms, _STATUS_LASTS_MS + 1)
        self._refill(now_ms)
        if not self._ages:
            return
        for rank in range(3):
            queue = self.queues[rank]
            while queue.frames and queue.age_ms(now_ms) > MOST_AGE_MS[rank]:
                queue.drop()
                self.aged += 1
        ring = self.ring
        if not ring.used or ring.tail != self._ring_tail:
            self._ring_tail = ring.tail
            self._ring_ms = now_ms
        elif not 0 <= diff(now_ms, self._ring_ms) <= MOST_AGE_MS[URGENT]:
            ring.clear()
            self.aged += 1

    def radio_status(self, txbuf_percent: int, now_ms: int) -> None:
        """Adapt the budget to the free space of the radio's buffer (RADIO_STATUS.txbuf)."""
        percent = self.rate_percent
        if txbuf_percent < 20:
            percent = percent // 2
        elif txbuf_percent < 50:
            percent = percent * 4 // 5
        elif txbuf_percent > 90:
            percent += 5
        self.rate_percent = 10 if percent < 10 else 100 if percent > 100 else percent
        self._status_ms = now_ms

    @micropython.native
    def fill(self, now_ms: int) -> None:
        """Move frames from the queues to the ring, within the budget."""
        if not self.rate_bytes_per_s:
            while self._move():
                pass
            return
        self._refill(now_ms)
        while self._tokens > 0:
            moved = self._move()
            if not moved:
                return
            self._tokens -= moved * 1000

    @micropython.native
    def _refill(self, now_ms: int) -> None:
        if not self._started:
            self._started = True
            self._last_ms = now_ms
        passed = diff(now_ms, self._last_ms)
        self._last_ms = now_ms
        if self.rate_percent < 100 and diff(now_ms, self._status_ms) > _STATUS_LASTS_MS:
            self.rate_percent = 100  # the radio has stopped telling; its old complaint does not hold for ever
        if passed < 0 or passed > 1000:
            passed = 1000
        # A quiet wire saves up no more than a millisecond: what is free is used at once.
        rate = self.rate_bytes_per_s * self.rate_percent // 100
        tokens = self._tokens + rate * passed
        self._tokens = tokens if tokens < rate else rate

    @micropython.native
    def _move(self) -> int:
        """One frame from the queue whose turn it is; returns its length, 0 if there was none or no room."""
        urgent, normal, bulk = self.queues
        rank = URGENT
        others = normal.frames or bulk.frames
        if not urgent.frames or (others and self._streak >= _STREAK):
            if not others:
                return 0
            rank = BULK if bulk.frames and (self._share > 0 or not normal.frames) else NORMAL
        queue = self.queues[rank]
        ring = self.ring
        if queue.length() > ring.size - ring.used:
            return 0
        count = queue.pop(self._frame)
        ring.put(self._frame, 0, count)
        self.sent_frames += 1
        if rank == URGENT:
            if others:
                self._streak += count
        else:
            self._streak = 0
            share = self._share + (count if rank == NORMAL else -3 * count)
            self._share = -1000 if share < -1000 else 1000 if share > 1000 else share
        return count

    def waiting(self) -> int:
        """Return the number of queued bytes."""
        return self.queues[0].used + self.queues[1].used + self.queues[2].used

    def lost(self) -> int:
        """Return the number of frames refused, expired or discarded."""
        count = self.ring.refused + self.aged
        for queue in self.queues:
            count += queue.refused + queue.pushed_out
        return count

    def clear_queues(self) -> None:
        """Discard queued frames. The ring is kept, as part of its frame may have been sent."""
        for queue in self.queues:
            self.aged += queue.frames
            queue.clear()

    def clear(self) -> None:
        for queue in self.queues:
            queue.clear()
        self.ring.clear()
