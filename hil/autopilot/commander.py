"""Who flies: the mode and what it does, arming and disarming, landing and its end. One `step` a control cycle (50 Hz)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from controller.protocol.mission.items import MissionItem
from controller.wire.message import Message
from hil.autopilot.control.setpoints import HoldPosition, MotorsIdle, Setpoint
from hil.autopilot.mission.item_tasks import LANDINGS, TAKEOFFS
from hil.autopilot.mission.navigator import Ending, Navigator
from hil.autopilot.mission.tasks import Circle, ClimbTo, Guided, Hold, Idle, Land, Return, Task
from hil.autopilot.services.payload import Payload
from hil.autopilot.services.rc_input import RcInput
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.stacks.modes import Behaviour, Mode
from hil.autopilot.telemetry.events import ReachedReports, home_position, origin
from hil.autopilot.vehicle_context import CRITICAL, INFO, WARNING, Place, VehicleContext

AIRBORNE_M = 0.3


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether something was done; if not, why."""

    ok: bool
    why: str = ""


YES = Answer(True)


class Commander:
    """Modes, arming and the mission of one craft."""

    def __init__(
        self,
        vehicle: VehicleContext,
        stack: AutopilotStack,
        payload: Payload,
        items: Callable[[], tuple[MissionItem, ...]],
    ) -> None:
        self.vehicle, self.stack = vehicle, stack
        self.rc_input = RcInput()
        self.guided = Guided()
        self._reports = ReachedReports(vehicle, times=stack.repeats_reached)
        self.navigator = Navigator(vehicle, stack, payload, items, reached=self._reports.reached)
        self.mode = stack.modes.named(stack.initial_mode)
        self.setpoint: Setpoint = MotorsIdle()
        self.failsafe_mode = False  # the mode was chosen by a failsafe
        self.lifted = False  # a take-off was asked for since arming
        self.flew = False  # it has been in the air since arming
        self.take_off_height_m: float | None = None
        self._before_arming = self.mode  # the last mode that may be armed in
        self._task: Task = Idle()
        self._armed_at_s = 0.0
        self._down_since_s: float | None = None
        self._said_landed = False
        self._then: tuple[float, str] | None = None  # at this time, change to this mode
        self.waypoint_paused = False

    # --- modes ---

    @property
    def task(self) -> Task:
        """What is flown now (missions have their own, see `navigator`)."""
        return self._task

    @property
    def in_mission(self) -> bool:
        return self.mode.behaviour is Behaviour.MISSION

    @property
    def landing(self) -> bool:
        """On the last way down."""
        if self.in_mission:
            return self.navigator.landing
        task = self._task
        return task.lands or (isinstance(task, Return) and task.landing)

    @property
    def taking_off(self) -> bool:
        """On the way up from the ground."""
        if self.in_mission:
            item = self.navigator.item
            return item is not None and item.command in TAKEOFFS
        return isinstance(self._task, ClimbTo)

    def change_mode(self, mode: Mode, *, failsafe: bool = False) -> Answer:
        """Fly in another mode from now on, if that is possible."""
        vehicle = self.vehicle
        if vehicle.armed and mode.needs_position and not vehicle.est.ready.gps_used:
            return self._refuse(mode, "requires position")
        if mode.behaviour is Behaviour.MISSION and vehicle.armed:
            if not self.navigator.valid:
                return self._refuse(mode, "no mission")
            takes_off = not vehicle.est.landed or self.navigator.starts_with_takeoff()
            if not self.stack.may_start(vehicle, takes_off=takes_off) and self.navigator.ending is None:
                vehicle.say("Auto: Missing Takeoff Cmd", CRITICAL)
                return self._refuse(mode, "init failed")
        if mode.name == "OFFBOARD" and vehicle.armed and self.guided.silent_s(vehicle) > 1.0:
            return self._refuse(mode, "no setpoints")
        again = mode is self.mode
        self.failsafe_mode = failsafe
        self._then = None
        if mode.armable and not failsafe:
            self._before_arming = mode
        if again and not (mode.behaviour is Behaviour.MISSION and self.waypoint_paused):
            return YES
        if self.in_mission:
            self.navigator.pause()
        self.mode = mode
        self._enter()
        return YES

    def _refuse(self, mode: Mode, why: str) -> Answer:
        if self.stack.first_item:
            self.vehicle.say(f"Mode change to {mode.name} failed: {why}", WARNING)
        else:
            self.vehicle.say(f"Switching to mode '{mode.name}' is currently not available: {why}", CRITICAL)
        return Answer(False, why)

    def _enter(self) -> None:
        """Begin what the mode does."""
        self.waypoint_paused = False
        self._down_since_s = None
        vehicle, stack = self.vehicle, self.stack
        vehicle.yaw_rad = None
        own = stack.mode_task(vehicle, self.mode)
        if own is not None:
            self._task = own
            return
        match self.mode.behaviour:
            case Behaviour.GUIDED:
                if self.mode.name != "OFFBOARD":  # its stream was there before it
                    self.guided = Guided()
                self._task = self.guided
            case Behaviour.TAKEOFF:
                height = self.take_off_height_m
                if height is None:
                    height = vehicle.params["MIS_TAKEOFF_ALT"]
                self._task = ClimbTo(height, slack_m=vehicle.params["NAV_MC_ALT_RAD"], takeoff=True)
                if vehicle.armed:
                    self._start_takeoff_mode()
            case Behaviour.LAND:
                self._task = Land()
            case Behaviour.RETURN:
                self._task = Return()
            case Behaviour.CIRCLE:
                radius = stack.circle_radius_m(vehicle, 0.0)
                yaw = vehicle.est.euler_rad[2]
                n, e, d = vehicle.est.pos_ned
                centre = (n + radius * math.cos(yaw), e + radius * math.sin(yaw), d)
                rate = math.radians(vehicle.params["CIRCLE_RATE"])
                self._task = Circle(
                    centre, radius_m=radius, turns=math.copysign(math.inf, rate), speed_m_s=abs(rate) * radius
                )
            case Behaviour.MISSION:
                self._task = Hold()
                if vehicle.armed and self._may_lift():
                    self.start_mission()
            case _:
                self._task = Hold()

    def _may_lift(self) -> bool:
        """Whether a mission may start without being told so once more."""
        return self.lifted or not self.vehicle.est.landed or self.stack.starts_alone(self.vehicle)

    # --- arming ---

    def arm(self, *, force: bool = False) -> Answer:
        """Start the motors, unless a check speaks against it."""
        vehicle = self.vehicle
        if vehicle.armed:
            return YES
        faults = self.faults(arming=True)
        if faults and not force:
            self.stack.on_refused_arming(vehicle, faults)
            return Answer(False, faults[0])
        self.flew = self._said_landed = False
        self.lifted = self.stack.lifted_when_armed()
        vehicle.loop.armed = True
        self._armed_at_s = vehicle.time_s
        self._down_since_s = None
        vehicle.say(self.stack.arming_texts[0], INFO)
        if vehicle.est.ready.gps_used:
            vehicle.home = vehicle.here
            vehicle.send(origin(vehicle))
            vehicle.send(self.home_position())
        # A set-point of before is not meant for this flight.
        if self.mode.behaviour is Behaviour.GUIDED and self.mode.name != "OFFBOARD":
            self._enter()
        elif self.mode.behaviour is Behaviour.TAKEOFF:
            self._start_takeoff_mode()
        elif self.in_mission and self._may_lift():
            if not self.stack.first_item:
                vehicle.say("Executing Mission")
            self.start_mission()
        return YES

    def faults(self, *, arming: bool = False) -> list[str]:
        """What speaks against arming now."""
        return self.stack.prearm_faults(
            self.vehicle, self.mode, mission_ok=self.navigator.valid, arming=arming
        )

    def disarm(self, *, force: bool = False, text: str | None = None) -> Answer:
        """Stop the motors; in the air only by force."""
        vehicle = self.vehicle
        if not vehicle.armed:
            return YES
        if not vehicle.est.landed and not force:
            if not self.stack.first_item:
                vehicle.say("Disarming denied: not landed", CRITICAL)
            return Answer(False, "not landed")
        vehicle.loop.armed = False
        vehicle.loop.command(MotorsIdle())
        vehicle.speed_m_s = vehicle.climb_m_s = vehicle.descend_m_s = None
        vehicle.roi = vehicle.yaw_rad = None
        vehicle.say(text or self.stack.arming_texts[1])
        self.lifted = False
        self.take_off_height_m = None
        self._mission_after_disarming()
        if not self.stack.first_item and self.mode is not self._before_arming:
            self.mode = self._before_arming
            self.failsafe_mode = False
        self._task = Idle()
        return YES

    def _mission_after_disarming(self) -> None:
        navigator = self.navigator
        if not self.in_mission or not self.stack.first_item:
            if navigator.item is not None:
                navigator.pause()
            return
        item = navigator.item
        if navigator.ending is Ending.LANDED or (item is not None and item.command in LANDINGS):
            # The landing counts as the end; the mission stands at its first item again.
            navigator.forget()
            navigator.select(self.stack.first_item)
            first = navigator.seq
            items = navigator.items
            if first < len(items) and (text := self.stack.started_text(self.vehicle, first, items[first])):
                self.vehicle.say(text)
        elif navigator.ending is not None:
            navigator.seq = 0
        elif item is not None:
            navigator.pause()

    def home_position(self) -> Message:
        """HOME_POSITION as this stack fills it."""
        return home_position(self.vehicle, with_attitude=not self.stack.first_item)

    # --- orders ---

    def start_mission(self) -> None:
        """Begin or go on with the mission; the mode is there already."""
        self.lifted = True
        if self.stack.first_item and self.vehicle.params["MIS_RESTART"] and not self.waypoint_paused:
            self.navigator.forget()
        self.waypoint_paused = False
        self.navigator.run()

    def pause_mission(self) -> Answer:
        """Stand still with the mission kept."""
        if not self.in_mission or not self.vehicle.armed:
            return Answer(False, "no mission is flown")
        self.navigator.pause()
        self.waypoint_paused = True
        self._task = Hold()
        return YES

    def continue_mission(self) -> Answer:
        """After a pause."""
        if not self.in_mission or not self.vehicle.armed:
            return Answer(False, "no mission to go on with")
        if self.waypoint_paused:
            self.start_mission()
        return YES

    def take_off(self, height_m: float) -> Answer:
        """Climb to a height above home in the guided mode (where the stack takes off so)."""
        vehicle = self.vehicle
        if not vehicle.armed or self.mode.name != self.stack.takeoff_needs_mode:
            return Answer(False, "not armed" if not vehicle.armed else "wrong mode")
        if not vehicle.est.landed:
            return Answer(False, "in the air already")
        if not height_m > 0.3:
            return Answer(False, "too low")
        self.lifted = True
        self._task = self.stack.takeoff_task(vehicle, height_m)
        return YES

    def _start_takeoff_mode(self) -> None:
        self.lifted = True
        if self.take_off_height_m is None and (text := self.stack.takeoff_text(self.vehicle)):
            self.vehicle.say(text)

    def go(self, place: Place, *, yaw_rad: float | None = None) -> None:
        """Fly to a place in the guided mode."""
        self._task = self.guided
        self.guided.go(self.vehicle, self.vehicle.ned(place), yaw_rad=yaw_rad)

    def use_guided(self) -> None:
        """Set-points have come: they outrank a take-off that is over."""
        if self.mode.behaviour is Behaviour.GUIDED:
            self._task = self.guided

    # --- each step ---

    def step(self) -> None:
        """Decide and command the control core."""
        vehicle = self.vehicle
        if self._then is not None and vehicle.time_s >= self._then[0]:
            mode = self.stack.modes.named(self._then[1])
            self._then = None
            self.change_mode(mode)
        if not vehicle.armed:
            self.setpoint = MotorsIdle()
            return
        if self._watch_flight():
            return
        setpoint = self._fly()
        self.setpoint = setpoint
        vehicle.loop.command(setpoint)
        self._reports.step()

    def _fly(self) -> Setpoint:
        vehicle, stack = self.vehicle, self.stack
        steered = self.mode.behaviour in (Behaviour.STICKS, Behaviour.HOLD)
        if steered:
            if self.rc_input.lifts(vehicle):
                self.lifted = True
            if vehicle.est.landed and not self.lifted:
                return MotorsIdle()
            return (
                stack.manual_setpoint(vehicle, self.rc_input, self.mode)
                or self.rc_input.setpoint(vehicle, stack, tilt=self.mode.behaviour is Behaviour.STICKS)
                or HoldPosition()
            )
        if self.in_mission and not self.waypoint_paused:
            if not self.lifted and self.rc_input.pushed_up(vehicle):
                self.start_mission()
            setpoint = self.navigator.step()
            if setpoint is not None:
                return setpoint
            if self.navigator.ending is not None and isinstance(self._task, Hold | Idle):
                self._after_mission(self.navigator.ending)
        waits = self.mode.behaviour in (Behaviour.GUIDED, Behaviour.MISSION, Behaviour.BRAKE)
        if waits and self.mode.name != "OFFBOARD" and vehicle.est.landed and not self.lifted:
            return MotorsIdle()
        setpoint = self._task.step(vehicle, stack)
        if self._task.done and isinstance(self._task, ClimbTo):
            if self.mode.behaviour is Behaviour.TAKEOFF:
                self.change_mode(stack.modes.named(stack.hold_mode))
            else:
                self._task = self.guided
        return setpoint

    def _after_mission(self, ending: Ending) -> None:
        """The mission is over in the air, or on the ground after a landing."""
        vehicle, stack = self.vehicle, self.stack
        if ending is Ending.NO_TERRAIN:
            self.change_mode(stack.modes.named("RTL"), failsafe=True)
            return
        if stack.first_item:
            if stack.lifted_when_armed():
                self._task = Idle()
            elif stack.return_is_mode:
                self._task = Idle()
                if not vehicle.est.landed:
                    self.change_mode(stack.modes.named("RTL"))
            else:
                self._task = Land() if vehicle.est.landed else Hold(1e9)
            return
        vehicle.say("Mission finished, loitering")
        self.change_mode(stack.modes.named(stack.hold_mode))
        if ending is Ending.RETURN:
            vehicle.say("Returning to launch")
            self._then = (vehicle.time_s + 0.1, "RTL")

    def _watch_flight(self) -> bool:
        """Take-off seen, landing seen, motors off when it has stood long enough; says whether they were stopped."""
        vehicle, stack = self.vehicle, self.stack
        if not vehicle.est.landed:
            if not self.flew and not stack.first_item:
                vehicle.say("Takeoff detected")
            self.flew = True
            self._said_landed = False
            self._down_since_s = None
            return False
        if self._down_since_s is None:
            self._down_since_s = vehicle.time_s
            if self.flew and not self._said_landed and not stack.first_item:
                self._said_landed = True
                vehicle.say("Landing detected")
        stood_s = vehicle.time_s - self._down_since_s
        if self.flew and self._comes_down():
            if stood_s >= stack.landed_disarm_s(vehicle):
                return self.disarm(text=None if stack.first_item else "Disarmed by landing").ok
            return False
        idle = vehicle.time_s - max(self._armed_at_s, self._down_since_s)
        waits = not self.lifted or self.flew
        if waits and not self.rc_input.pushed_up(vehicle) and idle >= stack.idle_disarm_s(vehicle):
            return self.disarm(text=None if stack.first_item else "Disarmed by auto preflight disarming").ok
        return False

    def _comes_down(self) -> bool:
        """Whether the aircraft meant to land."""
        ended = self.navigator.ending is not None
        return (
            self.landing
            or not self.stack.first_item
            or (self.in_mission and (ended or self._mission_returns()))
        )

    def _mission_returns(self) -> bool:
        item = self.navigator.item
        return item is not None and item.command == 20
