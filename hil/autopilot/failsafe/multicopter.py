"""What each stack does when the ground falls silent, the battery runs low or the position is lost, by its own parameters.

Sources: ArduCopter's events.cpp, ekf_check.cpp and AP_BattMonitor; PX4's commander/failsafe; the reference timings are in
the tests.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from hil.autopilot.commander import Commander
from hil.autopilot.stacks.modes import Behaviour
from hil.autopilot.vehicle_context import CRITICAL, WARNING, VehicleContext

NONE, LOW, CRIT, EMERGENCY = 1, 2, 3, 4  # MAV_BATTERY_CHARGE_STATE
PILOTED = (Behaviour.STICKS, Behaviour.HOLD)


class Failsafe(ABC):
    """Watches one craft. `ground_s` is set by whoever hears the ground station: when its last heartbeat came."""

    def __init__(self, vehicle: VehicleContext, commander: Commander) -> None:
        self.vehicle, self.commander = vehicle, commander
        self.ground_s: float | None = None
        self.battery_state = NONE
        self.active = False

    def heard_ground(self, system: int) -> None:
        """A ground station's heartbeat came from this system number."""
        if self._is_ours(system):
            self.ground_s = self.vehicle.time_s

    def _is_ours(self, system: int) -> bool:  # noqa: ARG002
        return True

    @property
    def silent_s(self) -> float:
        """Since the ground's last heartbeat; 0 before the first."""
        return 0.0 if self.ground_s is None else self.vehicle.time_s - self.ground_s

    @abstractmethod
    def step(self) -> None:
        """Look, and react; a few times a second is enough."""


class ArduPilotFailsafe(Failsafe):
    """ArduCopter's: FS_GCS_*, BATT_*, FS_EKF_ACTION, FS_OPTIONS."""

    lands_by = "LAND"  # the mode when there is no other

    def __init__(self, vehicle: VehicleContext, commander: Commander) -> None:
        super().__init__(vehicle, commander)
        self._ground_lost = False
        self._low_since_s: float | None = None
        self._critical_since_s: float | None = None
        self._blind_since_s: float | None = None

    def _is_ours(self, system: int) -> bool:
        return system == self.vehicle.params["MAV_GCS_SYSID"]

    def step(self) -> None:
        self._ground()
        self._battery()
        self._position()
        self.active = self._ground_lost or self.battery_state > NONE or self._blind_since_s is not None

    def _ground(self) -> None:
        p = self.vehicle.params
        lost = bool(p["FS_GCS_ENABLE"]) and self.ground_s is not None and self.silent_s > p["FS_GCS_TIMEOUT"]
        if lost == self._ground_lost:
            return
        self._ground_lost = lost
        if not lost:
            self.vehicle.say("GCS Failsafe Cleared", WARNING)
            return
        self.vehicle.say("GCS Failsafe", WARNING)
        options, action = int(p["FS_OPTIONS"]), int(p["FS_GCS_ENABLE"])
        in_auto = self.commander.in_mission
        if self.vehicle.armed and not self._stands():
            if in_auto and (options & 2 or action == 2):
                return
            if self.commander.mode.behaviour in PILOTED and options & 16:
                return
            if self.commander.landing and options & 8:
                return
        self._act({1: "RTL", 2: "RTL", 3: "RTL", 4: "LAND", 5: "LAND", 6: "RTL", 7: "LAND"}.get(action))

    def _battery(self) -> None:
        vehicle, p = self.vehicle, self.vehicle.params
        volts, used = vehicle.sensors.battery_v, vehicle.sensors.battery_consumed_mah
        left = p["BATT_CAPACITY"] - used
        self._critical_since_s = self._since(0.0 < volts < p["BATT_CRT_VOLT"], self._critical_since_s)
        self._low_since_s = self._since(0.0 < volts < p["BATT_LOW_VOLT"], self._low_since_s)
        after = p["BATT_LOW_TIMER"]
        critical = self._lasted(self._critical_since_s, after) or 0.0 < left < p["BATT_CRT_MAH"]
        low = self._lasted(self._low_since_s, after) or 0.0 < left < p["BATT_LOW_MAH"]
        state = CRIT if critical else LOW if low else NONE
        if state <= self.battery_state or not vehicle.armed:
            # It stays low until switched on anew; on the ground a charged battery clears it.
            if not vehicle.armed:
                self.battery_state = state
            return
        self.battery_state = state
        word, key = ("critical", "BATT_FS_CRT_ACT") if state == CRIT else ("low", "BATT_FS_LOW_ACT")
        vehicle.say(f"Battery 1 is {word} {volts:.2f}V used {used:.0f} mAh", WARNING)
        action = int(p[key])
        if action == 0:
            return
        vehicle.say("Battery Failsafe", WARNING)
        if self.commander.landing and self._lets_land():
            return
        self._act(self.battery_modes.get(action))

    battery_modes: ClassVar[Mapping[int, str]] = MappingProxyType(
        {1: "LAND", 2: "RTL", 3: "RTL", 4: "LAND", 6: "RTL", 7: "LAND"}
    )

    def _lets_land(self) -> bool:
        """Whether a landing under way goes on."""
        return bool(int(self.vehicle.params["FS_OPTIONS"]) & 8)

    def _position(self) -> None:
        vehicle = self.vehicle
        blind = vehicle.armed and not vehicle.est.landed and not vehicle.est.ready.gps_used
        self._blind_since_s = self._since(blind, self._blind_since_s)
        action = int(vehicle.params["FS_EKF_ACTION"])
        concerned = self.commander.mode.needs_position or action == 3
        if not (self._lasted(self._blind_since_s, 1.0) and concerned and action):
            return
        mode = "ALT_HOLD" if action == 2 else "LAND"
        vehicle.say("EKF variance", CRITICAL)
        vehicle.say(f"EKF Failsafe: changed to {mode} Mode", CRITICAL)
        self._act(mode)

    def _since(self, bad: bool, since_s: float | None) -> float | None:
        if not bad:
            return None
        return self.vehicle.time_s if since_s is None else since_s

    def _lasted(self, since_s: float | None, seconds: float) -> bool:
        return since_s is not None and self.vehicle.time_s - since_s >= seconds

    def _stands(self) -> bool:
        return self.vehicle.est.landed

    def _act(self, mode: str | None) -> None:
        if mode is None or not self.vehicle.armed:
            return
        if self._stands():
            self.commander.disarm()
            return
        modes = self.commander.stack.modes
        if not self.commander.change_mode(modes.named(mode), failsafe=True).ok:
            self.commander.change_mode(modes.named(self.lands_by), failsafe=True)


class Px4Failsafe(Failsafe):
    """PX4's: NAV_DLL_ACT, COM_DL_LOSS_T, COM_FAIL_ACT_T, COM_LOW_BAT_ACT, BAT_*_THR, COM_OF_LOSS_T, COM_OBL_RC_ACT."""

    def __init__(self, vehicle: VehicleContext, commander: Commander) -> None:
        super().__init__(vehicle, commander)
        self._causes: dict[str, int] = {}  # what is wrong -> how bad the wanted mode is
        self._then: tuple[float, str] | None = None
        self._before: str | None = None

    def step(self) -> None:
        vehicle, p = self.vehicle, self.vehicle.params
        vehicle.ground_seen = self.ground_s is not None and self.silent_s <= p["COM_DL_LOSS_T"]
        self._watch_battery()
        flying = vehicle.armed and not vehicle.est.landed
        self._cause("ground", self._ground_action() if flying else None)
        self._cause("battery", self._battery_action() if flying else None)
        self._cause("position", self._position_action() if flying else None)
        self._cause("offboard", self._offboard_action() if flying else None)
        self.active = bool(self._causes) and self.commander.failsafe_mode
        if self._then is not None and vehicle.time_s >= self._then[0]:
            mode = self._then[1]
            self._then = None
            vehicle.say("Failsafe activated", CRITICAL)
            self._change(mode)

    _RANK = ("LOITER", "RTL", "LAND")

    def _cause(self, name: str, mode: str | None) -> None:
        """A cause comes, gets worse or goes."""
        if mode is None:
            if self._causes.pop(name, None) is not None and not self._causes:
                self._recover()
            return
        rank = self._RANK.index(mode)
        if name in self._causes and self._causes[name] >= rank:
            return
        self._causes[name] = rank
        if rank < max(self._causes.values()):
            return
        if self._before is None:
            self._before = self.commander.mode.name
        wait_s = self.vehicle.params["COM_FAIL_ACT_T"]
        at_once = mode == "LAND" and name in ("position", "battery")
        if wait_s <= 0.0 or at_once or mode == "LOITER":
            self._then = None
            self.vehicle.say("Failsafe activated", CRITICAL)
            self._change(mode)
            return
        self.vehicle.say(f"Failsafe activated: entering Hold for {wait_s:.0f} seconds", CRITICAL)
        self._then = (self.vehicle.time_s + wait_s, mode)
        self._change("LOITER")

    def _change(self, mode: str) -> None:
        modes = self.commander.stack.modes
        if self.commander.landing and mode != "LAND":
            return
        if not self.commander.change_mode(modes.named(mode), failsafe=True).ok:
            self.commander.change_mode(modes.named("LAND"), failsafe=True)

    def _recover(self) -> None:
        self._then = None
        before, self._before = self._before, None
        if (
            self.commander.failsafe_mode
            and self.vehicle.armed
            and not self.vehicle.est.landed
            and before is not None
        ):
            self.commander.change_mode(self.commander.stack.modes.named(before))

    def _ground_action(self) -> str | None:
        p = self.vehicle.params
        action = {1: "LOITER", 2: "RTL", 3: "LAND"}.get(int(p["NAV_DLL_ACT"]))
        lost = self.ground_s is not None and self.silent_s > p["COM_DL_LOSS_T"]
        if not lost or action is None:
            return None
        excepted = {Behaviour.MISSION: 1, Behaviour.GUIDED: 2}.get(self.commander.mode.behaviour, 0)
        if self.commander.mode.name == "OFFBOARD":
            excepted = 4
        return None if int(p["COM_DLL_EXCEPT"]) & excepted and "ground" not in self._causes else action

    def _watch_battery(self) -> None:
        vehicle, p = self.vehicle, self.vehicle.params
        left = vehicle.remaining
        state = (
            EMERGENCY if left < p["BAT_EMERGEN_THR"]
            else CRIT if left < p["BAT_CRIT_THR"]
            else LOW if left < p["BAT_LOW_THR"]
            else NONE
        )  # fmt: skip
        if state > self.battery_state and vehicle.armed:
            vehicle.say(
                {LOW: "Low battery", CRIT: "Critical battery"}.get(state, "Emergency battery level"), CRITICAL
            )
        # Voltage recovers when the load goes; the warning does not.
        self.battery_state = max(state, self.battery_state) if vehicle.armed else state

    def _battery_action(self) -> str | None:
        act = int(self.vehicle.params["COM_LOW_BAT_ACT"])
        if self.battery_state >= EMERGENCY and act == 3:
            return "LAND"
        if self.battery_state >= CRIT:
            return {2: "LAND", 3: "RTL"}.get(act)
        return None

    def _position_action(self) -> str | None:
        needs = self.commander.mode.needs_position or "position" in self._causes
        return "LAND" if needs and not self.vehicle.est.ready.gps_used else None

    def _offboard_action(self) -> str | None:
        if self.commander.mode.name != "OFFBOARD":
            return (
                None
                if "offboard" not in self._causes or not self.commander.failsafe_mode
                else self._offboard_mode()
            )
        silent_s = self.commander.guided.silent_s(self.vehicle)
        return self._offboard_mode() if silent_s > max(self.vehicle.params["COM_OF_LOSS_T"], 0.1) else None

    def _offboard_mode(self) -> str:
        return {3: "RTL", 4: "LAND"}.get(int(self.vehicle.params["COM_OBL_RC_ACT"]), "LOITER")
