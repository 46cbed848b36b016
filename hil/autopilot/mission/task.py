"""The base class of flight tasks, and the rules of an autopilot stack that tasks fly by.

Rules are read from the vehicle's parameters whenever they are used, so that a parameter change acts in flight.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from controller.protocol.mission.items import MissionItem
from hil.autopilot.control.setpoints import Setpoint
from hil.autopilot.guidance.guidance import Guidance, Speeds, StraightGuidance
from hil.autopilot.mission.item_numbering import ItemNumbering
from hil.autopilot.vehicle_context import VehicleContext


class Task(ABC):
    """One piece of flight. `done` is valid after each step; a task that is done still returns a holding setpoint."""

    done = False
    lands = False  # the task ends on the ground

    @abstractmethod
    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        """Return the setpoint for the next 20 ms."""


class FlightRules(ABC):
    """Speeds, radii and habits of one autopilot stack in flight."""

    numbering: ClassVar[ItemNumbering]
    guided_yaw_follows_course: ClassVar[
        bool
    ]  # in guided flight the nose turns to the target or along the velocity
    takeoff_accuracy_m: ClassVar[float]  # a mission's takeoff is complete this near to its height
    flies_to_takeoff_item: ClassVar[bool]  # after the climb, fly to the position of the takeoff item
    zero_height_keeps_height: ClassVar[bool]  # an item with height 0 keeps the height of the item before it

    def __init__(self) -> None:
        self.guidance: Guidance = StraightGuidance()

    @abstractmethod
    def speeds(self, vehicle: VehicleContext) -> Speeds:
        """Return cruise, climb and descent speed."""

    def takeoff_speed(self, vehicle: VehicleContext) -> float:
        """Return the climb speed of a takeoff in m/s."""
        return self.speeds(vehicle).climb_m_s

    def motors_wait_s(self, vehicle: VehicleContext) -> float:  # noqa: ARG002
        """Return how long after arming the motors stay at idle speed before a takeoff."""
        return 0.0

    def landing_speed(self, vehicle: VehicleContext) -> float:
        """Return the descent speed of a landing at the present height in m/s."""
        return self.speeds(vehicle).descend_m_s

    @abstractmethod
    def return_tasks(self, vehicle: VehicleContext) -> list[Task]:
        """Return the tasks of a return to home; the last one holds or lands."""

    def on_return_landing(self, vehicle: VehicleContext) -> None:  # noqa: B027
        """Announce that the return begins its landing."""

    @abstractmethod
    def velocity_timeout_s(self, vehicle: VehicleContext) -> float:
        """Return how long a velocity setpoint holds without being renewed."""

    @abstractmethod
    def acceptance_radius_m(self, vehicle: VehicleContext, requested_m: float) -> float:
        """Return the acceptance radius of a waypoint that requests `requested_m` (0: the default)."""

    @abstractmethod
    def item_yaw(self, item: MissionItem) -> float | None:
        """Return the heading in rad that a waypoint commands, or None."""

    @abstractmethod
    def circle_radius_m(self, vehicle: VehicleContext, requested_m: float) -> float:
        """Return the radius of a circle that requests `requested_m` (0: the default)."""

    def faces_next_waypoint(self, vehicle: VehicleContext) -> bool:  # noqa: ARG002
        """Return whether the nose turns to the next waypoint."""
        return True
