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
from hil.autopilot.services.rc_input import Sticks
from hil.autopilot.stacks.face import Face
from hil.autopilot.stacks.modes import Behaviour, Mode
from hil.autopilot.telemetry.events import ReachedReports, home_position, origin
from hil.autopilot.vehicle_context import CRITICAL, INFO, WARNING, Craft, Place

AIRBORNE_M = 0.3


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether something was done; if not, why."""

    ok: bool
    why: str = ""


YES = Answer(True)


class Pilot:
    """Modes, arming and the mission of one craft."""

    def __init__(
        self, craft: Craft, face: Face, payload: Payload, items: Callable[[], tuple[MissionItem, ...]]
    ) -> None:
        self.craft, self.face = craft, face
        self.sticks = Sticks()
        self.guided = Guided()
        self._reports = ReachedReports(craft, times=face.repeats_reached)
        self.navigator = Navigator(craft, face, payload, items, reached=self._reports.reached)
        self.mode = face.modes.named(face.initial_mode)
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
        craft = self.craft
        if craft.armed and mode.needs_position and not craft.est.ready.gps_used:
            return self._refuse(mode, "requires position")
        if mode.behaviour is Behaviour.MISSION and craft.armed:
            if not self.navigator.valid:
                return self._refuse(mode, "no mission")
            takes_off = not craft.est.landed or self.navigator.starts_with_takeoff()
            if not self.face.may_start(craft, takes_off=takes_off) and self.navigator.ending is None:
                craft.say("Auto: Missing Takeoff Cmd", CRITICAL)
                return self._refuse(mode, "init failed")
        if mode.name == "OFFBOARD" and craft.armed and self.guided.silent_s(craft) > 1.0:
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
        if self.face.first_item:
            self.craft.say(f"Mode change to {mode.name} failed: {why}", WARNING)
        else:
            self.craft.say(f"Switching to mode '{mode.name}' is currently not available: {why}", CRITICAL)
        return Answer(False, why)

    def _enter(self) -> None:
        """Begin what the mode does."""
        self.waypoint_paused = False
        self._down_since_s = None
        craft, face = self.craft, self.face
        craft.yaw_rad = None
        own = face.mode_task(craft, self.mode)
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
                    height = craft.params["MIS_TAKEOFF_ALT"]
                self._task = ClimbTo(height, slack_m=craft.params["NAV_MC_ALT_RAD"], takeoff=True)
                if craft.armed:
                    self._start_takeoff_mode()
            case Behaviour.LAND:
                self._task = Land()
            case Behaviour.RETURN:
                self._task = Return()
            case Behaviour.CIRCLE:
                radius = face.circle_radius_m(craft, 0.0)
                yaw = craft.est.euler_rad[2]
                n, e, d = craft.est.pos_ned
                centre = (n + radius * math.cos(yaw), e + radius * math.sin(yaw), d)
                rate = math.radians(craft.params["CIRCLE_RATE"])
                self._task = Circle(
                    centre, radius_m=radius, turns=math.copysign(math.inf, rate), speed_m_s=abs(rate) * radius
                )
            case Behaviour.MISSION:
                self._task = Hold()
                if craft.armed and self._may_lift():
                    self.start_mission()
            case _:
                self._task = Hold()

    def _may_lift(self) -> bool:
        """Whether a mission may start without being told so once more."""
        return self.lifted or not self.craft.est.landed or self.face.starts_alone(self.craft)

    # --- arming ---

    def arm(self, *, force: bool = False) -> Answer:
        """Start the motors, unless a check speaks against it."""
        craft = self.craft
        if craft.armed:
            return YES
        faults = self.faults(arming=True)
        if faults and not force:
            self.face.on_refused_arming(craft, faults)
            return Answer(False, faults[0])
        self.flew = self._said_landed = False
        self.lifted = self.face.lifted_when_armed()
        craft.loop.armed = True
        self._armed_at_s = craft.time_s
        self._down_since_s = None
        craft.say(self.face.arming_texts[0], INFO)
        if craft.est.ready.gps_used:
            craft.home = craft.here
            craft.send(origin(craft))
            craft.send(self.home_position())
        # A set-point of before is not meant for this flight.
        if self.mode.behaviour is Behaviour.GUIDED and self.mode.name != "OFFBOARD":
            self._enter()
        elif self.mode.behaviour is Behaviour.TAKEOFF:
            self._start_takeoff_mode()
        elif self.in_mission and self._may_lift():
            if not self.face.first_item:
                craft.say("Executing Mission")
            self.start_mission()
        return YES

    def faults(self, *, arming: bool = False) -> list[str]:
        """What speaks against arming now."""
        return self.face.prearm_faults(self.craft, self.mode, mission_ok=self.navigator.valid, arming=arming)

    def disarm(self, *, force: bool = False, text: str | None = None) -> Answer:
        """Stop the motors; in the air only by force."""
        craft = self.craft
        if not craft.armed:
            return YES
        if not craft.est.landed and not force:
            if not self.face.first_item:
                craft.say("Disarming denied: not landed", CRITICAL)
            return Answer(False, "not landed")
        craft.loop.armed = False
        craft.loop.command(MotorsIdle())
        craft.speed_m_s = craft.climb_m_s = craft.descend_m_s = None
        craft.roi = craft.yaw_rad = None
        craft.say(text or self.face.arming_texts[1])
        self.lifted = False
        self.take_off_height_m = None
        self._mission_after_disarming()
        if not self.face.first_item and self.mode is not self._before_arming:
            self.mode = self._before_arming
            self.failsafe_mode = False
        self._task = Idle()
        return YES

    def _mission_after_disarming(self) -> None:
        navigator = self.navigator
        if not self.in_mission or not self.face.first_item:
            if navigator.item is not None:
                navigator.pause()
            return
        item = navigator.item
        if navigator.ending is Ending.LANDED or (item is not None and item.command in LANDINGS):
            # The landing counts as the end; the mission stands at its first item again.
            navigator.forget()
            navigator.select(self.face.first_item)
            first = navigator.seq
            items = navigator.items
            if first < len(items) and (text := self.face.started_text(self.craft, first, items[first])):
                self.craft.say(text)
        elif navigator.ending is not None:
            navigator.seq = 0
        elif item is not None:
            navigator.pause()

    def home_position(self) -> Message:
        """HOME_POSITION as this stack fills it."""
        return home_position(self.craft, with_attitude=not self.face.first_item)

    # --- orders ---

    def start_mission(self) -> None:
        """Begin or go on with the mission; the mode is there already."""
        self.lifted = True
        if self.face.first_item and self.craft.params["MIS_RESTART"] and not self.waypoint_paused:
            self.navigator.forget()
        self.waypoint_paused = False
        self.navigator.run()

    def pause_mission(self) -> Answer:
        """Stand still with the mission kept."""
        if not self.in_mission or not self.craft.armed:
            return Answer(False, "no mission is flown")
        self.navigator.pause()
        self.waypoint_paused = True
        self._task = Hold()
        return YES

    def continue_mission(self) -> Answer:
        """After a pause."""
        if not self.in_mission or not self.craft.armed:
            return Answer(False, "no mission to go on with")
        if self.waypoint_paused:
            self.start_mission()
        return YES

    def take_off(self, height_m: float) -> Answer:
        """Climb to a height above home in the guided mode (where the stack takes off so)."""
        craft = self.craft
        if not craft.armed or self.mode.name != self.face.takeoff_needs_mode:
            return Answer(False, "not armed" if not craft.armed else "wrong mode")
        if not craft.est.landed:
            return Answer(False, "in the air already")
        if not height_m > 0.3:
            return Answer(False, "too low")
        self.lifted = True
        self._task = self.face.takeoff_task(craft, height_m)
        return YES

    def _start_takeoff_mode(self) -> None:
        self.lifted = True
        if self.take_off_height_m is None and (text := self.face.takeoff_text(self.craft)):
            self.craft.say(text)

    def go(self, place: Place, *, yaw_rad: float | None = None) -> None:
        """Fly to a place in the guided mode."""
        self._task = self.guided
        self.guided.go(self.craft, self.craft.ned(place), yaw_rad=yaw_rad)

    def use_guided(self) -> None:
        """Set-points have come: they outrank a take-off that is over."""
        if self.mode.behaviour is Behaviour.GUIDED:
            self._task = self.guided

    # --- each step ---

    def step(self) -> None:
        """Decide and command the control core."""
        craft = self.craft
        if self._then is not None and craft.time_s >= self._then[0]:
            mode = self.face.modes.named(self._then[1])
            self._then = None
            self.change_mode(mode)
        if not craft.armed:
            self.setpoint = MotorsIdle()
            return
        if self._watch_flight():
            return
        setpoint = self._fly()
        self.setpoint = setpoint
        craft.loop.command(setpoint)
        self._reports.step()

    def _fly(self) -> Setpoint:
        craft, face = self.craft, self.face
        steered = self.mode.behaviour in (Behaviour.STICKS, Behaviour.HOLD)
        if steered:
            if self.sticks.lifts(craft):
                self.lifted = True
            if craft.est.landed and not self.lifted:
                return MotorsIdle()
            return (
                face.stick_setpoint(craft, self.sticks, self.mode)
                or self.sticks.setpoint(craft, face, tilt=self.mode.behaviour is Behaviour.STICKS)
                or HoldPosition()
            )
        if self.in_mission and not self.waypoint_paused:
            if not self.lifted and self.sticks.pushed_up(craft):
                self.start_mission()
            setpoint = self.navigator.step()
            if setpoint is not None:
                return setpoint
            if self.navigator.ending is not None and isinstance(self._task, Hold | Idle):
                self._after_mission(self.navigator.ending)
        waits = self.mode.behaviour in (Behaviour.GUIDED, Behaviour.MISSION, Behaviour.BRAKE)
        if waits and self.mode.name != "OFFBOARD" and craft.est.landed and not self.lifted:
            return MotorsIdle()
        setpoint = self._task.step(craft, face)
        if self._task.done and isinstance(self._task, ClimbTo):
            if self.mode.behaviour is Behaviour.TAKEOFF:
                self.change_mode(face.modes.named(face.hold_mode))
            else:
                self._task = self.guided
        return setpoint

    def _after_mission(self, ending: Ending) -> None:
        """The mission is over in the air, or on the ground after a landing."""
        craft, face = self.craft, self.face
        if ending is Ending.NO_TERRAIN:
            self.change_mode(face.modes.named("RTL"), failsafe=True)
            return
        if face.first_item:
            if face.lifted_when_armed():
                self._task = Idle()
            elif face.return_is_mode:
                self._task = Idle()
                if not craft.est.landed:
                    self.change_mode(face.modes.named("RTL"))
            else:
                self._task = Land() if craft.est.landed else Hold(1e9)
            return
        craft.say("Mission finished, loitering")
        self.change_mode(face.modes.named(face.hold_mode))
        if ending is Ending.RETURN:
            craft.say("Returning to launch")
            self._then = (craft.time_s + 0.1, "RTL")

    def _watch_flight(self) -> bool:
        """Take-off seen, landing seen, motors off when it has stood long enough; says whether they were stopped."""
        craft, face = self.craft, self.face
        if not craft.est.landed:
            if not self.flew and not face.first_item:
                craft.say("Takeoff detected")
            self.flew = True
            self._said_landed = False
            self._down_since_s = None
            return False
        if self._down_since_s is None:
            self._down_since_s = craft.time_s
            if self.flew and not self._said_landed and not face.first_item:
                self._said_landed = True
                craft.say("Landing detected")
        stood_s = craft.time_s - self._down_since_s
        if self.flew and self._comes_down():
            if stood_s >= face.landed_disarm_s(craft):
                return self.disarm(text=None if face.first_item else "Disarmed by landing").ok
            return False
        idle = craft.time_s - max(self._armed_at_s, self._down_since_s)
        waits = not self.lifted or self.flew
        if waits and not self.sticks.pushed_up(craft) and idle >= face.idle_disarm_s(craft):
            return self.disarm(text=None if face.first_item else "Disarmed by auto preflight disarming").ok
        return False

    def _comes_down(self) -> bool:
        """Whether the aircraft meant to land."""
        ended = self.navigator.ending is not None
        return (
            self.landing
            or not self.face.first_item
            or (self.in_mission and (ended or self._mission_returns()))
        )

    def _mission_returns(self) -> bool:
        item = self.navigator.item
        return item is not None and item.command == 20
