"""The mission on board in the live view: downloaded, uploaded, and started only if it is still the one shown."""

from __future__ import annotations

from collections.abc import Sequence

from controller.app.fly import preflight
from controller.app.fly.options import FlyOptions
from controller.app.fly.plan_check import Aircraft, check_plan, check_upload
from controller.app.upload_remarks import upload_remarks
from controller.errors import SafetyRefused, UserError
from controller.missions.checks.findings import Severity, refuse_errors
from controller.missions.plan import Plan
from controller.protocol.mission.items import MissionItem
from controller.vehicle.mission_upload import OnProgress
from controller.vehicle.vehicle import Vehicle


async def download(vehicle: Vehicle) -> Plan:
    """Download the mission on board; `vehicle.mission.onboard` keeps it. Raises MissionRefused or LinkError."""
    return await vehicle.mission.download(with_areas=False)


async def upload(
    vehicle: Vehicle,
    plan: Plan,
    *,
    clear_fence: bool = False,
    clear_rally: bool = False,
    progress: OnProgress | None = None,
    errors_hint: str = "landline mission check lists all",
) -> str:
    """Check `plan` for this aircraft, upload it, read it back and compare; return a remark on the result.

    Raises SafetyRefused when the aircraft is armed or the check finds errors, and the errors of an upload.
    """
    preflight.refuse_if_flying(vehicle.state, "upload the plan", "land and disarm it first")
    findings = await check_upload(plan, vehicle, FlyOptions())
    refuse_errors(findings, where=plan.path, action="upload", hint=errors_hint)
    uploaded = await vehicle.mission.upload(
        plan, progress=progress, clear_fence=clear_fence, clear_rally=clear_rally
    )
    # `start` compares with the mission as the aircraft stores it, which may differ from the one sent.
    await download(vehicle)
    warnings = (f"warning: {one}" for one in findings if one.severity is Severity.WARNING)
    remarks = upload_remarks(uploaded, with_options=False)
    return "; ".join((f"{uploaded} uploaded and verified", *remarks, *warnings))


async def start(vehicle: Vehicle) -> str:
    """Download the mission again and start it; on the ground it is checked first, as `landline fly` checks a plan.

    Returns the item at which it starts and the warnings of the check. Raises SafetyRefused when the mission is not
    the one shown or has errors.
    """
    # An urgent order ends it during the download too.
    async with vehicle.arbiter.acquire("starting the mission"):
        return await _start(vehicle)


async def _start(vehicle: Vehicle) -> str:
    shown = vehicle.mission.onboard
    plan = await download(vehicle)
    found = vehicle.mission.onboard
    if shown is None or found is None or not same(shown.items, found.items):
        raise SafetyRefused(
            "cannot start the mission: the mission on board was not the one shown",
            hint="it is shown now; check it, then give the command again",
        )
    if not plan.items:
        raise UserError("cannot start the mission: there is no mission on board", hint="upload one first")
    remarks = [f"started at item 1 of {len(found.items)}"]
    if not vehicle.state.armed:
        if vehicle.state.home is None:
            await vehicle.request_home()
        findings, _ = check_plan(plan, Aircraft.of(vehicle), FlyOptions())
        refuse_errors(findings, where="the mission on board")
        remarks += [str(one) for one in findings if one.severity is Severity.WARNING]
    await vehicle.mission.start(found)
    return "; ".join(remarks)


def same(one: Sequence[MissionItem], two: Sequence[MissionItem]) -> bool:
    """Whether two missions are equal, at the precision of the MAVLink messages."""
    return len(one) == len(two) and not any(
        first.differs(second) for first, second in zip(one, two, strict=True)
    )
