"""Length of a flown track over ground: the one figure of the console, the summary, the report and the catalogue.

A track is made of positions as an estimator or a receiver reports them, so not every step was flown:

* without a position autopilots report 0, 0; such rows are left out, and the track goes straight from the position
  before to the one after;
* a step that the speed before and after it cannot explain is a jump of the estimate, and has no length;
* an aircraft at rest has none either, however long its position wanders. It moves while its speed says so, or while
  the mean position of some seconds differs from that of the seconds before;
* while it moves, steps shorter than a quarter of a metre are joined: the last digit of a position, and its noise,
  would add up otherwise.

Distances are chords between points on the WGS 84 ellipsoid, without a seam at the date line or the poles.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

NO_POSITION_DEG = 0.001  # before the first fix autopilots report 0, 0 or some metres beside it

_SEMI_MAJOR_M, _ECCENTRICITY_2 = 6378137.0, 6.69437999014e-3  # WGS 84
_JOIN_M = 0.25
# A step may be that much longer than the speed explains: corrections of the estimate at each fix.
_JUMP_M, _JUMP_SPEEDS, _JUMP_ACCELERATION_M_S2 = 2.5, 1.5, 10.0
_GAP_S = 3.0  # in a longer gap the speed is not known
_GAP_SPEED_M_S, _GAP_SPEEDS = 30.0, 2.0
_MEDIAN_STEPS = 9
# At rest estimators report up to some 0.1 m/s, and the position of a receiver wanders a metre in some twenty seconds.
_SURE_SPEED_M_S, _SLOW_SPEED_M_S = 0.3, 0.1
_SPEED_WINDOW_S = 2.0
_WINDOWS = (
    (8.0, 1.2, True),
    (4.0, 2.5, False),
    (20.0, 3.0, False),
)  # seconds, metres, only with a slow speed
_MOVING_M_S = 0.5
_AROUND_S = 2.0  # the beginning and the end of a motion are seen that late
_PART_ROWS = 1 << 16  # of a long track at a time: what is computed on the way would take many times its size


def has_place(lat_deg: float, lon_deg: float) -> bool:
    """Return whether a reported latitude and longitude (degrees) are a position on the earth and not 0, 0."""
    return (
        abs(lat_deg) <= 90.0
        and abs(lon_deg) <= 360.0
        and (abs(lat_deg) > NO_POSITION_DEG or abs(lon_deg) > NO_POSITION_DEG)
    )


def have_place(lats_deg: NDArray[Any], lons_deg: NDArray[Any]) -> NDArray[Any]:
    """Return which positions are positions: `has_place` for arrays; NaN is none."""
    import numpy as np

    known: NDArray[Any] = np.empty(len(lats_deg), np.bool_)
    with np.errstate(invalid="ignore"):
        for part in _parts(len(known)):
            lats, lons = np.abs(lats_deg[part]), np.abs(lons_deg[part])
            on_earth = (lats <= 90.0) & (lons <= 360.0)
            known[part] = on_earth & ((lats > NO_POSITION_DEG) | (lons > NO_POSITION_DEG))
    return known


def _parts(count: int) -> Iterator[slice]:
    for begin in range(0, count, _PART_ROWS):
        yield slice(begin, min(begin + _PART_ROWS, count))


def track_length_m(
    times_s: NDArray[Any],
    lats_deg: NDArray[Any],
    lons_deg: NDArray[Any],
    speeds_m_s: NDArray[Any] | None = None,
    counted: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Length of the track in metres up to each of its rows; 0 at the first. Shape (n,), as the arguments.

    `speeds_m_s` are ground speeds (NaN where not known), `counted` marks the rows in which the aircraft is
    armed; what lies between two stretches of them has no length. An aircraft that moves when it is armed, as
    one thrown by hand, or when it is disarmed was flying as long as it moved without a rest. A position that is
    NaN is not known. The times need not ascend.
    """
    import numpy as np

    count = len(lats_deg)
    rows = have_place(lats_deg, lons_deg)
    if counted is not None:
        counted = _in_motion(
            counted, _steps_m_s(times_s, lats_deg, lons_deg) if speeds_m_s is None else speeds_m_s
        )
        rows = rows & counted
    at = np.flatnonzero(rows)
    if len(at) < 2:
        return np.zeros(count)
    times_s = np.asarray(times_s, np.float64)[at]
    speeds = np.full(len(at), np.nan) if speeds_m_s is None else np.asarray(speeds_m_s, np.float64)[at]
    # Between two stretches of counted rows the aircraft was carried.
    apart = np.zeros(len(at) - 1, np.bool_)
    if counted is not None:
        apart = np.diff(np.cumsum(~counted & have_place(lats_deg, lons_deg))[at]) > 0
    places = _on_ellipsoid(lats_deg[at], lons_deg[at])
    moving = _moving(times_s, places, speeds)
    lengths = _lengths(_without_jumps(times_s, places, speeds, apart), moving)
    found: NDArray[Any] = np.interp(np.arange(count), at, lengths)
    return found


class TrackMeter:
    """The track of a flight in progress: `add` each position, `length_m` is the distance flown so far."""

    def __init__(self) -> None:
        self._columns = tuple(array("d") for _ in range(5))
        self._known: tuple[int, float] = (0, 0.0)

    def add(
        self, time_s: float, lat_deg: float, lon_deg: float, speed_m_s: float, *, counted: bool = True
    ) -> None:
        """Add a position: seconds, degrees, metres a second over ground; `counted` as for `track_length_m`."""
        for column, value in zip(
            self._columns, (time_s, lat_deg, lon_deg, speed_m_s, float(counted)), strict=True
        ):
            column.append(value)

    @property
    def length_m(self) -> float:
        """Distance flown so far, metres."""
        count = len(self._columns[0])
        if count != self._known[0]:
            import numpy as np

            times_s, lats, lons, speeds, counted = (np.array(column) for column in self._columns)
            length_m = float(track_length_m(times_s, lats, lons, speeds, counted > 0)[-1])
            self._known = (count, length_m)
        return self._known[1]


def _in_motion(armed: NDArray[Any], speeds: NDArray[Any]) -> NDArray[Any]:
    """The armed rows, and those before and after them in which the aircraft moves on end."""
    import numpy as np

    moving = np.nan_to_num(speeds) > _MOVING_M_S
    found = armed.copy()
    edges = np.flatnonzero(np.diff(moving & ~armed, prepend=False, append=False))
    for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        beside = [row for row in (begin - 1, end) if 0 <= row < len(armed)]
        found[begin:end] = any(armed[row] and moving[row] for row in beside)
    return found


def _steps_m_s(times_s: NDArray[Any], lats_deg: NDArray[Any], lons_deg: NDArray[Any]) -> NDArray[Any]:
    """Speed over ground from one position to the next."""
    import numpy as np

    if len(times_s) < 2:
        return np.zeros(len(times_s))
    steps = _steps_m(_on_ellipsoid(lats_deg, lons_deg)) / np.maximum(np.diff(times_s), 1e-3)
    found: NDArray[Any] = np.concatenate((steps[:1], steps))
    return found


def _on_ellipsoid(lats_deg: NDArray[Any], lons_deg: NDArray[Any]) -> NDArray[Any]:
    """Points on the ellipsoid in metres from the earth's centre, shape (3, n)."""
    import numpy as np

    found = np.empty((3, len(lats_deg)))
    for part in _parts(len(lats_deg)):
        lats, lons = np.radians(lats_deg[part]), np.radians(lons_deg[part])
        across = _SEMI_MAJOR_M / np.sqrt(1.0 - _ECCENTRICITY_2 * np.sin(lats) ** 2)
        found[0, part] = across * np.cos(lats) * np.cos(lons)
        found[1, part] = across * np.cos(lats) * np.sin(lons)
        found[2, part] = across * (1.0 - _ECCENTRICITY_2) * np.sin(lats)
    return found


def _steps_m(points: NDArray[Any], rows: NDArray[Any] | None = None) -> NDArray[Any]:
    """Distance from each of the points (of these rows) to the next."""
    import numpy as np

    found = np.empty((points.shape[1] if rows is None else len(rows)) - 1)
    for part in _parts(len(found)):
        both = slice(part.start, part.stop + 1)
        chosen = points[:, both if rows is None else rows[both]]
        found[part] = np.linalg.norm(np.diff(chosen), axis=0)
    return found


def _without_jumps(
    times_s: NDArray[Any], places: NDArray[Any], speeds: NDArray[Any], apart: NDArray[Any]
) -> NDArray[Any]:
    """The track's points with its jumps taken out: metres from its beginning, shape (3, n). `places` is
    overwritten."""
    import numpy as np

    step_m, took_s = _steps_m(places), np.diff(times_s)
    passed = took_s > 0
    took_s[~passed] = np.median(took_s[passed]) if passed.any() else 1.0
    # The median is the speed where none is reported; one jump among nine steps does not change it.
    speeds = np.nan_to_num(speeds)
    speed = np.fmax(np.fmax(speeds[:-1], speeds[1:]), _running_median(step_m / took_s))
    gap_speed = max(_GAP_SPEED_M_S, _GAP_SPEEDS * float(np.percentile(speed, 95)))
    steps = np.zeros_like(places)
    np.subtract(places[:, 1:], places[:, :-1], out=steps[:, 1:])
    for part in _parts(len(step_m)):
        took, usual = took_s[part], speed[part]
        allowed_m = _JUMP_M + (_JUMP_SPEEDS * usual + _JUMP_ACCELERATION_M_S2 * took) * took
        allowed_m = np.where(took > _GAP_S, gap_speed * took, allowed_m)
        steps[:, 1:][:, part][:, (step_m[part] > allowed_m) | apart[part]] = 0.0
    points: NDArray[Any] = np.cumsum(steps, axis=1, out=places)
    return points


def _running_median(values: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    half = _MEDIAN_STEPS // 2
    if len(values) < _MEDIAN_STEPS:
        return np.full(len(values), np.median(values))
    padded = np.pad(values, half, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _MEDIAN_STEPS)
    medians = np.empty(len(values))
    for part in _parts(len(values)):
        medians[part] = np.median(windows[part], axis=1)
    return medians


def _moving(times_s: NDArray[Any], places: NDArray[Any], speeds: NDArray[Any]) -> NDArray[Any]:
    """Which rows belong to a motion, and are not the wandering of an aircraft at rest."""
    import numpy as np

    # A clock that steps back must not order the rows anew.
    times_s = np.maximum.accumulate(times_s)
    count = len(times_s)
    moving, slow, found, whole = (np.empty(count, np.bool_) for _ in range(4))
    sums = _sums(np.where(np.isfinite(speeds), speeds, 0.0))
    for part in _parts(count):
        mean_speed = _mean(sums, *_around(times_s, part, _SPEED_WINDOW_S))
        moving[part], slow[part] = mean_speed >= _SURE_SPEED_M_S, mean_speed >= _SLOW_SPEED_M_S
    sums = _sums(places - places[:, :1])
    for window_s, least_m, with_speed in _WINDOWS:
        for part in _parts(count):
            begin, end = _around(times_s, part, window_s)
            at, at_s = np.arange(part.start, part.stop), times_s[part]
            moved = _mean(sums, at, end) - _mean(sums, begin, at + 1)
            found[part] = np.linalg.norm(moved, axis=0) >= least_m
            whole[part] = np.minimum(at_s - times_s[begin], times_s[end - 1] - at_s) >= window_s / 2
        judged = _as_nearest(times_s, found, whole)
        moving |= judged & slow if with_speed else judged
    sums = _sums(moving)
    for part in _parts(count):
        begin, end = _around(times_s, part, _AROUND_S)
        found[part] = sums[end] > sums[begin]
    return found


def _around(times_s: NDArray[Any], part: slice, window_s: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """The first row within the window before each row of a part, and the row after the last within that after it."""
    import numpy as np

    return (
        np.searchsorted(times_s, times_s[part] - window_s, side="left"),
        np.searchsorted(times_s, times_s[part] + window_s, side="right"),
    )


def _sums(values: NDArray[Any]) -> NDArray[Any]:
    """Sums of the values before each row; rows are the last axis, and one more than those of the values."""
    import numpy as np

    sums = np.zeros((*values.shape[:-1], values.shape[-1] + 1))
    np.cumsum(values, axis=-1, out=sums[..., 1:])
    return sums


def _mean(sums: NDArray[Any], begin: NDArray[Any], end: NDArray[Any]) -> NDArray[Any]:
    """Mean of the values from each `begin` to before its `end`."""
    mean: NDArray[Any] = (sums.take(end, axis=-1) - sums.take(begin, axis=-1)) / (end - begin)
    return mean


def _as_nearest(times_s: NDArray[Any], found: NDArray[Any], whole: NDArray[Any]) -> NDArray[Any]:
    """The same, but where a row has too few rows on one side as at the nearest `whole` one: near the ends of the track
    and of a gap."""
    import numpy as np

    if not whole.any():
        return np.full(len(found), found.any())
    nearest = found.copy()
    at_s, whole_s, whole_found = times_s[~whole], times_s[whole], found[whole]
    after = np.clip(np.searchsorted(whole_s, at_s), 0, len(whole_s) - 1)
    before = np.maximum(after - 1, 0)
    nearest[~whole] = whole_found[np.where(at_s - whole_s[before] < whole_s[after] - at_s, before, after)]
    return nearest


def _lengths(points: NDArray[Any], moving: NDArray[Any]) -> NDArray[Any]:
    """Length up to each point: through the points of the motions, a quarter of a metre apart."""
    import numpy as np

    rows = np.flatnonzero(moving)
    if len(rows) < 2:
        return np.zeros(points.shape[1])
    quarters = np.floor(_sums(_steps_m(points, rows)) / _JOIN_M)
    kept = np.ones(len(rows), np.bool_)
    kept[1:-1] = quarters[1:-1] != quarters[:-2]
    corners = rows[kept]
    found: NDArray[Any] = np.interp(np.arange(points.shape[1]), corners, _sums(_steps_m(points, corners)))
    return found
