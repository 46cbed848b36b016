"""PX4: multicopters, planes, VTOL and rovers, which share their modes and procedures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from controller.autopilot_facts.facts import PX4 as PX4_FACTS
from controller.autopilot_facts.facts import StackFacts
from controller.autopilots import px4_plans
from controller.autopilots.base import Autopilot, MissionEnd, ModeRequest, StreamRequest, WirePlan
from controller.autopilots.commands import RETURN_TO_LAUNCH, last_navigation_item
from controller.autopilots.failsafes import failsafe_named
from controller.autopilots.plan_checks import Climb, PlanContext, plane_findings
from controller.autopilots.procedures import Arm, Procedure, ProcedureUnavailable, SendCommand, SetMode
from controller.autopilots.refusals import Cure, refusal_cure, starts
from controller.autopilots.state_view import StateView
from controller.autopilots.vehicle_class import VehicleClass
from controller.missions.checks.findings import Finding
from controller.missions.checks.items import Capabilities
from controller.missions.commands import LANDINGS
from controller.missions.plan import Home
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.storage import ListStorage, px4_fence, px4_mission, px4_rally
from controller.protocol.mission.wire import FENCE, MISSION
from controller.wire.enums import MAV_CMD, MAV_DO_REPOSITION_FLAGS, MAV_FRAME, MAV_MODE_FLAG

# Main and sub modes from PX4's px4_custom_mode.h (1.13 to 1.17).
_AUTO, _POSCTL = 4, 3
_MAIN = {
    "MANUAL": 1,
    "ALTCTL": 2,
    "POSCTL": 3,
    "ACRO": 5,
    "OFFBOARD": 6,
    "STABILIZED": 7,
    "RATTITUDE": 8,
    "TERMINATION": 10,
    "ALTITUDE_CRUISE": 11,
}
_AUTO_SUB = {
    "READY": 1,
    "TAKEOFF": 2,
    "LOITER": 3,
    "MISSION": 4,
    "RTL": 5,
    "LAND": 6,
    "FOLLOWME": 8,
    "PRECLAND": 9,
    "VTOL_TAKEOFF": 10,
    **{f"EXTERNAL{n}": 10 + n for n in range(1, 9)},
}
_POSCTL_SUB = {"ORBIT": 1, "POSITION_SLOW": 2}

_MODES = {
    **{name: (main, 0) for name, main in _MAIN.items()},
    **{name: (_AUTO, sub) for name, sub in _AUTO_SUB.items()},
    **{name: (_POSCTL, sub) for name, sub in _POSCTL_SUB.items()},
}
_NAMES = {main << 16 | sub << 24: name for name, (main, sub) in _MODES.items()}


_FACTS = StackFacts(PX4_FACTS)


class PX4(Autopilot):
    """PX4: missions have no home item; integer parameters are encoded bytewise."""

    name = "PX4"
    bytewise_params = True
    first_seq = 0
    rejected_mission_state = _FACTS.integer("acknowledged_not_feasible")
    log_folders = _FACTS.texts("ftp_root")
    empty_log_list_silent = _FACTS.flag("empty_log_list_silent")
    maintained_params = _FACTS.texts("maintained_parameters")
    reboot_params = _FACTS.texts("reboot_parameters")
    lists_all_params = _FACTS.flag("parameters_all_listed")

    @property
    def modes(self) -> Mapping[str, ModeRequest]:
        return {
            name: ModeRequest(MAV_MODE_FLAG.CUSTOM_MODE_ENABLED, main, sub)
            for name, (main, sub) in _MODES.items()
        }

    def mode_name(self, base_mode: int, custom_mode: int) -> str:  # noqa: ARG002 - PX4's custom mode is sufficient
        return _NAMES.get(custom_mode, f"MODE {custom_mode >> 16 & 0xFF}.{custom_mode >> 24}")

    @property
    def mission_modes(self) -> frozenset[str]:
        return frozenset(("MISSION",))

    @property
    def modes_set_by_mission(self) -> frozenset[str]:
        # A finished mission ends in LOITER; a return item sets LOITER, then RTL.
        return frozenset(("LOITER", "RTL", "LAND", "PRECLAND"))

    @property
    def mode_roles(self) -> Mapping[str, str]:
        return {
            "mission": "MISSION",
            "hold": "LOITER",
            "guided": "LOITER",
            "return": "RTL",
            "land": "LAND",
            "takeoff": "TAKEOFF",
        }

    # Procedures

    def arming_blockers(self, state: StateView) -> tuple[str, ...]:
        reasons = []
        if state.gps_fix is not None and state.gps_fix < 3:
            reasons.append("no GPS fix")
        if state.position_good is False:
            reasons.append("no position estimate yet")
        if state.home_alt_amsl_m is None:
            reasons.append("home is not set")
        if state.prearm_ok is not True:
            # PX4 reports only that all checks pass, never that they are running.
            reasons.append("pre-arm checks fail")
        return tuple(reasons)

    def refusal_cure(self, reason: str, state: StateView) -> Cure:
        denied = _FACTS.table("arming_denied_text")
        if denied["text"] in reason.lower():
            return Cure.TIME if starts(state, denied["start_s"]) else Cure.UNKNOWN
        return refusal_cure(PX4_FACTS, reason)

    def failsafe_named(self, text: str) -> str | None:
        return failsafe_named(PX4_FACTS, text)

    def start_mission(self, items: Sequence[MissionItem], state: StateView) -> Procedure:  # noqa: ARG002
        return (SetMode("MISSION"), Arm())

    def takeoff(self, alt_m: float, state: StateView) -> Procedure:
        if state.home_alt_amsl_m is None:
            raise ProcedureUnavailable(
                "PX4 needs the takeoff altitude above sea level, and home is unknown; wait for a position"
            )
        return (
            SendCommand(
                command=MAV_CMD.NAV_TAKEOFF,
                p1=-1.0,
                p4=math.nan,
                p5=math.nan,
                p6=math.nan,
                p7=state.home_alt_amsl_m + alt_m,
            ),
            Arm(),
        )

    def goto(self, lat_deg: float, lon_deg: float, alt_m: float, state: StateView) -> Procedure:
        if state.home_alt_amsl_m is None:
            raise ProcedureUnavailable(
                "PX4 needs the altitude above sea level, and home is unknown; wait for a position"
            )
        return (
            SendCommand(
                command=MAV_CMD.DO_REPOSITION,
                p1=-1.0,
                p2=MAV_DO_REPOSITION_FLAGS.CHANGE_MODE,
                p4=math.nan,
                p5=lat_deg,
                p6=lon_deg,
                p7=state.home_alt_amsl_m + alt_m,
                frame=MAV_FRAME.GLOBAL,
            ),
        )

    # Checks before takeoff

    def capabilities(self, mav_type: int) -> Capabilities:
        able = super().capabilities(mav_type)
        # A multicopter on the ground takes off by itself to the first position.
        return replace(able, needs_takeoff=False) if self.kind is VehicleClass.COPTER else able

    def plan_findings(self, context: PlanContext) -> tuple[Finding, ...]:
        found = (*super().plan_findings(context), *px4_plans.findings(context, self.kind))
        if self.kind is VehicleClass.PLANE:  # a missing landing is an error of PX4's own
            radius_m = abs(context.params.get("NAV_LOITER_RAD", 0.0)) or px4_plans.loiter_radius_m()
            found += tuple(plane_findings(context, radius_m, lands=True))
        return found

    @property
    def checked_params(self) -> tuple[tuple[str, ...], ...]:
        return px4_plans.checked_params(self.kind)

    def climbs(self, context: PlanContext) -> tuple[Climb, ...]:
        return px4_plans.climbs(context, self.kind)

    # Missions

    def needs_home(self, items: Sequence[MissionItem]) -> bool:
        placed = [
            item for item in items if item.command in px4_mission().placed and item.frame != MAV_FRAME.MISSION
        ]
        # The first position is home for an item without one; the items after it take the position before them.
        return bool(placed) and placed[0].x == 0 and placed[0].y == 0

    def wire_plan(self, items: Sequence[MissionItem], home: Home | None) -> WirePlan:
        notes: list[str] = []
        wire = []
        last_x, last_y = (round(home.lat_deg * 1e7), round(home.lon_deg * 1e7)) if home else (0, 0)
        for number, item in enumerate(items, 1):
            if item.command not in px4_mission().placed:
                # PX4 accepts items without a position only in MAV_FRAME_MISSION; their fields keep their meaning.
                item = replace(item, frame=int(MAV_FRAME.MISSION))
            elif item.x == 0 and item.y == 0 and item.frame != MAV_FRAME.MISSION:
                # Position 0, 0 is the current position in ArduPilot, but a position in the Gulf of Guinea in PX4.
                if last_x or last_y:
                    item = replace(item, x=last_x, y=last_y)
                    notes.append(f"item {number}: without a position, sent with the position before it")
            elif item.command not in (MAV_CMD.NAV_ROI, MAV_CMD.DO_SET_ROI, MAV_CMD.DO_SET_ROI_LOCATION):
                last_x, last_y = item.x, item.y
            wire.append(item)
        return WirePlan(tuple(wire), tuple(notes))

    def storage(self, mission_type: int) -> ListStorage:
        if mission_type == MISSION:
            return px4_mission()
        return px4_fence() if mission_type == FENCE else px4_rally()

    def mission_end(self, items: Sequence[MissionItem]) -> MissionEnd:
        last = last_navigation_item(items)
        if last is None or last.command in LANDINGS:
            return MissionEnd.LANDED
        if last.command == RETURN_TO_LAUNCH and self.kind is not VehicleClass.PLANE:
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
            StreamRequest("ESTIMATOR_STATUS", 1.0, may_refuse=True),
            StreamRequest("EXTENDED_SYS_STATE", 2.0, may_refuse=True),
            # Sent once a second by default; PX4 1.17 refuses requests for it.
            StreamRequest("MISSION_CURRENT", 2.0, may_refuse=True),
            StreamRequest("BATTERY_STATUS", 0.5, may_refuse=True),
            StreamRequest("HOME_POSITION", 0.5, may_refuse=True),
            StreamRequest("VIBRATION", 0.5, may_refuse=True),
            StreamRequest("WIND_COV", 0.5, may_refuse=True),
        )
