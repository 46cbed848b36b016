"""Shape of a wind turbine that stands still: where its parts are, and the directions that its blades face."""

from __future__ import annotations

import math
from dataclasses import dataclass

from controller.missions.errors import PlanError
from controller.missions.patterns.solids import Prism, Rod, SpacePoint
from controller.missions.patterns.vectors import cross, moved, scaled, summed

_TOWER_SIDES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Turbine:
    """Size and position of a turbine that stands still. Heights are m above home."""

    hub_m: float
    """Height of the hub."""
    blade_m: float
    """Length of a blade from the hub's axis to its tip."""
    yaw_deg: float
    """Direction that the rotor faces, from north, clockwise."""
    rotor_deg: float = 0.0
    """Direction of blade A seen from the front, clockwise; 0 is up."""
    pitch_deg: float = 90.0
    """Pitch of the blades: 90 is feathered, the leading edges to the front; 0 is working, the pressure sides there."""
    tower_m: float = 5.0
    """Diameter of the tower at its foot."""
    nacelle_m: tuple[float, float, float] = (12.0, 4.0, 4.0)
    """Length, width and height of the nacelle."""
    overhang_m: float = 5.0
    """Distance of the rotor's plane from the tower's axis."""
    chord_m: float = 4.0
    """Largest width of a blade."""

    def __post_init__(self) -> None:
        sizes = (self.hub_m, self.blade_m, self.tower_m, *self.nacelle_m, self.overhang_m, self.chord_m)
        if not all(0.0 < one < 1000.0 for one in sizes):
            raise PlanError("invalid turbine: a size is not above 0 and below 1000 m")
        if not all(math.isfinite(one) for one in (self.yaw_deg, self.rotor_deg, self.pitch_deg)):
            raise PlanError("invalid turbine: an angle is no number")
        if self.blade_m >= self.hub_m:
            raise PlanError(
                f"invalid turbine: a blade of {self.blade_m:g} m reaches the ground below a hub "
                f"at {self.hub_m:g} m"
            )
        if self.overhang_m <= self.tower_m / 2.0 + self.chord_m / 2.0:
            raise PlanError(
                "invalid turbine: its blades touch the tower", hint="the overhang is from the tower's axis"
            )

    @property
    def front(self) -> SpacePoint:
        """Direction that the rotor faces."""
        yaw = math.radians(self.yaw_deg)
        return (math.sin(yaw), math.cos(yaw), 0.0)

    @property
    def hub(self) -> SpacePoint:
        """Centre of the rotor."""
        return moved((0.0, 0.0, self.hub_m), self.front, self.overhang_m)

    def along(self, blade: int) -> SpacePoint:
        """Return the direction of a blade from its root to its tip."""
        angle = math.radians(self.rotor_deg + 120.0 * blade)
        # Seen from the front, clockwise turns from up to the observer's right, which is the rotor's left.
        east, north, _ = self.front
        right = (-north, east, 0.0)
        return summed((right, math.sin(angle)), ((0.0, 0.0, 1.0), math.cos(angle)))

    def surfaces(self, blade: int) -> dict[str, SpacePoint]:
        """Return edges and faces of a blade with the directions that they face."""
        along, front = self.along(blade), self.front
        # The rotor turns clockwise seen from the front: the leading edge goes ahead.
        ahead = cross(along, front)
        pitch = math.radians(self.pitch_deg)
        leading = summed((ahead, math.cos(pitch)), (front, math.sin(pitch)))
        pressure = summed((front, math.cos(pitch)), (ahead, -math.sin(pitch)))
        return {
            "leading edge": leading,
            "pressure side": pressure,
            "trailing edge": scaled(leading, -1.0),
            "suction side": scaled(pressure, -1.0),
        }

    def solids(self) -> tuple[Prism | Rod, ...]:
        """Return tower, nacelle, hub and blades as bodies; a blade is as thick as its chord."""
        east, north, _ = self.front
        length_m, width_m, height_m = self.nacelle_m
        face, back = self.overhang_m, self.overhang_m - length_m
        corners = tuple(
            (along * east + aside * north, along * north - aside * east)
            for along, aside in (
                (face, width_m / 2),
                (face, -width_m / 2),
                (back, -width_m / 2),
                (back, width_m / 2),
            )
        )
        nacelle = Prism(corners, self.hub_m - height_m / 2.0, self.hub_m + height_m / 2.0)
        outside_m = self.tower_m / 2.0 / math.cos(math.pi / _TOWER_SIDES)
        turns = [2.0 * math.pi * one / _TOWER_SIDES for one in range(_TOWER_SIDES)]
        tower = Prism(
            tuple((outside_m * math.sin(one), outside_m * math.cos(one)) for one in turns), 0.0, self.hub_m
        )
        thick_m = self.chord_m / 2.0
        blades = [Rod(self.hub, moved(self.hub, self.along(one), self.blade_m), thick_m) for one in range(3)]
        return (tower, nacelle, *blades)
