"""Litchi CSV as a plan: what a row orders before its waypoint, at it, and on the way to the next one.

The order of a row's items is that of a route: nose and camera before the waypoint, speed and photos after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from controller.missions.commands import CMD, FRAME, MOUNT_TARGETING
from controller.missions.formats.litchi.columns import METRES_PER_FOOT, Action, Gimbal, checked
from controller.missions.formats.orders import order
from controller.missions.formats.paths.ends import with_ends
from controller.missions.formats.table import Row, read_table
from controller.missions.formats.text_file import decode
from controller.missions.losses import ConversionLoss
from controller.missions.plan import Plan, PlanItem, PlanSource, ReadingNote

NAME = "litchi"
#: The smallest curve that Litchi writes, for a corner without a curve.
NO_CURVE_M = 0.5
_ACTIONS = frozenset(map(int, Action))
_ABOVE = {0: int(FRAME.GLOBAL_RELATIVE_ALT), 1: int(FRAME.GLOBAL_TERRAIN_ALT)}
_NOTES = (
    ReadingNote(
        "heading mode, path mode, cruising speed and finish action are not those of Litchi",
        "a Litchi CSV does not hold them",
    ),
)


def read(data: bytes, file: str) -> Plan:
    """Read a plan from a Litchi CSV. Raises PlanError with file:line and column."""
    table = read_table(data, file)
    reader = _Reader(uses_headings=_uses_headings(table.rows))
    for column in checked(table, file):
        reader.lose(f"column {column[:40]}", "Litchi has no such column", "")
    for index, row in enumerate(table.rows):
        reader.row(row, last=index == len(table.rows) - 1)
    if reader.poi is not None:
        reader.items.append(order(CMD.DO_SET_ROI_NONE))
    items, notes = with_ends(tuple(reader.items))
    heights = reader.heights
    imperial = any(one.lower().endswith("(ft)") for one in table.columns)
    units = (ReadingNote("heights are read in feet, photo distances in metres", "the header says ft"),)
    return Plan(
        items=items,
        source=PlanSource(path=file, format=NAME, text=decode(data, file), as_it_is=False),
        notes=(*(heights[one] for one in sorted(heights)), *(units if imperial else ()), *_NOTES, *notes),
        losses=tuple(reader.losses_behind(int(len(items) > len(reader.items)))),
    )


def _uses_headings(rows: tuple[Row, ...]) -> bool:
    """Return whether a row without a point of interest has a heading: zeros are what planners without any write."""
    return any(_heading_deg(row) != 0.0 and _poi(row) is None for row in rows)


def _heading_deg(row: Row) -> float:
    return row.number("heading(deg)", -360.0, 360.0, 0.0) % 360.0


def _poi(row: Row) -> tuple[float, float, float, int] | None:
    """Return the point of interest: latitude, longitude, height, frame; None for zeros, which mean none."""
    lat_deg = row.number("poi_latitude", -90.0, 90.0, 0.0)
    lon_deg = row.number("poi_longitude", -180.0, 180.0, 0.0)
    if lat_deg == 0.0 and lon_deg == 0.0:
        return None
    mode = int(row.number("poi_altitudemode", -1, 1, 0.0) == 1)
    return lat_deg, lon_deg, _height_m(row, "poi_altitude"), _ABOVE[mode]


def _height_m(row: Row, name: str) -> float:
    """Return a length of a column in metres or in feet."""
    if f"{name}(ft)" in row.cells:
        return round(row.number(f"{name}(ft)", -35_000, 35_000, 0.0) * METRES_PER_FOOT, 4)
    return row.number(f"{name}(m)", -10_000, 10_000, 0.0)


@dataclass(slots=True)
class _Reader:
    """Items and losses of the rows so far, and what they have ordered."""

    uses_headings: bool
    items: list[PlanItem] = field(default_factory=list)
    poi: tuple[float, float, float, int] | None = None
    heights: dict[int, ReadingNote] = field(default_factory=dict)
    _losses: list[ConversionLoss] = field(default_factory=list)
    _speed_m_s: float = 0.0
    _every_m: float = 0.0
    _every_s: float = 0.0

    def lose(self, what: str, why: str, instead: str, *, at: int = 0) -> None:
        """Note a loss of the item at the number `at`."""
        self._losses.append(ConversionLoss(at, what, why, instead))

    def losses_behind(self, items_before: int) -> Iterator[ConversionLoss]:
        """Yield the losses with the numbers of the items when `items_before` stand before the first."""
        for one in self._losses:
            yield ConversionLoss(one.item + items_before if one.item else 0, one.what, one.why, one.instead)

    def row(self, row: Row, *, last: bool) -> None:
        """Add the items of a row."""
        mode = int(row.number("altitudemode", 0, 1, 0.0) == 1)
        self._note_height(mode)
        before = len(self.items)
        self._aim(row)
        stays = list(self._actions(row))
        hold_s = stays.pop(0).param1 if stays and stays[0].command == CMD.NAV_DELAY else 0.0
        curve_m = _height_m(row, "curvesize")
        if curve_m > NO_CURVE_M:
            self.lose(
                f"curved turn of {curve_m:g} m",
                "a mission item has no curve",
                "a radius of acceptance; PX4 turns there, ArduCopter flies on to the corner",
                at=len(self.items) + 1,
            )
        waypoint = PlanItem(
            command=int(CMD.NAV_WAYPOINT),
            frame=_ABOVE[mode],
            param1=hold_s,
            param2=curve_m if curve_m > NO_CURVE_M else 0.0,
            param4=float("nan"),
            lat_deg=row.number("latitude", -90.0, 90.0),
            lon_deg=row.number("longitude", -180.0, 180.0),
            alt_m=self._altitude_m(row),
        )
        self.items += [waypoint, *self._speed(row), *stays, *self._intervals(row, last=last)]
        origin = str(row.line)
        self.items[before:] = [_placed(one, origin) for one in self.items[before:]]

    def _altitude_m(self, row: Row) -> float:
        """Return the height of a waypoint, whose cell must not be empty."""
        column = "altitude(ft)" if "altitude(ft)" in row.cells else "altitude(m)"
        row.number(column, -35_000, 35_000)
        return _height_m(row, "altitude")

    def _note_height(self, mode: int) -> None:
        what = (
            ("heights are above the take-off", "altitudemode 0"),
            ("heights are above the ground", "altitudemode 1"),
        )
        self.heights.setdefault(mode, ReadingNote(*what[mode]))

    def _aim(self, row: Row) -> None:
        """Order nose and camera on the way to the waypoint."""
        poi, gimbal = _poi(row), max(int(row.number("gimbalmode", -1, 2, 0.0)), 0)
        if poi != self.poi:
            self.poi = poi
            self.items.append(
                order(CMD.DO_SET_ROI_NONE)
                if poi is None
                else PlanItem(
                    command=int(CMD.DO_SET_ROI_LOCATION),
                    frame=poi[3],
                    lat_deg=poi[0],
                    lon_deg=poi[1],
                    alt_m=poi[2],
                )
            )
        number = len(self.items) + 1
        if gimbal == Gimbal.INTERPOLATE:
            pitch_deg = row.number("gimbalpitchangle", -180.0, 180.0, 0.0)
            self.items.append(order(CMD.DO_MOUNT_CONTROL, pitch_deg, alt_m=MOUNT_TARGETING))
            self.lose(
                "camera pitch that changes along the way",
                "a mission item sets it at once",
                "the pitch is set on the way to the waypoint",
                at=number,
            )
        elif gimbal == Gimbal.LEFT_ALONE and poi is not None:
            self.lose(
                "camera left alone while the nose follows the point of interest",
                "a region of interest aims both",
                "the camera looks at the point",
                at=number,
            )
        if self.uses_headings and poi is None:
            clockwise = row.number("rotationdir", -1, 1, 0.0) != 1
            self.items.append(order(CMD.CONDITION_YAW, _heading_deg(row), 0.0, 1.0 if clockwise else -1.0))

    def _actions(self, row: Row) -> Iterator[PlanItem]:
        for number in range(1, 100):
            column = f"actiontype{number}"
            if column not in row.cells:
                return
            kind = int(row.number(column, -1, 1000, -1.0))
            if kind == Action.NONE:
                continue
            value = row.number(f"actionparam{number}", -1e6, 1e6, 0.0)
            if kind == Action.STAY and value <= 0.0:
                continue
            if kind not in _ACTIONS:
                self.lose(
                    f"action {kind} in column {column}",
                    "its meaning is not known",
                    "",
                    at=len(self.items) + 1,
                )
                continue
            yield _action(Action(kind), value)

    def _speed(self, row: Row) -> Iterator[PlanItem]:
        """Yield the order of the speed from here to the next waypoint; 0 is the mission's cruising speed."""
        speed_m_s = row.number("speed(m/s)", 0.0, 100.0, 0.0)
        if speed_m_s and speed_m_s != self._speed_m_s:
            yield order(CMD.DO_CHANGE_SPEED, 1.0, speed_m_s, -1.0)
        elif self._speed_m_s and not speed_m_s:
            self.lose(
                "cruising speed of the mission from here",
                "a Litchi CSV does not hold it",
                f"the speed stays {self._speed_m_s:g} m/s",
                at=len(self.items) + 1,
            )
        self._speed_m_s = speed_m_s or self._speed_m_s

    def _intervals(self, row: Row, *, last: bool) -> Iterator[PlanItem]:
        """Yield what begins or ends photos by time or distance; the last waypoint has no way to take any on."""
        every_m = 0.0 if last else max(row.number("photo_distinterval", -1.0, 1e6, 0.0), 0.0)
        every_s = 0.0 if last else max(row.number("photo_timeinterval", -1.0, 1e6, 0.0), 0.0)
        if every_m and every_s:
            self.lose(
                f"photos every {every_s:g} s", "there are photos by distance", "photos by distance alone",
                at=len(self.items) + 1,
            )  # fmt: skip
            every_s = 0.0
        if every_s != self._every_s:
            yield order(CMD.IMAGE_START_CAPTURE, 0.0, every_s) if every_s else order(CMD.IMAGE_STOP_CAPTURE)
        if every_m != self._every_m:
            yield order(CMD.DO_SET_CAM_TRIGG_DIST, every_m, 0.0, 1.0 if every_m else 0.0)
        self._every_m, self._every_s = every_m, every_s


def _action(kind: Action, value: float) -> PlanItem:
    if kind == Action.STAY:
        return order(CMD.NAV_DELAY, value / 1000.0, -1.0, -1.0, -1.0)
    if kind == Action.PHOTO:
        return order(CMD.IMAGE_START_CAPTURE, 0.0, 0.0, 1.0)
    if kind == Action.RECORD:
        return order(CMD.VIDEO_START_CAPTURE)
    if kind == Action.END_RECORDING:
        return order(CMD.VIDEO_STOP_CAPTURE)
    if kind == Action.ROTATE:
        return order(CMD.CONDITION_YAW, value % 360.0)
    return order(CMD.DO_MOUNT_CONTROL, value, alt_m=MOUNT_TARGETING)


def _placed(item: PlanItem, origin: str) -> PlanItem:
    return PlanItem.of_params(item.command, item.frame, item.params, origin=origin)
