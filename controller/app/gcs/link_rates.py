"""Traffic and loss of a link: rates over the last second, loss over the last ten seconds."""

from __future__ import annotations

from collections import deque

from controller.app.gcs.display_state import LinkView
from controller.link.stats import RateMeter, Rates
from controller.router.endpoint import LinkEndpoint

RATES_S = 1.0
LOSS_SECONDS = 10


class LinkMeter:
    """Measures one link. Only the last seconds count, because older losses say nothing about the link now."""

    def __init__(self, link: LinkEndpoint, now: float) -> None:
        self._link = link
        self._meter = RateMeter(link.stats, now)
        self._rates = Rates(0.0, 0.0, 0.0, 0.0)
        self._at_s = now
        self._frames_in = link.stats.frames_in
        self._heard_s: float | None = None
        self._past: deque[tuple[int, int]] = deque([(0, 0)], LOSS_SECONDS + 1)

    def view(self, now: float) -> LinkView:
        """Return the link at `now` (event loop seconds); the rates are updated once a second."""
        if now - self._at_s >= RATES_S:
            self._at_s, self._rates = now, self._meter.rates(now)
            self._past.append(self._counted())
        lost, received = (new - old for new, old in zip(self._past[-1], self._past[0], strict=True))
        # A late frame is subtracted from the lost ones, perhaps from those before the ten seconds.
        loss = max(0, lost) / (max(0, lost) + received) if received else 0.0
        rates = self._rates
        if self._link.stats.frames_in != self._frames_in:
            self._frames_in, self._heard_s = self._link.stats.frames_in, now
        return LinkView(
            self._link.name,
            loss,
            rates.frames_in_s,
            rates.bytes_in_s,
            rates.bytes_out_s,
            up=self._link.up,
            kind=self._link.link.info.kind,
            silent_s=None if self._heard_s is None else now - self._heard_s,
        )

    def _counted(self) -> tuple[int, int]:
        """Return frames lost and frames received, from all senders, since the start."""
        sources = self._link.stats.sources.values()
        return sum(one.lost for one in sources), sum(one.frames - one.repeated for one in sources)
