"""The emulated autopilot of one vehicle: its parts, their order in each step, its parameters and mission stores."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.store import MissionStore, opaque_id
from controller.protocol.params.values import ParamValue
from controller.wire import dialect
from controller.wire.address import AUTOPILOT, Address, SystemId
from controller.wire.enums import MAV_CMD, MAV_FRAME, MAV_MISSION_TYPE
from controller.wire.message import Message
from hil.autopilot.commander import Commander
from hil.autopilot.control.simulated_core import SimulatedCore
from hil.autopilot.failsafe.fence_areas import FenceAreas
from hil.autopilot.failsafe.make import make_failsafe
from hil.autopilot.services import params
from hil.autopilot.services.commands.dispatcher import CommandDispatcher
from hil.autopilot.services.event_sender import EventSender
from hil.autopilot.services.payload import Payload
from hil.autopilot.services.setpoint_messages import SetpointReceiver
from hil.autopilot.services.sim_parameters import SimParameters
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.stacks.fence_kinds import FenceKinds
from hil.autopilot.telemetry.events import origin
from hil.autopilot.telemetry.streams import Telemetry
from hil.autopilot.vehicle_context import CRITICAL, VehicleContext

HEARTBEAT = dialect.by_name("HEARTBEAT").msg_id
LIST_IDS = {
    int(MAV_MISSION_TYPE.MISSION): "mission_id",
    int(MAV_MISSION_TYPE.FENCE): "fence_id",
    int(MAV_MISSION_TYPE.RALLY): "rally_points_id",
}
STEP_S = 0.02
SLOW_STEPS = 5  # failsafes and SIM_ parameters run at 10 Hz
BOOT_S = 0.5
PREARM_TEXTS_S = 30.0
MILESTONES = ("boot", "tilt", "home")


class VehicleItemStore(MissionStore):
    """Mission store of the vehicle. It holds items as the stack stores them: a download may differ from the upload.

    `on_change(current)` is called after each change, with the item that the upload marked current.
    """

    def __init__(
        self,
        stored: Callable[[MissionItem], MissionItem],
        on_change: Callable[[int | None], None],
    ) -> None:
        super().__init__()
        self._stored, self._changed = stored, on_change

    def replace(self, items: Sequence[MissionItem], *, current: int | None = None) -> None:
        """Put these items in place of all stored ones."""
        # An upload item by item hands over what is stored already: stored again, it would be rounded once more.
        held = set(map(id, self.items))
        self.items = tuple(item if id(item) in held else self._stored(item) for item in items)
        self.opaque_id = opaque_id(self.items)
        self._changed(current)

    def would_equal(self, items: Sequence[MissionItem]) -> bool:
        return super().would_equal([self._stored(item) for item in items])


class EmulatedAutopilot:
    """One vehicle's autopilot. Call `step` after each step of the control core; send `take_outbox()` on all links."""

    def __init__(
        self,
        core: SimulatedCore,
        stack: AutopilotStack,
        *,
        system_id: int = 1,
        settle_s: float = 0.0,
        defaults: Mapping[str, float] | None = None,
        changes: Mapping[str, float] | None = None,
    ) -> None:
        """Make the autopilot that commands `core`.

        `defaults` are parameter defaults beside those of the stack, `changes` parameters that differ from them. The
        position estimate does not count before `settle_s`.
        """
        self.stack = stack
        self.address = Address(SystemId(system_id), AUTOPILOT)
        self._sim_parameters: SimParameters | None = None  # acts only after all parameters are loaded
        self.param_defaults = params.load(stack.parameter_table, changes=defaults).values()
        self.params = params.load(
            stack.parameter_table,
            changes={**(defaults or {}), stack.system_id_param: float(system_id), **(changes or {})},
            on_change=self._parameter_changed,
        )
        self.files = stack.files(self.params, self.param_defaults, self._banner)
        self.vehicle = VehicleContext(
            core, self.params, EventSender(stack.events, self.address), numbers_texts=stack.numbers_texts
        )
        self.vehicle.settled_s = settle_s
        self.payload = Payload(feedback=stack.telemetry.camera_feedback)
        self.stores = {
            int(MAV_MISSION_TYPE.MISSION): VehicleItemStore(stack.stored, self._mission_changed),
            int(MAV_MISSION_TYPE.FENCE): VehicleItemStore(stack.stored, self._fence_changed),
            int(MAV_MISSION_TYPE.RALLY): VehicleItemStore(stack.stored, self._rally_changed),
        }
        self._mission = self.stores[0]
        self._fence_gone_at_s = math.inf
        self._fence_kinds = FenceKinds()
        self.commander = Commander(self.vehicle, stack, self.payload, lambda: self._mission.items)
        self.failsafe = make_failsafe(stack.failsafe, self.vehicle, self.commander)
        self.telemetry = Telemetry(self.vehicle, self.commander, stack, self.failsafe, self.payload)
        self.commands = CommandDispatcher(
            self.vehicle,
            self.commander,
            stack,
            self.payload,
            reboot=self._request_reboot,
            metadata=self.files.metadata,
        )
        self.setpoints = SetpointReceiver(self.vehicle, self.commander, stack)
        self.wants_reboot = False
        self._steps = 0
        self._last_state = (self.commander.mode, False)
        self._milestones: set[str] = set()
        self._texts_at_s = PREARM_TEXTS_S
        self._sim_parameters = stack.sim_parameters(self.vehicle)
        self._sim_parameters.apply()
        for name in {**(defaults or {}), **(changes or {})}:
            self._sim_parameters.apply_fault(name)

    # --- each step ---

    def step(self) -> None:
        """Run one cycle of 20 ms."""
        vehicle, stack = self.vehicle, self.stack
        vehicle.update()
        self._boot()
        self._lose_fence()
        if self._steps % SLOW_STEPS == 0:
            if self._sim_parameters is not None:
                self._sim_parameters.step(SLOW_STEPS * STEP_S)
            self.failsafe.step()
            stack.tune_core(vehicle)
        self._steps += 1
        self.commander.step()
        self.payload.step(vehicle)
        state = (self.commander.mode, vehicle.armed)
        if state != self._last_state:
            self._last_state = state
            if stack.telemetry.heartbeat_on_change:
                self._send_heartbeat()
        if not vehicle.armed and stack.repeats_prearm_faults and vehicle.time_s >= self._texts_at_s:
            self._texts_at_s = vehicle.time_s + PREARM_TEXTS_S
            for fault in self.commander.faults():
                vehicle.send_text(stack.texts.prearm_prefix + fault, CRITICAL)
        vehicle.outbox += vehicle.events.step(
            self.commander.faults, self.failsafe.battery_state, vehicle.time_s
        )

    def take_outbox(self) -> list[Message]:
        """Return and clear the messages to send on all links."""
        taken, self.vehicle.outbox = self.vehicle.outbox, []
        return taken

    def _send_heartbeat(self) -> None:
        message = self.telemetry.make(HEARTBEAT)
        if message is not None:
            self.vehicle.send(message)

    def _boot(self) -> None:
        """Pass the milestones after power-on, once each: boot, attitude aligned, home set."""
        if len(self._milestones) == len(MILESTONES):
            return
        ready = self.vehicle.est.ready
        if self.vehicle.time_s >= BOOT_S:
            self._pass_milestone("boot")
        if ready.tilt_aligned:
            self._pass_milestone("tilt")
        if ready.gps_used and "home" not in self._milestones:
            self.vehicle.home = self.vehicle.here
            self.vehicle.send(origin(self.vehicle))
            self.vehicle.send(self.commander.home_position())
            if self.stack.mission_behavior.has_home_item and not self._mission.items:
                self._mission.replace((self.home_item(),))
            self._pass_milestone("home")

    def _pass_milestone(self, name: str) -> None:
        if name in self._milestones:
            return
        self._milestones.add(name)
        home_m = self.vehicle.home.alt_amsl_m if self.vehicle.home else 0.0
        for milestone, text in self.stack.boot_texts:
            if milestone == name:
                self.vehicle.send_text(text.format(home_m=home_m))

    def home_item(self) -> MissionItem:
        """Return item 0 of stacks that keep home there."""
        home = self.vehicle.home
        item = MissionItem(frame=int(MAV_FRAME.GLOBAL), command=int(MAV_CMD.NAV_WAYPOINT))
        if home is None:
            return item
        item = MissionItem(
            frame=item.frame,
            command=item.command,
            x=round(home.lat_deg * 1e7),
            y=round(home.lon_deg * 1e7),
            z=home.alt_amsl_m,
        )
        return self.stack.stored(item)

    # --- changes ---

    def _report_ids(self) -> None:
        if self.stack.telemetry.sends_list_ids:
            self.vehicle.list_ids = {name: self.stores[kind].opaque_id for kind, name in LIST_IDS.items()}

    def _rally_changed(self, current: int | None) -> None:  # noqa: ARG002
        self._report_ids()

    def _mission_changed(self, current: int | None) -> None:
        self._report_ids()
        items = self._mission.items
        if reason := self.stack.rejection(self.stack.numbering.flown(items)):
            self.vehicle.send_event(reason)
        if "MIS_TOTAL" in self.params:
            self.params.set("MIS_TOTAL", len(items))
        navigator = self.commander.navigator
        if items and self.stack.keeps_item_on_upload:
            navigator.replaced(current)
        elif navigator.item is None or not self.vehicle.armed or not items:
            navigator.reset()
        if not items and self.stack.loiters_without_mission:
            self.commander.leave_mission()

    def _fence_changed(self, current: int | None) -> None:  # noqa: ARG002
        self._report_ids()
        fence = self.stores[int(MAV_MISSION_TYPE.FENCE)].items
        lost_after_s = self.stack.loses_fence_after_s(self._fence_kinds, fence, self.vehicle.time_s)
        self._fence_gone_at_s = self.vehicle.time_s + lost_after_s
        self._fence_kinds.note(fence, self.vehicle.time_s)
        self.failsafe.fence = FenceAreas(fence)

    def _lose_fence(self) -> None:
        if self.vehicle.time_s >= self._fence_gone_at_s:
            self.stores[int(MAV_MISSION_TYPE.FENCE)].replace(())
            self._fence_kinds = FenceKinds()

    def _parameter_changed(self, value: ParamValue) -> None:
        if self._sim_parameters is not None and value.name.startswith("SIM_"):
            self._sim_parameters.apply()
            self._sim_parameters.apply_fault(value.name)

    def _banner(self) -> tuple[Message, ...]:
        return self.commands.banner()

    def _request_reboot(self) -> None:
        self.wants_reboot = True
