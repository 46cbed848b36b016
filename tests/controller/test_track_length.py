"""The length of a track: what was flown is counted, and noise, jumps and missing positions are not."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray
from pyproj import Geod

from controller import track_length
from controller.track_length import TrackMeter, has_place, track_length_m

Array = NDArray[np.float64]
DEGREES_PER_M = 1 / 111_177.0  # of latitude, at the place of the tests
HOME = (47.3977, 8.5456)


def places(north_m: Array, east_m: Array) -> tuple[Array, Array]:
    """Positions as MAVLink sends them: rounded to 1e-7 degrees."""
    lats = HOME[0] + north_m * DEGREES_PER_M
    lons = HOME[1] + east_m * DEGREES_PER_M / np.cos(np.radians(HOME[0])) * (111_177.0 / 111_493.0)
    return np.round(lats, 7), np.round(lons, 7)


def wander(rng: np.random.Generator, sigma_m: float, within_s: float, step_s: float, count: int) -> Array:
    """The slow error of a receiver's position, metres."""
    keep = np.exp(-step_s / within_s)
    found = np.zeros(count)
    for at in range(1, count):
        found[at] = keep * found[at - 1] + sigma_m * np.sqrt(1 - keep**2) * rng.normal()
    return found


@pytest.mark.parametrize(("sigma_m", "within_s"), [(0.5, 0.01), (1.5, 0.01), (0.5, 20.0), (1.5, 120.0)])
@pytest.mark.parametrize("speed_noise", [None, 0.06])
def test_an_hour_at_rest_has_no_length(sigma_m: float, within_s: float, speed_noise: float | None) -> None:
    rng = np.random.default_rng(1)
    times = np.arange(0, 3600, 0.2)
    north, east = (wander(rng, sigma_m, within_s, 0.2, len(times)) for _ in range(2))
    speeds = None if speed_noise is None else np.abs(rng.normal(0, speed_noise, len(times)))
    assert np.hypot(np.diff(north), np.diff(east)).sum() > 1000
    assert track_length_m(times, *places(north, east), speeds)[-1] < 5.0


@pytest.mark.parametrize("speed", [0.2, 0.3, 1.0, 5.0])
@pytest.mark.parametrize("radius_m", [3.0, 10.0, 1e6])
def test_a_slow_flight_and_one_in_curves_do_not_read_short(speed: float, radius_m: float) -> None:
    times = np.arange(0, 600, 0.2)
    turned = speed * times / radius_m
    found = track_length_m(
        times,
        *places(radius_m * np.sin(turned), radius_m * (1 - np.cos(turned))),
        np.full(len(times), speed),
    )
    assert found[-1] == pytest.approx(speed * times[-1], rel=0.015)
    assert np.all(np.diff(found) >= 0)


def test_positions_fifty_times_a_second_do_not_add_their_last_digit() -> None:
    times = np.arange(0, 300, 0.02)
    found = track_length_m(times, *places(0.3 * times * 0.6, 0.3 * times * 0.8))
    assert found[-1] == pytest.approx(0.3 * times[-1], rel=0.005)


@pytest.mark.parametrize("with_speed", [True, False])
def test_a_stretch_at_0_0_is_flown_straight_through(with_speed: bool) -> None:
    times = np.arange(0, 100, 0.25)
    lats, lons = places(5 * times, 0 * times)
    lats[:8] = lons[:8] = 0.0
    lats[100:150] = lons[100:150] = 0.0
    lats[120:125] = 0.0005
    speeds = np.full(len(times), 5.0) if with_speed else None
    assert track_length_m(times, lats, lons, speeds)[-1] == pytest.approx(5 * (times[-1] - times[8]), abs=1.5)


@pytest.mark.parametrize("off_m", [6.0, 60.0, 5e6])
def test_a_jump_of_the_estimate_and_back_has_no_length(off_m: float) -> None:
    times = np.arange(0, 100, 0.25)
    north = 5 * times
    north[200:300] += off_m
    lats, lons = places(north, 0 * times)
    found = track_length_m(times, lats, lons, np.full(len(times), 5.0))
    assert found[-1] == pytest.approx(5 * times[-1], abs=5.0)


def test_a_minute_without_telemetry_is_flown_straight_through() -> None:
    times = np.concatenate([np.arange(0, 20, 0.25), np.arange(80, 100, 0.25)])
    found = track_length_m(times, *places(12 * times, 0 * times), np.full(len(times), 12.0))
    assert found[-1] == pytest.approx(12 * times[-1], rel=0.002)


def test_what_is_not_counted_has_no_length() -> None:
    times = np.arange(0, 100, 0.25)
    carried, rests = (times > 40) & (times < 60), (np.abs(times - 40) < 3) | (np.abs(times - 60) < 3)
    speeds = np.where(rests, 0.0, 5.0)
    north = np.cumsum(speeds) * 0.25
    found = track_length_m(times, *places(north, 0 * times), speeds, ~carried)
    assert found[-1] == pytest.approx(5 * 74, abs=6)


@pytest.mark.parametrize("place", [(47.0, 179.9999), (89.9999, 0.0), (-89.9999, 30.0), (0.01, -180.0)])
def test_the_date_line_and_the_poles_are_no_seam(place: tuple[float, float]) -> None:
    times = np.arange(0, 100, 0.25)
    along = 5 * times
    lons, lats, _ = Geod(ellps="WGS84").fwd(
        np.full(len(times), place[1]), np.full(len(times), place[0]), np.full(len(times), 70.0), along - 250
    )
    assert track_length_m(times, np.array(lats), np.array(lons))[-1] == pytest.approx(along[-1], rel=1e-4)


def test_rows_that_are_no_positions_and_clocks_that_step_do_no_harm() -> None:
    times = np.arange(0, 100, 0.25)
    lats, lons = places(5 * times, 0 * times)
    lats[10], lons[11], lats[12], lons[13] = np.nan, np.inf, 214.7, -2147.0
    stepped = np.where(times > 50, times - 3600, times)
    assert track_length_m(stepped, lats, lons)[-1] == pytest.approx(5 * times[-1], rel=0.01)
    assert track_length_m(np.zeros(0), np.zeros(0), np.zeros(0)).tolist() == []
    assert track_length_m(np.zeros(1), np.full(1, 47.0), np.full(1, 8.0)).tolist() == [0.0]
    assert not has_place(0.0, 0.0002)
    assert not has_place(float("nan"), 8.0)
    assert has_place(0.0, 8.0)


def test_a_flight_in_progress_has_the_same_length_as_its_record() -> None:
    times = np.arange(0, 60, 0.25)
    lats, lons = places(3 * times, np.sin(times))
    meter = TrackMeter()
    assert meter.length_m == 0.0
    for at, time_s in enumerate(times):
        meter.add(time_s, lats[at], lons[at], 3.0)
    assert meter.length_m == track_length_m(times, lats, lons, np.full(len(times), 3.0))[-1]


def long_track(rows: int) -> tuple[Array, Array, Array, Array, Array]:
    times = np.arange(rows) * 0.1
    lats, lons = places(500 * np.sin(times / 100), 500 * np.cos(times / 150))
    return times, lats, lons, np.full(rows, 5.0), times % 600 > 30


def test_a_long_track_is_measured_in_parts_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    track = long_track(5000)
    whole = track_length_m(*track)
    monkeypatch.setattr(track_length, "_PART_ROWS", 7)
    assert np.array_equal(track_length_m(*track), whole)
    assert whole[-1] > 100


def test_a_long_track_takes_little_more_memory_than_its_columns() -> None:
    track = long_track(400_000)
    tracemalloc.start()
    try:
        track_length_m(*track)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 20 * track[0].nbytes
