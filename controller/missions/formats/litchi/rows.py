"""Rows of a Litchi mission out of a plan's items, and what of them has no place in a row."""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.missions import commands
from controller.missions.commands import CMD, FRAME, MOUNT_TARGETING
from controller.missions.formats.litchi.columns import ACTIONS, Action
from controller.missions.formats.paths.ends import without_ends
from controller.missions.formats.paths.heights import above_home_or_ground
from controller.missions.losses import ConversionLoss
from controller.missions.plan import Plan, PlanItem

_LONGEST_STAY_S = 32.0
_LOWEST_PITCH_DEG, _HIGHEST_PITCH_DEG = -90.0, 30.0
_INSTEAD = {
    int(CMD.NAV_TAKEOFF): "Litchi takes off by itself and flies to the first waypoint",
    int(CMD.NAV_RETURN_TO_LAUNCH): "the finish action is set in Litchi",
    int(CMD.NAV_LAND): "the finish action is set in Litchi",
}
Poi = tuple[float, float, float, bool]
"""Latitude, longitude (degrees), height (m), and whether that is above the ground (else above the take-off)."""


@dataclass(slots=True)
class LitchiRow:
    """A waypoint with its orders, in Litchi's terms; heights in m above the take-off or the ground."""

    lat_deg: float
    lon_deg: float
    height_m: float
    above_ground: bool
    radius_m: float = 0.0
    heading_deg: float | None = None
    clockwise: bool = True
    pitch_deg: float | None = None
    poi: Poi | None = None
    speed_m_s: float = 0.0
    every_m: float = 0.0
    every_s: float = 0.0
    actions: list[tuple[Action, float]] = field(default_factory=list)


def way_of(plan: Plan) -> tuple[list[LitchiRow], list[ConversionLoss]]:
    """Return the rows of a plan and what is lost. Raises PlanError for a height without a known reference."""
    inner = without_ends(plan.items)
    way = _RowMaker(plan, number=1 if inner is not plan.items else 0)
    for item in inner:
        way.take(item)
    way.finish()
    return way.rows, way.lost


@dataclass(slots=True)
class _RowMaker:
    """What the items so far have ordered. `number` is that of the item that is taken."""

    plan: Plan
    number: int
    rows: list[LitchiRow] = field(default_factory=list)
    lost: list[ConversionLoss] = field(default_factory=list)
    _pending: list[tuple[int, PlanItem]] = field(default_factory=list)
    _poi: Poi | None = None
    _speed_m_s: float = 0.0
    _every_m: float = 0.0
    _every_s: float = 0.0

    def take(self, item: PlanItem) -> None:
        """Take the next item."""
        self.number += 1
        flies = item.command in commands.DESTINATIONS and item.command not in _INSTEAD
        if not (flies and item.has_position):
            self._pending.append((self.number, item))
            return
        aim = self._aim()
        self._settle()
        self.rows.append(self._row(item))
        for one in aim:
            self._aim_row(one, self.rows[-1])
        self.rows[-1].poi = self._poi

    def finish(self) -> None:
        """Take what stands behind the last waypoint, from which no way leads on."""
        self._settle()
        if self.rows:
            self.rows[-1].every_m = self.rows[-1].every_s = 0.0

    def _aim(self) -> list[PlanItem]:
        """Take from the pending items those that aim nose and camera on the way to the next waypoint."""
        kinds = (int(CMD.CONDITION_YAW), int(CMD.DO_MOUNT_CONTROL))
        taken: list[PlanItem] = []
        for kind in kinds:
            if not self._pending or self._pending[-1][1].command != kind:
                continue
            item = self._pending[-1][1]
            # Without a direction it is the action of the waypoint before: both turn the nose on this way.
            if kind == CMD.CONDITION_YAW and item.param3 == 0.0 and self.rows:
                continue
            if kind == CMD.DO_MOUNT_CONTROL and not _is_pitch(item):
                continue
            taken.append(self._pending.pop()[1])
        return taken

    def _aim_row(self, item: PlanItem, row: LitchiRow) -> None:
        if item.command == CMD.DO_MOUNT_CONTROL:
            row.pitch_deg = item.param1
        else:
            row.heading_deg, row.clockwise = item.param1 % 360.0, item.param3 >= 0.0

    def _row(self, item: PlanItem) -> LitchiRow:
        height_m, above_ground = above_home_or_ground(self.plan, item, "Litchi CSV")
        row = LitchiRow(item.lat_deg, item.lon_deg, height_m, above_ground)
        if item.command in (CMD.NAV_WAYPOINT, CMD.NAV_LOITER_TIME, CMD.NAV_SPLINE_WAYPOINT):
            self._stay(row, item.param1)
        if item.command == CMD.NAV_WAYPOINT:
            row.radius_m = item.param2
            if item.param4 and item.param4 == item.param4 and row.heading_deg is None:
                row.heading_deg = item.param4 % 360.0
        else:
            self._lose(f"{item.name}", "Litchi has waypoints only", "a waypoint")
        return row

    def _settle(self) -> None:
        """Give the pending items to the last row, or to the state before the first."""
        number = self.number
        for at, item in self._pending:
            self.number = at
            self._order(item, self.rows[-1] if self.rows else None)
        self.number = number
        self._pending.clear()
        if self.rows:
            row = self.rows[-1]
            row.speed_m_s, row.every_m, row.every_s = self._speed_m_s, self._every_m, self._every_s
            if len(row.actions) > ACTIONS:
                more = len(row.actions) - ACTIONS
                self._lose(f"{more} actions after the {ACTIONS}th", "a Litchi waypoint has no more", "")
                del row.actions[ACTIONS:]

    def _order(self, item: PlanItem, row: LitchiRow | None) -> None:
        command = item.command
        if command == CMD.DO_CHANGE_SPEED and item.param2 > 0.0:
            self._speed_m_s = item.param2
        elif command in (CMD.DO_SET_ROI_LOCATION, CMD.DO_SET_ROI) and item.has_position:
            height_m, above_ground = above_home_or_ground(self.plan, item, "Litchi CSV")
            self._poi = item.lat_deg, item.lon_deg, height_m, above_ground
        elif command == CMD.DO_SET_ROI_NONE:
            self._poi = None
        elif command == CMD.DO_SET_CAM_TRIGG_DIST:
            self._every_m = item.param1
        elif command == CMD.IMAGE_START_CAPTURE and item.param2 > 0.0 and item.param3 != 1.0:
            self._every_s = item.param2
        elif command == CMD.IMAGE_STOP_CAPTURE:
            self._every_s = 0.0
        elif row is None or not self._action(item, row):
            why = "Litchi has no such action" if row else "Litchi orders nothing before the first waypoint"
            self._lose(item.name, why, _INSTEAD.get(command, ""))

    def _action(self, item: PlanItem, row: LitchiRow) -> bool:
        """Add the action of an item to a row; return whether there is one."""
        if item.command == CMD.NAV_DELAY and item.param1 >= 0.0:
            self._stay(row, item.param1, zero=True)
        elif item.command == CMD.IMAGE_START_CAPTURE and item.param3 == 1.0:
            row.actions.append((Action.PHOTO, 0.0))
        elif item.command == CMD.VIDEO_START_CAPTURE:
            row.actions.append((Action.RECORD, 0.0))
        elif item.command == CMD.VIDEO_STOP_CAPTURE:
            row.actions.append((Action.END_RECORDING, 0.0))
        elif item.command == CMD.CONDITION_YAW and item.param4 == 0.0:
            row.actions.append((Action.ROTATE, item.param1 % 360.0))
        elif item.command == CMD.DO_MOUNT_CONTROL and _is_pitch(item):
            row.actions.append((Action.TILT, item.param1))
        else:
            return False
        return True

    def _stay(self, row: LitchiRow, seconds: float, *, zero: bool = False) -> None:
        """Add hovering, in as many actions as Litchi needs for it."""
        while seconds > _LONGEST_STAY_S:
            row.actions.append((Action.STAY, _LONGEST_STAY_S * 1000.0))
            seconds -= _LONGEST_STAY_S
        if seconds > 0.0 or zero:
            row.actions.append((Action.STAY, round(seconds * 1000.0)))

    def _lose(self, what: str, why: str, instead: str) -> None:
        self.lost.append(ConversionLoss(self.number, what, why, instead))


def _is_pitch(item: PlanItem) -> bool:
    """Return whether a mount command sets a pitch that Litchi's camera has."""
    in_range = _LOWEST_PITCH_DEG <= item.param1 <= _HIGHEST_PITCH_DEG
    return item.frame == FRAME.MISSION and item.alt_m == MOUNT_TARGETING and in_range
