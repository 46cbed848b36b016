"""ArduCopter's failsafes: lost ground station, low battery, lost position, breached geofence.

Sources: ArduCopter's events.cpp, ekf_check.cpp, fence.cpp and AP_BattMonitor; the reference timings are in the tests.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from controller.autopilot_facts.facts import ARDUPILOT, StackFacts
from hil.autopilot.commander import Commander
from hil.autopilot.failsafe import ardupilot_fence
from hil.autopilot.failsafe.attitude_watch import attitude_error_deg, lean_deg
from hil.autopilot.failsafe.base import BATTERY_CRITICAL, BATTERY_LOW, BATTERY_OK, Failsafe
from hil.autopilot.stacks.modes import ModeKind
from hil.autopilot.vehicle_context import CRITICAL, EMERGENCY, NOTICE, WARNING, VehicleContext

FLOWN_BY_RC = (ModeKind.MANUAL, ModeKind.POSITION)
POSITION_LOST_S = 1.0
FENCE_GIVE_UP_M = 100.0  # farther outside than this it lands at once
# FS_OPTIONS bits
CONTINUE_MISSION, CONTINUE_LANDING, CONTINUE_MANUAL = 2, 8, 16
CONTINUE_MISSION_ACTION = 2  # FS_GCS_ENABLE
CRASH_CHECK = StackFacts(ARDUPILOT).table("crash_check")
UNCHECKED_MODES = ("ACRO", "FLIP")
ACCEL_SHARE = 0.1 / (0.1 + 1.0 / math.tau)  # of a new value at 10 Hz, in a low-pass filter of 1 Hz
GCS_MODES = MappingProxyType({1: "RTL", 2: "RTL", 3: "RTL", 4: "LAND", 5: "LAND", 6: "RTL", 7: "LAND"})


class ArduCopterFailsafe(Failsafe):
    """FS_GCS_*, BATT_*, FS_EKF_ACTION, FS_OPTIONS, FENCE_*. Base of the other ArduPilot vehicles' failsafes."""

    last_resort_mode = "LAND"  # where the chosen mode is refused
    far_outside_mode: ClassVar[str | None] = "LAND"  # more than `FENCE_GIVE_UP_M` outside the fence
    battery_modes: ClassVar[Mapping[int, str]] = MappingProxyType(
        {1: "LAND", 2: "RTL", 3: "RTL", 4: "LAND", 6: "RTL", 7: "LAND"}
    )

    fence_modes: ClassVar[Mapping[int, str]] = MappingProxyType(
        {1: "RTL", 2: "LAND", 3: "RTL", 4: "BRAKE", 5: "RTL"}
    )

    def __init__(self, vehicle: VehicleContext, commander: Commander) -> None:
        super().__init__(vehicle, commander)
        self._gcs_lost = False
        self._breached = 0  # bits of FENCE_TYPE
        self._low_since_s: float | None = None
        self._critical_since_s: float | None = None
        self._position_lost_since_s: float | None = None
        self._crash_since_s: float | None = None
        self._accel_m_s2 = 0.0  # without what is faster than 1 Hz

    def _is_our_gcs(self, system: int) -> bool:
        return system == self.vehicle.params["MAV_GCS_SYSID"]

    def step(self) -> None:
        self._check_gcs()
        self._check_battery()
        self._check_position()
        self._check_fence()
        self._check_crash()
        self.active = (
            self._gcs_lost or self.battery_state > BATTERY_OK or self._position_lost_since_s is not None
        )

    def _gcs_timed_out(self, enable: str, timeout: str) -> bool:
        """Return whether the ground station is lost, by the parameters of these names."""
        p = self.vehicle.params
        return bool(p[enable]) and self.gcs_seen_s is not None and self.gcs_silence_s > p[timeout]

    def _check_gcs(self) -> None:
        p = self.vehicle.params
        lost = self._gcs_timed_out("FS_GCS_ENABLE", "FS_GCS_TIMEOUT")
        if lost == self._gcs_lost:
            return
        self._gcs_lost = lost
        if not lost:
            self.vehicle.send_text("GCS Failsafe Cleared", WARNING)
            return
        self.vehicle.send_text("GCS Failsafe", WARNING)
        options, action = int(p["FS_OPTIONS"]), int(p["FS_GCS_ENABLE"])
        in_auto = self.commander.in_mission
        if self.vehicle.armed and not self._on_ground():
            if in_auto and (options & CONTINUE_MISSION or action == CONTINUE_MISSION_ACTION):
                return
            if self.commander.mode.kind in FLOWN_BY_RC and options & CONTINUE_MANUAL:
                return
            if self.commander.landing and options & CONTINUE_LANDING:
                return
        self._react(GCS_MODES.get(action))

    def _check_battery(self) -> None:
        vehicle, p = self.vehicle, self.vehicle.params
        volts, used = vehicle.sensors.battery_v, vehicle.sensors.battery_consumed_mah
        left = p["BATT_CAPACITY"] - used
        self._critical_since_s = self._since(0.0 < volts < p["BATT_CRT_VOLT"], self._critical_since_s)
        self._low_since_s = self._since(0.0 < volts < p["BATT_LOW_VOLT"], self._low_since_s)
        after = p["BATT_LOW_TIMER"]
        critical = self._lasted(self._critical_since_s, after) or 0.0 < left < p["BATT_CRT_MAH"]
        low = self._lasted(self._low_since_s, after) or 0.0 < left < p["BATT_LOW_MAH"]
        state = BATTERY_CRITICAL if critical else BATTERY_LOW if low else BATTERY_OK
        if state <= self.battery_state or not vehicle.armed:
            # The state is latched until the next power-on; disarmed, a charged battery clears it.
            if not vehicle.armed:
                self.battery_state = state
            return
        self.battery_state = state
        critical = state == BATTERY_CRITICAL
        level, action_param = ("critical", "BATT_FS_CRT_ACT") if critical else ("low", "BATT_FS_LOW_ACT")
        vehicle.send_text(f"Battery 1 is {level} {volts:.2f}V used {used:.0f} mAh", WARNING)
        action = int(p[action_param])
        if action == 0:
            return
        vehicle.send_text("Battery Failsafe", WARNING)
        if self.commander.landing and self._continues_landing():
            return
        self._react(self.battery_modes.get(action))

    def _continues_landing(self) -> bool:
        """Return whether a low battery lets a landing continue."""
        return bool(int(self.vehicle.params["FS_OPTIONS"]) & CONTINUE_LANDING)

    def _check_position(self) -> None:
        vehicle = self.vehicle
        lost = vehicle.armed and not vehicle.est.landed and not vehicle.est.ready.gps_used
        self._position_lost_since_s = self._since(lost, self._position_lost_since_s)
        action = int(vehicle.params["FS_EKF_ACTION"])
        concerned = self.commander.mode.needs_position or action == 3
        if not (self._lasted(self._position_lost_since_s, POSITION_LOST_S) and concerned and action):
            return
        mode = "ALT_HOLD" if action == 2 else "LAND"
        vehicle.send_text("EKF variance", CRITICAL)
        vehicle.send_text(f"EKF Failsafe: changed to {mode} Mode", CRITICAL)
        self._react(mode)

    def _check_fence(self) -> None:
        """React once to each newly breached fence; a mode chosen by the operator afterwards stays."""
        found = ardupilot_fence.breaches(self.vehicle, self.fence)
        bits = sum(found)
        new = bits & ~self._breached
        self._breached = bits
        self.vehicle.fence_breached = bool(bits)
        self.vehicle.breached_fences = ardupilot_fence.fence_names(bits) if bits else ""
        if not new or not self.vehicle.armed:
            return
        if not self._on_ground():
            self.vehicle.send_text(f"{ardupilot_fence.fence_names(new)} breached", NOTICE)
        mode = self.fence_modes.get(int(self.vehicle.params["FENCE_ACTION"]))
        if mode is not None and max(found.values()) > FENCE_GIVE_UP_M:
            mode = self.far_outside_mode or mode
        self._react(mode)

    def _check_crash(self) -> None:
        vehicle, limits = self.vehicle, CRASH_CHECK
        self._accel_m_s2 += ACCEL_SHARE * (math.hypot(*vehicle.est.accel_ned) - self._accel_m_s2)
        # The emulated estimate of a wreck runs away; ArduPilot's goes back to the GPS.
        speed_m_s = math.hypot(*vehicle.sensors.gps.vel_ned)
        error_deg = attitude_error_deg(vehicle)
        crashing = (
            vehicle.armed
            and not vehicle.est.landed
            and bool(vehicle.params["FS_CRASH_CHECK"])
            and self.commander.mode.name not in UNCHECKED_MODES
            and self._accel_m_s2 < limits["accel_m_s2"]
            and lean_deg(vehicle) > limits["lean_deg"]
            and error_deg > limits["error_deg"]
            and speed_m_s < limits["speed_m_s"]
        )
        self._crash_since_s = self._since(crashing, self._crash_since_s)
        if self._lasted(self._crash_since_s, limits["seconds"]):
            vehicle.send_text(
                f"Crash: Disarming: AngErr={error_deg:.0f}>{limits['error_deg']:.0f}, "
                f"Accel={self._accel_m_s2:.1f}<{limits['accel_m_s2']:.1f}",
                EMERGENCY,
            )
            self.commander.disarm(force=True)

    def _since(self, bad: bool, since_s: float | None) -> float | None:
        if not bad:
            return None
        return self.vehicle.time_s if since_s is None else since_s

    def _lasted(self, since_s: float | None, seconds: float) -> bool:
        return since_s is not None and self.vehicle.time_s - since_s >= seconds

    def _on_ground(self) -> bool:
        return self.vehicle.est.landed

    def _react(self, mode: str | None) -> None:
        """Change to a mode in flight, or disarm on the ground. None: nothing."""
        if mode is None or not self.vehicle.armed:
            return
        if self._on_ground():
            self.commander.disarm()
            return
        modes = self.commander.stack.modes
        if not self.commander.change_mode(modes.named(mode), failsafe=True).ok:
            self.commander.change_mode(modes.named(self.last_resort_mode), failsafe=True)
