"""A plan as a DJI mission: waypoints with actions, and what of the plan is lost."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from controller.missions import commands
from controller.missions.commands import CMD
from controller.missions.errors import PlanError
from controller.missions.formats.plan_losses import fence_losses, pattern_losses
from controller.missions.formats.wpml.models import EXTRA
from controller.missions.formats.wpml.orders import Order, orders_of
from controller.missions.formats.wpml.zero import Zero, zero_of
from controller.missions.losses import ConversionLoss
from controller.missions.plan import Plan, PlanItem

_TAKEOFFS = frozenset({CMD.NAV_TAKEOFF, CMD.NAV_VTOL_TAKEOFF})
_LANDINGS = frozenset({CMD.NAV_LAND, CMD.NAV_VTOL_LAND})
_ROIS = frozenset({CMD.DO_SET_ROI_LOCATION, CMD.DO_SET_ROI, CMD.NAV_ROI})
_PX4 = 12
_DEFAULT_SPEED_M_S = 5.0
_DEFAULT_CLIMB_M = 20.0
_LEAST_CLIMB_M = 1.2


@dataclass(slots=True)
class JobPoint:
    """Waypoint that is written. `orders` are its actions, `poi` and `angle_deg` what the nose does from here."""

    item: int
    lat_deg: float
    lon_deg: float
    height_m: float
    hold_s: float
    turn_m: float
    curved: bool
    speed_m_s: float
    orders: list[Order] = field(default_factory=list)
    poi: tuple[float, float] | None = None
    angle_deg: float | None = None


@dataclass(slots=True)
class Repeat:
    """Photos every `every` seconds (`multipleTiming`) or metres, from waypoint `first` to waypoint `last`."""

    trigger: str
    every: float
    first: int
    last: int


@dataclass(slots=True)
class Job:
    """A mission as DJI has it."""

    zero: Zero
    points: list[JobPoint] = field(default_factory=list)
    start: list[Order] = field(default_factory=list)
    repeats: list[Repeat] = field(default_factory=list)
    climb_m: float = _DEFAULT_CLIMB_M
    transit_m_s: float = _DEFAULT_SPEED_M_S
    speed_m_s: float = _DEFAULT_SPEED_M_S
    finish: str = "noAction"
    kept: dict[str, Any] = field(default_factory=dict)
    losses: list[ConversionLoss] = field(default_factory=list)


def job_of(plan: Plan) -> Job:
    """Return the plan as a job. Raises PlanError where a place or a height cannot be written."""
    return _Writing(plan).job()


class _Writing:
    """A plan that is being turned into a job, item by item."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        kept = _kept(plan)
        self._job = Job(zero_of(plan), kept=kept)
        self._poi: tuple[float, float] | None = None
        self._climb_m: float | None = None
        self._speed_m_s = plan.hover_speed_m_s or plan.cruise_speed_m_s
        self._repeat: Repeat | None = None

    def job(self) -> Job:
        """Return the job."""
        job, plan = self._job, self._plan
        job.losses += _plan_losses(plan)
        if job.zero.loss:
            job.losses.append(job.zero.loss)
        for number, item in enumerate(plan.items, start=1):
            if item.comment:
                self._lose(number, f"comment {item.comment[:60]!r}", "WPML has no comments of waypoints")
            if not self._take(number, item):
                for skipped in range(number + 1, len(plan.items) + 1):
                    self._lose(
                        skipped, plan.items[skipped - 1].name, "a DJI mission ends with its finish action"
                    )
                break
        if not job.points:
            raise PlanError("cannot write a DJI mission: the plan has no waypoint", where=plan.path)
        self._close_repeat()
        self._speeds_and_climb()
        return job

    def _take(self, number: int, item: PlanItem) -> bool:
        """Take an item; return whether the mission goes on after it."""
        job = self._job
        if item.command in _TAKEOFFS and not job.points:
            self._climb_m = job.zero.above_home(item)
            if self._climb_m is None:
                self._lose(number, "the height of the take-off", "its zero is another one", "a climb to 20 m")
        elif item.command == CMD.NAV_RETURN_TO_LAUNCH:
            job.finish = "goHome"
            return False
        elif item.command in _LANDINGS and job.points:
            self._land(number, item)
            return False
        elif item.command in commands.DESTINATIONS:
            self._waypoint(number, item)
            return bool(item.command != CMD.NAV_LOITER_UNLIM)
        elif item.command == CMD.DO_CHANGE_SPEED and item.param1 in (0.0, 1.0) and item.param2 > 0.0:
            self._set_speed(item.param2)
        elif item.command in _ROIS and item.has_position:
            self._look_at(number, item)
        elif item.command == CMD.DO_SET_ROI_NONE:
            self._poi = None
            if job.points:
                job.points[-1].poi = None
        elif not self._repeated(item):
            self._order(number, item)
        return True

    def _waypoint(self, number: int, item: PlanItem) -> None:
        """Add a waypoint; what has no waypoint of its kind in WPML is the nearest one, and told."""
        hold_s = 0.0 if math.isnan(item.param1) else max(item.param1, 0.0)
        if not item.has_position:
            raise PlanError(
                f"cannot write a DJI mission: item {number} ({item.name}) has no global position",
                where=self._plan.location_of(item),
            )
        if item.command == CMD.NAV_LOITER_UNLIM:
            hold_s = 1.0
        elif item.command not in (CMD.NAV_WAYPOINT, CMD.NAV_LOITER_TIME, CMD.NAV_SPLINE_WAYPOINT):
            hold_s = 1.0
            self._lose(number, item.name, "WPML has waypoints only", "a stop at its place")
        self._job.points.append(
            JobPoint(
                item=number,
                lat_deg=item.lat_deg,
                lon_deg=item.lon_deg,
                height_m=self._job.zero.height(item, number),
                hold_s=hold_s,
                turn_m=item.param2 if item.command == CMD.NAV_WAYPOINT and item.param2 > 0.0 else 0.0,
                curved=item.command == CMD.NAV_SPLINE_WAYPOINT,
                speed_m_s=self._speed_m_s or 0.0,
                poi=self._poi,
                angle_deg=self._angle_deg(item),
            )
        )

    def _angle_deg(self, item: PlanItem) -> float | None:
        """Return the heading of a waypoint; only PX4 keeps it in missions."""
        with_heading = item.command == CMD.NAV_WAYPOINT and self._plan.firmware_type == _PX4
        return None if not with_heading or math.isnan(item.param4) else item.param4

    def _land(self, number: int, item: PlanItem) -> None:
        last = self._job.points[-1]
        self._job.finish = "autoLand"
        if item.has_position and (item.lat_deg, item.lon_deg) != (last.lat_deg, last.lon_deg):
            self._job.points.append(
                JobPoint(
                    number,
                    item.lat_deg,
                    item.lon_deg,
                    last.height_m,
                    1.0,
                    0.0,
                    False,
                    last.speed_m_s,
                )
            )

    def _set_speed(self, speed_m_s: float) -> None:
        if self._job.points:
            self._job.points[-1].speed_m_s = speed_m_s
        self._speed_m_s = speed_m_s
        if not self._job.points:
            self._job.transit_m_s = speed_m_s

    def _look_at(self, number: int, item: PlanItem) -> None:
        self._poi = (item.lat_deg, item.lon_deg)
        if self._job.points:
            self._job.points[-1].poi = self._poi
        if item.alt_m:
            what = f"the height {item.alt_m:g} m of the place to look at"
            self._lose(
                number, what, "DJI turns the nose only", "the nose looks at it, the camera keeps its pitch"
            )

    def _repeated(self, item: PlanItem) -> bool:
        """Take an item that begins or ends repeated photos; return whether it is one."""
        at = max(len(self._job.points) - 1, 0)
        if item.command == CMD.IMAGE_START_CAPTURE and item.param2 > 0.0 and not item.param3 >= 1.0:
            self._close_repeat()
            self._repeat = Repeat("multipleTiming", item.param2, at, at)
        elif item.command == CMD.DO_SET_CAM_TRIGG_DIST:
            if item.param1 > 0.0 or self._by("multipleDistance"):
                self._close_repeat()
            if item.param1 > 0.0:
                self._repeat = Repeat("multipleDistance", item.param1, at, at)
        elif item.command == CMD.IMAGE_STOP_CAPTURE and self._by("multipleTiming"):
            self._close_repeat()
        else:
            return False
        return True

    def _by(self, trigger: str) -> bool:
        return self._repeat is not None and self._repeat.trigger == trigger

    def _close_repeat(self) -> None:
        if self._repeat and self._job.points:
            self._repeat.last = len(self._job.points) - 1
            if self._repeat.last > self._repeat.first:
                self._job.repeats.append(self._repeat)
        self._repeat = None

    def _order(self, number: int, item: PlanItem) -> None:
        """Add an action at the last waypoint, or before the first one."""
        found, loss = orders_of(item)
        points = self._job.points
        (points[-1].orders if points else self._job.start).extend(found)
        if loss:
            self._lose(number, *loss)

    def _speeds_and_climb(self) -> None:
        job, plan = self._job, self._plan
        known = [one.speed_m_s for one in job.points if one.speed_m_s]
        if not known:
            what = "the speed, which the plan leaves to the aircraft"
            self._lose(0, what, "WPML needs a speed", f"{_DEFAULT_SPEED_M_S:g} m/s")
        job.speed_m_s = plan.hover_speed_m_s or (known[0] if known else _DEFAULT_SPEED_M_S)
        if job.transit_m_s == _DEFAULT_SPEED_M_S and known:
            job.transit_m_s = job.points[0].speed_m_s or known[0]
        for one in job.points:
            one.speed_m_s = one.speed_m_s or job.speed_m_s
        first_m = job.points[0].height_m
        level = job.zero.mode == "relativeToStartPoint"
        if self._climb_m is not None:
            job.climb_m = max(self._climb_m, _LEAST_CLIMB_M)
            if level and self._climb_m > first_m:
                what = "the straight line from the take-off down to the first waypoint"
                self._lose(0, what, "DJI's aircraft fly level first", "level flight, then straight down")
        else:
            job.climb_m = max(min(_DEFAULT_CLIMB_M, first_m) if level else _DEFAULT_CLIMB_M, _LEAST_CLIMB_M)
            if not any(item.command in _TAKEOFFS for item in plan.items):
                why = "DJI's aircraft always take off by themselves"
                self._lose(0, "that the plan has no take-off", why, f"a climb to {job.climb_m:g} m")

    def _lose(self, item: int, what: str, why: str, instead: str = "") -> None:
        self._job.losses.append(ConversionLoss(item, what, why, instead))


def _kept(plan: Plan) -> dict[str, Any]:
    """Return what reading a DJI mission kept for writing it."""
    try:
        extra = json.loads(plan.extra) if plan.extra else {}
    except ValueError:
        return {}
    kept = extra.get(EXTRA)
    return kept if isinstance(kept, dict) else {}


def _plan_losses(plan: Plan) -> Iterator[ConversionLoss]:
    why = "WPML has no place for it"
    yield from fence_losses(plan.fence, why)
    for index, _ in enumerate(plan.rally, start=1):
        yield ConversionLoss(0, f"rally point {index}", why)
    if plan.cruise_speed_m_s is not None:
        yield ConversionLoss(0, f"cruise speed {plan.cruise_speed_m_s:g} m/s", "WPML is for multicopters")
    if plan.vehicle_type:
        yield ConversionLoss(0, f"vehicle type {plan.vehicle_type}", "WPML is for DJI's aircraft")
    if plan.firmware_type:
        yield ConversionLoss(0, f"firmware type {plan.firmware_type}", "WPML is for DJI's aircraft")
    if plan.comment or (plan.home and plan.home.comment):
        yield ConversionLoss(0, "comments", why)
    yield from pattern_losses(plan, "WPML")
