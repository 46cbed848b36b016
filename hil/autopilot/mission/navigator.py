"""Navigator: follows a stored mission. It chooses the item to fly, carries out the items between, and follows jumps.

Items that move the vehicle (NAV items) are flown one after another as tasks. The items between two NAV items start
together with the second one. A condition among them holds back those that follow, until the NAV item ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from controller.protocol.mission.items import MissionItem
from controller.wire.enums import MAV_CMD, MISSION_STATE
from hil.autopilot.control.setpoints import Setpoint
from hil.autopilot.mission.command_actions import set_home, yaw_target
from hil.autopilot.mission.item_commands import (
    LANDINGS,
    NAV_COMMANDS,
    RELATIVE_FRAMES,
    TAKEOFFS,
    TERRAIN_FRAMES,
)
from hil.autopilot.mission.mission_end import MissionEnding
from hil.autopilot.mission.task import Task
from hil.autopilot.mission.tasks import Return
from hil.autopilot.services.payload import Payload
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.vehicle_context import WARNING, Place, Vector3, VehicleContext
from hil.frames import wrapped_pi

MAX_JUMPS = 64  # without a NAV item in between; more is a loop
WITHOUT_POSITION = frozenset((MAV_CMD.NAV_RETURN_TO_LAUNCH, MAV_CMD.NAV_DELAY))


class Navigator:
    """Follower of the items that `items()` returns. An upload during the flight starts the mission anew."""

    def __init__(
        self,
        vehicle: VehicleContext,
        stack: AutopilotStack,
        payload: Payload,
        items: Callable[[], tuple[MissionItem, ...]],
        *,
        reached: Callable[[int], None],
    ) -> None:
        """`reached(seq)` is called at most once a step, with the last item that was completed in it."""
        self._vehicle, self._stack, self._payload, self._items = vehicle, stack, payload, items
        self._on_reached = reached
        self.seq = 0  # the current NAV item
        self.ending: MissionEnding | None = None
        self._running = False
        self._started = False
        self.finished = False  # flown to its end, with no upload since
        self._resumes = False  # items were replaced after the end: the mission does not start anew
        self._task: Task | None = None
        self._next_tasks: list[Task] = []  # of the current item, after `_task`
        self._item_tasks = stack.item_tasks(vehicle)
        self._waiting: list[tuple[int, MissionItem]] = []
        self._condition: Callable[[], bool] | None = None
        self._condition_seq = 0
        self._jumps: dict[int, int] = {}
        self._reached: int | None = None

    # --- state and commands ---

    @property
    def state(self) -> int:
        """MISSION_STATE of MISSION_CURRENT."""
        flown = self._stack.numbering.flown(self._items())
        if not flown or self._stack.infeasible(flown):
            return int(MISSION_STATE.NO_MISSION)
        if self.ending is not None:
            return int(MISSION_STATE.COMPLETE)
        if self._running:
            return int(MISSION_STATE.ACTIVE)
        return int(MISSION_STATE.PAUSED if self._started else MISSION_STATE.NOT_STARTED)

    @property
    def valid(self) -> bool:
        """Whether the mission has a NAV item and the stack finds no fault in it."""
        flown = self._stack.numbering.flown(self._items())
        return any(item.command in NAV_COMMANDS for item in flown) and not self._stack.infeasible(flown)

    @property
    def items(self) -> tuple[MissionItem, ...]:
        """All stored items."""
        return self._items()

    @property
    def item(self) -> MissionItem | None:
        """The NAV item that is flown, or None."""
        items = self._items()
        return items[self.seq] if self._running and self.seq < len(items) else None

    @property
    def landing(self) -> bool:
        """Whether the vehicle descends to land, by a LAND item or at the end of a return."""
        task = self._task
        return task is not None and (task.lands or (isinstance(task, Return) and task.landing))

    @property
    def target(self) -> Vector3 | None:
        """NED of the current item's target; None outside of the mission."""
        return self._item_tasks.target if self._running else None

    def starts_with_takeoff(self) -> bool:
        """Return whether the first NAV item from the current one on is a takeoff."""
        items = self._items()
        start = self._stack.numbering.at_least_first(self.seq)
        first = next((item.command for item in items[start:] if item.command in NAV_COMMANDS), None)
        return first in TAKEOFFS

    def reset(self) -> None:
        """Go back to before the start: after an upload, a clearing, or the end."""
        self._running = self._started = self._resumes = self.finished = False
        self.ending = None
        self.seq = 0
        self._jumps.clear()
        self._drop_tasks()

    def restart(self, *, announce: bool) -> None:
        """Go back to before the start and make the first flown item current; `announce` it."""
        self.reset()
        self.select(self._stack.numbering.at_least_first(0))
        items = self._items()
        if announce and self.seq < len(items):
            self._announce(self.seq, items[self.seq])

    def select(self, seq: int) -> bool:
        """Make an item current, and fly it at once if the mission runs. Return whether the item exists."""
        if not 0 <= seq < len(self._items()):
            return False
        self.ending = None
        if self._running:
            self._advance(self._stack.numbering.at_least_first(seq))
        else:
            self.seq = seq
            self._started = self._started or self._stack.numbering.after_first(seq)
        return True

    def replaced(self, current: int | None) -> None:
        """Go on with other items at the same number, or at the one that the upload marked current."""
        self._resumes, self.finished = True, False
        self._jumps.clear()
        self._drop_tasks()
        self.seq = min(self.seq if current is None else current, len(self._items()) - 1)
        if self._running:
            self._advance(self.seq)

    def run(self) -> None:
        """Start the mission, or resume it at the current item; a finished one starts at its first item."""
        self._item_tasks.target = None
        again = self.ending is not None and not self._resumes
        self.ending, self._resumes = None, False
        if again:
            self.reset()
        self._running, self._started = True, True
        self._advance(self._stack.numbering.at_least_first(self.seq))

    def pause(self) -> None:
        """Stop the mission; `run` resumes it at the current item."""
        self._running = False
        self._drop_tasks()

    def _drop_tasks(self) -> None:
        self._task, self._next_tasks, self._waiting, self._condition = None, [], [], None

    def step(self) -> Setpoint | None:
        """Return the setpoint of the current item, or None when the mission is over."""
        vehicle, stack = self._vehicle, self._stack
        if not self._running or self._task is None:
            return None
        self._run_waiting()
        setpoint = self._task.step(vehicle, stack)
        if self._task.done:
            if self._next_tasks:
                self._task = self._next_tasks.pop(0)
            else:
                self._complete()
        if self._reached is not None:
            reached, self._reached = self._reached, None
            self._on_reached(reached)
        return setpoint

    # --- from item to item ---

    def _complete(self) -> None:
        item = self._items()[self.seq] if self.seq < len(self._items()) else None
        if item is None:
            return self._end(MissionEnding.LAST)
        self._note_reached(self.seq, item)
        if item.command == MAV_CMD.NAV_RETURN_TO_LAUNCH:
            return self._end(MissionEnding.RETURN)
        if item.command in LANDINGS:
            return self._end(MissionEnding.LANDED)
        self._advance(self.seq + 1)
        return None

    def _note_reached(self, seq: int, item: MissionItem) -> None:
        if self._stack.reports_reached(item.command):
            self._reached = seq
        text = self._stack.reached_text(seq, item.command)
        if text and item.command in NAV_COMMANDS:
            self._vehicle.send_text(text)

    def _end(self, ending: MissionEnding) -> None:
        self._running = False
        self._task = None
        self.ending = ending
        self.finished = ending is not MissionEnding.NO_TERRAIN

    def _advance(self, seq: int) -> None:
        """Find the next NAV item from `seq` on, fly it, and carry out the items before it."""
        self._task, self._next_tasks, self._condition = None, [], None
        between: list[tuple[int, MissionItem]] = []
        items, jumps = self._items(), 0
        while seq < len(items):
            item = items[seq]
            if item.command == MAV_CMD.DO_JUMP:
                jumps += 1
                target = self._jump(seq, item)
                seq = seq + 1 if target is None else target
                if jumps > MAX_JUMPS:
                    break
                continue
            if item.command not in NAV_COMMANDS:
                between.append((seq, item))
                seq += 1
                continue
            self._waiting = between
            self._vehicle.yaw_rad = None
            self._run_waiting()  # items before the NAV item are announced before it
            if self._begin(seq, item):
                return
            between, seq = [], seq + 1
        self._waiting = between
        self._run_waiting()
        self._end(MissionEnding.LAST)

    def _jump(self, seq: int, item: MissionItem) -> int | None:
        """Return the target of a DO_JUMP, or None when its repeats are used up."""
        # The fields are integers on board; NaN becomes 0.
        target, times = (int(v) if math.isfinite(v) else 0 for v in (item.param1, item.param2))
        done = self._jumps.get(seq, 0)
        if not self._stack.numbering.is_flown(target, len(self._items())):
            self._vehicle.send_text(f"Mission: {seq} Jump to missing item {target}", WARNING)
            return None
        if 0 <= times <= done:
            return None
        self._jumps[seq] = done + 1
        if text := self._stack.started_text(self._vehicle, seq, item):
            self._vehicle.send_text(
                f"{text} {done + 1}/{times}" if times > 0 else f"{text} {done + 1}/unlimited"
            )
        return target

    def _ahead(self, seq: int) -> tuple[MissionItem, ...]:
        """Return the two NAV items that will be flown after item `seq`, as the jumps stand now."""
        items, jumps = self._items(), dict(self._jumps)
        found: list[MissionItem] = []
        at, hops = seq + 1, 0
        while at < len(items) and len(found) < 2 and hops <= MAX_JUMPS:
            item = items[at]
            at += 1
            if item.command in NAV_COMMANDS:
                found.append(item)
            elif item.command == MAV_CMD.DO_JUMP:
                hops += 1
                target, times = (int(v) if math.isfinite(v) else 0 for v in (item.param1, item.param2))
                done = jumps.get(at - 1, 0)
                if self._stack.numbering.is_flown(target, len(items)) and (times < 0 or done < times):
                    jumps[at - 1] = done + 1
                    at = target
        return tuple(found)

    def _begin(self, seq: int, item: MissionItem) -> bool:
        """Start flying a NAV item. Return False where that is impossible; a text has then been sent."""
        vehicle = self._vehicle
        self._announce(seq, item)
        self.seq = seq
        if item.command == MAV_CMD.NAV_RETURN_TO_LAUNCH and self._stack.return_is_mode:
            # The mission ends here; the return is its own mode.
            self._note_reached(seq, item)
            self._end(MissionEnding.RETURN)
            return True
        if item.frame in TERRAIN_FRAMES and item.command not in WITHOUT_POSITION:
            if item.command == MAV_CMD.NAV_LOITER_TO_ALT:
                vehicle.send_text("bad do_loiter_to_alt")
                return False
            vehicle.send_text("Failsafe: Terrain data missing", WARNING)
            self._end(MissionEnding.NO_TERRAIN)
            return True
        self._next_tasks = self._item_tasks.tasks(self._items(), seq, self._ahead(seq))
        self._task = self._next_tasks.pop(0)
        return True

    def _announce(self, seq: int, item: MissionItem) -> None:
        if text := self._stack.started_text(self._vehicle, seq, item):
            self._vehicle.send_text(text)

    # --- items that do not move the vehicle ---

    def _run_waiting(self) -> None:
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
            self._announce(seq, item)
            self._condition, self._condition_seq = self._carry_out(item), seq
            if self._condition is None:
                self._note_reached(seq, item)

    def _carry_out(self, item: MissionItem) -> Callable[[], bool] | None:
        """Carry out an item. For a condition, return the test for which the following items wait."""
        vehicle = self._vehicle
        match item.command:
            case MAV_CMD.CONDITION_DELAY:
                until_s = vehicle.time_s + max(item.param1, 0.0)
                return lambda: vehicle.time_s >= until_s
            case MAV_CMD.CONDITION_DISTANCE:
                within_m = max(item.param1, 0.0)
                return lambda: self._target_within(within_m)
            case MAV_CMD.CONDITION_YAW:
                return self._turn(item)
            case MAV_CMD.DO_CHANGE_SPEED:
                self._stack.change_speed(vehicle, item.param1, item.param2)
            case MAV_CMD.DO_SET_HOME:
                set_home(vehicle, use_current=item.param1 > 0.5, place=self._place_of(item))
            case MAV_CMD.DO_SET_ROI_LOCATION | MAV_CMD.DO_SET_ROI | MAV_CMD.NAV_ROI:
                vehicle.roi = self._place_of(item) if item.x or item.y else None
            case MAV_CMD.DO_SET_ROI_WPNEXT_OFFSET | MAV_CMD.DO_SET_ROI_NONE:
                vehicle.roi = None
            case MAV_CMD.DO_LAND_START:
                pass  # a mark for landing sequences
            case _:
                params = (
                    item.param1,
                    item.param2,
                    item.param3,
                    item.param4,
                    float(item.x),
                    float(item.y),
                    item.z,
                )
                if self._payload.perform(vehicle, item.command, params) is None:
                    vehicle.send_text(
                        f"Mission item with command {item.command} skipped: not supported", WARNING
                    )
        return None

    def _target_within(self, distance_m: float) -> bool:
        target = self._item_tasks.target
        return target is None or self._vehicle.distance_m(target) <= distance_m

    def _turn(self, item: MissionItem) -> Callable[[], bool]:
        vehicle = self._vehicle
        goal = yaw_target(vehicle, item.param1, item.param3, relative=item.param4 > 0.5)

        def turned() -> bool:
            vehicle.yaw_rad = goal
            return abs(wrapped_pi(vehicle.est.euler_rad[2] - goal)) < math.radians(2.0)

        return turned

    def _place_of(self, item: MissionItem) -> Place:
        home_m = self._vehicle.home.alt_amsl_m if self._vehicle.home else self._vehicle.core.home.alt_amsl_m
        alt = item.z + (home_m if item.frame in RELATIVE_FRAMES else 0.0)
        return Place(item.x / 1e7, item.y / 1e7, alt)
