"""What surrounds the exchange of a mission: home before it, the verdict after it, changes by other ground stations.

PX4 acknowledges missions that its feasibility check rejects a moment later.
"""

from __future__ import annotations

from collections.abc import Sequence

from controller.errors import AircraftRefused, SafetyRefused
from controller.missions.plan import Home, Plan
from controller.protocol.announcements import AUTOPILOT, WARNING
from controller.protocol.mission.items import MissionItem
from controller.track_length import has_place
from controller.vehicle.connection import Connection
from controller.vehicle.state import MissionStatus, VehicleState
from controller.wire.enums import MAV_SEVERITY

HOME_WITHIN_S = 10.0
_AGAIN_S = 1.0  # between two requests for the home position
VERDICT_S = 3.0  # PX4 sends MISSION_CURRENT once a second, and when the verdict changes it
_ERROR = int(MAV_SEVERITY.ERROR)
NO_VERDICT = "the aircraft did not say within 3 s whether it will fly this mission"


class MissionRejected(AircraftRefused):
    """The aircraft has stored the mission and will not fly it."""


async def wait_for_verdict(connection: Connection, items: int, began_s: float) -> tuple[str, ...]:
    """Wait until the aircraft has judged the mission of `items` items whose upload began at `began_s`.

    Returns a note where it gave no verdict. Raises MissionRejected with the aircraft's reasons. Returns at once for an
    autopilot that judges a mission before it acknowledges it.
    """
    rejected = connection.autopilot.rejected_mission_state
    if rejected is None:
        return ()
    uploaded_s = connection.clock.now()

    def status(state: VehicleState) -> MissionStatus | None:
        mission = state.mission
        if mission is None or mission.current_at_s is None or mission.current_at_s < uploaded_s:
            return None
        return mission if mission.total == items else None

    def accepted(state: VehicleState) -> bool:
        mission = status(state)
        return mission is not None and mission.state != rejected

    if await connection.wait(accepted, VERDICT_S):
        return ()
    if status(connection.state) is None:
        return (NO_VERDICT,)
    reasons = _reasons(connection, began_s)
    raise MissionRejected(
        f"the aircraft will not fly this mission: {reasons or 'it gives no reason'}",
        hint="change the plan and upload it again"
        if reasons
        else "clear the mission on board and upload again: the reason is given when the mission is new",
    )


def _reasons(connection: Connection, since_s: float) -> str:
    """Return what the autopilot said against the mission since `since_s`, errors before warnings."""
    said = [text for text in connection.texts_since(since_s, worst=WARNING) if text.sender == AUTOPILOT]
    errors = [text for text in said if text.severity <= _ERROR]
    return "; ".join(dict.fromkeys(text.text for text in errors or said))


class MissionWatch:
    """Notices that a list on board has changed, by the ids and counts in MISSION_CURRENT."""

    def __init__(self) -> None:
        self._expected: tuple[int | None, tuple[int, int, int]] | None = None

    def expect(self, state: VehicleState) -> None:
        """Take what the aircraft reports now as right."""
        self._expected = _reported(state)

    def changed(self, state: VehicleState) -> tuple[str, ...]:
        """Return the lists that are not as before (mission, fence, rally points), each change once."""
        expected, reported = self._expected, _reported(state)
        self._expected = reported
        if expected is None or reported is None:
            return ()
        changed = [new != old for new, old in zip(reported[1], expected[1], strict=True)]
        changed[0] |= reported[0] != expected[0]
        return tuple(name for name, differs in zip(LISTS, changed, strict=True) if differs)


LISTS = ("mission", "fence", "rally points")


def _reported(state: VehicleState) -> tuple[int | None, tuple[int, int, int]] | None:
    mission = state.mission
    if mission is None or mission.current_at_s is None:
        return None
    return mission.total, mission.ids


async def home_for(connection: Connection, plan: Plan, items: Sequence[MissionItem]) -> Home | None:
    """Return the home position for the upload of a plan; wait for the aircraft's where the plan has none and needs one.

    Raises SafetyRefused where it does not arrive.
    """
    planned = plan.home if plan.home and has_place(plan.home.lat_deg, plan.home.lon_deg) else None
    if planned or not connection.autopilot.needs_home(items):
        return planned or connection.state.home
    if not await wait_for_home(connection):
        raise SafetyRefused(
            "cannot upload the plan: its first item has no position, and the aircraft has no home position yet",
            where=plan.path,
            hint="wait for a GPS fix, or give the item a position",
        )
    return connection.state.home


async def wait_for_home(connection: Connection, within_s: float = HOME_WITHIN_S) -> bool:
    """Request the home position until it arrives; return False after `within_s` seconds without it.

    Some autopilots answer with 0, 0 while they have none.
    """
    until_s = connection.clock.now() + within_s
    while connection.state.home is None:
        await connection.request_home()
        left_s = until_s - connection.clock.now()
        if left_s <= 0.0:
            return connection.state.home is not None
        await connection.wait(lambda state: state.home is not None, min(_AGAIN_S, left_s))
    return True
