"""Commander: the flight mode and its task, arming and disarming, and the end of a flight. One `step` per 20 ms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from controller.protocol.mission.items import MissionItem
from controller.wire.enums import MAV_CMD
from controller.wire.message import Message
from hil.autopilot.control.setpoints import HoldPosition, MotorsIdle, Setpoint
from hil.autopilot.flight_progress import FlightProgress
from hil.autopilot.mission.guided import Guided
from hil.autopilot.mission.item_commands import LANDINGS, TAKEOFFS
from hil.autopilot.mission.mission_end import MissionEnding
from hil.autopilot.mission.navigator import Navigator
from hil.autopilot.mission.task import Task
from hil.autopilot.mission.tasks import ClimbTo, Hold, Idle, Land, Return
from hil.autopilot.mode_conditions import NO_MISSION_TEXT, ModeConditions
from hil.autopilot.services.payload import Payload
from hil.autopilot.services.rc_input import RcInput
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.stacks.modes import Mode, ModeKind
from hil.autopilot.telemetry.events import ReachedReports, home_position, origin
from hil.autopilot.vehicle_context import CRITICAL, INFO, Place, VehicleContext

MIN_TAKEOFF_M = 0.3
RETURN_AFTER_MISSION_S = 0.1


@dataclass(frozen=True, slots=True)
class CommanderResult:
    """Whether a request was carried out; if not, the reason."""

    ok: bool
    reason: str = ""


DONE = CommanderResult(True)


class Commander:
    """Modes, arming and the mission of one vehicle."""

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
        self._conditions = ModeConditions(vehicle, stack, self.navigator)
        self.mode = stack.modes.named(stack.initial_mode)
        self.setpoint: Setpoint = MotorsIdle()
        self.failsafe_mode = False  # a failsafe chose the mode
        self.takeoff_requested = False  # since arming
        self._progress = FlightProgress(vehicle, stack)
        self.takeoff_height_m: float | None = None  # above home, of the takeoff mode
        self.waypoint_paused = False
        self._last_armable_mode = self.mode
        self._task: Task = Idle()
        self._next_mode: tuple[float, str] | None = None  # enter this mode at this time

    # --- modes ---

    @property
    def task(self) -> Task:
        """The current task outside of missions (the navigator has its own)."""
        return self._task

    @property
    def in_mission(self) -> bool:
        return self.mode.kind is ModeKind.MISSION

    @property
    def landing(self) -> bool:
        """Whether the vehicle descends to land."""
        if self.in_mission:
            return self.navigator.landing
        task = self._task
        return task.lands or (isinstance(task, Return) and task.landing)

    @property
    def taking_off(self) -> bool:
        """Whether the vehicle climbs from the ground."""
        if self.in_mission:
            item = self.navigator.item
            return item is not None and item.command in TAKEOFFS
        return isinstance(self._task, ClimbTo)

    def change_mode(self, mode: Mode, *, failsafe: bool = False) -> CommanderResult:
        """Enter another mode, if its conditions are met."""
        refused = self._conditions.refusal(mode, self.mode, self.guided)
        if refused is not None:
            return CommanderResult(False, refused)
        again = mode is self.mode
        self.failsafe_mode = failsafe
        self._next_mode = None
        if mode.armable and not failsafe:
            self._last_armable_mode = mode
        if again and not (mode.kind is ModeKind.MISSION and self.waypoint_paused):
            return DONE
        if self.in_mission:
            self.navigator.pause()
        self.mode = mode
        self._enter()
        return DONE

    def _enter(self) -> None:
        """Start the task of the current mode."""
        self.waypoint_paused = False
        self._progress.on_mode_entered()
        vehicle, stack = self.vehicle, self.stack
        vehicle.yaw_rad = None
        own = stack.mode_task(vehicle, self.mode)
        if own is not None:
            self._task = own
            return
        match self.mode.kind:
            case ModeKind.GUIDED:
                if not self.mode.needs_setpoint_stream:  # a stream starts before its mode
                    self.guided = Guided()
                self._task = self.guided
            case ModeKind.TAKEOFF:
                self._task = stack.takeoff_mode_task(vehicle, self.takeoff_height_m)
                if vehicle.armed:
                    self._start_takeoff_mode()
            case ModeKind.LAND:
                self._task = Land()
            case ModeKind.RETURN:
                self._task = Return()
            case ModeKind.MISSION:
                self._task = Hold()
                if vehicle.armed and self._mission_starts_alone():
                    self.start_mission()
            case _:
                self._task = Hold()

    def _mission_starts_alone(self) -> bool:
        """Return whether a mission starts without a further command."""
        if self.takeoff_requested or not self.vehicle.est.landed:
            return True
        return self.stack.starts_mission_when_armed(self.vehicle)

    # --- arming ---

    def arm(self, *, force: bool = False) -> CommanderResult:
        """Start the motors, unless a pre-arm check fails."""
        vehicle = self.vehicle
        if vehicle.armed:
            return DONE
        faults = self.faults(arming=True)
        if faults and not force:
            self.stack.on_refused_arming(vehicle, faults)
            return CommanderResult(False, faults[0])
        self.takeoff_requested = self.stack.flies_when_armed()
        vehicle.core.armed = True
        vehicle.armed_at_s, vehicle.armed_yaw_rad = vehicle.time_s, vehicle.est.euler_rad[2]
        self._progress.on_armed()
        vehicle.send_text(self.stack.texts.armed, INFO)
        if vehicle.est.ready.gps_used:
            vehicle.home = vehicle.here
            vehicle.send(origin(vehicle))
            vehicle.send(self.home_position())
        # Setpoints from before the arming do not count.
        if self.mode.kind is ModeKind.GUIDED and not self.mode.needs_setpoint_stream:
            self._enter()
        elif self.mode.kind is ModeKind.TAKEOFF:
            self._start_takeoff_mode()
        elif self.in_mission and self._mission_starts_alone():
            self._send_text(self.stack.texts.mission_start)
            self.start_mission()
        return DONE

    def faults(self, *, arming: bool = False) -> list[str]:
        """Return the failed pre-arm checks; `arming`: at arming, not only for reports."""
        mission_ok = self.navigator.valid
        return self.stack.prearm_faults(self.vehicle, self.mode, mission_ok=mission_ok, arming=arming)

    def disarm(self, *, force: bool = False, text: str | None = None) -> CommanderResult:
        """Stop the motors; in the air only with `force`. `text` replaces the usual STATUSTEXT."""
        vehicle, stack = self.vehicle, self.stack
        if not vehicle.armed:
            return DONE
        if not vehicle.est.landed and not force:
            self._send_text(stack.texts.refused_disarm, CRITICAL)
            return CommanderResult(False, "not landed")
        vehicle.core.armed = False
        vehicle.core.command(MotorsIdle())
        vehicle.speed_m_s = vehicle.climb_m_s = vehicle.descend_m_s = None
        vehicle.roi = vehicle.yaw_rad = None
        vehicle.send_text(text or stack.texts.disarmed)
        self.takeoff_requested = False
        self.takeoff_height_m = None
        self._mission_after_disarming()
        if stack.restores_mode_on_disarm and self.mode is not self._last_armable_mode:
            self.mode = self._last_armable_mode
            self.failsafe_mode = False
        self._task = Idle()
        return DONE

    def _mission_after_disarming(self) -> None:
        navigator = self.navigator
        item = navigator.item
        if not self.in_mission or not self.stack.resets_mission_on_disarm:
            if item is not None:
                navigator.pause()
            return
        if navigator.ending is MissionEnding.LANDED or (item is not None and item.command in LANDINGS):
            # A landing ends the mission; its first item is current again.
            navigator.restart(announce=self.stack.announces_restart)
        elif navigator.ending is not None:
            navigator.seq = 0
        elif item is not None:
            navigator.pause()

    def home_position(self) -> Message:
        """Return HOME_POSITION as this stack fills it."""
        return home_position(self.vehicle, with_attitude=self.stack.telemetry.home_attitude)

    def _send_text(self, text: str | None, severity: int = INFO) -> None:
        if text is not None:
            self.vehicle.send_text(text, severity)

    # --- commands ---

    def start_mission(self) -> None:
        """Start or resume the mission; its mode is entered already."""
        self.takeoff_requested = True
        if self.stack.restarts_mission(self.vehicle) and not self.waypoint_paused:
            self.navigator.reset()
        self.waypoint_paused = False
        self.navigator.run()

    def leave_mission(self) -> None:
        """Hold in the hold mode where a mission that is flown has been cleared."""
        if self.in_mission and self.vehicle.armed:
            self._send_text(NO_MISSION_TEXT)
            self.change_mode(self.stack.modes.named(self.stack.hold_mode))

    def pause_mission(self) -> CommanderResult:
        """Hold the position; the mission stays current."""
        if not self.in_mission or not self.vehicle.armed:
            return CommanderResult(False, "no mission is flown")
        self.navigator.pause()
        self.waypoint_paused = True
        self._task = Hold()
        return DONE

    def continue_mission(self) -> CommanderResult:
        """Resume the mission after a pause."""
        if not self.in_mission or not self.vehicle.armed:
            return CommanderResult(False, "no mission to go on with")
        if self.waypoint_paused:
            self.start_mission()
        return DONE

    def take_off(self, height_m: float) -> CommanderResult:
        """Climb to a height above home in the guided mode, on stacks that take off there."""
        vehicle = self.vehicle
        if not vehicle.armed or self.mode.name != self.stack.takeoff_needs_mode:
            return CommanderResult(False, "not armed" if not vehicle.armed else "wrong mode")
        if not vehicle.est.landed:
            return CommanderResult(False, "in the air already")
        if not height_m > MIN_TAKEOFF_M:
            return CommanderResult(False, "too low")
        self.takeoff_requested = True
        self._task = self.stack.takeoff_task(vehicle, height_m)
        return DONE

    def _start_takeoff_mode(self) -> None:
        self.takeoff_requested = True
        if self.takeoff_height_m is None:
            self._send_text(self.stack.takeoff_text(self.vehicle))

    def go(self, place: Place, *, yaw_rad: float | None = None) -> None:
        """Fly to a place in the guided mode."""
        self._task = self.guided
        self.guided.go(self.vehicle, self.vehicle.ned(place), yaw_rad=yaw_rad)

    def use_guided(self) -> None:
        """Fly the setpoints that arrived, also instead of a takeoff."""
        if self.mode.kind is ModeKind.GUIDED:
            self._task = self.guided

    # --- each step ---

    def step(self) -> None:
        """Choose the setpoint and command the control core."""
        vehicle = self.vehicle
        if self._next_mode is not None and vehicle.time_s >= self._next_mode[0]:
            mode = self.stack.modes.named(self._next_mode[1])
            self._next_mode = None
            self.change_mode(mode)
        if not vehicle.armed:
            self.setpoint = MotorsIdle()
            return
        if self._disarmed_on_ground():
            return
        setpoint = self._next_setpoint()
        self.setpoint = setpoint
        vehicle.core.command(setpoint)
        self._reports.step()

    def _next_setpoint(self) -> Setpoint:
        vehicle, stack, kind = self.vehicle, self.stack, self.mode.kind
        if kind in (ModeKind.MANUAL, ModeKind.POSITION):
            return self._manual_setpoint()
        if self.in_mission and not self.waypoint_paused:
            if not self.takeoff_requested and self.rc_input.throttle_raised(vehicle):
                self.start_mission()
            setpoint = self.navigator.step()
            if setpoint is not None:
                return setpoint
            if self.navigator.ending is not None and isinstance(self._task, Hold | Idle):
                self._after_mission(self.navigator.ending)
        waits = self.mode.kind in (ModeKind.GUIDED, ModeKind.MISSION, ModeKind.HOLD)
        waits = waits and not self.mode.needs_setpoint_stream
        if waits and vehicle.est.landed and not self.takeoff_requested:
            return MotorsIdle()
        setpoint = self._task.step(vehicle, stack)
        if self._task.done and isinstance(self._task, ClimbTo):
            if self.mode.kind is ModeKind.TAKEOFF:
                self.change_mode(stack.modes.named(stack.hold_mode))
            else:
                self._task = self.guided
        return setpoint

    def _manual_setpoint(self) -> Setpoint:
        vehicle, stack = self.vehicle, self.stack
        if self.rc_input.requests_takeoff(vehicle):
            self.takeoff_requested = True
        if vehicle.est.landed and not self.takeoff_requested:
            return MotorsIdle()
        tilt = self.mode.kind is ModeKind.MANUAL
        return (
            stack.manual_setpoint(vehicle, self.rc_input, self.mode)
            or self.rc_input.setpoint(vehicle, stack, tilt=tilt)
            or HoldPosition()
        )

    def _after_mission(self, ending: MissionEnding) -> None:
        """Carry out the stack's reaction to the end of a mission, in the air or after a landing."""
        vehicle, stack = self.vehicle, self.stack
        if ending is MissionEnding.NO_TERRAIN:
            self.change_mode(stack.modes.named("RTL"), failsafe=True)
            return
        end = stack.after_mission(vehicle, ending)
        self._send_text(end.text)
        if end.task is not None:
            self._task = end.task
        if end.mode is not None:
            self.change_mode(stack.modes.named(end.mode))
        if end.disarms:
            self.disarm(text=stack.texts.disarmed_after_landing)
        if end.returns:
            vehicle.send_text(end.return_text)
            self._next_mode = (vehicle.time_s + RETURN_AFTER_MISSION_S, "RTL")

    def _disarmed_on_ground(self) -> bool:
        """Disarm after long enough on the ground. Return whether it disarmed."""
        vehicle, stack, progress = self.vehicle, self.stack, self._progress
        progress.update()
        if not vehicle.est.landed:
            return False
        if progress.flew and self._landing_intended():
            if progress.landed_s >= stack.landed_disarm_s(vehicle):
                result = self.disarm(text=stack.texts.disarmed_after_landing)
                if result.ok:
                    self._send_text(stack.texts.auto_disarmed)
                return result.ok
            return False
        waits = not self.takeoff_requested or progress.flew
        if (
            waits
            and not self.rc_input.throttle_raised(vehicle)
            and progress.idle_s >= stack.idle_disarm_s(vehicle)
        ):
            return self.disarm(text=stack.texts.disarmed_on_ground).ok
        return False

    def _landing_intended(self) -> bool:
        """Return whether a stay on the ground after a flight is a landing, and not a bounce."""
        if self.landing or self.stack.disarms_after_any_landing:
            return True
        item = self.navigator.item
        returns = item is not None and item.command == MAV_CMD.NAV_RETURN_TO_LAUNCH
        return self.in_mission and (self.navigator.ending is not None or returns)
