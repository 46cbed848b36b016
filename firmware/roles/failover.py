"""Two radios, one aircraft: frames that came over both are passed once, and the better radio is found.

A frame is the same as another when system, component, sequence and checksum are, and it came over the *other* radio; over one
radio the same frame twice is two frames. The best radio changes only when another has been clearly better for a while, or at
once when the best one is dead.

A radio is judged by what it brings from the aircraft: what it says of itself proves a cable, not a link. It is
dead when it has brought nothing for a second; or, from an aircraft that speaks seldom, for three of its usual pauses and half
a second, at most five seconds. A new aircraft is taken to speak once a second until it is known to speak more often.
"""

from firmware.core import compat as micropython
from firmware.core.ticks import diff
from firmware.mavlite.frame import View
from firmware.mavlite.hot import copy, find_seen

SLOTS = 64
DEAD_MS = 1000
PAUSE_MS = 1000  # of an aircraft that is not known yet
SHORT_MS = 100  # between the frames of one burst, say: no pause
MOST_DEAD_MS = 5000
# So many changes are said as they come, then one every ten seconds.
REPORTS_AT_ONCE = 3
REPORT_EVERY_S = 10
WINDOW_MS = 1000
BETTER_BY = 10
BETTER_FOR_MS = 3000
_WEAK_MARGIN = 20
_SOURCES = 8
_UNKNOWN = 255


class Radio:
    """What is known of one radio: `loss_percent` of the last seconds; of its last RADIO_STATUS `rssi` and `noise`, and
    `remote_rssi` and `remote_noise`, which is how the aircraft's radio hears it."""

    def __init__(self) -> None:
        self.alive = False
        self.last_ms = 0
        self.loss_percent = 0
        self.rssi = 0
        self.noise = 0
        self.remote_rssi = 0
        self.remote_noise = 0
        self._reports_remote = False  # it has said once how the aircraft's radio hears it
        self._pause_ms = PAUSE_MS
        self._paused = False
        self.frames = 0
        self.lost = 0
        self._seqs = bytearray(_SOURCES * 2)  # sequence and whether one was heard
        self._window_frames = 0
        self._window_lost = 0

    @micropython.native
    def heard(self, view: View, now_ms: int) -> None:
        """Count a frame, and those that its sequence number says are missing before it."""
        at = ((view.system * 3 + view.component) % _SOURCES) * 2
        seqs = self._seqs
        if seqs[at + 1]:
            gap = (view.seq - seqs[at] - 1) & 0xFF
            if gap < 128:
                self._window_lost += gap
                self.lost += gap
        seqs[at] = view.seq
        seqs[at + 1] = 1
        self._window_frames += 1
        self.frames += 1
        if self.alive:
            passed = diff(now_ms, self.last_ms)
            if passed >= SHORT_MS:
                self._pause_ms = (3 * self._pause_ms + passed) // 4
                self._paused = True
        self.last_ms = now_ms
        self.alive = True

    def status(self, view: View) -> None:
        """Its RADIO_STATUS (or RADIO, which has the same layout)."""
        self.rssi = view.u8(4)
        self.noise = view.u8(7)
        self.remote_rssi = view.u8(5)
        self.remote_noise = view.u8(8)
        if 0 < self.remote_rssi < _UNKNOWN:
            self._reports_remote = True

    def dead_after_ms(self) -> int:
        """How long it may bring nothing."""
        limit = 3 * self._pause_ms + 500 if 3 * self._pause_ms > DEAD_MS else DEAD_MS
        return limit if limit < MOST_DEAD_MS else MOST_DEAD_MS

    def close_window(self) -> None:
        if not self._paused and self._window_frames:
            self._pause_ms //= 2
        self._paused = False
        total = self._window_frames + self._window_lost
        if total:
            # Half of it is the past: one bad second is not a bad radio.
            self.loss_percent = (self.loss_percent + self._window_lost * 100 // total + 1) // 2
        self._window_frames = self._window_lost = 0

    def quality(self) -> int:
        weak = 0 < self.rssi < _UNKNOWN and self.rssi - self.noise < _WEAK_MARGIN
        if self._reports_remote and self.remote_rssi != _UNKNOWN:
            weak = weak or self.remote_rssi - self.remote_noise < _WEAK_MARGIN
        return 100 - self.loss_percent - (20 if weak else 0)


class Failover:
    def __init__(self, count: int) -> None:
        self.radios = [Radio() for _ in range(count)]
        self.best = 0
        self.duplicates = 0
        self.changes = 0
        self._seen = bytearray(SLOTS * 8)
        self._key = bytearray(8)
        self._at = 0
        self._window_ms = 0
        self._better_ms = 0
        self._candidate = -1
        self._started = False
        self._reported = 0  # which were alive and which was best, when it was said
        self._reports_left = REPORTS_AT_ONCE
        self._windows = 0

    @micropython.native
    def is_duplicate(self, radio: int, view: View) -> bool:
        """Whether this frame has come over another radio already. Remembers it."""
        key = self._key
        end = view.at + view.head + view.payload_length()
        key[0] = view.system
        key[1] = view.component
        key[2] = view.seq
        key[3] = view.buf[end]
        key[4] = view.buf[end + 1]
        bit = 1 << radio
        seen = self._seen
        at = find_seen(seen, SLOTS, key, 5)
        if at >= 0 and not seen[at + 5] & bit:
            seen[at + 5] |= bit
            self.duplicates += 1
            return True
        if at < 0:
            at = self._at * 8
            self._at = (self._at + 1) % SLOTS
            copy(seen, at, key, 0, 5)
        seen[at + 5] = bit
        return False

    def tick(self, now_ms: int) -> bool:
        """Judge the radios; True when it should be said how they are: not as was said, and not said too often of late."""
        if not self._started:
            self._started = True
            self._window_ms = now_ms
        for radio in self.radios:
            if radio.alive and diff(now_ms, radio.last_ms) >= radio.dead_after_ms():
                radio.alive = False
        if diff(now_ms, self._window_ms) >= WINDOW_MS:
            self._window_ms = now_ms
            for radio in self.radios:
                radio.close_window()
            self._windows = (self._windows + 1) % REPORT_EVERY_S
            if not self._windows and self._reports_left < REPORTS_AT_ONCE:
                self._reports_left += 1
        self._choose(now_ms)
        state = self._state()
        if state == self._reported or not self._reports_left:
            return False
        self._reported = state
        self._reports_left -= 1
        return True

    def _state(self) -> int:
        state = self.best << 4
        for i in range(len(self.radios)):
            if self.radios[i].alive:
                state |= 1 << i
        return state

    def _choose(self, now_ms: int) -> None:
        best = self.best
        radios = self.radios
        top = best
        for i in range(len(radios)):
            if radios[i].alive and (not radios[top].alive or radios[i].quality() > radios[top].quality()):
                top = i
        if top == best:
            self._candidate = -1
            return
        if radios[best].alive:
            if radios[top].quality() < radios[best].quality() + BETTER_BY:
                self._candidate = -1
                return
            if self._candidate != top:
                self._candidate = top
                self._better_ms = now_ms
            if diff(now_ms, self._better_ms) < BETTER_FOR_MS:
                return
        self.best = top
        self._candidate = -1
        self.changes += 1
