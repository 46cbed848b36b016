"""Panels of an object: what the photos of an inspection are to show, for its coverage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from controller.missions.patterns.local_map import LocalMap, MapPoint
from controller.missions.patterns.solids import SpacePoint
from controller.missions.route.route import Panel, Place


def panel(on_earth: LocalMap, name: str, corner: SpacePoint, along: SpacePoint, up: SpacePoint) -> Panel:
    """Return the panel of three points in space."""
    return Panel(name, *(Place(*on_earth.to_earth(one[:2]), one[2]) for one in (corner, along, up)))


def wall(
    on_earth: LocalMap, name: str, begin: MapPoint, end: MapPoint, heights_m: tuple[float, float]
) -> Panel:
    """Return an upright panel from its left to its right edge, as it is seen, between two heights."""
    low, high = heights_m
    return panel(on_earth, name, (*begin, low), (*end, low), (*begin, high))


def walls_round(
    on_earth: LocalMap, name: str, footprint: Sequence[MapPoint], heights_m: tuple[float, float]
) -> tuple[Panel, ...]:
    """Return the walls of a footprint, seen from outside."""
    turns = sum(one[0] * two[1] - two[0] * one[1] for one, two in pairwise([*footprint, footprint[0]]))
    corners = list(footprint) if turns > 0.0 else list(reversed(footprint))
    edges = [edge for edge in pairwise([*corners, corners[0]]) if math.dist(*edge) > 0.01]
    return tuple(
        wall(on_earth, f"{name} side {index}".strip(), begin, end, heights_m)
        for index, (begin, end) in enumerate(edges, start=1)
    )
