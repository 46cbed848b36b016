"""`landline params`: parameters of an aircraft, read, written, and saved in files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.command_app import CommandApp
from controller.cli.common import Output, StatusLine, guard, run

if TYPE_CHECKING:
    from controller.protocol.state_machine import Progress
    from controller.vehicle.vehicle import Vehicle

app = CommandApp(
    help="Read and write parameters of an aircraft; each write is read back.",
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line, for scripts.")]
Link = Annotated[
    str,
    typer.Option(
        "--link",
        metavar="URL",
        help="Link to the aircraft: serial:/dev/ttyUSB0:57600, udpin:127.0.0.1:14550, ...",
    ),
]
System = Annotated[
    int | None,
    typer.Option(
        "--system", metavar="ID", help="MAVLink system id of the aircraft, where the link carries several."
    ),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the parameter, such as RTL_ALT.")]
ParamFile = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="Parameter file: .json, NAME,VALUE lines, or QGroundControl format."),
]


def _with_vehicle(link: str, system: int | None, work: Callable[[Vehicle], Awaitable[None]]) -> None:
    policy, _ = guard([link])

    async def go() -> None:
        from controller.app.connect import connect

        async with connect(link, system=system, policy=policy, streams=False, note=Output().note) as vehicle:
            await vehicle.request_version()
            await work(vehicle)

    run(go())


def _progress_on(line: StatusLine) -> Callable[[Progress], None]:
    return lambda progress: line.show(
        f"parameters: {progress.done} of {progress.total or '?'} {progress.text}"
    )


@app.command("list", epilog="Example: landline params list --link udpin:127.0.0.1:14550")
def list_(
    link: Link,
    match: Annotated[
        str, typer.Option("--match", metavar="TEXT", help="List only names that contain this text.")
    ] = "",
    system: System = None,
    json: Json = False,
) -> int:
    """List all parameters and their values."""
    out = Output(json)

    async def work(vehicle: Vehicle) -> None:
        line = StatusLine()
        values = await vehicle.params.list(progress=_progress_on(line))
        line.clear()
        for name in sorted(values):
            if match.upper() in name.upper():
                out.emit("param", name=name, value=values[name].value, type=values[name].type)
                out.result(f"{name:16} {values[name].value:g}")
        out.emit("summary", params=len(values), changed=0, failed=[])

    _with_vehicle(link, system, work)
    return 0


@app.command(epilog="Example: landline params get RTL_ALT --link udpin:127.0.0.1:14550")
def get(name: Name, link: Link, system: System = None, json: Json = False) -> int:
    """Read one parameter from the aircraft."""
    out = Output(json)

    async def work(vehicle: Vehicle) -> None:
        value = await vehicle.params.get(name)
        out.emit("summary", params=1, changed=0, failed=[], name=name, value=value)
        out.result(f"{name} {value:g}")

    _with_vehicle(link, system, work)
    return 0


@app.command("set", epilog="Example: landline params set RTL_ALT 3000 --link udpin:127.0.0.1:14550")
def set_(
    name: Name,
    value: Annotated[float, typer.Argument(metavar="VALUE", help="New value, in the unit of the parameter.")],
    link: Link,
    system: System = None,
    json: Json = False,
) -> int:
    """Write one parameter and read it back."""
    out = Output(json)

    async def work(vehicle: Vehicle) -> None:
        before = await vehicle.params.get(name)
        now = await vehicle.params.set(name, value)
        out.emit(
            "summary", params=1, changed=int(before != now), failed=[], name=name, before=before, value=now
        )
        out.result(f"{name} {before:g} -> {now:g}")

    _with_vehicle(link, system, work)
    return 0


@app.command(epilog="Example: landline params save before.param --link udpin:127.0.0.1:14550")
def save(target: ParamFile, link: Link, system: System = None, json: Json = False) -> int:
    """Save all parameters of an aircraft to a file."""
    out = Output(json)

    async def work(vehicle: Vehicle) -> None:
        line = StatusLine()
        await vehicle.params.list(progress=_progress_on(line))
        line.clear()
        count = await vehicle.params.save(target)
        out.emit("summary", params=count, changed=0, failed=[], file=str(target))
        out.result(f"{count} parameters of {vehicle} saved to {target}")

    _with_vehicle(link, system, work)
    return 0


@app.command(epilog="Example: landline params load tuned.param --link udpin:127.0.0.1:14550")
def load(source: ParamFile, link: Link, system: System = None, json: Json = False) -> int:
    """Write the values of a file that differ from the aircraft; exit code 4 means that some failed."""
    from controller.errors import AircraftRefused
    from controller.vehicle.param_files import read_params

    out = Output(json)
    read_params(source)  # an invalid file is reported before anything is sent
    failures: dict[str, str] = {}

    async def work(vehicle: Vehicle) -> None:
        line = StatusLine()
        changed, failed = await vehicle.params.load(source, progress=_progress_on(line))
        line.clear()
        for name, (before, after) in changed.items():
            out.result(f"{name:16} {before:g} -> {after:g}")
        failures.update(failed)
        out.emit(
            "summary",
            params=len(vehicle.params.known),
            changed=len(changed),
            failed=[{"name": name, "why": why} for name, why in failed.items()],
        )
        out.result(f"{len(changed)} parameters changed, {len(failed)} failed")

    _with_vehicle(link, system, work)
    for name, why in failures.items():
        out.note(f"cannot write {name}: {why}")
    return AircraftRefused.exit_code if failures else 0


@app.command(epilog="Example: landline params diff tuned.param --link udpin:127.0.0.1:14550")
def diff(
    one: ParamFile,
    other: Annotated[
        Path | None, typer.Argument(metavar="OTHER", help="Second parameter file, instead of --link.")
    ] = None,
    link: Annotated[
        str | None, typer.Option("--link", metavar="URL", help="Link to the aircraft to compare with.")
    ] = None,
    system: System = None,
    json: Json = False,
) -> int:
    """List the parameters that differ between a file and a second file or an aircraft."""
    from controller.errors import UserError
    from controller.vehicle.param_files import read_params
    from controller.vehicle.parameters import same_value

    if (other is None) == (link is None):
        raise UserError("cannot compare: give either a second file or --link", where="params diff")
    out = Output(json)
    left = read_params(one)
    right: dict[str, Any] = {}
    if other is not None:
        right = dict(read_params(other))
    else:

        async def work(vehicle: Vehicle) -> None:
            line = StatusLine()
            right.update(
                {n: v.value for n, v in (await vehicle.params.list(progress=_progress_on(line))).items()}
            )
            line.clear()

        _with_vehicle(link or "", system, work)
    differing = sorted(n for n in left.keys() & right.keys() if not same_value(left[n], right[n]))
    for name in differing:
        out.emit("param", name=name, one=left[name], other=right[name])
        out.result(f"{name:16} {left[name]:g} | {right[name]:g}")
    for name in sorted(left.keys() - right.keys()):
        out.emit("param", name=name, one=left[name], other=None)
        out.result(f"{name:16} {left[name]:g} | -")
    out.emit("summary", params=len(left), changed=len(differing), failed=[])
    return 0
