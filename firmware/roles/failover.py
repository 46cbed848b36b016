"""Two radios, one aircraft: frames that came over both are passed once, and the better radio is found.

A frame is the same as another when system, component, sequence and checksum are, and it came over the *other* radio; over one
radio the same frame twice is two frames. The best radio changes only when another has been clearly better for a while, or at
once when the best one is dead: silent for a second while another is heard.
"""

from firmware.core import plain as micropython
from firmware.core.ticks import diff
from firmware.mavlite.frame import View
from firmware.mavlite.hot import copy, find_seen

SLOTS = 64
DEAD_MS = 1000
ALL_DEAD_MS = 3000
WINDOW_MS = 1000
BETTER_BY = 10
BETTER_FOR_MS = 3000
_WEAK_MARGIN = 20
_SOURCES = 8


class Radio:
    """What is known of one radio: `loss_percent` of the last seconds, `rssi` and `noise` of its last RADIO_STATUS."""

    def __init__(self) -> None:
        self.alive = False
        self.last_ms = 0
        self.loss_percent = 0
        self.rssi = 0
        self.noise = 0
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
        self.last_ms = now_ms
        self.alive = True

    def close_window(self) -> None:
        total = self._window_frames + self._window_lost
        if total:
            # Half of it is the past: one bad second is not a bad radio.
            self.loss_percent = (self.loss_percent + self._window_lost * 100 // total + 1) // 2
        self._window_frames = self._window_lost = 0

    def quality(self) -> int:
        weak = self.rssi > 0 and self.rssi - self.noise < _WEAK_MARGIN
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
        """Judge the radios; True when one died, came back, or the best one changed."""
        if not self._started:
            self._started = True
            self._window_ms = now_ms
        changed = self._find_dead(now_ms)
        if diff(now_ms, self._window_ms) >= WINDOW_MS:
            self._window_ms = now_ms
            for radio in self.radios:
                radio.close_window()
        return self._choose(now_ms) or changed

    def _find_dead(self, now_ms: int) -> bool:
        heard = False
        for radio in self.radios:
            if radio.alive and diff(now_ms, radio.last_ms) < DEAD_MS:
                heard = True
        changed = False
        limit = DEAD_MS if heard else ALL_DEAD_MS
        for radio in self.radios:
            if radio.alive and diff(now_ms, radio.last_ms) >= limit:
                radio.alive = False
                changed = True
        return changed

    def _choose(self, now_ms: int) -> bool:
        best = self.best
        radios = self.radios
        top = best
        for i in range(len(radios)):
            if radios[i].alive and (not radios[top].alive or radios[i].quality() > radios[top].quality()):
                top = i
        if top == best:
            self._candidate = -1
            return False
        if radios[best].alive:
            if radios[top].quality() < radios[best].quality() + BETTER_BY:
                self._candidate = -1
                return False
            if self._candidate != top:
                self._candidate = top
                self._better_ms = now_ms
            if diff(now_ms, self._better_ms) < BETTER_FOR_MS:
                return False
        self.best = top
        self._candidate = -1
        self.changes += 1
        return True
