"""Frame loss computed from sequence numbers."""

from __future__ import annotations

import pytest

from controller.link.stats import LinkStats, RateMeter, SourceStats


def counted(*sequence: int) -> SourceStats:
    stats = SourceStats()
    for seq in sequence:
        stats.count(seq)
    return stats


@pytest.mark.parametrize(
    ("sequence", "lost", "repeated"),
    [
        ((5, 6, 7), 0, 0),
        ((254, 255, 0, 1), 0, 0),
        ((5, 9), 3, 0),
        ((250, 2), 7, 0),
        ((5, 5, 6), 0, 1),
        ((5, 7, 6, 8), 0, 0),  # late, not lost
        ((5, 8, 6, 9), 1, 0),
    ],
)
def test_gaps_count_as_lost_and_late_frames_reduce_them(
    sequence: tuple[int, ...], lost: int, repeated: int
) -> None:
    stats = counted(*sequence)
    assert (stats.frames, stats.lost, stats.repeated) == (len(sequence), lost, repeated)


def test_loss_is_a_fraction_of_the_sent_frames() -> None:
    assert counted().loss == 0
    assert counted(0, 3, 3).loss == pytest.approx(2 / 4)
    both = LinkStats(sources={(1, 1): counted(0, 3), (1, 2): counted(0, 1, 2, 3)})
    assert both.loss == pytest.approx(2 / 8)


def test_rates_are_averages_since_the_last_call() -> None:
    stats = LinkStats()
    meter = RateMeter(stats, now=10.0)
    stats.bytes_in, stats.frames_in = 1000, 20
    rates = meter.rates(now=12.0)
    assert (rates.bytes_in_s, rates.frames_in_s, rates.bytes_out_s) == (500, 10, 0)
    stats.bytes_out += 30
    assert meter.rates(now=13.0).bytes_out_s == 30
