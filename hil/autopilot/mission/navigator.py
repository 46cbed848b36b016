"""Following a stored mission: which item is flown, which are carried out on the way, where jumps lead, when it ends.

Items that move the aircraft ("nav" items) are flown one after another as tasks. The items between two of them begin
together with the second; conditions among them hold back those that follow, until the leg is over.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum

from controller.protocol.mission.items import MissionItem
from hil.autopilot.control.setpoints import Setpoint
from hil.autopilot.mission.command_actions import change_speed, set_home, turn_goal
from hil.autopilot.mission.item_tasks import (
    DELAY,
    LANDINGS,
    LOITER_TO_ALT,
    NAV,
    RELATIVE_FRAMES,
    RTL,
    TAKEOFFS,
    TERRAIN_FRAMES,
)
from hil.autopilot.mission.tasks import Return, Task
from hil.autopilot.services.payload import Payload
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.vehicle_context import WARNING, Place, Vector3, VehicleContext
from hil.frames import wrapped_pi

CONDITION_DELAY, CONDITION_DISTANCE, CONDITION_YAW, JUMP = 112, 114, 115, 177
CHANGE_SPEED, SET_HOME, LAND_START = 178, 179, 189
ROI_LOCATION, ROI_WPNEXT, ROI_NONE, ROI = 195, 196, 197, 201
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
        vehicle: VehicleContext,
        stack: AutopilotStack,
        payload: Payload,
        items: Callable[[], tuple[MissionItem, ...]],
        *,
        reached: Callable[[int], None],
    ) -> None:
        """`reached(seq)` is called once in a step at most, with the last item that was completed in it."""
        self._vehicle, self._stack, self._payload, self._items = vehicle, stack, payload, items
        self._tell_reached = reached
        self.seq = 0  # the nav item that is flown, or would be
        self.ending: Ending | None = None
        self._running = False
        self._started = False
        self._task: Task | None = None
        self._leg: list[Task] = []
        self._item_tasks = stack.item_tasks(vehicle)
        self._waiting: list[tuple[int, MissionItem]] = []
        self._condition: Callable[[], bool] | None = None
        self._condition_seq = 0
        self._jumps: dict[int, int] = {}
        self._reached: int | None = None

    # --- from outside ---

    @property
    def state(self) -> State:
        if len(self._items()) <= self._stack.first_item:
            return State.NONE
        if self.ending is not None:
            return State.COMPLETE
        if self._running:
            return State.ACTIVE
        return State.PAUSED if self._started else State.NOT_STARTED

    @property
    def valid(self) -> bool:
        """Whether there is anything to fly."""
        return any(item.command in NAV for item in self._items()[self._stack.first_item :])

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
        task = self._task
        return task is not None and (task.lands or (isinstance(task, Return) and task.landing))

    @property
    def target(self) -> Vector3 | None:
        """Where the leg leads."""
        return self._item_tasks.target if self._running else None

    def starts_with_takeoff(self) -> bool:
        """Whether the first nav item from the current one on lifts it off."""
        items = self._items()
        start = max(self.seq, self._stack.first_item)
        first = next((item.command for item in items[start:] if item.command in NAV), None)
        return first in TAKEOFFS

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
            self._advance(max(seq, self._stack.first_item))
        else:
            self.seq = seq
            self._started = self._started or seq > self._stack.first_item
        return True

    def run(self) -> None:
        """Start, or go on where it was left."""
        self._item_tasks.target = None
        again = self.ending is not None
        if again:
            self.forget()
        self._running, self._started = True, True
        self._advance(max(self.seq, self._stack.first_item))

    def pause(self) -> None:
        """Leave it; `run` goes on with the current item."""
        self._running = False
        self._task, self._leg, self._waiting, self._condition = None, [], [], None

    def step(self) -> Setpoint | None:
        """The set-point of the leg, or None when the mission is over."""
        vehicle, stack = self._vehicle, self._stack
        if not self._running or self._task is None:
            return None
        self._work_off()
        setpoint = self._task.step(vehicle, stack)
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
        if item.command in LANDINGS:
            return self._end(Ending.LANDED)
        self._advance(self.seq + 1)
        return None

    def _note_reached(self, seq: int, item: MissionItem) -> None:
        if self._stack.reports_reached(item.command):
            self._reached = seq
        if item.command in NAV and (text := self._stack.reached_text(seq, item.command)):
            self._vehicle.say(text)

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
            self._vehicle.yaw_rad = None
            self._work_off()  # what comes before is announced before
            if self._begin(seq, item):
                return
            between, seq = [], seq + 1
        self._waiting = between
        self._work_off()
        self._end(Ending.LAST)

    def _jump(self, seq: int, item: MissionItem) -> int | None:
        """Where a DO_JUMP leads, or None when its turns are used up."""
        # The items' fields are whole numbers on board; what is none becomes 0.
        target, times = (int(v) if math.isfinite(v) else 0 for v in (item.param1, item.param2))
        done = self._jumps.get(seq, 0)
        if not self._stack.first_item <= target < len(self._items()):
            self._vehicle.say(f"Mission: {seq} Jump to missing item {target}", WARNING)
            return None
        if 0 <= times <= done:
            return None
        self._jumps[seq] = done + 1
        if text := self._stack.started_text(self._vehicle, seq, item):
            self._vehicle.say(f"{text} {done + 1}/{times}" if times > 0 else f"{text} {done + 1}/unlimited")
        return target

    def _begin(self, seq: int, item: MissionItem) -> bool:
        """Start flying a nav item; False where that cannot be done, which has then been said."""
        vehicle = self._vehicle
        if text := self._stack.started_text(vehicle, seq, item):
            vehicle.say(text)
        self.seq = seq
        if item.command == RTL and self._stack.return_is_mode:
            # The mission ends here; the return is a mode of its own.
            self._note_reached(seq, item)
            self._end(Ending.RETURN)
            return True
        if item.frame in TERRAIN_FRAMES and item.command not in (RTL, DELAY):
            if item.command == LOITER_TO_ALT:
                vehicle.say("bad do_loiter_to_alt")
                return False
            vehicle.say("Failsafe: Terrain data missing", WARNING)
            self._end(Ending.NO_TERRAIN)
            return True
        self._leg = self._item_tasks.tasks(self._items(), seq)
        self._task = self._leg.pop(0)
        return True

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
            if text := self._stack.started_text(self._vehicle, seq, item):
                self._vehicle.say(text)
            self._condition, self._condition_seq = self._carry_out(item), seq
            if self._condition is None:
                self._note_reached(seq, item)

    def _carry_out(self, item: MissionItem) -> Callable[[], bool] | None:
        """Do it. Conditions give back the test that the following items wait for."""
        vehicle = self._vehicle
        params = (item.param1, item.param2, item.param3, item.param4)
        match item.command:
            case 112:
                until_s = vehicle.time_s + max(item.param1, 0.0)
                return lambda: vehicle.time_s >= until_s
            case 114:
                within_m = max(item.param1, 0.0)
                return lambda: (
                    self._item_tasks.target is None or vehicle.distance_m(self._item_tasks.target) <= within_m
                )
            case 115:
                return self._turn(item)
            case 178:
                change_speed(vehicle, item.param1, item.param2)
            case 179:
                set_home(vehicle, use_current=item.param1 > 0.5, place=self._place_of(item))
            case 195 | 201:
                vehicle.roi = self._place_of(item) if item.x or item.y else None
            case 196 | 197:
                vehicle.roi = None
            case 189:
                pass  # a mark for landing sequences
            case _:
                if (
                    self._payload.perform(
                        vehicle, item.command, (*params, float(item.x), float(item.y), item.z)
                    )
                    is None
                ):
                    vehicle.say(f"Mission item with command {item.command} skipped: not supported", WARNING)
        return None

    def _turn(self, item: MissionItem) -> Callable[[], bool]:
        vehicle = self._vehicle
        goal = turn_goal(vehicle, item.param1, item.param3, relative=item.param4 > 0.5)

        def turned() -> bool:
            vehicle.yaw_rad = goal
            return abs(wrapped_pi(vehicle.est.euler_rad[2] - goal)) < math.radians(2.0)

        return turned

    def _place_of(self, item: MissionItem) -> Place:
        home_m = self._vehicle.home.alt_amsl_m if self._vehicle.home else self._vehicle.loop.home.alt_amsl_m
        alt = item.z + (home_m if item.frame in RELATIVE_FRAMES else 0.0)
        return Place(item.x / 1e7, item.y / 1e7, alt)
