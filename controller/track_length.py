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
        # Part by part: a long track has many rows.
        for begin in range(0, len(known), 1 << 18):
            part = slice(begin, begin + (1 << 18))
            lats, lons = np.abs(lats_deg[part]), np.abs(lons_deg[part])
            on_earth = (lats <= 90.0) & (lons <= 360.0)
            known[part] = on_earth & ((lats > NO_POSITION_DEG) | (lons > NO_POSITION_DEG))
    return known


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
        stretches = np.cumsum(~counted & have_place(lats_deg, lons_deg))
        apart = np.diff(stretches[at]) > 0
    places = _on_ellipsoid(lats_deg[at], lons_deg[at])
    moving = _moving(times_s, places - places[0], speeds)
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
    steps_m = np.linalg.norm(np.diff(_on_ellipsoid(lats_deg, lons_deg), axis=0), axis=1)
    steps = steps_m / np.maximum(np.diff(times_s), 1e-3)
    found: NDArray[Any] = np.concatenate((steps[:1], steps))
    return found


def _on_ellipsoid(lats_deg: NDArray[Any], lons_deg: NDArray[Any]) -> NDArray[Any]:
    """Points on the ellipsoid in metres from the earth's centre, shape (n, 3)."""
    import numpy as np

    lats, lons = np.radians(lats_deg), np.radians(lons_deg)
    across = _SEMI_MAJOR_M / np.sqrt(1.0 - _ECCENTRICITY_2 * np.sin(lats) ** 2)
    return np.stack(
        [
            across * np.cos(lats) * np.cos(lons),
            across * np.cos(lats) * np.sin(lons),
            across * (1.0 - _ECCENTRICITY_2) * np.sin(lats),
        ],
        1,
    )


def _without_jumps(
    times_s: NDArray[Any], places: NDArray[Any], speeds: NDArray[Any], apart: NDArray[Any]
) -> NDArray[Any]:
    """The track's points with its jumps taken out: metres from its beginning, shape (n, 3)."""
    import numpy as np

    steps = np.diff(places, axis=0)
    step_m, took_s = np.linalg.norm(steps, axis=1), np.diff(times_s)
    took_s = np.where(took_s > 0, took_s, np.median(took_s[took_s > 0]) if (took_s > 0).any() else 1.0)
    # The median is the speed where none is reported; one jump among nine steps does not change it.
    usual = _running_median(step_m / took_s)
    known = np.fmax(np.nan_to_num(speeds[:-1]), np.nan_to_num(speeds[1:]))
    speed = np.fmax(known, usual)
    allowed_m = _JUMP_M + (_JUMP_SPEEDS * speed + _JUMP_ACCELERATION_M_S2 * took_s) * took_s
    gap_speed = max(_GAP_SPEED_M_S, _GAP_SPEEDS * float(np.percentile(speed, 95)))
    allowed_m = np.where(took_s > _GAP_S, gap_speed * took_s, allowed_m)
    steps[(step_m > allowed_m) | apart] = 0.0
    return np.concatenate([np.zeros((1, 3)), np.cumsum(steps, axis=0)])


def _running_median(values: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    half = _MEDIAN_STEPS // 2
    if len(values) < _MEDIAN_STEPS:
        return np.full(len(values), np.median(values))
    padded = np.pad(values, half, mode="edge")
    medians: NDArray[Any] = np.median(np.lib.stride_tricks.sliding_window_view(padded, _MEDIAN_STEPS), axis=1)
    return medians


def _moving(times_s: NDArray[Any], points: NDArray[Any], speeds: NDArray[Any]) -> NDArray[Any]:
    """Which rows belong to a motion, and are not the wandering of an aircraft at rest."""
    import numpy as np

    # A clock that steps back must not order the rows anew.
    times_s = np.maximum.accumulate(times_s)
    reported = np.isfinite(speeds)
    mean_speed = _window_mean(
        times_s, np.where(reported, speeds, 0.0)[:, None], _SPEED_WINDOW_S, _SPEED_WINDOW_S
    )[:, 0]
    moving = mean_speed >= _SURE_SPEED_M_S
    for window_s, least_m, with_speed in _WINDOWS:
        before = _window_mean(times_s, points, window_s, 0.0)
        after = _window_mean(times_s, points, 0.0, window_s)
        found = _judged(times_s, np.linalg.norm(after - before, axis=1) >= least_m, window_s / 2)
        moving |= found & (mean_speed >= _SLOW_SPEED_M_S) if with_speed else found
    begin = np.searchsorted(times_s, times_s - _AROUND_S, side="left")
    end = np.searchsorted(times_s, times_s + _AROUND_S, side="right")
    sums = np.concatenate([[0], np.cumsum(moving)])
    around: NDArray[Any] = sums[end] > sums[begin]
    return around


def _judged(times_s: NDArray[Any], found: NDArray[Any], least_s: float) -> NDArray[Any]:
    """The same, but near the ends of the track and of a gap as at the nearest row with rows on both sides."""
    import numpy as np

    begin = np.searchsorted(times_s, times_s - 2 * least_s, side="left")
    end = np.searchsorted(times_s, times_s + 2 * least_s, side="right") - 1
    whole = np.flatnonzero((times_s - times_s[begin] >= least_s) & (times_s[end] - times_s >= least_s))
    if not len(whole):
        return np.full(len(found), found.any())
    after = np.clip(np.searchsorted(times_s[whole], times_s), 0, len(whole) - 1)
    before = np.maximum(after - 1, 0)
    nearer = np.where(
        times_s - times_s[whole[before]] < times_s[whole[after]] - times_s, whole[before], whole[after]
    )
    nearest: NDArray[Any] = found[nearer]
    return nearest


def _window_mean(
    times_s: NDArray[Any], values: NDArray[Any], before_s: float, after_s: float
) -> NDArray[Any]:
    """Mean of the rows from `before_s` before to `after_s` after each row, itself among them."""
    import numpy as np

    begin = np.searchsorted(times_s, times_s - before_s, side="left") if before_s else np.arange(len(times_s))
    end = (
        np.searchsorted(times_s, times_s + after_s, side="right")
        if after_s
        else np.arange(1, len(times_s) + 1)
    )
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    mean: NDArray[Any] = (sums[end] - sums[begin]) / (end - begin)[:, None]
    return mean


def _lengths(points: NDArray[Any], moving: NDArray[Any]) -> NDArray[Any]:
    """Length up to each point: through the points of the motions, a quarter of a metre apart."""
    import numpy as np

    rows = np.flatnonzero(moving)
    if len(rows) < 2:
        return np.zeros(len(points))
    steps = np.linalg.norm(np.diff(points[rows], axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    kept = np.flatnonzero(np.diff(np.floor(along / _JOIN_M), prepend=-1.0, append=-1.0)[:-1] != 0)
    kept = np.unique(np.concatenate([kept, [len(rows) - 1]]))
    corners = rows[kept]
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points[corners], axis=0), axis=1))])
    found: NDArray[Any] = np.interp(np.arange(len(points)), corners, lengths)
    return found
