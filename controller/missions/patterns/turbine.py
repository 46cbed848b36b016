"""Wind turbine that stands still: tower, nacelle, and each blade's two edges and two faces.

The rotor is a plane through the hub. The flight stays in front of it or behind it, `plane_clear_m` or more from it,
wherever a turning blade could be; it changes sides only outside of the disc.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from controller.errors import SafetyRefused
from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.patterns.local_map import LocalMap
from controller.missions.patterns.solids import Obstacles, Prism, Rod, SpacePoint
from controller.missions.patterns.structure import LayerOptions, layers_round
from controller.missions.patterns.views import View, bearing_deg, route_of_views
from controller.missions.route.route import Route

_BLADES = "ABC"
#: A photo may look at a surface from this far beside its normal; beyond, the surface is not seen.
MOST_ASIDE_DEG = 60.0
_ASIDE_STEP_DEG = 5.0
#: Share of a blade, from its root, whose photos may be left out where tower or nacelle is too near.
_ROOT_SHARE = 0.3
_TOWER_SIDES = 8
#: A photo may be taken from so many stand-offs away, where a surface cannot be seen from nearer.
_FURTHER = (1.0, 1.25, 1.5, 2.0)


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
        return _moved((0.0, 0.0, self.hub_m), self.front, self.overhang_m)

    def along(self, blade: int) -> SpacePoint:
        """Return the direction of a blade from its root to its tip."""
        angle = math.radians(self.rotor_deg + 120.0 * blade)
        # Seen from the front, clockwise turns from up to the observer's right, which is the rotor's left.
        east, north, _ = self.front
        right = (-north, east, 0.0)
        return _sum((right, math.sin(angle)), ((0.0, 0.0, 1.0), math.cos(angle)))

    def surfaces(self, blade: int) -> dict[str, SpacePoint]:
        """Return edges and faces of a blade with the directions that they face."""
        along, front = self.along(blade), self.front
        # The rotor turns clockwise seen from the front: the leading edge goes ahead.
        ahead = _cross(along, front)
        pitch = math.radians(self.pitch_deg)
        leading = _sum((ahead, math.cos(pitch)), (front, math.sin(pitch)))
        pressure = _sum((front, math.cos(pitch)), (ahead, -math.sin(pitch)))
        return {
            "leading edge": leading,
            "pressure side": pressure,
            "trailing edge": _scaled(leading, -1.0),
            "suction side": _scaled(pressure, -1.0),
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
        blades = [Rod(self.hub, _moved(self.hub, self.along(one), self.blade_m), thick_m) for one in range(3)]
        return (tower, nacelle, *blades)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurbineOptions:
    """How a turbine is flown."""

    stand_off_m: float = 12.0
    """Distance from every surface, m."""
    plane_clear_m: float = 8.0
    """Distance from the rotor's plane within its disc, m."""
    photo_m: float = 6.0
    """Largest distance between photos along a blade, and between layers of the tower, m."""
    gimbal_up_deg: float = 30.0
    """Highest pitch of the camera, degrees above the horizon."""
    min_height_m: float = 5.0
    """Lowest height of the flight, m above home."""
    parts: tuple[str, ...] = ("tower", "nacelle", "blades")

    def __post_init__(self) -> None:
        if not 0.5 <= self.photo_m <= 200.0:
            raise PlanError(f"invalid distance of photos: {self.photo_m:g} m", hint="use 0.5 to 200 m")
        if not 0.0 <= self.plane_clear_m <= 200.0:
            raise PlanError(
                f"invalid distance from the rotor: {self.plane_clear_m:g} m", hint="use 0 to 200 m"
            )
        if not 0.0 <= self.gimbal_up_deg <= 90.0:
            raise PlanError("invalid pitch of the camera", hint="use 0 to 90 degrees above the horizon")
        if not self.parts or set(self.parts) - {"tower", "nacelle", "blades"}:
            raise PlanError("invalid part of a turbine", hint="use tower, nacelle or blades")


@dataclass(frozen=True)
class _Disc:
    """Space that a turning rotor needs: a slab on both sides of its plane."""

    turbine: Turbine
    half_m: float
    radius_m: float

    def contains(self, point: SpacePoint) -> bool:
        off = _less(point, self.turbine.hub)
        axial = _dot(off, self.turbine.front)
        radial = math.sqrt(max(_dot(off, off) - axial * axial, 0.0))
        return abs(axial) < self.half_m - 1e-6 and radial < self.radius_m - 1e-6


@dataclass(frozen=True, kw_only=True)
class _RotorObstacles(Obstacles):
    """Obstacles of a turbine: also no leg passes through the space of a turning rotor."""

    disc: _Disc

    @property
    def outlines(self) -> tuple[Prism | Rod, ...]:
        what = self.disc.turbine
        above = _moved(what.hub, (0.0, 0.0, 1.0), what.blade_m)
        aside = _scaled(_cross(what.front, (0.0, 0.0, 1.0)), what.blade_m)
        wide = Rod(_moved(what.hub, aside, 1.0), _moved(what.hub, aside, -1.0), what.chord_m / 2.0)
        return (*self.solids, Rod(what.hub, above, what.chord_m / 2.0), wide)

    def clear(self, *points: SpacePoint) -> bool:
        return not any(self.disc.contains(one) for one in _samples(points)) and super().clear(*points)


def turbine(
    foot: Position, what: Turbine, options: TurbineOptions, *, start: Position | None = None
) -> Route:
    """Return the photos of a turbine whose tower stands at `foot`, latitude and longitude in degrees.

    Each photo is named: "blade A leading edge 12 m" is 12 m from the hub's axis. An edge or face that looks into the
    rotor's plane is seen from aside, at most 60 degrees from its normal. Photos near the root that tower and nacelle
    do not leave room for are left out, and said. Raises SafetyRefused where more cannot be flown, and PlanError.
    """
    disc = _Disc(what, options.plane_clear_m, what.blade_m + options.stand_off_m)
    obstacles = _RotorObstacles(
        solids=what.solids(), stand_off_m=options.stand_off_m, min_height_m=options.min_height_m, disc=disc
    )
    on_earth = LocalMap(foot)
    views: list[View] = []
    remarks: list[str] = ["the ground is taken as level at the height of home"]
    if "tower" in options.parts:
        views += _tower(what, options, obstacles)
    if "nacelle" in options.parts:
        views += _nacelle(what, options, obstacles)
    if "blades" in options.parts:
        found, left_out = _blades(what, options, obstacles)
        views += found
        remarks += left_out
    return route_of_views(
        "turbine",
        views,
        obstacles,
        on_earth,
        start=on_earth.to_map(start) if start else None,
        passes=sum({"tower": 1, "nacelle": 1, "blades": 12}[one] for one in options.parts),
        remarks=tuple(remarks),
    )


def _tower(what: Turbine, options: TurbineOptions, obstacles: Obstacles) -> list[View]:
    """Return columns round the tower, up and down in turn, each as high as rotor and nacelle leave room."""
    tower = what.solids()[0]
    assert isinstance(tower, Prism)
    layers = LayerOptions(
        stand_off_m=options.stand_off_m,
        bottom_m=options.min_height_m,
        top_m=max(what.hub_m - what.nacelle_m[2] / 2.0, options.min_height_m),
        layer_m=options.photo_m,
        photo_m=2.0 * options.stand_off_m,
        min_height_m=options.min_height_m,
    )
    columns: dict[float, list[View]] = {}
    for one in layers_round(tower, layers):
        if obstacles.clear(one.at):
            named = replace(one, asset=f"tower {one.at[2]:.0f} m")
            columns.setdefault(one.heading_deg, []).append(named)
    ordered = enumerate(columns.values())
    return [view for index, column in ordered for view in (column[::-1] if index % 2 else column)]


def _nacelle(what: Turbine, options: TurbineOptions, obstacles: Obstacles) -> list[View]:
    """Return views of the nacelle's sides, back and top."""
    centre = _moved((0.0, 0.0, what.hub_m), what.front, what.overhang_m - what.nacelle_m[0] / 2.0)
    east, north, _ = what.front
    right = (north, -east, 0.0)
    length_m, width_m, height_m = what.nacelle_m
    faces = (
        ("right side", right, width_m),
        ("back", _scaled(what.front, -1.0), length_m),
        ("left side", _scaled(right, -1.0), width_m),
        ("top", (0.0, 0.0, 1.0), height_m),
    )
    views = []
    for name, out, size_m in faces:
        surface = _moved(centre, out, size_m / 2.0)
        for back_m in (0.0, length_m / 4.0, length_m / 2.0):
            at = _moved(_moved(surface, out, options.stand_off_m), what.front, -back_m)
            if obstacles.clear(at):
                target = surface if name != "top" else _moved(surface, what.front, -back_m)
                heading = what.yaw_deg if name == "top" else bearing_deg(at, target)
                pitch = -90.0 if name == "top" else 0.0
                views.append(View(at, heading % 360.0, pitch, f"nacelle {name}"))
                break
    return views


def _blades(what: Turbine, options: TurbineOptions, obstacles: Obstacles) -> tuple[list[View], list[str]]:
    """Return the views of the blades, those from the front first, and what is left out near the roots."""
    count = math.ceil(what.blade_m / options.photo_m)
    at_m = [what.blade_m * (index + 0.5) / count for index in range(count)]
    lines: list[list[View]] = []
    left_out = []
    for blade in range(3):
        for surface, normal in what.surfaces(blade).items():
            name = f"blade {_BLADES[blade]} {surface}"
            found = []
            missed = 0.0
            for along_m in at_m:
                view = _view_of(what, options, obstacles, blade, normal, along_m, name)
                if view is not None:
                    found.append(view)
                else:
                    missed = max(missed, along_m)
            if missed > _ROOT_SHARE * what.blade_m or not found:
                raise SafetyRefused(
                    f"cannot plan the turbine: {name} at {missed:.0f} m cannot be seen from "
                    f"{options.stand_off_m:g} m",
                    hint="turn the rotor, or change the stand-off or the pitch of the camera",
                )
            if missed:
                left_out.append(f"{name}: not seen up to {missed:.0f} m from the axis, too near to the tower")
            lines.append(found)
    front = [line for line in lines if _side(what, line[-1].at) > 0.0]
    behind = [line for line in lines if _side(what, line[-1].at) <= 0.0]
    views: list[View] = []
    for line in (*front, *behind):
        near_begin = not views or math.dist(views[-1].at, line[0].at) <= math.dist(views[-1].at, line[-1].at)
        views += line if near_begin else line[::-1]
    return views, left_out


def _view_of(
    what: Turbine,
    options: TurbineOptions,
    obstacles: Obstacles,
    blade: int,
    normal: SpacePoint,
    along_m: float,
    name: str,
) -> View | None:
    """Return the view of a point of a blade nearest to its normal that can be flown; None for none."""
    along = what.along(blade)
    middle = _moved(what.hub, along, along_m)
    for further in _FURTHER:
        for turned_deg in _turns():
            out = _turned(normal, along, math.radians(turned_deg))
            at = _moved(middle, out, options.stand_off_m * further + what.chord_m / 2.0)
            view = View.towards(at, middle, f"{name} {along_m:.0f} m")
            if view.pitch_deg <= options.gimbal_up_deg + 1e-6 and obstacles.clear(at):
                return view
    return None


def _turns() -> Iterator[float]:
    """Return angles from the normal, the smallest first, to both sides."""
    yield 0.0
    for index in range(1, round(MOST_ASIDE_DEG / _ASIDE_STEP_DEG) + 1):
        yield index * _ASIDE_STEP_DEG
        yield -index * _ASIDE_STEP_DEG


def _side(what: Turbine, point: SpacePoint) -> float:
    return _dot(_less(point, what.hub), what.front)


def _samples(points: tuple[SpacePoint, ...]) -> Iterator[SpacePoint]:
    yield points[0]
    for begin, end in pairwise(points):
        count = max(1, math.ceil(math.dist(begin, end) / 0.5))
        for index in range(1, count + 1):
            yield _moved(begin, _less(end, begin), index / count)


def _moved(point: SpacePoint, direction: SpacePoint, by: float) -> SpacePoint:
    return (point[0] + by * direction[0], point[1] + by * direction[1], point[2] + by * direction[2])


def _scaled(one: SpacePoint, by: float) -> SpacePoint:
    return (by * one[0], by * one[1], by * one[2])


def _sum(one: tuple[SpacePoint, float], two: tuple[SpacePoint, float]) -> SpacePoint:
    return _moved(_scaled(*one), *two)


def _less(one: SpacePoint, two: SpacePoint) -> SpacePoint:
    return (one[0] - two[0], one[1] - two[1], one[2] - two[2])


def _dot(one: SpacePoint, two: SpacePoint) -> float:
    return one[0] * two[0] + one[1] * two[1] + one[2] * two[2]


def _cross(one: SpacePoint, two: SpacePoint) -> SpacePoint:
    return (
        one[1] * two[2] - one[2] * two[1],
        one[2] * two[0] - one[0] * two[2],
        one[0] * two[1] - one[1] * two[0],
    )


def _turned(vector: SpacePoint, axis: SpacePoint, angle: float) -> SpacePoint:
    """Return a vector, square to an axis, turned about it."""
    return _sum((vector, math.cos(angle)), (_cross(axis, vector), math.sin(angle)))
