"""Mission items that fly a route, for each autopilot's way to turn the nose, aim, take photos and switch a pump."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from controller.missions.assets.names import named
from controller.missions.commands import CMD, FRAME, MOUNT_TARGETING
from controller.missions.errors import PlanError
from controller.missions.formats.text_file import MAX_ITEMS
from controller.missions.plan import PlanItem
from controller.missions.route.route import HeightAbove, Place, Route, Stop

_FRAMES = {
    HeightAbove.HOME: int(FRAME.GLOBAL_RELATIVE_ALT),
    HeightAbove.GROUND: int(FRAME.GLOBAL_TERRAIN_ALT),
    HeightAbove.SEA: int(FRAME.GLOBAL),
}
# Photos and pumps are ordered when the aircraft is at the stop: it stays there for a moment. ArduPilot stores whole
# seconds.
_PHOTO_HOLD_S = 1.0
# ArduCopter ends a waypoint whether the nose has turned or not, and drops its CONDITION_YAW; PX4 is content within
# MIS_YAW_ERR (12 degrees), and counts the hold from the arrival (mission_block.cpp). So a photo waits for the turn.
_TURN_DEG_S = 25.0
_SLIGHT_TURN_DEG = 3.0


@dataclass(frozen=True, slots=True)
class Pump:
    """Switch of a sprayer or spreader: DO_SPRAYER, a relay (`number`), or a servo (`number`, `on_us`, `off_us`)."""

    by: Literal["sprayer", "relay", "servo"] = "sprayer"
    number: int = 0
    on_us: float = 1900.0
    off_us: float = 1100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemStyle:
    """How a route becomes items: for which autopilot, and by what the pump is switched."""

    autopilot: Literal["ardupilot", "px4"] = "ardupilot"
    pump: Pump = Pump()

    @property
    def open_heading(self) -> float:
        """Parameter 4 of a landing with an open heading: PX4 keeps it at NaN, ArduPilot has no heading there."""
        return math.nan if self.autopilot == "px4" else 0.0


@dataclass(slots=True)
class _State:
    """What the items so far have ordered."""

    trigger_m: float = 0.0
    pitch_deg: float | None = None
    look_at: Place | None = None
    heading_deg: float | None = None
    asset: str = ""
    pump: bool = False


def items_of(route: Route, style: ItemStyle) -> tuple[PlanItem, ...]:
    """Return the mission items of a route, without take-off and return. Raises PlanError for too many."""
    items: list[PlanItem] = []
    state = _State()
    frame = _FRAMES[route.above]
    for stop in route.stops:
        new = [*_before(stop, state, frame, style), _waypoint(stop, state, frame, style)]
        new += _after(stop, state, style)
        items += [named(one, stop.asset) for one in new] if stop.asset else new
        if len(items) > MAX_ITEMS:
            raise PlanError(
                f"cannot plan the {route.pattern}: more than {MAX_ITEMS} items",
                hint="use a larger line spacing, or a smaller area",
            )
    if state.trigger_m:
        items.append(_trigger(0.0))
    if state.look_at is not None:
        items.append(_order(CMD.DO_SET_ROI_NONE))
    if state.pump:
        items.append(_pump(style.pump, on=False))
    return tuple(items)


def _before(stop: Stop, state: _State, frame: int, style: ItemStyle) -> Iterator[PlanItem]:
    """Return what is ordered on the way to a stop, so that nose and camera are there when the aircraft is."""
    if stop.look_at != state.look_at:
        state.look_at = stop.look_at
        yield (
            _order(CMD.DO_SET_ROI_NONE)
            if stop.look_at is None
            else PlanItem(
                command=int(CMD.DO_SET_ROI_LOCATION),
                frame=frame,
                lat_deg=round(stop.look_at.lat_deg, 7),
                lon_deg=round(stop.look_at.lon_deg, 7),
                alt_m=round(stop.look_at.height_m, 2),
            )
        )
    if stop.pitch_deg is not None and stop.pitch_deg != state.pitch_deg:
        state.pitch_deg = stop.pitch_deg
        yield _order(CMD.DO_MOUNT_CONTROL, round(stop.pitch_deg, 2), alt_m=MOUNT_TARGETING)
    if stop.heading_deg is not None and style.autopilot == "ardupilot":
        # ArduPilot ignores the heading of a waypoint; it keeps that of CONDITION_YAW until the next waypoint.
        yield _order(CMD.CONDITION_YAW, round(stop.heading_deg % 360.0, 2))


def _waypoint(stop: Stop, state: _State, frame: int, style: ItemStyle) -> PlanItem:
    nose = stop.heading_deg if stop.look_at is None else _bearing_deg(stop, stop.look_at)
    hold_s = math.ceil(stop.hold_s) if style.autopilot == "ardupilot" else stop.hold_s
    if stop.photo or (stop.trigger_m and nose is not None):
        hold_s = max(hold_s, math.ceil(_PHOTO_HOLD_S + _turn_s(state.heading_deg, nose)))
    state.heading_deg = nose
    # PX4 turns to the heading of the waypoint; a place looked at turns the gimbal there, and not always the nose.
    heading = nose if style.autopilot == "px4" else None
    return PlanItem(
        command=int(CMD.NAV_WAYPOINT),
        frame=frame,
        param1=float(hold_s),
        param4=math.nan if heading is None else round(heading % 360.0, 2),
        lat_deg=round(stop.lat_deg, 7),
        lon_deg=round(stop.lon_deg, 7),
        alt_m=round(stop.height_m, 2),
    )


def _turn_s(before_deg: float | None, after_deg: float | None) -> float:
    """Return how long a turn of the nose takes, s; a direction that is not known may be the opposite one."""
    if after_deg is None:
        return 0.0
    turn_deg = 180.0 if before_deg is None else abs((after_deg - before_deg + 180.0) % 360.0 - 180.0)
    return turn_deg / _TURN_DEG_S if turn_deg > _SLIGHT_TURN_DEG else 0.0


def _bearing_deg(stop: Stop, place: Place) -> float:
    from controller.missions.geodesic import bearing_deg

    return bearing_deg(*stop.position, place.lat_deg, place.lon_deg)


def _after(stop: Stop, state: _State, style: ItemStyle) -> Iterator[PlanItem]:
    """Return what is ordered at a stop."""
    if stop.speed_m_s is not None:
        yield _order(CMD.DO_CHANGE_SPEED, 1.0, round(stop.speed_m_s, 2), -1.0)
    if stop.photo:
        yield _order(CMD.IMAGE_START_CAPTURE, 0.0, 0.0, 1.0)
    if stop.trigger_m != state.trigger_m:
        state.trigger_m = stop.trigger_m
        yield _trigger(stop.trigger_m)
    if stop.pump is not None and stop.pump != state.pump:
        state.pump = stop.pump
        yield _pump(style.pump, on=stop.pump)


def _trigger(distance_m: float) -> PlanItem:
    """Return the command that takes a photo now and after each distance; 0 ends it."""
    return _order(CMD.DO_SET_CAM_TRIGG_DIST, round(distance_m, 2), 0.0, 1.0 if distance_m else 0.0)


def _pump(pump: Pump, *, on: bool) -> PlanItem:
    if pump.by == "sprayer":
        return _order(CMD.DO_SPRAYER, float(on))
    if pump.by == "relay":
        return _order(CMD.DO_SET_RELAY, float(pump.number), float(on))
    return _order(CMD.DO_SET_SERVO, float(pump.number), pump.on_us if on else pump.off_us)


def _order(command: int, *params: float, alt_m: float = 0.0) -> PlanItem:
    """Return a command without a position; `alt_m` is its parameter 7."""
    values = (*params, 0.0, 0.0, 0.0, 0.0)[:4]
    return PlanItem.of_params(int(command), int(FRAME.MISSION), (*values, 0.0, 0.0, alt_m))
