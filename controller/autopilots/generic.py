"""Unknown autopilot: telemetry, recording and standard mission transfers, but no procedures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from controller.autopilots.base import Autopilot, MissionEnd, ModeRequest, StreamRequest, WirePlan
from controller.autopilots.commands import last_navigation_item
from controller.autopilots.procedures import Procedure, ProcedureUnavailable, SendCommand
from controller.autopilots.state_view import StateView
from controller.autopilots.vehicle_class import VehicleClass
from controller.missions.commands import LANDINGS
from controller.missions.plan import Home
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.storage import ListStorage
from controller.protocol.mission.stored_values import DROPPED, AllowedChange
from controller.protocol.mission.wire import MISSION
from controller.wire.enums import MAV_CMD, MAV_FRAME, describe


class Generic(Autopilot):
    """Unknown autopilot with MAVLink's common messages: no mode names; missions must read back bit by bit."""

    bytewise_params = False
    first_seq = 0

    def __init__(self, kind: VehicleClass, number: int) -> None:
        super().__init__(kind)
        self.name = f"autopilot {describe('MAV_AUTOPILOT', number)}"

    @property
    def modes(self) -> Mapping[str, ModeRequest]:
        return {}

    def mode_name(self, base_mode: int, custom_mode: int) -> str:
        return f"MODE {base_mode}/{custom_mode}"

    @property
    def mission_modes(self) -> frozenset[str]:
        return frozenset()

    @property
    def modes_set_by_mission(self) -> frozenset[str]:
        return frozenset()

    @property
    def mode_roles(self) -> Mapping[str, str]:
        return {}

    def arming_blockers(self, state: StateView) -> tuple[str, ...]:  # noqa: ARG002
        return (f"the procedures of {self.name} are not known",)

    def start_mission(self, items: Sequence[MissionItem], state: StateView) -> Procedure:  # noqa: ARG002
        raise ProcedureUnavailable(
            f"the start of a mission is not known for {self.name}; start it with its transmitter or ground station"
        )

    def takeoff(self, alt_m: float, state: StateView) -> Procedure:  # noqa: ARG002
        raise ProcedureUnavailable(f"the takeoff is not known for {self.name}; take off with its transmitter")

    def goto(self, lat_deg: float, lon_deg: float, alt_m: float, state: StateView) -> Procedure:  # noqa: ARG002
        raise ProcedureUnavailable(
            f"flying to a position is not known for {self.name}; use its ground station"
        )

    def return_home(self) -> Procedure:
        return (SendCommand(command=MAV_CMD.NAV_RETURN_TO_LAUNCH),)

    def land(self) -> Procedure:
        return (SendCommand(command=MAV_CMD.NAV_LAND),)

    def wire_plan(self, items: Sequence[MissionItem], home: Home | None) -> WirePlan:  # noqa: ARG002
        return WirePlan(tuple(items))

    def storage(self, mission_type: int) -> ListStorage | None:
        return None if mission_type == MISSION else _AnyArea()

    def mission_end(self, items: Sequence[MissionItem]) -> MissionEnd:
        last = last_navigation_item(items)
        return MissionEnd.LANDED if last is None or last.command in LANDINGS else MissionEnd.HOLDING

    @property
    def streams(self) -> tuple[StreamRequest, ...]:
        return tuple(
            StreamRequest(name, rate_hz, may_refuse=True)
            for name, rate_hz in (
                ("GLOBAL_POSITION_INT", 5.0),
                ("ATTITUDE", 5.0),
                ("SYS_STATUS", 1.0),
                ("GPS_RAW_INT", 1.0),
            )
        )


_RELATIVE = frozenset((MAV_FRAME.GLOBAL_RELATIVE_ALT, MAV_FRAME.GLOBAL_RELATIVE_ALT_INT))
_AMSL = frozenset((MAV_FRAME.GLOBAL, MAV_FRAME.GLOBAL_INT))


class _AnyArea(ListStorage):
    """What any autopilot may do to fence items and rally points.

    A fence has no altitude, so any global frame is equivalent. Rally points may be stored in whole metres.
    """

    def changes(self, item: MissionItem) -> dict[str, AllowedChange]:
        is_rally = item.command == MAV_CMD.NAV_RALLY_POINT
        frames = _RELATIVE if is_rally and item.frame in _RELATIVE else _RELATIVE | _AMSL
        metres = AllowedChange(item.z, "stored as whole metres", lambda got: abs(got - item.z) < 1)
        changes = {
            "frame": AllowedChange(item.frame, "equivalent frame", lambda got: got in frames),
            "autocontinue": AllowedChange(1, "autocontinue is not stored", lambda _: True),
            "z": metres if is_rally else DROPPED,
        }
        unused = ("param1", "param2", "param3", "param4") if is_rally else ("param2", "param3", "param4")
        return changes | dict.fromkeys(unused, DROPPED)
