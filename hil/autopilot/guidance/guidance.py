"""What flight tasks ask of a stack's guidance: the way to a point, and whether it was reached."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from hil.autopilot.control.setpoints import GoTo, Setpoint
from hil.autopilot.vehicle_context import Vector3, VehicleContext

STEP_S = 0.02


@dataclass(frozen=True, slots=True)
class Speeds:
    """Speed limits in m/s, all positive."""

    cruise_m_s: float
    climb_m_s: float
    descend_m_s: float


@dataclass(frozen=True, slots=True)
class Via:
    """A point in NED on the way, reached in a straight line or in a curve."""

    point: Vector3
    curved: bool = False


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A point in NED that is reached within a radius; with `near` it is enough to be within it over ground.

    `ahead` are up to two points after it. The vehicle flies through to the first of them without a stop if `passes`;
    else they only give a curve's direction at its end.
    """

    point: Vector3
    radius_m: float
    curved: bool = False
    ahead: tuple[Via, ...] = ()
    passes: bool = False
    near: bool = False


@dataclass(frozen=True, slots=True)
class Climb:
    """A vertical way to a point in NED, reached within a height.

    `takes_off` starts on the ground. `loiters` changes the height of a loiter.
    """

    point: Vector3
    accuracy_m: float
    takes_off: bool = False
    loiters: bool = False


class Guidance(ABC):
    """Guidance of one vehicle. After `begin`, call `step` every 20 ms; `reached` is valid after each step."""

    reached = False

    @abstractmethod
    def begin(self, vehicle: VehicleContext, waypoint: Waypoint, speeds: Speeds) -> None:
        """Fly to a waypoint from now on."""

    @abstractmethod
    def step(self, vehicle: VehicleContext, speeds: Speeds, yaw_rad: float | None) -> Setpoint:
        """Return the setpoint for the next 20 ms."""

    def begin_climb(self, vehicle: VehicleContext, climb: Climb, speeds: Speeds) -> None:
        """Climb or descend vertically from now on."""
        self.begin(vehicle, Waypoint(climb.point, climb.accuracy_m), speeds)

    def rest_point(self, vehicle: VehicleContext, speeds: Speeds) -> Vector3:  # noqa: ARG002
        """Return where the vehicle comes to rest if another flight begins now."""
        return vehicle.est.pos_ned


class StraightGuidance(Guidance):
    """The way straight to the point by the control core's own trajectory, with a stop planned at each point."""

    def begin(self, vehicle: VehicleContext, waypoint: Waypoint, speeds: Speeds) -> None:  # noqa: ARG002
        self._point, self._radius_m = waypoint.point, waypoint.radius_m
        self._down_m, self.reached = max(waypoint.radius_m, 1.0), False

    def begin_climb(self, vehicle: VehicleContext, climb: Climb, speeds: Speeds) -> None:  # noqa: ARG002
        self._point, self._radius_m = climb.point, math.inf
        self._down_m, self.reached = climb.accuracy_m, False

    def step(self, vehicle: VehicleContext, speeds: Speeds, yaw_rad: float | None) -> Setpoint:
        off_down_m = abs(vehicle.est.pos_ned[2] - self._point[2])
        self.reached = vehicle.distance_m(self._point) <= self._radius_m and off_down_m <= self._down_m
        return GoTo(self._point, speeds.cruise_m_s, speeds.climb_m_s, speeds.descend_m_s, yaw_rad)
