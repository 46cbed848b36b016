"""PX4's failsafes: lost ground station, low battery, lost position, lost OFFBOARD setpoints, breached geofence.

Source: PX4's commander/failsafe and navigator/geofence; the reference timings are in the tests.
"""

from __future__ import annotations

from controller.geo import near_distance_m
from hil.autopilot.commander import Commander
from hil.autopilot.failsafe.base import (
    BATTERY_CRITICAL,
    BATTERY_EMERGENCY,
    BATTERY_LOW,
    BATTERY_OK,
    Failsafe,
)
from hil.autopilot.failsafe.px4_failure_detector import FailureDetector
from hil.autopilot.stacks.modes import ModeKind
from hil.autopilot.stacks.px4_events import failsafe_event
from hil.autopilot.stacks.stack_events import SentEvent
from hil.autopilot.vehicle_context import CRITICAL, VehicleContext

SEVERITY = ("LOITER", "RTL", "LAND")  # of the reaction, mildest first
GCS_MODES = {1: "LOITER", 2: "RTL", 3: "LAND"}  # NAV_DLL_ACT
OFFBOARD_MODES = {3: "RTL", 4: "LAND"}  # COM_OBL_RC_ACT; all others hold
FENCE_MODES = {2: "LOITER", 3: "RTL", 5: "LAND"}  # GF_ACTION; 1 warns only
FENCE_TERMINATES = 4
# COM_DLL_EXCEPT bits
EXCEPT_MISSION, EXCEPT_HOLD, EXCEPT_OFFBOARD = 1, 2, 4


BATTERY_CAUSES = {BATTERY_LOW: "low", BATTERY_CRITICAL: "critical", BATTERY_EMERGENCY: "emergency"}


class Px4Failsafe(Failsafe):
    """NAV_DLL_ACT, COM_DL_LOSS_T, COM_FAIL_ACT_T, COM_LOW_BAT_ACT, BAT_*_THR, COM_OF_LOSS_T, COM_OBL_RC_ACT."""

    def __init__(self, vehicle: VehicleContext, commander: Commander) -> None:
        super().__init__(vehicle, commander)
        self._causes: dict[str, int] = {}  # cause -> severity of its reaction
        self._delayed: tuple[float, str, str] | None = (
            None  # at this time, change to this mode for this cause
        )
        self._mode_before: str | None = None
        self._fence_reason = ""
        self._detector = FailureDetector(vehicle, commander)

    def step(self) -> None:
        vehicle, p = self.vehicle, self.vehicle.params
        vehicle.gcs_connected = self.gcs_seen_s is not None and self.gcs_silence_s <= p["COM_DL_LOSS_T"]
        self._update_battery()
        self._detector.step()
        flying = vehicle.armed and not vehicle.est.landed
        self._update("ground", self._gcs_reaction() if flying else None)
        self._update("battery", self._battery_reaction() if flying else None)
        self._update("position", self._position_reaction() if flying else None)
        self._update("offboard", self._offboard_reaction() if flying else None)
        self._update("fence", self._fence_reaction() if flying else None)
        self.active = bool(self._causes) and self.commander.failsafe_mode
        if self._delayed is not None and vehicle.time_s >= self._delayed[0]:
            _, mode, cause = self._delayed
            self._delayed = None
            vehicle.send_text("Failsafe activated", CRITICAL, event=self._event(mode, cause))
            self._change(mode)

    def _update(self, cause: str, mode: str | None) -> None:
        """Take note of the reaction that a cause demands now; None: the cause is gone."""
        if mode is None:
            if self._causes.pop(cause, None) is not None and not self._causes:
                self._recover()
            return
        severity = SEVERITY.index(mode)
        if cause in self._causes and self._causes[cause] >= severity:
            return
        self._causes[cause] = severity
        if severity < max(self._causes.values()):
            return
        if self._mode_before is None:
            self._mode_before = self.commander.mode.name
        wait_s = self.vehicle.params["COM_FAIL_ACT_T"]
        at_once = mode == "LAND" and cause in ("position", "battery")
        if wait_s <= 0.0 or at_once or mode == "LOITER":
            self._delayed = None
            self.vehicle.send_text("Failsafe activated", CRITICAL, event=self._event(mode, cause))
            self._change(mode)
            return
        text = f"Failsafe activated: entering Hold for {wait_s:.0f} seconds"
        self.vehicle.send_text(text, CRITICAL, event=self._event(mode, cause, wait_s))
        self._delayed = (self.vehicle.time_s + wait_s, mode, cause)
        self._change("LOITER")

    def _event(self, mode: str, cause: str, wait_s: float = 0.0) -> SentEvent:
        if cause == "battery":
            cause = BATTERY_CAUSES.get(self.battery_state, "")
        return failsafe_event(mode, cause, wait_s, self.commander.mode.number)

    def _change(self, mode: str) -> None:
        modes = self.commander.stack.modes
        if self.commander.landing and mode != "LAND":
            return
        if not self.commander.change_mode(modes.named(mode), failsafe=True).ok:
            self.commander.change_mode(modes.named("LAND"), failsafe=True)

    def _recover(self) -> None:
        """Go back to the mode before the failsafe."""
        self._delayed = None
        before, self._mode_before = self._mode_before, None
        flying = self.vehicle.armed and not self.vehicle.est.landed
        if self.commander.failsafe_mode and flying and before is not None:
            self.commander.change_mode(self.commander.stack.modes.named(before))

    # --- reactions ---

    def _gcs_reaction(self) -> str | None:
        p, mode = self.vehicle.params, self.commander.mode
        reaction = GCS_MODES.get(int(p["NAV_DLL_ACT"]))
        lost = self.gcs_seen_s is not None and self.gcs_silence_s > p["COM_DL_LOSS_T"]
        if not lost or reaction is None:
            return None
        excepted = {ModeKind.MISSION: EXCEPT_MISSION, ModeKind.GUIDED: EXCEPT_HOLD}.get(mode.kind, 0)
        if mode.needs_setpoint_stream:
            excepted = EXCEPT_OFFBOARD
        return None if int(p["COM_DLL_EXCEPT"]) & excepted and "ground" not in self._causes else reaction

    def _update_battery(self) -> None:
        vehicle, p = self.vehicle, self.vehicle.params
        left = vehicle.remaining
        state = (
            BATTERY_EMERGENCY if left < p["BAT_EMERGEN_THR"]
            else BATTERY_CRITICAL if left < p["BAT_CRIT_THR"]
            else BATTERY_LOW if left < p["BAT_LOW_THR"]
            else BATTERY_OK
        )  # fmt: skip
        if state > self.battery_state and vehicle.armed:
            texts = {BATTERY_LOW: "Low battery", BATTERY_CRITICAL: "Critical battery"}
            vehicle.send_text(texts.get(state, "Emergency battery level"), CRITICAL)
        # The charge estimate recovers without load; the warning stays.
        self.battery_state = max(state, self.battery_state) if vehicle.armed else state

    def _battery_reaction(self) -> str | None:
        action = int(self.vehicle.params["COM_LOW_BAT_ACT"])
        if self.battery_state >= BATTERY_EMERGENCY and action == 3:
            return "LAND"
        if self.battery_state >= BATTERY_CRITICAL:
            return {2: "LAND", 3: "RTL"}.get(action)
        return None

    def _position_reaction(self) -> str | None:
        needs = self.commander.mode.needs_position or "position" in self._causes
        return "LAND" if needs and not self.vehicle.est.ready.gps_used else None

    def _fence_reaction(self) -> str | None:
        """Return the mode after a breach; it stays until the operator changes the mode or it disarms."""
        reason, action = self._fence_breach(), int(self.vehicle.params["GF_ACTION"])
        new = bool(reason) and reason != self._fence_reason and action != 0
        self._fence_reason = reason
        self.vehicle.fence_breached = bool(reason)
        if new:
            self.vehicle.send_text(f"Geofence: {reason}", CRITICAL)
            if action == FENCE_TERMINATES:
                self.vehicle.send_text("Flight termination triggered", CRITICAL)
                self.commander.disarm(force=True)
        holds = "fence" in self._causes and self.commander.failsafe_mode
        return FENCE_MODES.get(action) if new or holds else None

    def _fence_breach(self) -> str:
        """Return the breached limit in PX4's words, "" for none."""
        vehicle, p, home = self.vehicle, self.vehicle.params, self.vehicle.home
        here = vehicle.here
        if not vehicle.est.ready.gps_used:
            return self._fence_reason
        if home is not None and p["GF_MAX_HOR_DIST"] > 0.0:
            away_m = near_distance_m(here.lat_deg, here.lon_deg, home.lat_deg, home.lon_deg)
            if away_m > p["GF_MAX_HOR_DIST"]:
                return "exceeding maximum distance to Home"
        if 0.0 < p["GF_MAX_VER_DIST"] < vehicle.height_m:
            return "exceeding maximum altitude above Home"
        outside = self.fence.breach_m(here.lat_deg, here.lon_deg, any_inclusion=True) > 0.0
        return "approaching or outside geofence" if outside else ""

    def _offboard_reaction(self) -> str | None:
        reaction = OFFBOARD_MODES.get(int(self.vehicle.params["COM_OBL_RC_ACT"]), "LOITER")
        if not self.commander.mode.needs_setpoint_stream:
            return reaction if "offboard" in self._causes and self.commander.failsafe_mode else None
        silent_s = self.commander.guided.silent_s(self.vehicle)
        return reaction if silent_s > max(self.vehicle.params["COM_OF_LOSS_T"], 0.1) else None
