"""Vectors in space: east, north, up."""

from __future__ import annotations

import math

from controller.missions.patterns.solids import SpacePoint


def moved(point: SpacePoint, direction: SpacePoint, by: float) -> SpacePoint:
    """Return a point moved along a direction."""
    return (point[0] + by * direction[0], point[1] + by * direction[1], point[2] + by * direction[2])


def scaled(one: SpacePoint, by: float) -> SpacePoint:
    """Return a vector `by` times as long."""
    return (by * one[0], by * one[1], by * one[2])


def summed(one: tuple[SpacePoint, float], two: tuple[SpacePoint, float]) -> SpacePoint:
    """Return the sum of two vectors, each with its factor."""
    return moved(scaled(*one), *two)


def less(one: SpacePoint, two: SpacePoint) -> SpacePoint:
    """Return one vector without another."""
    return (one[0] - two[0], one[1] - two[1], one[2] - two[2])


def dot(one: SpacePoint, two: SpacePoint) -> float:
    """Return the scalar product."""
    return one[0] * two[0] + one[1] * two[1] + one[2] * two[2]


def cross(one: SpacePoint, two: SpacePoint) -> SpacePoint:
    """Return the vector product."""
    return (
        one[1] * two[2] - one[2] * two[1],
        one[2] * two[0] - one[0] * two[2],
        one[0] * two[1] - one[1] * two[0],
    )


def turned(vector: SpacePoint, axis: SpacePoint, angle: float) -> SpacePoint:
    """Return a vector, square to an axis, turned about it."""
    return summed((vector, math.cos(angle)), (cross(axis, vector), math.sin(angle)))
