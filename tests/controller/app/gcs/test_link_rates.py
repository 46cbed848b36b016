"""Rates and loss of a link in the live view cover the last seconds only."""

from __future__ import annotations

from controller.app.gcs.link_rates import LinkMeter
from controller.link.memory import memory_pair
from controller.link.stats import SourceStats
from controller.router.endpoint import LinkEndpoint


def test_loss_is_that_of_the_last_ten_seconds() -> None:
    link = LinkEndpoint(memory_pair()[0])
    source = link.stats.sources[1, 1] = SourceStats()
    meter = LinkMeter(link, 0.0)
    source.frames, source.lost = 60, 20
    assert meter.view(0.5).loss == 0.0  # not a second yet
    assert meter.view(1.0).loss == 0.25
    for second in range(2, 11):
        source.frames += 10
        meter.view(float(second))
    assert 0.1 < meter.view(10.0).loss < 0.2
    source.frames += 10
    assert meter.view(11.0).loss == 0.0


def test_rates_are_those_of_the_last_second() -> None:
    link = LinkEndpoint(memory_pair()[0])
    meter = LinkMeter(link, 0.0)
    link.stats.frames_in, link.stats.bytes_in = 40, 1600
    view = meter.view(2.0)
    assert (view.frames_in_s, view.bytes_in_s) == (20.0, 800.0)
    link.stats.frames_in += 1000
    assert meter.view(2.5).frames_in_s == 20.0
