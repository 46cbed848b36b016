"""Following a stored mission: which item is flown, which are carried out on the way, where jumps lead, when it ends.

Items that move the aircraft ("nav" items) are flown one after another as tasks. The items between two of them begin
together with the second; conditions among them hold back those that follow, until the leg is over.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum
from functools import partial

from controller.protocol.items import MissionItem
from hil.autopilot.craft import WARNING, Craft, Place, Vector3
from hil.autopilot.face import Face
from hil.autopilot.payload import Payload
from hil.autopilot.setpoints import Setpoint
from hil.autopilot.tasks import Circle, ClimbTo, FlyCurve, FlyTo, Hold, Land, Return, Task
from hil.frames import wrapped_pi

WAYPOINT, LOITER_UNLIM, LOITER_TURNS, LOITER_TIME, RTL, LAND, TAKEOFF = 16, 17, 18, 19, 20, 21, 22
LOITER_TO_ALT, SPLINE, DELAY = 31, 82, 93
NAV = frozenset((16, 17, 18, 19, 20, 21, 22, 31, 82, 93))
CONDITION_DELAY, CONDITION_DISTANCE, CONDITION_YAW, JUMP = 112, 114, 115, 177
CHANGE_SPEED, SET_HOME, LAND_START = 178, 179, 189
ROI_LOCATION, ROI_WPNEXT, ROI_NONE, ROI = 195, 196, 197, 201
RELATIVE_FRAMES, TERRAIN_FRAMES = (3, 6), (10, 11)
MOST_JUMPS = 64  # without a nav item in between; more is a loop


class State(Enum):
    """As MISSION_STATE has it."""

    NONE = 1
    NOT_STARTED = 2
    ACTIVE = 3
    PAUSED = 4
    COMPLETE = 5


class Ending(Enum):
    """How the mission left the aircraft."""

    RETURN = "an RTL item"
    LANDED = "a LAND item"
    LAST = "no more items"
    NO_TERRAIN = "an item whose height is above terrain that nobody knows"


class Navigator:
    """Follows `items()`, which may change under way (another upload starts again)."""

    def __init__(
        self,
        craft: Craft,
        face: Face,
        payload: Payload,
        items: Callable[[], tuple[MissionItem, ...]],
        *,
        reached: Callable[[int], None],
    ) -> None:
        """`reached(seq)` is called once in a step at most, with the last item that was completed in it."""
        self._craft, self._face, self._payload, self._items = craft, face, payload, items
        self._tell_reached = reached
        self.seq = 0  # the nav item that is flown, or would be
        self.ending: Ending | None = None
        self._running = False
        self._started = False
        self._task: Task | None = None
        self._leg: list[Task] = []
        self._target: Vector3 | None = None  # of the leg that is flown, or of the last
        self._waiting: list[tuple[int, MissionItem]] = []
        self._condition: Callable[[], bool] | None = None
        self._condition_seq = 0
        self._jumps: dict[int, int] = {}
        self._reached: int | None = None

    # --- from outside ---

    @property
    def state(self) -> State:
        if len(self._items()) <= self._face.first_item:
            return State.NONE
        if self.ending is not None:
            return State.COMPLETE
        if self._running:
            return State.ACTIVE
        return State.PAUSED if self._started else State.NOT_STARTED

    @property
    def valid(self) -> bool:
        """Whether there is anything to fly."""
        return any(item.command in NAV for item in self._items()[self._face.first_item :])

    @property
    def items(self) -> tuple[MissionItem, ...]:
        """What is stored."""
        return self._items()

    @property
    def item(self) -> MissionItem | None:
        """The nav item that is flown, or None."""
        items = self._items()
        return items[self.seq] if self._running and self.seq < len(items) else None

    @property
    def landing(self) -> bool:
        """On the last way down, by a LAND item or at the end of a return."""
        return isinstance(self._task, Land) or (isinstance(self._task, Return) and self._task.landing)

    @property
    def target(self) -> Vector3 | None:
        """Where the leg leads."""
        return self._target if self._running else None

    def starts_with_takeoff(self) -> bool:
        """Whether the first nav item from the current one on lifts it off."""
        items = self._items()
        start = max(self.seq, self._face.first_item)
        first = next((item.command for item in items[start:] if item.command in NAV), None)
        return first == TAKEOFF

    def forget(self) -> None:
        """Back to before the start: after an upload, a clearing, or the end."""
        self._running = self._started = False
        self.ending = None
        self.seq = 0
        self._jumps.clear()
        self._task, self._leg, self._waiting, self._condition = None, [], [], None

    def select(self, seq: int) -> bool:
        """Make an item current; says whether it exists. Flown at once if the mission runs."""
        if not 0 <= seq < len(self._items()):
            return False
        self.ending = None
        if self._running:
            self._advance(max(seq, self._face.first_item))
        else:
            self.seq = seq
            self._started = self._started or seq > self._face.first_item
        return True

    def run(self) -> None:
        """Start, or go on where it was left."""
        self._target = None
        again = self.ending is not None
        if again:
            self.forget()
        self._running, self._started = True, True
        self._advance(max(self.seq, self._face.first_item))

    def pause(self) -> None:
        """Leave it; `run` goes on with the current item."""
        self._running = False
        self._task, self._leg, self._waiting, self._condition = None, [], [], None

    def step(self) -> Setpoint | None:
        """The set-point of the leg, or None when the mission is over."""
        craft, face = self._craft, self._face
        if not self._running or self._task is None:
            return None
        self._work_off()
        setpoint = self._task.step(craft, face)
        if self._task.done:
            if self._leg:
                self._task = self._leg.pop(0)
            else:
                self._complete()
        self._tell()
        return setpoint

    def _tell(self) -> None:
        if self._reached is not None:
            reached, self._reached = self._reached, None
            self._tell_reached(reached)

    # --- going on ---

    def _complete(self) -> None:
        item = self._items()[self.seq] if self.seq < len(self._items()) else None
        if item is None:
            return self._end(Ending.LAST)
        self._note_reached(self.seq, item)
        if item.command == RTL:
            return self._end(Ending.RETURN)
        if item.command == LAND:
            return self._end(Ending.LANDED)
        self._advance(self.seq + 1)
        return None

    def _note_reached(self, seq: int, item: MissionItem) -> None:
        if self._face.reports_reached(item.command):
            self._reached = seq
        if item.command in NAV and (text := self._face.reached_text(seq, item.command)):
            self._craft.say(text)

    def _end(self, ending: Ending) -> None:
        self._running = False
        self._task = None
        self.ending = ending

    def _advance(self, seq: int) -> None:
        """Find the next nav item from `seq` on, fly it, and carry out what stands before it."""
        self._task, self._leg, self._condition = None, [], None
        between: list[tuple[int, MissionItem]] = []
        items, jumps = self._items(), 0
        while seq < len(items):
            item = items[seq]
            if item.command == JUMP:
                jumps += 1
                there = self._jump(seq, item)
                seq = seq + 1 if there is None else there
                if jumps > MOST_JUMPS:
                    break
                continue
            if item.command not in NAV:
                between.append((seq, item))
                seq += 1
                continue
            self._waiting = between
            self._craft.yaw_rad = None
            self._work_off()  # what comes before is announced before
            if self._begin(seq, item):
                return
            between, seq = [], seq + 1
        self._waiting = between
        self._work_off()
        self._end(Ending.LAST)

    def _jump(self, seq: int, item: MissionItem) -> int | None:
        """Where a DO_JUMP leads, or None when its turns are used up."""
        times, done = int(item.param2), self._jumps.get(seq, 0)
        target = int(item.param1)
        if not self._face.first_item <= target < len(self._items()):
            self._craft.say(f"Mission: {seq} Jump to missing item {target}", WARNING)
            return None
        if 0 <= times <= done:
            return None
        self._jumps[seq] = done + 1
        if text := self._face.started_text(self._craft, seq, item):
            self._craft.say(f"{text} {done + 1}/{times}" if times > 0 else f"{text} {done + 1}/unlimited")
        return target

    def _begin(self, seq: int, item: MissionItem) -> bool:
        """Start flying a nav item; False where that cannot be done, which has then been said."""
        craft = self._craft
        if text := self._face.started_text(craft, seq, item):
            craft.say(text)
        self.seq = seq
        if item.command == RTL and not self._face.first_item:
            # PX4's missions end here; the return is a mode of its own.
            self._note_reached(seq, item)
            self._end(Ending.RETURN)
            return True
        if item.frame in TERRAIN_FRAMES and item.command not in (RTL, DELAY):
            if item.command == LOITER_TO_ALT:
                craft.say("bad do_loiter_to_alt")
                return False
            craft.say("Failsafe: Terrain data missing", WARNING)
            self._end(Ending.NO_TERRAIN)
            return True
        self._leg = self._tasks(seq, item)
        self._task = self._leg.pop(0)
        return True

    def _tasks(self, seq: int, item: MissionItem) -> list[Task]:
        craft, face = self._craft, self._face
        if item.command == RTL:
            return [Return()]
        if item.command == DELAY:
            if not item.param1 > 0.0:
                craft.say(f"Mission item {seq}: delay until a time of day skipped, not supported", WARNING)
                return [Hold(0.0)]
            craft.say(f"Delaying {item.param1:.0f} sec")
            return [Hold(item.param1)]
        start = self._target or craft.est.pos_ned
        target = self._point(item, start)
        radius = face.acceptance_m(craft, item.param2 if item.command == WAYPOINT else 0.0)
        fly = partial(FlyTo, radius_m=radius, yaw_rad=face.item_yaw(item), look_ahead=face.looks_ahead(craft))
        if item.command == TAKEOFF:
            height = craft.height_of(target)
            up: list[Task] = [ClimbTo(height, slack_m=0.3 if face.first_item else 0.8, takeoff=True)]
            away = (item.x or item.y) and not face.first_item and craft.distance_m(target) > radius
            self._target = target if away else (*craft.est.pos_ned[:2], target[2])
            return [*up, fly(target)] if away else up
        self._target = target
        match item.command:
            case 16:
                return [fly(target, hold_s=max(item.param1, 0.0) if math.isfinite(item.param1) else 0.0)]
            case 17:
                return [fly(target), Hold()]
            case 19:
                return [fly(target, hold_s=max(item.param1, 0.0))]
            case 18:
                turns = math.copysign(max(abs(item.param1), 0.0), item.param3 or 1.0)
                radius_m = face.circle_radius_m(craft, abs(item.param3) if abs(item.param3) > 1.0 else 0.0)
                return [Circle(target, radius_m=radius_m, turns=turns)]
            case 21:
                place = craft.place(target) if item.x or item.y else None
                return [Land(place, yaw_rad=face.item_yaw(item))]
            case 31:
                level = (target[0], target[1], start[2])
                return [fly(level), ClimbTo(craft.height_of(target))]
        return [self._curve(seq, start, target, radius)]

    def _curve(self, seq: int, start: Vector3, target: Vector3, radius_m: float) -> Task:
        """A spline leg: its directions come from the points before and after, as in a Catmull-Rom curve."""
        items = self._items()
        before = items[seq - 1] if seq > self._face.first_item else None
        after = next((item for item in items[seq + 1 :] if item.command in NAV), None)
        came_in_curve = before is not None and before.command == SPLINE
        goes_on = after is not None and after.command in (SPLINE, WAYPOINT)
        vel = self._craft.est.vel_ned
        speed = math.hypot(*vel)
        length = math.dist(start, target)
        into: Vector3 = (0.0, 0.0, 0.0)
        if came_in_curve and speed > 1.0:
            into = (vel[0] / speed * length, vel[1] / speed * length, vel[2] / speed * length)
        else:
            into = (target[0] - start[0], target[1] - start[1], target[2] - start[2])
        out: Vector3 = (0.0, 0.0, 0.0)
        if goes_on and after is not None:
            beyond = self._point(after, target)
            base = target if after.command == WAYPOINT else start
            out = (0.5 * (beyond[0] - base[0]), 0.5 * (beyond[1] - base[1]), 0.5 * (beyond[2] - base[2]))
        return FlyCurve(target, into=into, out=out, radius_m=radius_m, stop=not goes_on)

    def _point(self, item: MissionItem, default: Vector3) -> Vector3:
        """Where an item is. No position means that of `default`; height 0 its height, where the stack has it so."""
        craft = self._craft
        flat = default
        if item.x or item.y:
            flat = craft.ned(Place(item.x / 1e7, item.y / 1e7, 0.0))
        keeps = item.z == 0.0 and self._face.first_item == 1 and item.command not in (TAKEOFF, LAND)
        if keeps:
            return craft.at_height(flat, craft.height_of(default))
        if item.frame in RELATIVE_FRAMES:
            return craft.at_height(flat, item.z)
        home_m = craft.home.alt_amsl_m if craft.home else craft.loop.home.alt_amsl_m
        return craft.at_height(flat, item.z - home_m)

    # --- what is carried out on the way ---

    def _work_off(self) -> None:
        """Carry out waiting items, up to the first condition that does not hold yet."""
        while True:
            if self._condition is not None:
                if not self._condition():
                    return
                self._condition = None
                self._note_reached(self._condition_seq, self._items()[self._condition_seq])
            if not self._waiting:
                return
            seq, item = self._waiting.pop(0)
            if text := self._face.started_text(self._craft, seq, item):
                self._craft.say(text)
            self._condition, self._condition_seq = self._carry_out(item), seq
            if self._condition is None:
                self._note_reached(seq, item)

    def _carry_out(self, item: MissionItem) -> Callable[[], bool] | None:
        """Do it. Conditions give back the test that the following items wait for."""
        craft = self._craft
        params = (item.param1, item.param2, item.param3, item.param4)
        match item.command:
            case 112:
                until_s = craft.time_s + max(item.param1, 0.0)
                return lambda: craft.time_s >= until_s
            case 114:
                within_m = max(item.param1, 0.0)
                return lambda: self._target is None or craft.distance_m(self._target) <= within_m
            case 115:
                return self._turn(item)
            case 178:
                change_speed(craft, item.param1, item.param2)
            case 179:
                set_home(craft, use_current=item.param1 > 0.5, place=self._place_of(item))
            case 195 | 201:
                craft.roi = self._place_of(item) if item.x or item.y else None
            case 196 | 197:
                craft.roi = None
            case 189:
                pass  # a mark for landing sequences
            case _:
                if (
                    self._payload.perform(
                        craft, item.command, (*params, float(item.x), float(item.y), item.z)
                    )
                    is None
                ):
                    craft.say(f"Mission item with command {item.command} skipped: not supported", WARNING)
        return None

    def _turn(self, item: MissionItem) -> Callable[[], bool]:
        craft = self._craft
        goal = turn_goal(craft, item.param1, item.param3, relative=item.param4 > 0.5)

        def turned() -> bool:
            craft.yaw_rad = goal
            return abs(wrapped_pi(craft.est.euler_rad[2] - goal)) < math.radians(2.0)

        return turned

    def _place_of(self, item: MissionItem) -> Place:
        home_m = self._craft.home.alt_amsl_m if self._craft.home else self._craft.loop.home.alt_amsl_m
        alt = item.z + (home_m if item.frame in RELATIVE_FRAMES else 0.0)
        return Place(item.x / 1e7, item.y / 1e7, alt)


def change_speed(craft: Craft, kind: float, speed_m_s: float) -> bool:
    """DO_CHANGE_SPEED: kind 0 air, 1 ground, 2 climb, 3 descent; says whether it was understood."""
    if not math.isfinite(speed_m_s) or speed_m_s <= 0.0:
        # -1 leaves it alone, -2 goes back to the default.
        if speed_m_s == -2.0:
            craft.speed_m_s = None
        return speed_m_s in (-1.0, -2.0)
    match kind:
        case 0.0 | 1.0:
            craft.speed_m_s = min(speed_m_s, 20.0)
        case 2.0:
            craft.climb_m_s = min(speed_m_s, 10.0)
        case 3.0:
            craft.descend_m_s = min(speed_m_s, 10.0)
        case _:
            return False
    return True


def turn_goal(craft: Craft, angle_deg: float, direction: float, *, relative: bool) -> float:
    """The heading in rad that CONDITION_YAW means."""
    if not relative:
        return float(wrapped_pi(math.radians(angle_deg)))
    sign = -1.0 if direction < 0.0 else 1.0
    return float(wrapped_pi(craft.est.euler_rad[2] + sign * math.radians(angle_deg)))


def set_home(craft: Craft, *, use_current: bool, place: Place) -> bool:
    """DO_SET_HOME; says whether it was possible."""
    if use_current:
        if not craft.est.ready.gps_used:
            return False
        craft.home = craft.here
        return True
    if not (place.lat_deg or place.lon_deg):
        return False
    craft.home = place
    return True
