"""The mission against the track: distance from the planned line, and items that were skipped."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from controller.geo import LocalPlane
from controller.logs.review.evidence import Event, Signal
from controller.logs.review.flight import ReviewedFlight
from controller.logs.review.limits import LIMITS
from controller.logs.series.rows import NoColumn

SKIPPED = "skipped items"
_SKIP_SOURCE = (
    "MAVLink, mission protocol: items are flown in order unless a jump or an operator says otherwise"
)
# The modes in which a mission is flown, by either autopilot's name.
_MISSION_MODES = ("AUTO", "MISSION")
_WING_RADIUS_M = 90.0


@dataclass(frozen=True, slots=True)
class FlownMission:
    """The mission's places by number (degrees), the numbers of the items that were reached, and when the last one
    was."""

    source: str = ""
    places: dict[int, tuple[float, float]] = field(default_factory=dict)
    reached: frozenset[int] = frozenset()
    last_us: int = 0


def mission_signals(flight: ReviewedFlight) -> list[Signal]:
    """Metres off the planned line while the mission was flown (and armed)."""
    found = flight.health.cross_track()
    if found is None:
        return []
    flown = flight.view.in_air(found.times_us) & flight.view.in_mode(found.times_us, _MISSION_MODES)
    return [
        Signal("cross_track", found.source, found.times_us[flown], found.values[flown], _radius_m(flight))
    ]


def skipped_items(flight: ReviewedFlight) -> list[Event]:
    """Items with a place that were not reached though later ones were."""
    mission = flown_mission(flight)
    # Autopilots do not report every item (two at once, or a slow log): an item that the track came near counts as
    # reached.
    skipped = sorted(
        number
        for number in mission.places.keys() - mission.reached
        if number < max(mission.reached) and not _came_near(flight, mission.places[number])
    )
    if not skipped:
        return []
    text = f"not reached, though later ones were: {', '.join(map(str, skipped))}"
    return [Event(SKIPPED, mission.source, mission.last_us, text, _SKIP_SOURCE)]


def mission_checks(flight: ReviewedFlight) -> set[str]:
    """The title, where the log has a mission and items that were reached."""
    return {SKIPPED} if flown_mission(flight).places else set()


def logged_mission(flight: ReviewedFlight) -> tuple[dict[int, tuple[float, float]], set[int]]:
    """The mission's places by number (degrees) from the log itself, and the numbers of those that were reached."""
    try:
        mission = flown_mission(flight)
    except NoColumn:
        mission = FlownMission()
    places = mission.places
    return places, {
        number for number in places if number in mission.reached or _came_near(flight, places[number])
    }


def flown_mission(flight: ReviewedFlight) -> FlownMission:
    """The mission of the log; one without places where the log has no mission, or none of its items was reached while
    armed."""
    record = flight.health.mission()
    if record is None:
        return FlownMission()
    known = (record.reached >= 0) & flight.view.armed(record.reached_us)
    if not known.any() or not record.places:
        return FlownMission()
    reached = frozenset(int(number) for number in record.reached[known])
    return FlownMission(record.source, record.places, reached, int(record.reached_us[known][-1]))


def _radius_m(flight: ReviewedFlight) -> float:
    own = (
        flight.parameters.get("NAV_ACC_RAD", 0.0),
        flight.parameters.get("WP_RADIUS", 0.0),
        flight.parameters.get("WP_RADIUS_M", 0.0),
        flight.parameters.get("WPNAV_RADIUS", 0.0) / 100,
    )
    return max(LIMITS["cross_track"].limit, *own)


def _reached_m(flight: ReviewedFlight) -> float:
    """The distance at which a place counts as reached; an aeroplane turns before it, by ArduPilot's default at 90 m."""
    own_m = flight.parameters.get("WP_RADIUS", _WING_RADIUS_M if flight.log.fixed_wing else 0.0)
    return max(_radius_m(flight), own_m)


def _came_near(flight: ReviewedFlight, place_deg: tuple[float, float]) -> bool:
    return _nearest_m(flight, place_deg) <= _reached_m(flight)


def _nearest_m(flight: ReviewedFlight, place_deg: tuple[float, float]) -> float:
    position = flight.view.channels.get("position")
    if position is None or not position.count:
        return math.inf
    off_m = np.hypot(*LocalPlane(*place_deg).north_east_m(position["lat_deg"], position["lon_deg"]))
    return float(off_m[np.isfinite(off_m)].min(initial=math.inf))
