"""Route: what a pattern plans, before it becomes mission items.

Stages are pure functions from route to route: heights over terrain, speed for the camera, flights of one battery. The
last one makes the items (`route.items`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise

from controller.missions.geodesic import distance_m
from controller.missions.path import Position
from controller.missions.patterns.camera import Camera

#: Panels that a plan's file holds.
MOST_PANELS = 1_000


class HeightAbove(StrEnum):
    """Zero of a route's heights."""

    HOME = "home"
    GROUND = "ground"
    SEA = "mean sea level"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in space. `height_m` has the zero of its route."""

    lat_deg: float
    lon_deg: float
    height_m: float


@dataclass(frozen=True, slots=True)
class Panel:
    """Flat part of an object that the photos are to show, such as a wall, a face of a blade, or the deck of a bridge.

    It is the parallelogram of `corner`, the end of the side `along`, and the end of the side `up`. Seen from the side
    that is shown, `along` is to the right where `up` is above.
    """

    name: str
    corner: Place
    along: Place
    up: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Point of a route. What it orders applies from here on; None leaves it as it was.

    `photo`: one photo is taken here, after `hold_s`. `trigger_m`: photos on the way to the next stop, one here and one
    after each distance, m; 0 for none. `heading_deg`: the nose, from north, clockwise; None: along the track.
    `pitch_deg`: the camera, -90 is straight down, 0 the horizon. `look_at` aims nose and camera at a place instead.
    `pump` switches a sprayer or spreader. `asset` names what is seen from here. `ends_flight`: from here the aircraft
    flies to `refill_at` (latitude and longitude, degrees; None: home) to be refilled, and the next flight begins there.
    """

    lat_deg: float
    lon_deg: float
    height_m: float
    photo: bool = False
    trigger_m: float = 0.0
    heading_deg: float | None = None
    pitch_deg: float | None = None
    look_at: Place | None = None
    hold_s: float = 0.0
    speed_m_s: float | None = None
    pump: bool | None = None
    asset: str = ""
    ends_flight: bool = False
    refill_at: Position | None = None

    @property
    def position(self) -> Position:
        """Latitude and longitude, degrees."""
        return self.lat_deg, self.lon_deg


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Stops in flight order. `pattern` names what planned them, `remarks` what the operator must know of it."""

    pattern: str
    stops: tuple[Stop, ...]
    above: HeightAbove = HeightAbove.HOME
    camera: Camera | None = None
    area_m2: float = 0.0
    """Area that the route is to cover, square metres; 0 where it has none."""
    passes: int = 0
    """Lines flown with the camera or the pump on."""
    remarks: tuple[str, ...] = ()
    outline: tuple[tuple[Position, ...], ...] = ()
    """What the photos are to show of the ground: the corners of a polygon, then those of its holes."""
    panels: tuple[Panel, ...] = ()
    """What the photos are to show of an object."""
    keep_out: tuple[tuple[Position, ...], ...] = ()
    """Corners of areas that no leg may touch: latitude and longitude, degrees."""
    take_off: Position | None = None
    """Place of take-off, latitude and longitude in degrees; None: home."""
    land_at: Position | None = None
    """Place of the landing; None: home."""

    way_between: Callable[[Stop, Position | None], tuple[Stop, ...]] | None = field(
        default=None, compare=False, repr=False
    )
    """Points on the way round the keep-outs from a stop to a place (None: home), where the route has keep-outs.

    A route that is cut is left and entered so. It raises SafetyRefused where there is no way.
    """
    way_out: Callable[[Stop], tuple[Stop, ...]] | None = field(default=None, compare=False, repr=False)
    """Proven way from a stop to a place beside and above everything, where the route keeps a stand-off from something.

    Such a route is not moved, and is left and entered only so. It raises SafetyRefused where there is none.
    """

    def with_stops(self, stops: tuple[Stop, ...], *remarks: str) -> Route:
        """Return the route with other stops, and more remarks."""
        return replace(self, stops=stops, remarks=(*self.remarks, *remarks))

    def legs(self) -> Iterator[tuple[Stop, Stop]]:
        """Return the stops in pairs: the begin and the end of each leg."""
        return pairwise(self.stops)

    @property
    def length_m(self) -> float:
        """Length over ground from the first to the last stop, m."""
        return sum(distance_m(*begin.position, *end.position) for begin, end in self.legs())
