"""Heights along a way: samples of it, the lowest profile that an aircraft can climb, and the points that draw it.

All is arrays of shape (n,), one value for each sample, in flight order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.geo import wrap_180_deg
from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.patterns.local_map import LocalMap

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

MOST_SAMPLES = 6_000_000
# So short a piece is straight in degrees too: at 70 degrees of latitude within 2 cm.
_STRAIGHT_M = 500.0
# A vertical leg may climb as far as it likes.
_ANY_CLIMB_M = 1e4


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Points along the legs of a way, `step_m` or less apart; each corner is one.

    `legs` is the leg of a sample, `shares` how far along it, in [0, 1]; `corners` is the sample of each corner.
    """

    lats_deg: Floats
    lons_deg: Floats
    steps_m: Floats
    """Distance from each sample to the next, shape (n - 1,)."""
    legs: Indices
    shares: Floats
    corners: Indices

    @property
    def distances_m(self) -> Floats:
        """Distance of each sample from the first, m."""
        return np.concatenate([[0.0], np.cumsum(self.steps_m)])

    def along(self, at_corners: Floats) -> Floats:
        """Return values that change evenly along each leg from one corner's to the next one's."""
        after = np.append(at_corners[1:], at_corners[-1])
        result: Floats = at_corners[self.legs] + self.shares * (after - at_corners)[self.legs]
        return result


def sampled(places: Sequence[Position], step_m: float) -> Samples:
    """Return samples of the straight legs through places. Raises PlanError for a way that is too long."""
    on_earth = LocalMap.around(places)
    lats, lons = (np.asarray(values, dtype=np.float64) for values in zip(*places, strict=True))
    points = on_earth.arrays_to_map(lats, lons)
    leaps = np.diff(points, axis=0)
    lengths_m = np.hypot(leaps[:, 0], leaps[:, 1])
    counts = np.maximum(1, np.ceil(lengths_m / step_m)).astype(np.intp)
    if counts.sum() > MOST_SAMPLES:
        raise PlanError(
            f"cannot follow the terrain: the way is {lengths_m.sum() / 1000.0:.0f} km long",
            hint="plan it in parts",
        )
    corners = np.concatenate([[0], np.cumsum(counts)])
    legs, shares = _split(counts)
    steps_m = (lengths_m / counts)[legs[:-1]]
    # The map's way back to the earth is slow: it is taken at knots only.
    knots_of, knot_shares = _split(np.maximum(1, np.ceil(lengths_m / _STRAIGHT_M)).astype(np.intp))
    ends = np.vstack([leaps, np.zeros((1, 2))])
    knot_lats, knot_lons = on_earth.arrays_to_earth(points[knots_of] + knot_shares[:, None] * ends[knots_of])
    knot_lons = knot_lons[0] + wrap_180_deg(knot_lons - knot_lons[0])
    # Legs and shares as one number: it grows along legs without a length too.
    at, knots_at = legs + shares, knots_of + knot_shares
    return Samples(
        np.interp(at, knots_at, knot_lats),
        wrap_180_deg(np.interp(at, knots_at, knot_lons)),
        steps_m,
        legs,
        shares,
        corners,
    )


def _split(counts: Indices) -> tuple[Indices, Floats]:
    """Return for `counts` pieces of each leg where they begin, and the end of the last leg as a leg of its own."""
    legs = np.repeat(np.arange(len(counts)), counts)
    first = np.concatenate([[0], np.cumsum(counts)])[:-1]
    shares = (np.arange(len(legs)) - first[legs]) / counts[legs]
    return np.append(legs, len(counts)), np.append(shares, 0.0)


def with_edges(heights_m: Floats) -> Floats:
    """Return ground heights raised where an edge may rise between two samples.

    From both sides the ground goes on as it came until the two meet: that is exact for one edge between plane faces.
    """
    if len(heights_m) < 4:
        return heights_m
    rises = np.diff(heights_m)
    before, here, after = rises[:-2], rises[1:-1], rises[2:]
    over, under = before - here, here - after
    bulge = (over > 0.0) & (under > 0.0)
    rise = np.zeros(len(rises))
    rise[1:-1] = np.where(bulge, over * under / np.where(bulge, over + under, 1.0), 0.0)
    raised = heights_m.copy()
    raised[:-1] += rise
    raised[1:] = np.maximum(raised[1:], heights_m[1:] + rise)
    return raised


def climbable(heights_m: Floats, steps_m: Floats, up: Floats, down: Floats) -> Floats:
    """Return the lowest profile on or above `heights_m` that climbs no steeper than `up` and sinks no steeper than
    `down`, m a metre, one value for each step.

    A step without a length is a vertical one.
    """
    rise = np.where(steps_m > 0.0, up * steps_m, _ANY_CLIMB_M)
    fall = np.where(steps_m > 0.0, down * steps_m, _ANY_CLIMB_M)
    climbed, sunk = np.concatenate([[0.0], np.cumsum(rise)]), np.concatenate([[0.0], np.cumsum(fall)])
    reached = np.maximum.accumulate((heights_m - climbed)[::-1])[::-1] + climbed
    result: Floats = np.maximum.accumulate(reached + sunk) - sunk
    return np.maximum(result, heights_m)


def points_of(profile_m: Floats, samples: Samples, tolerance_m: float) -> Indices:
    """Return the samples, all corners among them, between which straight legs stay within the tolerance of a profile.

    Method: Ramer, Douglas and Peucker, for heights.
    """
    straight = samples.along(profile_m[samples.corners])
    off_m = np.abs(profile_m - straight)
    worst = np.maximum.reduceat(off_m, samples.corners)
    kept = [samples.corners]
    for leg in np.flatnonzero(worst[:-1] > tolerance_m):
        first, last = int(samples.corners[leg]), int(samples.corners[leg + 1])
        kept.append(np.asarray(_split_points(profile_m, first, last, tolerance_m), dtype=np.intp))
    return np.sort(np.concatenate(kept))


def _split_points(profile_m: Floats, first: int, last: int, tolerance_m: float) -> list[int]:
    found, parts = [], [(first, last)]
    while parts:
        begin, end = parts.pop()
        if end - begin < 2:
            continue
        chord = np.linspace(profile_m[begin], profile_m[end], end - begin + 1)
        off_m = np.abs(profile_m[begin : end + 1] - chord)
        at = int(np.argmax(off_m))
        if off_m[at] > tolerance_m:
            found.append(begin + at)
            parts += [(begin, begin + at), (begin + at, end)]
    return found
