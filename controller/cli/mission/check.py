"""`landline mission check` and `mission show`: a plan in words, and what `landline fly` would say of it."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.common import Output, compile_quickly, guard, run
from controller.cli.mission.options import Json, MaxAlt, MaybeLink, System
from controller.cli.plan_options import HomeRow, SimulatedHome
from controller.cli.terrain_options import FlatOutside, TerrainDatum, TerrainFiles, terrain_settings

if TYPE_CHECKING:
    from controller.app.fly.options import FlyOptions
    from controller.app.mission_files import PlanReport
    from controller.missions.plan import Plan

CHECK_EXAMPLE = "Example: landline mission check field.plan --sim quad_x --max-alt 50"
SHOW_EXAMPLE = "Example: landline mission show field.plan"


def check(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="Plan, fence or rally file to check.")],
    link: MaybeLink = None,
    sim: Annotated[
        str | None,
        typer.Option("--sim", metavar="AIRFRAME", help="Check for a simulated aircraft, such as quad_x."),
    ] = None,
    autopilot: Annotated[
        str | None,
        typer.Option(
            "--autopilot",
            metavar="NAME",
            help="Autopilot of the simulated aircraft, or of the plan's vehicle type: ardupilot or px4.",
        ),
    ] = None,
    home: SimulatedHome = None,
    system: System = None,
    max_alt: MaxAlt = None,
    at_end: Annotated[
        str, typer.Option("--at-end", metavar="COMMAND", help="As in landline fly: nothing, return or land.")
    ] = "nothing",
    on_abort: Annotated[
        str,
        typer.Option("--on-abort", metavar="COMMAND", help="As in landline fly: nothing, hold or return."),
    ] = "nothing",
    terrain: TerrainFiles = None,
    terrain_datum: TerrainDatum = None,
    clearance_m: Annotated[
        float | None,
        typer.Option(
            "--clearance-m", metavar="METRES", min=0.0, help="Least height above the terrain, m. [20]"
        ),
    ] = None,
    flat_outside: FlatOutside = False,
    home_row: HomeRow = None,
    json: Json = False,
) -> int:
    """Check a plan: its items as a table, and what landline fly would say; exit code 5 means it must not be flown.

    With --link or --sim the check is that of landline fly for this aircraft, with its parameters and position;
    nothing is uploaded, and nothing is commanded. With --terrain the ways between the items are to have the clearance
    at every metre.
    """
    from controller.app import mission_files
    from controller.app.planning.check_terrain import checked_over_terrain
    from controller.cli.fly.command import fly_options
    from controller.errors import UserError
    from controller.missions.files import open_plan

    if link is not None and sim is not None:
        raise UserError(
            "cannot choose the aircraft: both --link and --sim are given",
            where="mission check",
            hint="give one of them",
        )
    options = fly_options(
        system=system, ready_within_s=30.0, max_alt_m=max_alt, at_end=at_end, on_abort=on_abort
    )
    ground = terrain_settings(terrain, terrain_datum, flat_outside=flat_outside, clearance_m=clearance_m)
    plan, out = open_plan(source, home_row=home_row), Output(json)
    if link is not None:
        report = _on_link(plan, link, options, out)
    elif sim is not None:
        report = _on_simulator(plan, sim, autopilot or "ardupilot", home, options, out)
    elif autopilot is not None:
        report = mission_files.check_for_autopilot(plan, autopilot, options)
    else:
        report = mission_files.check_alone(plan, options)
    if ground is not None:
        report = checked_over_terrain(report, ground)
    summary = mission_files.check_summary(report)
    out.emit(summary.pop("event"), **summary)
    for line in mission_files.check_lines(report):
        out.result(line)
    return report.exit_code


def _on_link(plan: Plan, link: str, options: FlyOptions, out: Output) -> PlanReport:
    from controller.app.connect import connect

    policy, _ = guard([link])

    async def go() -> PlanReport:
        from controller.app.mission_files import check_on_aircraft

        async with connect(link, system=options.system, policy=policy, note=out.note) as vehicle:
            return await check_on_aircraft(plan, vehicle, options, note=out.note)

    return run(go())


def _on_simulator(
    plan: Plan, airframe: str, autopilot: str, home: str | None, options: FlyOptions, out: Output
) -> PlanReport:
    """Check for a simulated aircraft, switched on in this process and in simulated time."""
    compile_quickly()
    from controller.cli.fly.aircraft import simulated_home
    from hil.sim.clock import VirtualClock, VirtualLoop
    from hil.sim.prepare import prepare

    place = simulated_home(plan, home)
    prepare(airframe, place, out.note)
    guard([])
    clock = VirtualClock()

    async def go() -> PlanReport:
        from controller.app.connect import connect
        from controller.app.fly.compose import in_background
        from controller.app.mission_files import check_on_aircraft
        from controller.link import memory
        from hil.sim.vehicle import SimVehicle

        simulated = SimVehicle(airframe, autopilot, home=place, clock=clock)
        ground, air = memory.memory_pair("ground", "aircraft")
        async with in_background(simulated.run(air)), connect(ground, clock=clock) as vehicle:
            name = f"a simulated {Path(airframe).stem} ({vehicle.autopilot.name})"
            return await check_on_aircraft(plan, vehicle, options, note=lambda line: None, name=name)  # noqa: ARG005

    return run(go(), loop=partial(VirtualLoop, speed=math.inf))


def show(
    source: Annotated[
        Path | None, typer.Argument(metavar="SOURCE", help="Plan, fence or rally file to show.")
    ] = None,
    link: MaybeLink = None,
    system: System = None,
    home_row: HomeRow = None,
    json: Json = False,
) -> int:
    """Show a plan, or with --link the mission on board of an aircraft, as a table."""
    from controller.app import mission_files
    from controller.errors import UserError
    from controller.missions.files import open_plan
    from controller.missions.losses import grouped_losses
    from controller.missions.replan.replan import differences

    out = Output(json)
    if (source is None) == (link is None):
        raise UserError(
            "cannot choose the plan: give a file or --link URL", where="mission show", hint=SHOW_EXAMPLE
        )
    plan = open_plan(source, home_row=home_row) if source is not None else _on_board(link or "", system, out)
    report = mission_files.show_report(plan)
    summary = mission_files.show_summary(report)
    out.emit(summary.pop("event"), **summary)
    for line in mission_files.show_lines(report):
        out.result(line)
    for note in plan.notes:
        out.note(f"note: {note}")
    for loss in grouped_losses(plan.losses):
        out.note(f"lost: {loss}")
    for finding in differences(plan):
        out.note(f"{finding.severity}: {finding}")
    return 0


def _on_board(link: str, system: int | None, out: Output) -> Plan:
    from controller.app.connect import connect

    policy, _ = guard([link])

    async def go() -> Plan:
        async with connect(link, system=system, policy=policy, streams=False, note=out.note) as vehicle:
            return await vehicle.mission.download()

    return run(go())
