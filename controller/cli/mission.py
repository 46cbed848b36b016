"""`landline mission`: plans as files, and on board of an aircraft."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.common import Output, StatusLine, guard, run

if TYPE_CHECKING:
    from controller.guard.policy import EndpointPolicy

app = typer.Typer(
    help="Check and convert plans; send them to an aircraft, fetch and clear them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, for machines.")]
Link = Annotated[
    str,
    typer.Option(
        "--link", help="Where the aircraft is: serial:/dev/ttyUSB0:57600, udpin:127.0.0.1:14550, ..."
    ),
]
System = Annotated[
    int | None, typer.Option("--system", help="The aircraft's system number, where several are heard.")
]


@app.command(epilog="Example: landline mission convert field.plan field.txt")
def convert(
    source: Annotated[Path, typer.Argument(help="The plan to read: .plan or QGC WPL text.")],
    target: Annotated[Path, typer.Argument(help="The file to write; its ending chooses the format.")],
    json: Json = False,
) -> int:
    """Write a plan in another format, and say what the other format cannot hold."""
    from controller.cli import mission_files

    return _report(mission_files.convert_file(source, target), json)


@app.command(epilog="Example: landline mission check field.plan")
def check(
    source: Annotated[Path, typer.Argument(help="The plan to look at.")],
    json: Json = False,
) -> int:
    """Look for what is wrong with a plan; ends with 5 when it must not be flown."""
    from controller.cli import mission_files

    return _report(mission_files.check_file(source), json)


def _report(report: object, json: bool) -> int:
    from controller.cli import mission_files

    assert isinstance(report, mission_files.Report)
    out = Output(json)
    summary = mission_files.summary(report)
    out.emit(summary.pop("event"), **summary)
    for line in mission_files.lines(report):
        out.result(line)
    return report.exit_code


@app.command(epilog="Example: landline mission upload field.plan --link udpin:127.0.0.1:14550")
def upload(
    plan: Annotated[Path, typer.Argument(help="The plan to send.")],
    link: Link,
    system: System = None,
    json: Json = False,
) -> int:
    """Send a plan to an aircraft, read it back and compare; nothing is armed or started."""
    from controller.missions.files import open_plan

    read = open_plan(plan)
    policy, _ = guard([link])
    out = Output(json)

    async def go() -> None:
        from controller.app.connect import connect
        from controller.protocol.state_machine import Progress

        line = StatusLine()

        def show(progress: Progress) -> None:
            line.show(f"{progress.text}: {progress.done} of {progress.total or '?'}")

        async with connect(link, system=system, policy=policy, streams=False) as vehicle:
            uploaded = await vehicle.mission.upload(read, progress=show)
        line.clear()
        for note in uploaded.notes:
            out.note(note)
        out.emit(
            "summary",
            items=uploaded.items,
            fence_items=uploaded.fence_items,
            rally_points=uploaded.rally_points,
            verified=True,
            notes=list(uploaded.notes),
        )
        out.result(f"{uploaded.items} items are on board {vehicle} and were read back the same")

    run(go())
    return 0


@app.command(epilog="Example: landline mission download aboard.plan --link udpin:127.0.0.1:14550")
def download(
    target: Annotated[Path, typer.Argument(help="The file to write; its ending chooses the format.")],
    link: Link,
    system: System = None,
    json: Json = False,
) -> int:
    """Fetch the mission on board into a file."""
    from controller.missions.files import format_for

    format_for(target)
    policy, _ = guard([link])
    out = Output(json)

    async def go() -> None:
        from controller.app.connect import connect
        from controller.missions.convert import losses
        from controller.missions.files import save_plan

        async with connect(link, system=system, policy=policy, streams=False) as vehicle:
            plan = await vehicle.mission.download()
        lost = losses(plan, format_for(target))
        save_plan(plan, target)
        for loss in lost:
            out.note(f"lost: {loss.what} ({loss.why})")
        out.emit(
            "summary",
            items=len(plan.items),
            file=str(target),
            losses=[{"item": loss.item, "what": loss.what, "why": loss.why} for loss in lost],
        )
        out.result(f"{len(plan.items)} items of {vehicle} are in {target}")

    run(go())
    return 0


@app.command(epilog="Example: landline mission clear --link udpin:127.0.0.1:14550 --yes")
def clear(
    link: Link,
    system: System = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> int:
    """Empty the mission on board."""
    if not yes:
        typer.confirm("Empty the mission on board of the aircraft?", abort=True, err=True)
    policy, _ = guard([link])
    out = Output(json)
    run(_clear(link, system, policy, out))
    return 0


async def _clear(link: str, system: int | None, policy: EndpointPolicy, out: Output) -> None:
    from controller.app.connect import connect

    async with connect(link, system=system, policy=policy, streams=False) as vehicle:
        await vehicle.mission.clear()
        out.emit("summary", items=0)
        out.result(f"the mission on board of {vehicle} is empty")
