"""Link statistics: traffic, and frame loss per sender from the sequence numbers."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class SourceStats:
    """Frames of one (system, component). `lost` are gaps in its sequence numbers; a late frame reduces them."""

    frames: int = 0
    lost: int = 0
    repeated: int = 0
    last_seq: int = -1

    def count(self, seq: int) -> None:
        """Count a frame with this sequence number."""
        self.frames += 1
        if self.last_seq < 0:
            self.last_seq = seq
            return
        step = (seq - self.last_seq) & 0xFF
        if step == 1:
            self.last_seq = seq
        elif step == 0:
            self.repeated += 1
        elif step < 128:
            self.lost += step - 1
            self.last_seq = seq
        else:
            self.lost = max(0, self.lost - 1)

    @property
    def loss(self) -> float:
        """Share of this sender's frames that were lost, 0 to 1."""
        expected = self.frames - self.repeated + self.lost
        return self.lost / expected if expected else 0.0


@dataclass(frozen=True, slots=True)
class Rates:
    """Average rates per second, in and out."""

    bytes_in_s: float
    bytes_out_s: float
    frames_in_s: float
    frames_out_s: float


@dataclass(slots=True)
class LinkStats:
    """Counters of one link. `dropped_out` are frames that a slow or lost link did not accept."""

    bytes_in: int = 0
    bytes_out: int = 0
    frames_in: int = 0
    frames_out: int = 0
    dropped_out: int = 0
    filtered: int = 0
    duplicates_in: int = 0
    echoes_in: int = 0
    times_lost: int = 0
    sources: dict[tuple[int, int], SourceStats] = field(default_factory=dict)

    @property
    def loss(self) -> float:
        """Share of all senders' frames that were lost, 0 to 1."""
        lost = sum(source.lost for source in self.sources.values())
        expected = lost + sum(source.frames - source.repeated for source in self.sources.values())
        return lost / expected if expected else 0.0


class RateMeter:
    """Computes rates from the counters of a LinkStats; use one for each display."""

    def __init__(self, stats: LinkStats, now: float) -> None:
        self._stats = stats
        self._last = (now, *self._counters())

    def _counters(self) -> tuple[int, int, int, int]:
        stats = self._stats
        return stats.bytes_in, stats.bytes_out, stats.frames_in, stats.frames_out

    def rates(self, now: float) -> Rates:
        """Return the average rates since the last call."""
        then, *before = self._last
        counters = self._counters()
        self._last = (now, *counters)
        elapsed_s = max(now - then, 1e-9)
        return Rates(*((new - old) / elapsed_s for new, old in zip(counters, before, strict=True)))
