"""Plan: the content of a mission file, independent of the autopilot.

Item numbers begin with 1 for both autopilots, as in ArduPilot (its item 0 is home). The home position is never an
item of a plan; the upload to ArduPilot inserts it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from controller.missions import commands
from controller.missions.commands import FRAME
from controller.missions.errors import PlanError
from controller.missions.fence import Fence, RallyPoint
from controller.missions.losses import ConversionLoss
from controller.protocol.mission.items import MissionItem
from controller.units import e7_from_deg


@dataclass(frozen=True, slots=True)
class Home:
    """Planned home position of a mission file."""

    lat_deg: float
    """Latitude, degrees (WGS-84)."""
    lon_deg: float
    """Longitude, degrees (WGS-84)."""
    alt_amsl_m: float
    """Altitude above mean sea level, m; 0 if the planner did not know it."""
    alt_known: bool = True
    """False if the planner did not know the altitude."""
    comment: str = ""
    """Comment lines of the file above home."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanItem:
    """Mission command with the numbers of the file, in full precision.

    `lat_deg`, `lon_deg`, `alt_m` are parameters 5, 6 and 7: a position for commands that have one (metres in local
    frames; the altitude reference is that of `frame`), else parameters of the command. NaN is the file's null and
    leaves the choice to the autopilot. As in ArduPilot, latitude and longitude 0 mean the current position. `jump_id`
    is the number by which DO_JUMP items refer to this item; None: its item number. `comment` holds the comment lines
    above the item, `extra` the JSON of uninterpreted fields, `origin` the place in the file. Equality ignores
    `origin`; NaN equals NaN.
    """

    command: int
    """MAV_CMD of the item."""
    frame: int = int(FRAME.GLOBAL_RELATIVE_ALT)
    param1: float = 0.0
    """Parameter 1 of the command."""
    param2: float = 0.0
    """Parameter 2 of the command."""
    param3: float = 0.0
    """Parameter 3 of the command."""
    param4: float = 0.0
    """Parameter 4 of the command."""
    lat_deg: float = 0.0
    lon_deg: float = 0.0
    alt_m: float = 0.0
    autocontinue: bool = True
    """Continue with the next item without waiting."""
    jump_id: int | None = None
    comment: str = ""
    extra: str = ""
    origin: str = ""

    @classmethod
    def of_params(cls, command: int, frame: int, params: Sequence[float], **rest: Any) -> PlanItem:
        """Return an item from its seven parameters in MAVLink's order; `rest` are other fields."""
        param1, param2, param3, param4, lat_deg, lon_deg, alt_m = params
        return cls(
            command=command,
            frame=frame,
            param1=param1,
            param2=param2,
            param3=param3,
            param4=param4,
            lat_deg=lat_deg,
            lon_deg=lon_deg,
            alt_m=alt_m,
            **rest,
        )

    @property
    def params(self) -> tuple[float, float, float, float, float, float, float]:
        """All seven parameters in MAVLink's order."""
        return (self.param1, self.param2, self.param3, self.param4, self.lat_deg, self.lon_deg, self.alt_m)

    @property
    def name(self) -> str:
        """Name of the command, such as NAV_WAYPOINT."""
        return commands.name_of(self.command)

    @property
    def has_position(self) -> bool:
        """Whether the item has a global position other than the current position."""
        return (
            commands.has_position(self.command)
            and self.frame in commands.GLOBAL_FRAMES
            and not (self.lat_deg == 0.0 and self.lon_deg == 0.0)
            and not math.isnan(self.lat_deg)
        )

    def _key(self) -> tuple[Any, ...]:
        params = tuple(None if math.isnan(value) else value for value in self.params)
        return (self.command, self.frame, params, self.autocontinue, self.jump_id, self.comment, self.extra)

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, PlanItem) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())


@dataclass(frozen=True, slots=True)
class ComplexItem:
    """Pattern (survey, structure scan, ...) as its planner stored it: its JSON `raw` and its mission items `items`.

    `at` is the index in Plan.items of its first item. A pattern without items cannot be flown.
    """

    kind: str
    at: int
    items: tuple[PlanItem, ...]
    raw: str
    origin: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class ReadingNote:
    """Choice that the reader of a file made where the file leaves it open, and the reason."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what} ({self.why})"


@dataclass(frozen=True, slots=True)
class PlanSource:
    """Source of a plan: path, name of the format and text of the file, so that it can be written back byte for byte.

    `as_it_is` is False where the text has another meaning for a reader that is not told what the user said of it.
    """

    path: str
    format: str
    text: str = field(repr=False)
    as_it_is: bool = True


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Mission with home, geofence and rally points.

    `vehicle_type` and `firmware_type` are MAV_TYPE and MAV_AUTOPILOT, 0 if unknown. Speeds are the planner's, in m/s,
    None if the file has none. Equality ignores the source file, and the notes and losses of reading it.
    """

    items: tuple[PlanItem, ...] = ()
    """Mission items in flight order; item numbers start at 1."""
    home: Home | None = None
    """Planned home position; None if the file has none."""
    fence: Fence = field(default_factory=Fence)
    """Geofence polygons and circles."""
    rally: tuple[RallyPoint, ...] = ()
    """Rally points."""
    cruise_speed_m_s: float | None = None
    """Planned fixed-wing speed, m/s."""
    hover_speed_m_s: float | None = None
    """Planned multicopter speed, m/s."""
    vehicle_type: int = 0
    firmware_type: int = 0
    complex_items: tuple[ComplexItem, ...] = ()
    """Survey, corridor and structure scan patterns of the file, with the items that fly them."""
    comment: str = ""
    """Comment lines of the file."""
    extra: str = ""
    """JSON of fields that Landline does not interpret."""
    source: PlanSource | None = field(default=None, compare=False)
    """File that the plan was read from, None for a plan made in code."""
    notes: tuple[ReadingNote, ...] = field(default=(), compare=False)
    """Choices of the reader that the operator must know."""
    losses: tuple[ConversionLoss, ...] = field(default=(), compare=False)
    """Parts of the file that reading could not carry over."""

    def __post_init__(self) -> None:
        for pattern in self.complex_items:
            if self.items[pattern.at : pattern.at + len(pattern.items)] != pattern.items:
                raise ValueError(
                    f"invalid plan: the items of a {pattern.kind} differ from its own; change items by with_items()"
                )

    @property
    def path(self) -> str:
        """Path of the source file, or "plan"."""
        return self.source.path if self.source else "plan"

    @property
    def has_areas(self) -> bool:
        """Whether the plan has a fence or rally points."""
        return bool(self.fence or self.rally)

    @property
    def unflyable(self) -> tuple[ComplexItem, ...]:
        """Patterns stored without mission items."""
        return tuple(pattern for pattern in self.complex_items if not pattern.items)

    def with_items(self, items: tuple[PlanItem, ...]) -> Plan:
        """Return the plan with other items and without patterns, because their outlines no longer match the items."""
        return replace(self, items=items, complex_items=())

    @cached_property
    def _numbers(self) -> dict[int, list[int]]:
        numbers: dict[int, list[int]] = {}
        for number, item in enumerate(self.items, start=1):
            numbers.setdefault(number if item.jump_id is None else item.jump_id, []).append(number)
        return numbers

    def jump_target(self, item: PlanItem) -> int | None:
        """Return the item number (1 is the first) of a DO_JUMP's target, or None if no item or several items match."""
        found = self._numbers.get(int(item.param1), []) if item.param1 == item.param1 // 1 else []
        return found[0] if len(found) == 1 else None

    def wire_items(self, *, first_seq: int) -> tuple[MissionItem, ...]:
        """Return the mission items for the upload, without a home item.

        `first_seq` is the sequence number of the first item, to which DO_JUMP targets are converted: 1 on ArduPilot,
        whose item 0 is home, and 0 on PX4. Raises PlanError for a pattern without items or a jump without target.
        """
        for pattern in self.unflyable:
            raise PlanError(
                f"cannot fly the {pattern.kind}: it is stored without mission items",
                where=f"{self.path}: {pattern.origin}",
                hint="landline mission convert --replan plans it from its parameters",
            )
        return tuple(self._on_the_wire(item, first_seq) for item in self.items)

    def _on_the_wire(self, item: PlanItem, first_seq: int) -> MissionItem:
        param1 = item.param1
        if item.command in commands.POINTS_TO_AN_ITEM:
            target = self.jump_target(item)
            if target is None:
                raise PlanError(
                    f"invalid {item.name} to item {param1:g}: the plan has no such item, or several",
                    where=self.location_of(item),
                )
            param1 = float(first_seq + target - 1)
        x, y = _wire_xy(item)
        return MissionItem(
            frame=item.frame,
            command=item.command,
            param1=param1,
            param2=item.param2,
            param3=item.param3,
            param4=item.param4,
            x=x,
            y=y,
            z=item.alt_m,
            autocontinue=item.autocontinue,
        )

    def location_of(self, item: PlanItem) -> str:
        """Return file and place of an item, for errors."""
        if not item.origin:
            return self.path
        return f"{self.path}:{item.origin}" if item.origin.isdigit() else f"{self.path}: {item.origin}"


def _wire_xy(item: PlanItem) -> tuple[int, int]:
    """Return parameters 5 and 6 as integers. A null becomes 0, which is ArduPilot's current position."""
    x, y = (0.0 if math.isnan(value) else value for value in (item.lat_deg, item.lon_deg))
    if not commands.has_position(item.command) or item.frame == FRAME.MISSION:
        return round(x), round(y)
    if item.frame in commands.GLOBAL_FRAMES:
        return e7_from_deg(x), e7_from_deg(y)
    return round(x * 1e4), round(y * 1e4)
