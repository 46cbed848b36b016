"""Mission items of a mission that is being read, with what they could not carry over."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from controller.missions.commands import CMD, FRAME, MOUNT_TARGETING
from controller.missions.errors import PlanError
from controller.missions.formats.orders import order
from controller.missions.formats.text_file import MAX_ITEMS
from controller.missions.losses import ConversionLoss
from controller.missions.plan import PlanItem

#: MAVLink's CAMERA_ZOOM_TYPE and SET_FOCUS_TYPE.
ZOOM_FOCAL_LENGTH = 3.0
FOCUS_RANGE, FOCUS_AUTO_SINGLE = 2.0, 5.0
# DJI ends a turn of nose or camera before the next action; an autopilot goes on as soon as a wait ends.
_CAMERA_S = 2.0
_NOSE_DEG_S = 45.0
#: A waypoint without a hold is passed; with one the aircraft stops there.
STOP_HOLD_S = 1.0


@dataclass(slots=True)
class Flight:
    """Items so far. `number` is that of the last waypoint, to which losses belong."""

    where: str
    frame: int = int(FRAME.GLOBAL_RELATIVE_ALT)
    items: list[PlanItem] = field(default_factory=list)
    losses: list[ConversionLoss] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    origin: str = ""
    number: int = 0
    speed_m_s: float | None = None
    pitch_deg: float | None = None
    heading_deg: float | None = None
    nose_at: int = 0
    """Number of the waypoint where the nose was turned last."""
    look_at: tuple[float, float] | None = None
    shooting: bool = False
    """Photos are taken by time."""
    turning_s: float = 0.0
    """Time that nose and camera need to turn, since the aircraft last waited."""

    def add(self, item: PlanItem) -> None:
        """Add an item. Raises PlanError for too many."""
        self.items.append(item)
        if len(self.items) > MAX_ITEMS:
            raise PlanError(
                f"cannot read the DJI mission: more than {MAX_ITEMS} mission items",
                where=self.where,
                hint="cut the mission into several files",
            )

    def lose(self, what: str, why: str, instead: str = "") -> None:
        """Note a part of the last waypoint, or of what is before the first one, that the items do not carry."""
        self.losses.append(ConversionLoss(self.number or len(self.items), what, why, instead))

    def lose_setting(self, what: str, why: str, instead: str = "") -> None:
        """Note a part of the whole mission that the items do not carry."""
        self.losses.append(ConversionLoss(0, what, why, instead))

    def waypoint(
        self, lat_deg: float, lon_deg: float, height_m: float, *, hold_s: float, turn_m: float
    ) -> None:
        """Fly to a place."""
        self.add(
            PlanItem(
                command=int(CMD.NAV_WAYPOINT),
                frame=self.frame,
                param1=hold_s,
                param2=turn_m,
                param4=math.nan,
                lat_deg=lat_deg,
                lon_deg=lon_deg,
                alt_m=height_m,
                origin=self.origin,
            )
        )
        self.number = len(self.items)
        self.turning_s = 0.0

    def order(self, command: int, *params: float, alt_m: float = 0.0) -> None:
        """Add a command without a position; `alt_m` is its parameter 7."""
        self.add(order(command, *params, alt_m=alt_m, origin=self.origin))

    def set_speed(self, speed_m_s: float) -> None:
        """Fly on with this speed over ground, if it is another one."""
        if speed_m_s > 0.0 and speed_m_s != self.speed_m_s:
            self.speed_m_s = speed_m_s
            self.order(CMD.DO_CHANGE_SPEED, 1.0, speed_m_s, -1.0)

    def wait(self, seconds: float) -> None:
        """Stay here, at least until nose and camera have turned."""
        self.order(CMD.NAV_DELAY, max(seconds, self.turning_s), -1.0, -1.0, -1.0)
        self.turning_s = 0.0

    def settle(self) -> None:
        """Wait until nose and camera have turned, before a photo."""
        if self.turning_s:
            self.wait(0.0)
            self.notes["the aircraft waits where nose or camera turn before a photo"] = (
                "DJI's aircraft ends each action before the next one"
            )

    def turn_nose(self, heading_deg: float, direction: float = 0.0) -> None:
        """Turn the nose; `direction` is 1 clockwise, -1 counter-clockwise, 0 the shorter way."""
        before_deg, self.heading_deg = self.heading_deg, round(heading_deg % 360.0, 6) % 360.0
        turn_deg = 180.0 if before_deg is None else abs((heading_deg - before_deg + 180.0) % 360.0 - 180.0)
        self.turning_s = max(
            self.turning_s, math.ceil(_CAMERA_S + turn_deg / _NOSE_DEG_S) if turn_deg else 0.0
        )
        self.nose_at = self.number
        self.order(CMD.CONDITION_YAW, self.heading_deg, 0.0, direction)

    def turn_camera(self, pitch_deg: float) -> None:
        """Turn the camera; -90 is straight down."""
        if pitch_deg != self.pitch_deg:
            self.turning_s = max(self.turning_s, _CAMERA_S)
        self.pitch_deg = pitch_deg
        self.order(CMD.DO_MOUNT_CONTROL, pitch_deg, alt_m=MOUNT_TARGETING)

    def look(self, place: tuple[float, float] | None) -> None:
        """Look at a place from here on, or at none."""
        if place == self.look_at:
            return
        self.look_at = place
        if place is None:
            self.order(CMD.DO_SET_ROI_NONE)
            return
        self.add(
            PlanItem(
                command=int(CMD.DO_SET_ROI_LOCATION),
                frame=int(FRAME.GLOBAL_RELATIVE_ALT),
                lat_deg=place[0],
                lon_deg=place[1],
                origin=self.origin,
            )
        )
        what = "only the nose looks at the point of interest"
        self.lose(what, "the order turns the camera too", "nose and camera look at it, on home's height")

    def stop_photos(self) -> None:
        """End photos by time, where there are any."""
        if self.shooting:
            self.shooting = False
            self.order(CMD.IMAGE_STOP_CAPTURE)

    def photo(self) -> None:
        """Take one photo."""
        self.settle()
        self.order(CMD.IMAGE_START_CAPTURE, 0.0, 0.0, 1.0)
