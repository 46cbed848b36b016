"""Orders about the plan on board: upload a plan, clear the mission. They go on when a page is closed."""

from __future__ import annotations

from controller.app.fly import preflight
from controller.app.gcs import mission as gcs_mission
from controller.app.gcs.orders import Order
from controller.app.mission_files import contents
from controller.missions.plan import Plan
from controller.vehicle.mission_upload import OnProgress
from controller.vehicle.vehicle import Vehicle


def upload_plan(
    plan: Plan, *, clear_fence: bool = False, clear_rally: bool = False, progress: OnProgress | None = None
) -> Order:
    """Check a plan, upload it, read it back and compare; refused while the aircraft is armed."""

    async def run(vehicle: Vehicle) -> str | None:
        return await gcs_mission.upload(
            vehicle,
            plan,
            clear_fence=clear_fence,
            clear_rally=clear_rally,
            progress=progress,
            errors_hint="the checks beside the plan list all",
        )

    clears = " and ".join(
        name for name, chosen in (("the fence", clear_fence), ("the rally points", clear_rally)) if chosen
    )
    words = f"upload {plan.path}: {contents(plan)}{f', clear {clears} on board' if clears else ''}"
    return Order(
        "upload_plan", "upload plan", words, run, (_disarmed_for_upload,), urgent=False, goes_on=True
    )


def clear_mission(*, everything: bool = False) -> Order:
    """Delete the mission on board, with `everything` fence and rally points too; refused while it is armed."""

    async def run(vehicle: Vehicle) -> str | None:
        kept = await vehicle.mission.clear(everything=everything)
        await gcs_mission.download(vehicle)
        return f"on board stays: {', '.join(kept)}" if kept else None

    words = "delete mission, fence and rally points on board" if everything else "delete the mission on board"
    return Order(
        "clear_mission", "clear mission", words, run, (_disarmed_to_clear,), urgent=False, goes_on=True
    )


def _disarmed_for_upload(vehicle: Vehicle) -> None:
    preflight.refuse_if_flying(vehicle.state, "upload the plan", "land and disarm it first")


def _disarmed_to_clear(vehicle: Vehicle) -> None:
    preflight.refuse_if_flying(vehicle.state, "clear the mission", "land and disarm it first")
