"""What a WPML mission says: its waylines, waypoints and actions, read from `waylines.wpml`.

Elements as in DJI's Cloud API documents: "Waylines.wpml" and "Common Elements" (WPML 1.0.0 to 1.0.6).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from controller.missions.formats.wpml.elements import Fields
from controller.missions.item_limits import MAX_ALTITUDE_M, MAX_SPEED_M_S

#: Turn modes in which the aircraft stops at the waypoint.
_STOPS = "toPointAndStop"
# Elements of a waypoint that are read, and those that change nothing in flight.
_KNOWN = frozenset(
    {
        *("Point", "index", "executeHeight", "ellipsoidHeight", "height", "waypointSpeed", "useStraightLine"),
        *(
            "waypointHeadingParam",
            "waypointTurnParam",
            "waypointGimbalHeadingParam",
            "actionGroup",
            "isRisky",
        ),
        *(
            "useGlobalHeight",
            "useGlobalSpeed",
            "useGlobalHeadingParam",
            "useGlobalTurnParam",
            "gimbalPitchAngle",
        ),
        *("waypointWorkType", "name", "description", "styleUrl"),
    }
)
_INDEX_MOST = 65_535


@dataclass(frozen=True, slots=True)
class Action:
    """One action: `name` is its `actionActuatorFunc`, `fields` are its parameters."""

    name: str
    fields: Fields


@dataclass(frozen=True, slots=True)
class ActionGroup:
    """Actions for the waypoints `first` to `last` (indices) of a wayline."""

    first: int
    last: int
    trigger: str
    every: float
    """Seconds (`multipleTiming`) or metres (`multipleDistance`) between two executions."""
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """Nose from a waypoint to the next one. `angle_deg` is None where the file gives none that applies."""

    mode: str
    angle_deg: float | None = None
    place: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waypoint:
    """Waypoint of a wayline. `turn_m`: distance before it at which the turn begins; 0 for a stop."""

    index: int
    lat_deg: float
    lon_deg: float
    height_m: float
    speed_m_s: float
    heading: Heading
    stop: bool
    turn_m: float
    curved: bool
    pitch_deg: float | None
    groups: tuple[ActionGroup, ...]
    risky: bool
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wayline:
    """Waypoints that are flown one after the other. `height_mode` is DJI's word for the zero of their heights."""

    height_mode: str
    speed_m_s: float
    start: tuple[Action, ...]
    waypoints: tuple[Waypoint, ...]
    fields: Fields


def waylines_of(root: Fields) -> tuple[Wayline, ...]:
    """Return the waylines that `waylines.wpml` executes. Raises PlanError."""
    placemark, found = 0, []
    for number, folder in enumerate(root.children("Folder")):
        folder.label = f"wayline {number}"
        speed_m_s = folder.number("autoFlightSpeed", 0.0, MAX_SPEED_M_S)
        waypoints = []
        for index, one in enumerate(folder.children("Placemark")):
            one.label, one.placemark = f"wayline {number} waypoint {index}", placemark
            placemark += 1
            waypoints.append(_executed(one, index, speed_m_s))
        start = folder.child("startActionGroup")
        found.append(
            Wayline(
                height_mode=folder.text("executeHeightMode"),
                speed_m_s=speed_m_s,
                start=tuple(_actions(start)) if start else (),
                waypoints=tuple(waypoints),
                fields=folder,
            )
        )
    return tuple(one for one in found if one.waypoints)


def _executed(fields: Fields, index: int, speed_m_s: float) -> Waypoint:
    turn = fields.child("waypointTurnParam")
    straight = fields.flag("useStraightLine", default=True)
    gimbal = fields.child("waypointGimbalHeadingParam")
    speed = fields.maybe("waypointSpeed", 0.0, MAX_SPEED_M_S)
    heading = fields.child("waypointHeadingParam")
    return waypoint_of(
        fields,
        index,
        height_m=fields.number("executeHeight", -MAX_ALTITUDE_M, MAX_ALTITUDE_M),
        speed_m_s=speed or speed_m_s,
        heading=heading_of(heading) if heading else Heading("followWayline"),
        turn=turn,
        straight=straight,
        # The document gives 0 to waypoints whose gimbal is set by actions.
        pitch_deg=(gimbal.maybe("waypointGimbalPitchAngle") or None) if gimbal else None,
    )


def waypoint_of(
    fields: Fields,
    index: int,
    *,
    height_m: float,
    speed_m_s: float,
    heading: Heading,
    turn: Fields | None,
    straight: bool,
    pitch_deg: float | None,
    turn_mode: str = "",
) -> Waypoint:
    """Return a waypoint from its placemark and what applies there. Raises PlanError."""
    point = fields.child("Point")
    lat_deg, lon_deg = position(fields, point.text("coordinates") if point else "")
    mode = turn.text("waypointTurnMode") if turn else turn_mode
    stop = mode.startswith(_STOPS)
    damping_m = (turn.maybe("waypointTurnDampingDist", 0.0, MAX_ALTITUDE_M) if turn else None) or 0.0
    return Waypoint(
        index=index,
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        height_m=height_m,
        speed_m_s=speed_m_s,
        heading=heading,
        stop=stop,
        turn_m=0.0 if stop else damping_m,
        curved=mode.endswith("WithContinuityCurvature") and not straight,
        pitch_deg=pitch_deg,
        groups=tuple(_group(one) for one in fields.children("actionGroup")),
        risky=fields.flag("isRisky"),
        unknown=fields.names_outside(_KNOWN),
    )


def position(fields: Fields, text: str) -> tuple[float, float]:
    """Return latitude and longitude of "longitude,latitude,...", degrees. Raises PlanError."""
    words = text.split(",")
    try:
        lon_deg, lat_deg = float(words[0]), float(words[1])
    except (ValueError, IndexError):
        raise fields.error("coordinates", f"{text[:40]!r} is not a longitude and a latitude") from None
    if not (-180.0 <= lon_deg <= 180.0 and -90.0 <= lat_deg <= 90.0):
        raise fields.error("coordinates", f"{text[:40]!r} is not a place on the Earth")
    return lat_deg, lon_deg


def heading_of(fields: Fields) -> Heading:
    """Return what the nose does from a waypoint on. Raises PlanError."""
    mode = fields.text("waypointHeadingMode") or "followWayline"
    angle_deg = None
    if mode == "smoothTransition" or (mode == "fixed" and fields.flag("waypointHeadingAngleEnable")):
        angle_deg = fields.number("waypointHeadingAngle", -360.0, 360.0)
    if mode != "towardPOI":
        return Heading(mode, angle_deg)
    text = fields.text("waypointPoiPoint")
    lat, _, rest = text.partition(",")
    return Heading(mode, None, position(fields, f"{rest.partition(',')[0]},{lat}"))


def _group(fields: Fields) -> ActionGroup:
    trigger = fields.child("actionTrigger")
    kind = trigger.text("actionTriggerType") if trigger else "reachPoint"
    every = 0.0
    if trigger and kind in ("multipleTiming", "multipleDistance"):
        every = trigger.number("actionTriggerParam", 0.001, MAX_ALTITUDE_M)
    first = fields.integer("actionGroupStartIndex", 0, _INDEX_MOST)
    last = fields.integer("actionGroupEndIndex", 0, _INDEX_MOST)
    if last < first:
        raise fields.error("actionGroupEndIndex", f"{last} is before the start index {first}")
    return ActionGroup(first, last, kind, every, tuple(_actions(fields)))


def _actions(fields: Fields) -> Iterator[Action]:
    for one in fields.children("action"):
        parameters = one.child("actionActuatorFuncParam") or one
        yield Action(one.text("actionActuatorFunc"), parameters)
