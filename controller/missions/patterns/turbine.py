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
from controller.missions.patterns.keep_out import KeepOut
from controller.missions.patterns.local_map import LocalMap, bearing_deg
from controller.missions.patterns.panels import panel
from controller.missions.patterns.solids import Obstacles, Prism, Rod, SpacePoint
from controller.missions.patterns.structure import LayerOptions, layers_round
from controller.missions.patterns.turbine_shape import Turbine
from controller.missions.patterns.vectors import cross, dot, less, moved, scaled, turned
from controller.missions.patterns.views import View, route_of_views
from controller.missions.route.route import Panel, Route

_BLADES = "ABC"
#: A photo may look at a surface from this far beside its normal; beyond, the surface is not seen.
MOST_ASIDE_DEG = 60.0
_ASIDE_STEP_DEG = 5.0
#: Share of a blade, from its root, whose photos may be left out where tower or nacelle is too near.
_ROOT_SHARE = 0.3
#: Width of a blade's edge as a share of its chord.
_EDGE_SHARE = 0.2
#: A photo may be taken from so many stand-offs away, where a surface cannot be seen from nearer.
_FURTHER = (1.0, 1.25, 1.5, 2.0)


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
        off = less(point, self.turbine.hub)
        axial = dot(off, self.turbine.front)
        radial = math.sqrt(max(dot(off, off) - axial * axial, 0.0))
        return abs(axial) < self.half_m - 1e-6 and radial < self.radius_m - 1e-6


@dataclass(frozen=True, kw_only=True)
class _RotorObstacles(Obstacles):
    """Obstacles of a turbine: also no leg passes through the space of a turning rotor."""

    disc: _Disc

    @property
    def outlines(self) -> tuple[Prism | Rod, ...]:
        what = self.disc.turbine
        above = moved(what.hub, (0.0, 0.0, 1.0), what.blade_m)
        aside = scaled(cross(what.front, (0.0, 0.0, 1.0)), what.blade_m)
        wide = Rod(moved(what.hub, aside, 1.0), moved(what.hub, aside, -1.0), what.chord_m / 2.0)
        return (*self.solids, Rod(what.hub, above, what.chord_m / 2.0), wide)

    def clear(self, *points: SpacePoint) -> bool:
        return not any(self.disc.contains(one) for one in _samples(points)) and super().clear(*points)


def turbine(
    foot: Position,
    what: Turbine,
    options: TurbineOptions,
    *,
    start: Position | None = None,
    keep_out: KeepOut | None = None,
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
        start=start,
        keep_out=keep_out,
        passes=sum({"tower": 1, "nacelle": 1, "blades": 12}[one] for one in options.parts),
        remarks=tuple(remarks),
        panels=tuple(_panels(what, on_earth)) if "blades" in options.parts else (),
    )


def _panels(what: Turbine, on_earth: LocalMap) -> Iterator[Panel]:
    """Return edges and faces of the blades as flat strips from the root to the tip."""
    for blade in range(3):
        along = what.along(blade)
        root = moved(what.hub, along, what.chord_m / 2.0)
        for surface, normal in what.surfaces(blade).items():
            width_m = what.chord_m * (_EDGE_SHARE if surface.endswith("edge") else 1.0)
            right = cross(along, normal)
            corner = moved(root, right, -width_m / 2.0)
            up = moved(corner, along, what.blade_m - what.chord_m / 2.0)
            yield panel(
                on_earth, f"blade {_BLADES[blade]} {surface}", corner, moved(corner, right, width_m), up
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
    centre = moved((0.0, 0.0, what.hub_m), what.front, what.overhang_m - what.nacelle_m[0] / 2.0)
    east, north, _ = what.front
    right = (north, -east, 0.0)
    length_m, width_m, height_m = what.nacelle_m
    faces = (
        ("right side", right, width_m),
        ("back", scaled(what.front, -1.0), length_m),
        ("left side", scaled(right, -1.0), width_m),
        ("top", (0.0, 0.0, 1.0), height_m),
    )
    views = []
    for name, out, size_m in faces:
        surface = moved(centre, out, size_m / 2.0)
        for back_m in (0.0, length_m / 4.0, length_m / 2.0):
            at = moved(moved(surface, out, options.stand_off_m), what.front, -back_m)
            if obstacles.clear(at):
                target = surface if name != "top" else moved(surface, what.front, -back_m)
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
    middle = moved(what.hub, along, along_m)
    for further in _FURTHER:
        for turned_deg in _turns():
            out = turned(normal, along, math.radians(turned_deg))
            at = moved(middle, out, options.stand_off_m * further + what.chord_m / 2.0)
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
    return dot(less(point, what.hub), what.front)


def _samples(points: tuple[SpacePoint, ...]) -> Iterator[SpacePoint]:
    yield points[0]
    for begin, end in pairwise(points):
        count = max(1, math.ceil(math.dist(begin, end) / 0.5))
        for index in range(1, count + 1):
            yield moved(begin, less(end, begin), index / count)
