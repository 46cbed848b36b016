"""`landline params`: parameters of an aircraft, read, written, and saved in files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.command_app import CommandApp
from controller.cli.common import Output, StatusLine, guard, run
from controller.cli.param_output import (
    confirmed,
    listed,
    note_restart,
    progress_on,
    refuse_armed,
    shortest,
    show_plan,
    show_result,
    upper,
    written_so_far,
)

if TYPE_CHECKING:
    from controller.vehicle.param_load import LoadResult
    from controller.vehicle.vehicle import Vehicle

app = CommandApp(
    help="Read and write parameters of an aircraft; each write is read back.",
)

LAYOUTS = "qgc, lines or json"

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
    typer.Argument(
        metavar="FILE",
        help="Parameter file: QGroundControl's .params, Mission Planner's NAME,VALUE lines, or .json.",
    ),
]


def _with_vehicle(link: str, system: int | None, work: Callable[[Vehicle], Awaitable[None]]) -> None:
    policy, _ = guard([link])

    async def go() -> None:
        from controller.app.connect import connect

        async with connect(link, system=system, policy=policy, streams=False, note=Output().note) as vehicle:
            await vehicle.request_version()
            await work(vehicle)

    run(go())


@app.command("list", epilog="Example: landline params list --link udpin:127.0.0.1:14550")
def list_(
    link: Link,
    match: Annotated[
        str, typer.Option("--match", metavar="TEXT", help="List only names that contain this text.")
    ] = "",
    changed: Annotated[
        bool,
        typer.Option("--changed", help="List only values that differ from the default, with the default."),
    ] = False,
    system: System = None,
    json: Json = False,
) -> int:
    """List all parameters and their values.

    The defaults are those that the aircraft tells (ArduPilot over MAVLink FTP), else those of PX4 1.17.
    """
    from controller.errors import AircraftRefused
    from controller.vehicle.metadata.param_docs import kept_docs, known_defaults
    from controller.vehicle.param_numbers import number_text, same_number

    out = Output(json)

    async def work(vehicle: Vehicle) -> None:
        values = await listed(vehicle)
        defaults = known_defaults(vehicle, kept_docs(vehicle))
        if changed and not defaults:
            raise AircraftRefused(
                f"cannot list changed parameters: {vehicle} tells no defaults", hint="list all of them"
            )
        for name in sorted(values):
            value, default = values[name], defaults.get(name)
            same = default is None or same_number(value.value, default, value.type)
            if match.upper() not in name.upper() or (changed and same):
                continue
            told = {} if default is None else {"default": shortest(default)}
            out.emit("param", name=name, value=shortest(value.value), type=value.type, **told)
            note = f"  (default {number_text(default)})" if changed and default is not None else ""
            out.result(f"{name:16} {number_text(value.value)}{note}")
        out.emit("summary", params=len(values), changed=0, failed=[])

    _with_vehicle(link, system, work)
    return 0


@app.command(epilog="Example: landline params get RTL_ALT --link udpin:127.0.0.1:14550")
def get(name: Name, link: Link, system: System = None, json: Json = False) -> int:
    """Read one parameter from the aircraft."""
    from controller.vehicle.param_numbers import number_text

    out, name = Output(json), upper(name)

    async def work(vehicle: Vehicle) -> None:
        value = await vehicle.params.get(name)
        out.emit("summary", params=1, changed=0, failed=[], name=name, value=shortest(value))
        out.result(f"{name} {number_text(value)}")

    _with_vehicle(link, system, work)
    return 0


@app.command(
    "set",
    epilog="Example: landline params set RTL_ALT 3000 --link udpin:127.0.0.1:14550",
)
def set_(
    name: Name,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="New value, in the unit of the parameter.")],
    link: Link,
    system: System = None,
    json: Json = False,
) -> int:
    """Write one parameter and read it back, now and a moment later."""
    from controller.vehicle.param_numbers import number_text, parse_number

    out, name = Output(json), upper(name)
    wanted = parse_number(value.strip(), "VALUE")

    async def work(vehicle: Vehicle) -> None:
        before = await vehicle.params.get(name)
        now = await vehicle.params.set(name, wanted)
        out.emit(
            "summary", params=1, changed=int(before != now), failed=[], name=name, before=shortest(before),
            value=shortest(now),
        )  # fmt: skip
        out.result(f"{name} {number_text(before)} -> {number_text(now)}")
        note_restart(out, vehicle, [name] if before != now else [])

    _with_vehicle(link, system, work)
    return 0


@app.command(epilog="Example: landline params save before.params --link udpin:127.0.0.1:14550")
def save(
    target: ParamFile,
    link: Link,
    layout: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help=f"{LAYOUTS}; by default qgc for a name in .params, json for .json, else NAME,VALUE lines.",
        ),
    ] = None,
    system: System = None,
    json: Json = False,
) -> int:
    """Save all parameters of an aircraft to a file."""
    from controller.errors import UserError
    from controller.vehicle.param_files import FORMATS

    out = Output(json)
    if layout is not None and layout not in FORMATS:
        raise UserError(f"invalid format {layout!r}: give {LAYOUTS}", where="--format")

    async def work(vehicle: Vehicle) -> None:
        await listed(vehicle)
        count = await vehicle.params.save(target, layout=layout)
        out.emit("summary", params=count, changed=0, failed=[], file=str(target))
        out.result(f"{count} parameters of {vehicle} saved to {target}")

    _with_vehicle(link, system, work)
    return 0


@app.command(epilog="Example: landline params load tuned.param --link udpin:127.0.0.1:14550 --yes")
def load(
    source: ParamFile,
    link: Link,
    system: System = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    everything: Annotated[
        bool,
        typer.Option(
            "--all", help="Write also values that the autopilot maintains itself: statistics, calibration."
        ),
    ] = False,
    json: Json = False,
) -> int:
    """Write the values of a file that differ from those of a disarmed aircraft.

    The changes are shown first, and confirmed on a terminal. Each value is read back, now and a moment later. Exit
    code 4 means that some were not written.
    """
    from controller.errors import AircraftRefused
    from controller.vehicle.param_files import read_param_file

    out = Output(json)
    file = read_param_file(source)  # an invalid file is reported before anything is sent
    for note in file.notes:
        out.note(note)
    results: list[LoadResult] = []

    async def work(vehicle: Vehicle) -> None:
        refuse_armed(vehicle)
        line = StatusLine()
        plan = await vehicle.params.plan(file.values, everything=everything, progress=progress_on(line))
        line.clear()
        show_plan(out, plan)
        if plan.changes and not (yes or json) and not await confirmed(len(plan.changes)):
            out.note("nothing was written")
            raise KeyboardInterrupt
        refuse_armed(vehicle)  # the question may have been open for a long time
        with written_so_far(out, plan, progress_on(line)) as show:
            result = await vehicle.params.apply(plan, progress=show)
        line.clear()
        results.append(result)
        show_result(out, result, plan, total=len(vehicle.params.known))
        note_restart(out, vehicle, result.changed)
        if result.error is not None:
            raise result.error

    _with_vehicle(link, system, work)
    return AircraftRefused.exit_code if results and results[0].failed else 0


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
    from controller.vehicle.param_files import read_param_file
    from controller.vehicle.param_numbers import number_text, same_number

    if (other is None) == (link is None):
        raise UserError("cannot compare: give either a second file or --link", where="params diff")
    out = Output(json)
    files = [read_param_file(path) for path in (one, other) if path is not None]
    for note in (note for file in files for note in file.notes):
        out.note(note)
    left = files[0].values
    right: dict[str, float | int] = files[1].values if other is not None else {}
    types: dict[str, int] = {}
    if link is not None:

        async def work(vehicle: Vehicle) -> None:
            for name, value in (await listed(vehicle)).items():
                right[name], types[name] = value.value, value.type

        _with_vehicle(link, system, work)
    differing = sorted(
        name
        for name in left.keys() & right.keys()
        if not same_number(left[name], right[name], types.get(name))
    )
    # An aircraft has many more parameters than a file of changes.
    only = sorted((left.keys() - right.keys()) | (right.keys() - left.keys() if other is not None else set()))
    for name in [*differing, *only]:
        pair = [values.get(name) for values in (left, right)]
        shown = [None if value is None else shortest(value) for value in pair]
        out.emit("param", name=name, one=shown[0], other=shown[1])
        texts = ["-" if value is None else number_text(value) for value in pair]
        out.result(f"{name:16} {texts[0]} | {texts[1]}")
    if not differing and not only:
        out.result("no differences")
    out.emit("summary", params=len(left), changed=len(differing), failed=[])
    return 0
