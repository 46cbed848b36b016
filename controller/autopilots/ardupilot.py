"""ArduPilot: Copter, Plane (with and without VTOL), Rover, Sub."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from controller.autopilot_facts.facts import ARDUPILOT, StackFacts
from controller.autopilots import ardupilot_modes, ardupilot_plans
from controller.autopilots.base import (
    Autopilot,
    FenceSettling,
    MissionEnd,
    ModeRequest,
    StreamRequest,
    WirePlan,
)
from controller.autopilots.commands import (
    RETURN_TO_LAUNCH,
    HasCommand,
    last_navigation_item,
    starts_with_takeoff,
)
from controller.autopilots.failsafes import failsafe_named
from controller.autopilots.plan_checks import Climb, PlanContext, plane_findings, refused_findings
from controller.autopilots.procedures import (
    Arm,
    Procedure,
    ProcedureUnavailable,
    SendCommand,
    SetMode,
    SetParam,
    WaitUntil,
)
from controller.autopilots.readback import ReadbackDifference, compare_items
from controller.autopilots.refusals import Cure, refusal_cure
from controller.autopilots.state_view import StateView
from controller.autopilots.vehicle_class import VehicleClass
from controller.missions.checks.findings import Finding
from controller.missions.checks.items import Capabilities
from controller.missions.commands import LANDINGS, MOUNT_TARGETING
from controller.missions.plan import Home
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.storage import (
    ArduPilotMission,
    ListStorage,
    ardupilot_fence,
    ardupilot_mission,
    ardupilot_rally,
)
from controller.protocol.mission.stored_values import AllowedChange
from controller.protocol.mission.wire import FENCE, MISSION
from controller.wire.enums import MAV_CMD, MAV_DO_REPOSITION_FLAGS, MAV_FRAME, MAV_MODE_FLAG

_NUMBERS = {
    VehicleClass.COPTER: ardupilot_modes.COPTER,
    VehicleClass.PLANE: ardupilot_modes.PLANE,
    VehicleClass.VTOL: ardupilot_modes.PLANE,
    VehicleClass.ROVER: ardupilot_modes.ROVER,
    VehicleClass.SUBMARINE: ardupilot_modes.SUBMARINE,
    VehicleClass.OTHER: {},
}

# A copter holds in BRAKE, not LOITER: LOITER follows the throttle stick, and without a transmitter it descends.
_PURPOSES: dict[VehicleClass, dict[str, str]] = {
    VehicleClass.COPTER: {
        "mission": "AUTO",
        "hold": "BRAKE",
        "guided": "GUIDED",
        "return": "RTL",
        "land": "LAND",
        "takeoff": "GUIDED",
    },
    VehicleClass.PLANE: {
        "mission": "AUTO",
        "hold": "LOITER",
        "guided": "GUIDED",
        "return": "RTL",
        "takeoff": "TAKEOFF",
    },
    VehicleClass.VTOL: {
        "mission": "AUTO",
        "hold": "LOITER",
        "guided": "GUIDED",
        "return": "RTL",
        "land": "QLAND",
        "takeoff": "GUIDED",
    },
    VehicleClass.ROVER: {"mission": "AUTO", "hold": "HOLD", "guided": "GUIDED", "return": "RTL"},
    VehicleClass.SUBMARINE: {"mission": "AUTO", "hold": "POSHOLD", "guided": "GUIDED", "land": "SURFACE"},
    VehicleClass.OTHER: {},
}

# Altitude for the change from TAKEOFF mode to AUTO if a plane's plan has no takeoff item; below the TKOFF_ALT of 50 m.
_PLANE_HANDOVER_ALT_M = 40.0


_FACTS = StackFacts(ARDUPILOT)


class ArduPilot(Autopilot):
    """ArduPilot: home is item 0 of every mission; integer parameters are cast to float."""

    name = "ArduPilot"
    bytewise_params = False
    packs_params = _FACTS.flag("parameter_file")
    first_seq = _FACTS.integer("home_item")
    fence_settling = FenceSettling(
        clear_wait_s=_FACTS.table("fence_kind_replaced")["clear_wait_s"],
        count_after_s=_FACTS.table("fence_kind_replaced")["count_again_after_s"],
    )
    log_folders = _FACTS.texts("ftp_log_folder")
    empty_log_list_silent = _FACTS.flag("empty_log_list_silent")
    maintained_params = _FACTS.texts("maintained_parameters")
    lists_all_params = _FACTS.flag("parameters_all_listed")
    log_numbers_in_order = True

    @property
    def modes(self) -> Mapping[str, ModeRequest]:
        return {
            name: ModeRequest(MAV_MODE_FLAG.CUSTOM_MODE_ENABLED, number)
            for name, number in _NUMBERS[self.kind].items()
        }

    def mode_name(self, base_mode: int, custom_mode: int) -> str:  # noqa: ARG002 - other autopilots need both
        for name, number in _NUMBERS[self.kind].items():
            if number == custom_mode:
                return name
        return f"MODE {custom_mode}"

    @property
    def mission_modes(self) -> frozenset[str]:
        return frozenset(("AUTO", "AUTO_RTL"))

    @property
    def modes_set_by_mission(self) -> frozenset[str]:
        # A plane changes to RTL by an RTL item and at the end of the mission.
        return frozenset(("RTL", "QRTL")) if self._has_wings else frozenset()

    @property
    def mode_roles(self) -> Mapping[str, str]:
        return _PURPOSES[self.kind]

    @property
    def _has_wings(self) -> bool:
        return self.kind in (VehicleClass.PLANE, VehicleClass.VTOL)

    # Procedures

    def arming_blockers(self, state: StateView) -> tuple[str, ...]:
        reasons = []
        if state.gps_fix is not None and state.gps_fix < 3:
            reasons.append("no GPS fix")
        if state.position_good is False:
            reasons.append("the EKF does not use GPS yet")
        if state.home_alt_amsl_m is None:
            reasons.append("home is not set")
        if state.prearm_ok is False:
            reasons.append("pre-arm checks fail")
        return tuple(reasons)

    def refusal_cure(self, reason: str, state: StateView) -> Cure:  # noqa: ARG002
        return refusal_cure(ARDUPILOT, reason)

    def failsafe_named(self, text: str) -> str | None:
        return failsafe_named(ARDUPILOT, text)

    def start_mission(self, items: Sequence[MissionItem], state: StateView) -> Procedure:
        if state.armed and state.alt_rel_m is not None and state.alt_rel_m > 2.0:
            return (SetMode("AUTO"),)
        if self.kind is VehicleClass.PLANE and not starts_with_takeoff(items):
            return (
                SetMode("TAKEOFF"),
                Arm(),
                WaitUntil(
                    f"climb to {_PLANE_HANDOVER_ALT_M:g} m in TAKEOFF mode",
                    lambda now: now.alt_rel_m is not None and now.alt_rel_m >= _PLANE_HANDOVER_ALT_M,
                    120.0,
                ),
                SetMode("AUTO"),
            )
        if self.kind in (VehicleClass.COPTER, VehicleClass.VTOL) and not starts_with_takeoff(items):
            raise ProcedureUnavailable(
                "the plan does not begin with a takeoff, and ArduPilot does not start such a mission from the ground; "
                "put a takeoff item first"
            )
        if self._has_wings:
            return (SetMode("AUTO"), Arm())
        if self.kind is VehicleClass.COPTER:
            # Armed in AUTO, a copter waits for the throttle stick; MISSION_START starts without it. A repeat during the
            # mission has no effect.
            start = SendCommand(command=MAV_CMD.MISSION_START, repeatable=True)
            return (SetMode("GUIDED"), Arm(), SetMode("AUTO"), start)
        return (SetMode(self.mode_for("hold")), Arm(), SetMode("AUTO"))

    def takeoff(self, alt_m: float, state: StateView) -> Procedure:  # noqa: ARG002
        if self.kind in (VehicleClass.COPTER, VehicleClass.VTOL):
            return (SetMode("GUIDED"), Arm(), SendCommand(command=MAV_CMD.NAV_TAKEOFF, p7=alt_m))
        if self.kind is VehicleClass.PLANE:
            return (SetParam("TKOFF_ALT", alt_m), SetMode("TAKEOFF"), Arm())
        raise ProcedureUnavailable(f"a {self.kind.value} does not take off")

    def goto(self, lat_deg: float, lon_deg: float, alt_m: float, state: StateView) -> Procedure:  # noqa: ARG002
        return (
            SendCommand(
                command=MAV_CMD.DO_REPOSITION,
                p1=-1.0,
                p2=MAV_DO_REPOSITION_FLAGS.CHANGE_MODE,
                p4=math.nan,
                p5=lat_deg,
                p6=lon_deg,
                p7=alt_m,
                frame=MAV_FRAME.GLOBAL_RELATIVE_ALT,
            ),
        )

    def land(self) -> Procedure:
        if self.kind is VehicleClass.PLANE:
            # ArduPlane has no landing mode: a plane lands by the landing sequence of its mission.
            return (SendCommand(command=MAV_CMD.DO_LAND_START),)
        return super().land()

    # Checks before takeoff

    def capabilities(self, mav_type: int) -> Capabilities:
        able = super().capabilities(mav_type)
        # start_mission refuses a mission without takeoff, or takes off in TAKEOFF mode.
        taken = (
            ardupilot_plans.vtol_items_on_copters() if self.kind is VehicleClass.COPTER else frozenset[int]()
        )
        return replace(able, impossible=able.impossible - taken, needs_takeoff=False)

    def plan_findings(self, context: PlanContext) -> tuple[Finding, ...]:
        found = super().plan_findings(context)
        taken = self._mission_storage.taken
        found += tuple(refused_findings(context.plan.items, self.name, taken, ardupilot_plans.INSTEAD))
        if ardupilot_plans.takes_off_by_mode(context.plan.items, self.kind):
            found += (ardupilot_plans.takeoff_note(_PLANE_HANDOVER_ALT_M),)
        if self.kind is VehicleClass.PLANE:
            lands = any(item.command in LANDINGS for item in context.plan.items)
            radius_m = abs(context.params.get("WP_LOITER_RAD", 0.0)) or ardupilot_plans.loiter_radius_m()
            found += tuple(plane_findings(context, radius_m, lands=lands))
        return found

    def climbs(self, context: PlanContext) -> tuple[Climb, ...]:
        return ardupilot_plans.climbs(context, self.kind, _PLANE_HANDOVER_ALT_M)

    @property
    def checked_params(self) -> tuple[tuple[str, ...], ...]:
        return ardupilot_plans.checked_params(self.kind)

    def unavailable(self, command: str, items: Sequence[HasCommand]) -> str:
        if command == "land" and self.kind is VehicleClass.PLANE:
            return ardupilot_plans.land_missing(items)
        return super().unavailable(command, items)

    # Missions

    def wire_plan(self, items: Sequence[MissionItem], home: Home | None) -> WirePlan:
        notes = []
        cleaned = []
        for number, item in enumerate(items, 1):
            blank: dict[str, Any] = {
                field: 0.0
                for field in ("param1", "param2", "param3", "param4")
                if not math.isfinite(getattr(item, field))
            }
            if not math.isfinite(item.z):
                blank["z"] = 0.0
            aimed = item.command == MAV_CMD.DO_MOUNT_CONTROL and item.z == MOUNT_TARGETING
            kept = self._mission_storage.kept(item.command)
            missed = [field for field in blank if field == "z" or field in kept]
            if missed:
                notes.append(f"item {number}: {', '.join(missed)} left open in the plan, sent as 0")
            if aimed:
                # AP_Mission stores the angles only, and always aims by them: sent as stored, the mode is no difference.
                blank["z"] = 0.0
            cleaned.append(replace(item, **blank) if blank else item)
        return WirePlan((_home_item(home), *cleaned), tuple(notes))

    @property
    def _mission_storage(self) -> ArduPilotMission:
        return ardupilot_mission(winged=self._has_wings)

    def storage(self, mission_type: int) -> ListStorage:
        if mission_type == MISSION:
            return self._mission_storage
        return ardupilot_fence() if mission_type == FENCE else ardupilot_rally()

    def readback_differences(
        self, sent: Sequence[MissionItem], received: Sequence[MissionItem], mission_type: int = MISSION
    ) -> tuple[ReadbackDifference, ...]:
        if mission_type != MISSION or not sent or not received:
            return super().readback_differences(sent, received, mission_type)
        rules = self._mission_storage.changes
        return compare_items(sent[:1], received[:1], self._home_changes) + compare_items(
            sent[1:], received[1:], rules, first_seq=1
        )

    def _home_changes(self, item: MissionItem) -> dict[str, AllowedChange]:
        """Return the changes of item 0: the autopilot replaces it by its own home as soon as it has one."""
        params = {k: v for k, v in self._mission_storage.changes(item).items() if k.startswith("param")}
        anywhere = AllowedChange(0.0, "replaced by the aircraft's home", lambda _: True)
        return {"x": anywhere, "y": anywhere, "z": anywhere, **params}

    def mission_end(self, items: Sequence[MissionItem]) -> MissionEnd:
        last = last_navigation_item(items)
        if last is None or last.command in LANDINGS:
            return MissionEnd.LANDED
        if last.command == RETURN_TO_LAUNCH and not self._has_wings and self.kind is not VehicleClass.ROVER:
            return MissionEnd.LANDED
        return MissionEnd.HOLDING

    # Telemetry

    @property
    def streams(self) -> tuple[StreamRequest, ...]:
        return (
            StreamRequest("GLOBAL_POSITION_INT", 5.0),
            StreamRequest("ATTITUDE", 5.0),
            StreamRequest("VFR_HUD", 2.0),
            StreamRequest("SYS_STATUS", 2.0),
            StreamRequest("GPS_RAW_INT", 1.0),
            StreamRequest("EKF_STATUS_REPORT", 1.0, may_refuse=True),
            StreamRequest("EXTENDED_SYS_STATE", 2.0, may_refuse=True),
            StreamRequest("MISSION_CURRENT", 2.0),
            StreamRequest("BATTERY_STATUS", 0.5, may_refuse=True),
            StreamRequest("NAV_CONTROLLER_OUTPUT", 1.0, may_refuse=True),
            StreamRequest("VIBRATION", 0.5, may_refuse=True),
            StreamRequest("WIND", 0.5, may_refuse=True),
        )


def _home_item(home: Home | None) -> MissionItem:
    """Return item 0; the aircraft replaces it by its own home as soon as it has one."""
    return MissionItem(
        frame=int(MAV_FRAME.GLOBAL),
        command=int(MAV_CMD.NAV_WAYPOINT),
        x=round(home.lat_deg * 1e7) if home else 0,
        y=round(home.lon_deg * 1e7) if home else 0,
        z=home.alt_amsl_m if home else 0.0,
    )
