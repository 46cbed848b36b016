"""The mission on board, as the live view handles it: read, sent, and flown only if it is still the one that is shown."""

from __future__ import annotations

from collections.abc import Sequence

from controller.app import preflight
from controller.app.fly_options import FlyOptions
from controller.errors import SafetyRefused, UserError
from controller.missions.checks.findings import Severity, refuse_errors
from controller.missions.plan import Plan
from controller.protocol.mission.items import MissionItem
from controller.vehicle.vehicle import Vehicle


async def read(vehicle: Vehicle) -> Plan:
    """The mission on board; `vehicle.mission` keeps it. Raises MissionRefused or LinkError."""
    return await vehicle.mission.download(with_areas=False)


async def send(vehicle: Vehicle, plan: Plan) -> str:
    """Upload `plan`, read back and compared. Raises SafetyRefused when the aircraft is armed, and what uploading raises."""
    preflight.refuse_if_flying(vehicle.state)
    sent = await vehicle.mission.upload(plan)
    # What `start` will compare with is the mission as the aircraft keeps it, not as it was sent.
    await read(vehicle)
    return "; ".join((f"{sent.items} items are on board, read back the same", *sent.notes))


async def start(vehicle: Vehicle) -> str | None:
    """Fly the mission on board: read again, and from the ground checked as `landline fly` checks a plan.

    Raises SafetyRefused when it is not the one read before, or must not be flown.
    """
    shown = vehicle.mission.items
    plan = await read(vehicle)
    if shown is None or not same(shown, vehicle.mission.items or ()):
        raise SafetyRefused(
            "the mission on board is not the one shown", hint="it is now; look at it, then order again"
        )
    if not plan.items:
        raise UserError("there is no mission on board", hint="upload one first")
    worries = None
    if not vehicle.state.armed:
        if vehicle.state.home is None:
            await vehicle.ask_home()
        found, _ = preflight.check_plan(plan, vehicle, FlyOptions())
        refuse_errors(found, where="the mission on board")
        worries = "; ".join(str(one) for one in found if one.severity is Severity.WARNING) or None
    await vehicle.mission.start()
    return worries


def same(one: Sequence[MissionItem], two: Sequence[MissionItem]) -> bool:
    """Whether two missions are one, at the precision of the wire."""
    return len(one) == len(two) and not any(
        ours.differs(theirs) for ours, theirs in zip(one, two, strict=True)
    )
