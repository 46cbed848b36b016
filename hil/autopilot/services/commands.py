"""What each MAV_CMD does, and the answer it gets. Every command gets one; what nobody knows is UNSUPPORTED.

COMMAND_LONG and COMMAND_INT become the same `Order`, with positions in degrees and a frame for the height.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from controller.protocol.command.server import CommandReply, ReceivedCommand
from controller.wire import messages as m
from controller.wire.message import Message
from hil.autopilot.commander import Answer, Commander
from hil.autopilot.mission.command_actions import change_speed, set_home, turn_goal
from hil.autopilot.services.payload import Payload
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.stacks.modes import Behaviour, Mode
from hil.autopilot.vehicle_context import CRITICAL, Place, VehicleContext
from hil.errors import ScenarioError
from hil.faults.failure import with_injected_failure

# MAV_RESULT
ACCEPTED, TEMPORARILY_REJECTED, DENIED, UNSUPPORTED, FAILED = 0, 1, 2, 3, 4
UNSUPPORTED_MAV_FRAME = 9

FORCE = 21196.0  # COMPONENT_ARM_DISARM param2: without checks, in the air too
LAND_START = 189
GLOBAL_FRAMES = {0: False, 5: False, 3: True, 6: True}  # MAV_FRAME: whether heights are above home


@dataclass(frozen=True, slots=True)
class Order:
    """A command with its seven parameters; 5 and 6 are degrees where they are a position."""

    command: int
    p: tuple[float, float, float, float, float, float, float]
    relative: bool
    frame_known: bool = True


class Commands:
    """Carries out commands on one aircraft."""

    def __init__(
        self,
        vehicle: VehicleContext,
        commander: Commander,
        stack: AutopilotStack,
        payload: Payload,
        *,
        reboot: Callable[[], None],
    ) -> None:
        self._vehicle, self._commander, self._stack, self._payload = vehicle, commander, stack, payload
        self._reboot = reboot
        self._cannot = FAILED if stack.first_item else TEMPORARILY_REJECTED
        self._table: dict[int, Callable[[Order], int]] = {
            16: self._unsupported,
            17: lambda _: self._mode(stack.hold_mode),
            20: lambda _: self._mode("RTL"),
            21: self._land,
            22: self._take_off,
            115: self._turn,
            176: self._set_mode,
            178: self._speed,
            179: self._home,
            185: self._terminate,
            189: self._land_start,
            192: self._reposition,
            195: self._roi,
            197: self._no_roi,
            201: self._roi,
            224: self._select_item,
            241: self._calibrate,
            245: lambda _: ACCEPTED if not vehicle.armed else self._cannot,
            246: self._restart,
            262: self._standard_mode,
            300: self._start_mission,
            400: self._arm,
            401: self._check,
            420: self._inject,
        }
        if stack.first_item:
            self._table[193] = self._pause

    def handle(self, call: ReceivedCommand) -> CommandReply:
        """Carry it out. Commands with messages in their answer are handled here too."""
        match call.command:
            case 410:
                if self._vehicle.home is None:
                    return CommandReply(self._cannot)
                return CommandReply(ACCEPTED, messages=(self._commander.home_position(),))
            case 520:
                return CommandReply(ACCEPTED, messages=(self.autopilot_version(),))
            case 512 if call.params[0] == 435:
                return self._available_modes(call.params[1])
            case 512 if call.params[0] == 148:
                return CommandReply(ACCEPTED, messages=(self.autopilot_version(),))
        order = self._order(call)
        if not order.frame_known and call.command in (22, 179, 192, 195, 201):
            return CommandReply(UNSUPPORTED_MAV_FRAME)
        carry_out = self._table.get(call.command)
        if carry_out is not None:
            return CommandReply(carry_out(order))
        result = self._payload.perform(self._vehicle, order.command, order.p)
        return CommandReply(UNSUPPORTED if result is None else result)

    def answers_requests(self, call: ReceivedCommand) -> bool:
        """Whether this REQUEST_MESSAGE is answered here and not by the link's streams."""
        return call.command == 512 and call.params[0] in (148.0, 435.0)

    def autopilot_version(self) -> Message:
        """AUTOPILOT_VERSION."""
        version = self._stack.version
        message: Message = m.AUTOPILOT_VERSION(
            capabilities=version.capabilities,
            flight_sw_version=version.software,
            flight_custom_version=b"landline",
            uid2=b"landline simulator",
        )
        return message

    def banner(self) -> tuple[Message, ...]:
        """What ArduPilot says of itself whenever its parameters are asked for."""
        return tuple(m.STATUSTEXT(severity=6, text=text) for text in self._stack.version.banner)

    def _order(self, call: ReceivedCommand) -> Order:
        if call.frame is None:
            first = call.params
            # ArduPilot takes heights of COMMAND_LONG above home, PX4 above the sea.
            relative = bool(self._stack.first_item)
            return Order(
                call.command, (first[0], first[1], first[2], first[3], first[4], first[5], first[6]), relative
            )
        one, two, three, four = call.params[:4]
        known = call.frame in GLOBAL_FRAMES
        p = (one, two, three, four, call.x / 1e7, call.y / 1e7, call.z)
        return Order(call.command, p, GLOBAL_FRAMES.get(call.frame, False), known)

    # --- answers ---

    def _result(self, answer: Answer) -> int:
        return ACCEPTED if answer.ok else self._cannot

    def _mode(self, name: str) -> int:
        return self._result(self._commander.change_mode(self._stack.modes.named(name)))

    def _unsupported(self, order: Order) -> int:  # noqa: ARG002
        return UNSUPPORTED

    # --- modes and arming ---

    def _arm(self, order: Order) -> int:
        wanted, force = order.p[0], order.p[1] == FORCE
        if wanted == 1.0:
            return self._result(self._commander.arm(force=force))
        if wanted == 0.0:
            answer = self._commander.disarm(force=force)
            return ACCEPTED if answer.ok else FAILED if self._stack.first_item else DENIED
        return UNSUPPORTED if self._stack.first_item else DENIED

    def _set_mode(self, order: Order) -> int:
        base, main, sub = order.p[:3]
        if not math.isfinite(base) or not 0.0 <= base < 256.0:
            return DENIED
        return self.enter(self._stack.mode_of(int(base), main, sub), f"{main:g}")

    def enter(self, mode: Mode | None, asked: str) -> int:
        """Change to a mode that was looked up; None is one that there is not."""
        if mode is None:
            if self._stack.first_item:
                self._vehicle.say(f"No such mode {asked}", CRITICAL)
                return FAILED
            self._vehicle.say("Unsupported mode", CRITICAL)
            return DENIED
        return self._result(self._commander.change_mode(mode))

    def _standard_mode(self, order: Order) -> int:
        mode = self._stack.modes.standard(int(order.p[0])) if math.isfinite(order.p[0]) else None
        return UNSUPPORTED if mode is None else self._result(self._commander.change_mode(mode))

    def _check(self, order: Order) -> int:  # noqa: ARG002
        for fault in self._commander.faults():
            self._vehicle.say(
                f"PreArm: {fault}" if self._stack.first_item else f"Preflight Fail: {fault}", CRITICAL
            )
        return self._cannot if self._vehicle.armed else ACCEPTED

    def _terminate(self, order: Order) -> int:
        if order.p[0] > 0.5:
            self._commander.disarm(force=True, text="Flight termination")
        return ACCEPTED

    # --- moving ---

    def _land(self, order: Order) -> int:  # noqa: ARG002
        # Wings land by their mission.
        return self._mode("LAND") if self._stack.modes.has("LAND") else UNSUPPORTED

    def _land_start(self, order: Order) -> int:  # noqa: ARG002
        """Go on with the mission where its landing begins."""
        navigator = self._commander.navigator
        marks = [seq for seq, item in enumerate(navigator.items) if item.command == LAND_START]
        if not self._stack.return_is_mode or not self._stack.first_item:
            return UNSUPPORTED
        if not marks or not navigator.select(marks[0]):
            return FAILED
        return self._mode("AUTO")

    def _take_off(self, order: Order) -> int:
        vehicle, commander, stack = self._vehicle, self._commander, self._stack
        height = order.p[6]
        if stack.takeoff_needs_mode is not None:
            return self._result(commander.take_off(self._height(height, relative=order.relative)))
        if not math.isfinite(height):
            commander.take_off_height_m = None
        else:
            if vehicle.home is None:
                return self._cannot
            commander.take_off_height_m = self._height(height, relative=order.relative)
        return self._mode("TAKEOFF")

    def _height(self, value: float, *, relative: bool) -> float:
        home = self._vehicle.home
        return value if relative or home is None else value - home.alt_amsl_m

    def _reposition(self, order: Order) -> int:
        vehicle, commander, stack = self._vehicle, self._commander, self._stack
        speed, flags, _, yaw, lat, lon, alt = order.p
        if not (abs(lat) <= 90.0 and abs(lon) <= 180.0) and not (math.isnan(lat) or math.isnan(lon)):
            return DENIED
        if not vehicle.armed or vehicle.home is None:
            return DENIED
        if commander.mode.name != stack.guided_mode:
            if stack.first_item and not int(flags if math.isfinite(flags) else 0) & 1:
                return DENIED
            if not commander.change_mode(stack.modes.named(stack.guided_mode)).ok:
                return self._cannot
        if speed > 0.0:
            vehicle.speed_m_s = min(speed, vehicle.most_speed_m_s)
        here = vehicle.here
        if math.isnan(lat) or math.isnan(lon):
            lat, lon = here.lat_deg, here.lon_deg
        amsl = (
            here.alt_amsl_m
            if not math.isfinite(alt)
            else alt + (vehicle.home.alt_amsl_m if order.relative else 0.0)
        )
        heading = yaw if not stack.first_item else math.radians(yaw) if yaw else math.nan
        commander.go(Place(lat, lon, amsl), yaw_rad=heading if math.isfinite(heading) else None)
        return ACCEPTED

    def _turn(self, order: Order) -> int:
        vehicle, commander = self._vehicle, self._commander
        angle, _, direction, relative = order.p[:4]
        if not vehicle.armed or not math.isfinite(angle):
            return self._cannot
        if commander.mode.behaviour not in (Behaviour.GUIDED, Behaviour.MISSION):
            return self._cannot
        goal = turn_goal(vehicle, angle, direction, relative=relative > 0.5)
        if commander.mode.behaviour is Behaviour.GUIDED:
            commander.guided.turn(vehicle, yaw_rad=goal)
        vehicle.yaw_rad = goal
        return ACCEPTED

    def _speed(self, order: Order) -> int:
        return ACCEPTED if change_speed(self._vehicle, order.p[0], order.p[1]) else DENIED

    def _home(self, order: Order) -> int:
        home = self._vehicle.home
        alt = order.p[6] + (home.alt_amsl_m if home is not None and order.relative else 0.0)
        place = Place(order.p[4], order.p[5], alt)
        if order.p[0] != 1.0 and not (
            abs(place.lat_deg) <= 90.0 and abs(place.lon_deg) <= 180.0 and math.isfinite(alt)
        ):
            return DENIED
        if not set_home(self._vehicle, use_current=order.p[0] == 1.0, place=place):
            return self._cannot
        self._vehicle.send(self._commander.home_position())
        return ACCEPTED

    def _roi(self, order: Order) -> int:
        lat, lon, alt = order.p[4:7]
        if not (abs(lat) <= 90.0 and abs(lon) <= 180.0 and math.isfinite(alt)):
            return DENIED
        if lat == 0.0 and lon == 0.0:
            return self._no_roi(order)
        home_m = self._vehicle.home.alt_amsl_m if self._vehicle.home else 0.0
        self._vehicle.roi = Place(lat, lon, alt + (home_m if order.relative else 0.0))
        return ACCEPTED

    def _no_roi(self, order: Order) -> int:  # noqa: ARG002
        self._vehicle.roi = None
        return ACCEPTED

    # --- missions ---

    def _start_mission(self, order: Order) -> int:
        commander, stack = self._commander, self._stack
        if not commander.navigator.valid:
            return DENIED if not stack.first_item else FAILED
        if stack.first_item and (order.p[0] or order.p[1]):
            return DENIED
        first = order.p[0]
        chosen = not stack.first_item and math.isfinite(first) and first > 0
        if chosen and not commander.navigator.select(int(first)):
            return DENIED
        answer = commander.change_mode(stack.modes.named("AUTO" if stack.first_item else "MISSION"))
        if not answer.ok:
            return self._cannot
        if self._vehicle.armed and commander.navigator.item is None:
            commander.start_mission()
        return ACCEPTED

    def _pause(self, order: Order) -> int:
        commander = self._commander
        if order.p[0] not in (0.0, 1.0):
            return DENIED
        if commander.mode.behaviour is Behaviour.GUIDED:
            if order.p[0] == 0.0:
                commander.guided.fly(self._vehicle, (0.0, 0.0, 0.0))
                commander.use_guided()
            return ACCEPTED
        return self._result(commander.pause_mission() if order.p[0] == 0.0 else commander.continue_mission())

    def _select_item(self, order: Order) -> int:
        seq, reset = order.p[0], order.p[1]
        if not math.isfinite(seq) or seq < -1.0:
            return DENIED
        navigator = self._commander.navigator
        if reset > 0.5:
            navigator.forget()
        if seq == -1.0:
            return ACCEPTED
        return ACCEPTED if navigator.select(int(seq)) else FAILED

    # --- on the ground ---

    def _calibrate(self, order: Order) -> int:
        # Nothing here drifts; a calibration succeeds at once, on the ground.
        if self._vehicle.armed:
            return self._cannot
        return ACCEPTED if any(order.p) else UNSUPPORTED

    def _restart(self, order: Order) -> int:
        if self._vehicle.armed:
            return self._cannot if self._stack.first_item else DENIED
        if order.p[0] not in (1.0, 3.0):
            return DENIED
        self._reboot()
        return ACCEPTED

    def _inject(self, order: Order) -> int:
        """INJECT_FAILURE, where the stack knows it."""
        if self._stack.first_item or not self._vehicle.params["SYS_FAILURE_EN"]:
            return UNSUPPORTED if self._stack.first_item else DENIED
        loop = self._vehicle.loop
        if not loop.can_break:
            return DENIED
        unit, kind, instance = order.p[:3]
        after = with_injected_failure(loop.faults, unit=unit, kind=kind, instance=instance, now_s=loop.time_s)
        if after is None:
            return UNSUPPORTED
        try:
            loop.faults = after
        except ScenarioError:
            return DENIED
        return ACCEPTED

    def _available_modes(self, index: float) -> CommandReply:
        modes = self._stack.modes.all
        if not 0.0 <= index <= len(modes):
            return CommandReply(DENIED)
        chosen = list(enumerate(modes, 1)) if index == 0.0 else [(int(index), modes[int(index) - 1])]
        return CommandReply(
            ACCEPTED,
            messages=tuple(
                m.AVAILABLE_MODES(
                    number_modes=len(modes),
                    mode_index=number,
                    standard_mode=mode.standard,
                    custom_mode=mode.number,
                    mode_name=mode.name,
                )
                for number, mode in chosen
            ),
        )
