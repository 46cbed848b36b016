"""The whole autopilot of one aircraft: what it is made of, its step, and one port for each link it serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.store import MissionStore, opaque_id
from controller.protocol.params.client import ParamValue
from controller.wire.address import AUTOPILOT, Address, SystemId
from controller.wire.message import Message
from hil.autopilot.commander import Commander
from hil.autopilot.control.simulated_core import SimulatedCore
from hil.autopilot.failsafe.arduplane import ArduPlaneFailsafe
from hil.autopilot.failsafe.ardurover import ArduRoverFailsafe
from hil.autopilot.failsafe.multicopter import ArduPilotFailsafe, Failsafe, Px4Failsafe
from hil.autopilot.services import params
from hil.autopilot.services.commands import Commands
from hil.autopilot.services.payload import Payload
from hil.autopilot.services.setpoint_messages import SetpointReceiver
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.telemetry.events import origin
from hil.autopilot.telemetry.streams import Telemetry
from hil.autopilot.vehicle_context import CRITICAL, VehicleContext
from hil.errors import ScenarioError
from hil.faults.sim_params import ParameterFaults

STEP_S = 0.02
PREARM_TEXTS_S = 30.0
WAYPOINT, GLOBAL = 16, 0
FAILSAFES: Mapping[str, type[Failsafe]] = {
    "copter": ArduPilotFailsafe,
    "plane": ArduPlaneFailsafe,
    "px4": Px4Failsafe,
    "rover": ArduRoverFailsafe,
}


class VehicleItemStore(MissionStore):
    """A list of items as this stack keeps them: what is put in comes out the way it would on a real one."""

    def __init__(self, keep: Callable[[MissionItem], MissionItem], changed: Callable[[], None]) -> None:
        super().__init__()
        self._keep, self._changed = keep, changed

    def replace(self, items: object) -> None:
        """Put these in place of what is there."""
        self.items = tuple(self._keep(item) for item in items)  # type: ignore[attr-defined]
        self.opaque_id = opaque_id(self.items)
        self._changed()


class Autopilot:
    """One aircraft's computer. `step` after the control core has moved on; `outbox` then holds what all links send."""

    def __init__(
        self,
        loop: SimulatedCore,
        stack: AutopilotStack,
        *,
        system_id: int = 1,
        settle_s: float = 0.0,
        changes: Mapping[str, float] | None = None,
    ) -> None:
        """`changes` are parameters that differ from the defaults. `settle_s`: no position is trusted before this time."""
        self.stack = stack
        self.address = Address(SystemId(system_id), AUTOPILOT)
        own = {"MAV_SYSID" if stack.first_item else "MAV_SYS_ID": float(system_id)}
        self.params = params.load(
            stack.parameter_table, changes=own | dict(changes or {}), on_change=self._parameter_changed
        )
        self.vehicle = VehicleContext(
            loop, self.params, tab_ends_text=stack.tab_ends_text, numbers_texts=stack.numbers_texts
        )
        self.vehicle.settled_s = settle_s
        self.payload = Payload(feedback=bool(stack.first_item))
        self.stores = {
            0: VehicleItemStore(stack.stored, self._mission_changed),
            1: VehicleItemStore(stack.stored, lambda: None),
            2: VehicleItemStore(stack.stored, lambda: None),
        }
        self.commander = Commander(self.vehicle, stack, self.payload, lambda: self.stores[0].items)
        self.failsafe: Failsafe = FAILSAFES[stack.failsafe](self.vehicle, self.commander)
        self.telemetry = Telemetry(self.vehicle, self.commander, stack, self.failsafe, self.payload)
        self.commands = Commands(self.vehicle, self.commander, stack, self.payload, reboot=self._ask_reboot)
        self.setpoints = SetpointReceiver(self.vehicle, self.commander, only_in_mode=bool(stack.first_item))
        self.wants_reboot = False
        self._steps = 0
        self._shown = (self.commander.mode, False)
        self._happened: set[str] = set()
        self._texts_at_s = PREARM_TEXTS_S
        self._drained = 1.0
        self._parameter_faults = ParameterFaults()
        self._apply_simulation()
        for name in changes or {}:
            self._break(name)

    # --- each step ---

    def step(self) -> None:
        """One cycle of 20 ms."""
        vehicle = self.vehicle
        vehicle.look()
        self._boot()
        if self._steps % 5 == 0:
            self._drain_battery()
            self.failsafe.step()
        self._steps += 1
        self.commander.step()
        self.payload.step(vehicle)
        shown = (self.commander.mode, vehicle.armed)
        if shown != self._shown:
            self._shown = shown
            if self.stack.first_item:
                self._heartbeat()
        if not vehicle.armed and self.stack.first_item and vehicle.time_s >= self._texts_at_s:
            self._texts_at_s = vehicle.time_s + PREARM_TEXTS_S
            for fault in self.commander.faults():
                vehicle.say(f"PreArm: {fault}", CRITICAL)

    def take_outbox(self) -> list[Message]:
        """What is to be sent on all links since the last call."""
        taken, self.vehicle.outbox = self.vehicle.outbox, []
        return taken

    def _heartbeat(self) -> None:
        message = self.telemetry.make(0)
        if message is not None:
            self.vehicle.send(message)

    def _boot(self) -> None:
        """The milestones after power-on, once each."""
        if len(self._happened) == 3:
            return
        ready = self.vehicle.est.ready
        self._milestone("boot", self.vehicle.time_s >= 0.5)
        self._milestone("tilt", ready.tilt_aligned)
        if ready.gps_used and "home" not in self._happened:
            self.vehicle.home = self.vehicle.here
            self.vehicle.send(origin(self.vehicle))
            self.vehicle.send(self.commander.home_position())
            if self.stack.mission_behavior.has_home_item and not self.stores[0].items:
                self.stores[0].replace((self.home_item(),))
            self._milestone("home", True)

    def _milestone(self, what: str, come: bool) -> None:
        if not come or what in self._happened:
            return
        self._happened.add(what)
        home_m = self.vehicle.home.alt_amsl_m if self.vehicle.home else 0.0
        for event, text in self.stack.boot_texts:
            if event == what:
                self.vehicle.say(text.format(home_m=home_m))

    def home_item(self) -> MissionItem:
        """Item 0 of stacks that keep home there."""
        home = self.vehicle.home
        if home is None:
            return MissionItem(frame=GLOBAL, command=WAYPOINT)
        item = MissionItem(
            frame=GLOBAL,
            command=WAYPOINT,
            x=round(home.lat_deg * 1e7),
            y=round(home.lon_deg * 1e7),
            z=home.alt_amsl_m,
        )
        return self.stack.stored(item)

    # --- changes ---

    def _mission_changed(self) -> None:
        items = self.stores[0].items
        if "MIS_TOTAL" in self.params:
            self.params.set("MIS_TOTAL", len(items))
        navigator = self.commander.navigator
        if navigator.item is None or not self.vehicle.armed or not items:
            navigator.forget()

    def _parameter_changed(self, value: ParamValue) -> None:
        if value.name.startswith("SIM_") and hasattr(self, "vehicle"):
            self._apply_simulation()
            self._break(value.name)

    def _break(self, name: str) -> None:
        """Play what ArduPilot's SIM_ parameters break."""
        loop = self.vehicle.loop
        if not (self.stack.first_item and loop.can_break):
            return
        after = self._parameter_faults.after(loop.faults, name, lambda key: self.params[key], loop.time_s)
        if after is not None:
            try:
                loop.faults = after
            except ScenarioError as error:
                self.vehicle.say(f"{name}: {error}", CRITICAL)

    def _apply_simulation(self) -> None:
        """SIM_ parameters reach into the simulation, as they do in the stacks' own simulators."""
        loop, p = self.vehicle.loop, self.params
        if self.stack.first_item:
            loop.battery_override_v = p["SIM_BATT_VOLTAGE"] or None
            loop.gps_enabled = bool(p["SIM_GPS1_ENABLE"])
        else:
            loop.gps_enabled = p["SIM_GPS_USED"] >= 4

    def _drain_battery(self) -> None:
        """SIM_BAT_DRAIN: the charge runs down while armed, whatever the motors take, and is full again on the ground."""
        if self.stack.first_item or self.params["SIM_BAT_DRAIN"] <= 0.0:
            self.vehicle.remaining_override = None
            self._drained = self.vehicle.sensors.battery_remaining
            return
        least = self.params["SIM_BAT_MIN_PCT"] / 100.0
        if self.vehicle.armed:
            self._drained = max(
                self._drained - 5 * STEP_S / self.params["SIM_BAT_DRAIN"], min(least, self._drained)
            )
        self.vehicle.remaining_override = self._drained

    def _ask_reboot(self) -> None:
        self.wants_reboot = True
