"""Radio redundancy: removes frames received over both radios, and selects the better radio.

A frame is a duplicate if system, component, sequence and checksum are equal and it came over the *other* radio; a
repeat over the same radio is a new frame. The selection changes when another radio has been clearly better for a
while, or at once when the selected one is dead.

Only frames from the aircraft count as life of a radio; the radio's own status proves the cable, not the link. A radio
is dead after a second without frames. For an aircraft with a low message rate the limit is three of its usual
intervals plus half a second, at most five seconds; the interval is assumed to be one second until shorter ones are
observed.
"""

from firmware.core import compat as micropython
from firmware.core.ticks import diff
from firmware.mavlite.frame import View
from firmware.mavlite.hot import copy, find_seen

SLOTS = 64
DEAD_MS = 1000
PAUSE_MS = 1000  # assumed interval of a new aircraft
SHORT_MS = 100  # a shorter gap is inside a burst and no interval
MOST_DEAD_MS = 5000
# This many changes are reported at once, then one every ten seconds.
REPORTS_AT_ONCE = 3
REPORT_EVERY_S = 10
WINDOW_MS = 1000
BETTER_BY = 10
BETTER_FOR_MS = 3000
_WEAK_MARGIN = 20
_SOURCES = 8
_UNKNOWN = 255


class Radio:
    """State of one radio: `loss_percent` of the last seconds, and signal values of its last RADIO_STATUS.

    `rssi` and `noise` are local; `remote_rssi` and `remote_noise` are those of the aircraft's radio.
    """

    def __init__(self) -> None:
        self.alive = False
        self.last_ms = 0
        self.loss_percent = 0
        self.rssi = 0
        self.noise = 0
        self.remote_rssi = 0
        self.remote_noise = 0
        self._reports_remote = False  # it has reported values of the aircraft's radio
        self._pause_ms = PAUSE_MS
        self._paused = False
        self.frames = 0
        self.lost = 0
        self._seqs = bytearray(_SOURCES * 2)  # last sequence and whether there is one
        self._window_frames = 0
        self._window_lost = 0

    @micropython.native
    def heard(self, view: View, now_ms: int) -> None:
        """Count a frame, and the frames missing before it by its sequence number."""
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
        """Handle RADIO_STATUS (or RADIO, of the same layout)."""
        self.rssi = view.u8(4)
        self.noise = view.u8(7)
        self.remote_rssi = view.u8(5)
        self.remote_noise = view.u8(8)
        if 0 < self.remote_rssi < _UNKNOWN:
            self._reports_remote = True

    def dead_after_ms(self) -> int:
        """Return the time without frames after which it is dead."""
        limit = 3 * self._pause_ms + 500 if 3 * self._pause_ms > DEAD_MS else DEAD_MS
        return limit if limit < MOST_DEAD_MS else MOST_DEAD_MS

    def close_window(self) -> None:
        if not self._paused and self._window_frames:
            self._pause_ms //= 2
        self._paused = False
        total = self._window_frames + self._window_lost
        if total:
            # Low-pass filter: one bad second does not make a bad radio.
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
        self._reported = 0  # state at the last report
        self._reports_left = REPORTS_AT_ONCE
        self._windows = 0

    @micropython.native
    def is_duplicate(self, radio: int, view: View) -> bool:
        """Whether this frame was received over another radio; stores its key."""
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
        """Update the radios' states; True if a change should be reported now (limited in rate)."""
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
