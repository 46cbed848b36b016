"""Track of an aircraft: it keeps its shape in a bounded size."""

from __future__ import annotations

from controller.app.gcs.track import POINTS_KEPT, Track
from controller.vehicle.state import Position


def at(north: float, *, up_m: float = 0.0) -> Position:
    return Position(0.0, 0, 47.0 + north, 8.0, 400.0, up_m, (0.0, 0.0, 0.0), None)


def test_positions_nearer_than_a_metre_and_unknown_ones_are_left_out() -> None:
    track = Track()
    track.add(Position(0.0, 0, 0.0, 0.0, 0.0, 0.0, (0.0, 0.0, 0.0), None))
    for step in range(10):
        track.add(at(step * 2e-6))  # 0.22 m each
    assert [round((point[0] - 47.0) * 1e6) for point in track.points] == [0, 10]
    track.add(at(10e-6, up_m=5.0))
    assert track.points[-1][2] == 5.0


def test_a_day_of_flight_keeps_its_ends_and_its_size() -> None:
    track = Track()
    for step in range(100_000):
        track.add(at(step * 2e-5))
        assert len(track.points) <= POINTS_KEPT
    assert track.points[0][0] == 47.0
    assert abs(track.points[-1][0] - (47.0 + 2.0)) < 0.01
    gaps = [two[0] - one[0] for one, two in zip(track.points, track.points[1:], strict=False)]
    assert max(gaps) < 3 * min(gaps)
    assert len(track.thinned(100)) <= 101
    assert (track.thinned(100)[0], track.thinned(100)[-1]) == (track.points[0], track.points[-1])
