"""Samples of the aircraft's state, once a second, also while the link is silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from controller.app.gcs.link_rates import LinkMeter
from controller.app.station import Station
from controller.router.endpoint import LinkEndpoint

SAMPLE_S = 1.0


class Sampler:
    """Calls `emit` once a second from `start` to `stop`, and measures the links."""

    def __init__(self, station: Station, emit: Callable[[], None]) -> None:
        self._station = station
        self._emit = emit
        self._timer: asyncio.TimerHandle | None = None
        self._meters: dict[LinkEndpoint, LinkMeter] = {}

    def start(self) -> None:
        """Emit a sample now, and the next one a second later."""
        self._timer = asyncio.get_running_loop().call_later(SAMPLE_S, self.start)
        now = self._station.clock.now()
        for link in self._station.hub.links:
            if link not in self._meters:
                self._meters[link] = LinkMeter(link, now)
        self._emit()

    def stop(self) -> None:
        """Emit no more samples."""
        if self._timer is not None:
            self._timer.cancel()

    @property
    def link_percent(self) -> float:
        """Share of frames received in the last ten seconds on the best link, percent."""
        now = self._station.clock.now()
        losses = [meter.view(now).loss for meter in self._meters.values()]
        return 100.0 * (1.0 - min(losses, default=0.0))
