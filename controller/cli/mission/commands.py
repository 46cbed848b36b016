"""`landline mission`: plan files, and the mission on board of an aircraft."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.command_app import CommandApp
from controller.cli.common import Output, StatusLine, guard, run
from controller.cli.mission.cameras import CAMERAS_EXAMPLE, cameras
from controller.cli.mission.check import CHECK_EXAMPLE, SHOW_EXAMPLE, check, show
from controller.cli.mission.options import Json, Link, MaxAlt, System
from controller.cli.mission.plan.commands import app as plan_app
from controller.cli.mission.resume import RESUME_EXAMPLE, resume
from controller.cli.plan_options import ClearFence, ClearRally, HomeRow

if TYPE_CHECKING:
    from controller.guard.policy import EndpointPolicy

app = CommandApp(
    help="Check, show and convert plan files; upload, download and clear the mission of an aircraft.",
)

app.command(epilog=CHECK_EXAMPLE)(check)
app.command(epilog=SHOW_EXAMPLE)(show)
app.command(epilog=CAMERAS_EXAMPLE)(cameras)
app.command(epilog=RESUME_EXAMPLE)(resume)
app.add_typer(plan_app, name="plan")


@app.command(epilog="Example: landline mission convert field.plan field.txt")
def convert(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="Plan file to read, of any known format.")],
    target: Annotated[
        Path, typer.Argument(metavar="TARGET", help="File to write; its ending chooses the format.")
    ],
    home_row: HomeRow = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse a conversion that loses anything; nothing is written.")
    ] = False,
    replan: Annotated[
        bool,
        typer.Option(
            "--replan", help="Plan QGroundControl's patterns again from their parameters, as items."
        ),
    ] = False,
    drone: Annotated[
        str | None,
        typer.Option("--drone", metavar="NAME", help="DJI aircraft that a .kmz is written for, such as M3E."),
    ] = None,
    json: Json = False,
) -> int:
    """Convert a plan to another format, and list what is lost on reading and on writing."""
    from controller.app import mission_files

    report = mission_files.convert_file(
        source, target, home_row=home_row, strict=strict, replan=replan, drone=drone
    )
    return _report(report, json)


def _report(report: object, json: bool) -> int:
    from controller.app import mission_files

    assert isinstance(report, mission_files.PlanReport)
    out = Output(json)
    summary = mission_files.summary(report)
    out.emit(summary.pop("event"), **summary)
    for line in mission_files.lines(report):
        out.result(line)
    return report.exit_code


@app.command(epilog="Example: landline mission upload field.plan --link udpin:127.0.0.1:14550")
def upload(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="Plan file to upload.")],
    link: Link,
    system: System = None,
    max_alt: MaxAlt = None,
    despite_errors: Annotated[
        bool, typer.Option("--despite-errors", help="Upload although the check of the plan finds errors.")
    ] = False,
    home_row: HomeRow = None,
    clear_fence: ClearFence = False,
    clear_rally: ClearRally = False,
    json: Json = False,
) -> int:
    """Check a plan for an aircraft, upload it, read it back and compare it. Does not arm or start.

    A file of a fence or of rally points replaces only these, and leaves the mission on board alone.
    """
    from controller.cli.fly.command import fly_options
    from controller.missions.files import open_plan

    loaded = open_plan(plan, home_row=home_row)
    options = fly_options(
        system=system, ready_within_s=30.0, max_alt_m=max_alt, at_end="nothing", on_abort="nothing"
    )
    policy, _ = guard([link])
    out = Output(json)

    async def go() -> None:
        from controller.app.connect import connect
        from controller.app.fly.plan_check import check_upload
        from controller.app.mission_files import finding_as_json
        from controller.app.upload_remarks import upload_remarks
        from controller.missions.checks.findings import grouped, refuse_errors
        from controller.protocol.state_machine import Progress

        line = StatusLine()

        def show(progress: Progress) -> None:
            line.show(f"{progress.text}: {progress.done} of {progress.total or '?'}")

        async with connect(link, system=system, policy=policy, streams=False, note=out.note) as vehicle:
            findings = await check_upload(loaded, vehicle, options)
            for finding in grouped(findings):
                out.note(f"{finding.severity}: {finding}")
            if not despite_errors:
                hint = "landline mission check lists all; --despite-errors uploads it all the same"
                refuse_errors(findings, where=loaded.path, action="upload", hint=hint)
            uploaded = await vehicle.mission.upload(
                loaded, progress=show, clear_fence=clear_fence, clear_rally=clear_rally
            )
        line.clear()
        for remark in upload_remarks(uploaded):
            out.note(remark)
        out.emit(
            "summary",
            items=uploaded.items,
            fence_items=uploaded.fence_items,
            rally_points=uploaded.rally_points,
            verified=True,
            notes=list(uploaded.notes),
            findings=[finding_as_json(finding) for finding in findings],
            uploaded=str(uploaded),
            kept_fence=uploaded.kept_fence,
            kept_rally=uploaded.kept_rally,
            cleared=list(uploaded.cleared),
        )
        out.result(f"{uploaded} uploaded to {vehicle} and verified")

    run(go())
    return 0


@app.command(epilog="Example: landline mission download aboard.plan --link udpin:127.0.0.1:14550")
def download(
    target: Annotated[
        Path, typer.Argument(metavar="TARGET", help="File to write; its ending chooses the format.")
    ],
    link: Link,
    system: System = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--only", metavar="LIST", help="Save one list alone: mission, fence or rally. [all three]"
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Download the mission, the fence and the rally points of an aircraft into a file.

    A .waypoints file holds one of them; --only chooses it.
    """
    from controller.app.mission_files import contents, only_list
    from controller.missions.formats.registry import format_for, losses
    from controller.missions.plan import Plan

    format_ = format_for(target)
    only_list(Plan(), only)  # refuses a wrong word before anything is opened
    policy, _ = guard([link])
    out = Output(json)

    async def go() -> None:
        from controller.app.connect import connect
        from controller.missions.files import save_plan

        async with connect(link, system=system, policy=policy, streams=False, note=out.note) as vehicle:
            plan = only_list(await vehicle.mission.download(), only)
        lost = losses(plan, format_)
        save_plan(plan, target, format_=format_)
        for loss in lost:
            out.note(f"lost: {loss}")
        out.emit(
            "summary",
            items=len(plan.items),
            fence_items=len(plan.fence.wire_items()),
            rally_points=len(plan.rally),
            file=str(target),
            losses=[loss.as_json() for loss in lost],
        )
        for note in plan.notes:
            out.note(f"note: {note}")
        out.result(f"{contents(plan)} downloaded from {vehicle} to {target}")

    run(go())
    return 0


@app.command(epilog="Example: landline mission clear --link udpin:127.0.0.1:14550 --yes")
def clear(
    link: Link,
    system: System = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Delete the fence and the rally points on board too.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    json: Json = False,
) -> int:
    """Delete the mission on board of an aircraft."""
    if not yes:
        what = "mission, fence and rally points" if everything else "mission"
        typer.confirm(f"Delete the {what} on board of the aircraft?", abort=True, err=True)
    policy, _ = guard([link])
    out = Output(json)
    run(_clear(link, system, policy, out, everything=everything))
    return 0


async def _clear(
    link: str, system: int | None, policy: EndpointPolicy, out: Output, *, everything: bool
) -> None:
    from controller.app.connect import connect

    async with connect(link, system=system, policy=policy, streams=False, note=out.note) as vehicle:
        kept = await vehicle.mission.clear(everything=everything)
        for name in kept:
            out.note(f"on board stays: {name}; to delete use --all")
        out.emit("summary", items=0, kept=list(kept))
        out.result(f"{'mission, fence and rally points' if everything else 'mission'} of {vehicle} deleted")
