"""`landline fly`: fly a plan file, from upload to report."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from controller.cli.conditions import (
    AIRFRAMES,
    FaultOption,
    GustOption,
    RoughnessOption,
    ScenarioOption,
    TemperatureOption,
    TerrainOption,
    TurbulenceOption,
    WindOption,
)
from controller.cli.plan_options import ClearFence, ClearRally, HomeRow, SimulatedHome

if TYPE_CHECKING:
    from controller.app.fly.options import FlyOptions

EXAMPLE = "Example: landline fly examples/inspection.plan --sim quad_x"


def fly(
    plan: Annotated[
        Path,
        typer.Argument(
            metavar="PLAN",
            help="Plan file of any known format: .plan, QGC WPL, DJI .kmz, Litchi CSV, KML, GPX.",
        ),
    ],
    home_row: HomeRow = None,
    link: Annotated[
        str | None,
        typer.Option(
            "--link",
            metavar="URL",
            help="Link to the aircraft: serial:/dev/ttyUSB0:57600, udpin:127.0.0.1:14550, tcp:127.0.0.1:5760, ...",
        ),
    ] = None,
    sim: Annotated[
        str | None,
        typer.Option("--sim", metavar="AIRFRAME", help=f"Fly on the built-in simulator: {AIRFRAMES}."),
    ] = None,
    autopilot: Annotated[
        str | None,
        typer.Option(
            "--autopilot", metavar="NAME", help="Simulated autopilot: ardupilot or px4. [ardupilot]"
        ),
    ] = None,
    autopilot_binary: Annotated[
        Path | None,
        typer.Option(
            "--autopilot-binary",
            metavar="FILE",
            help="Fly on this PX4 or ArduPilot SITL binary instead of the simulated autopilot.",
        ),
    ] = None,
    autopilot_params: Annotated[
        Path | None,
        typer.Option(
            "--autopilot-params",
            metavar="FILE",
            help="Parameter file for that binary: .json, NAME,VALUE lines, or QGroundControl format.",
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            "--seed",
            metavar="N",
            min=0,
            help="Seed of the simulation: the same seed repeats the flight byte for byte.",
        ),
    ] = 0,
    speed: Annotated[
        str | None,
        typer.Option(
            "--speed",
            metavar="FACTOR",
            help="Simulation speed: a multiple of real time, or max. [max; 1 with --autopilot-binary]",
        ),
    ] = None,
    home: SimulatedHome = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="Folder for the flight record. [./flights if it holds flights, else that of the data folder]",
        ),
    ] = None,
    system: Annotated[
        int | None,
        typer.Option(
            "--system",
            metavar="ID",
            help="MAVLink system id of the aircraft, where the link carries several.",
        ),
    ] = None,
    ready_within: Annotated[
        float,
        typer.Option(
            "--ready-within", metavar="SECONDS", help="Seconds to wait until the aircraft is ready to arm."
        ),
    ] = 180.0,
    max_alt: Annotated[
        float | None,
        typer.Option(
            "--max-alt", metavar="METRES", help="Refuse a plan that climbs higher than this, m above home."
        ),
    ] = None,
    clear_fence: ClearFence = False,
    clear_rally: ClearRally = False,
    at_end: Annotated[
        str,
        typer.Option(
            "--at-end",
            metavar="COMMAND",
            help="Command after a mission that ends in the air: nothing, return or land.",
        ),
    ] = "nothing",
    on_abort: Annotated[
        str,
        typer.Option(
            "--on-abort",
            metavar="COMMAND",
            help="Command to an aircraft in the air on Ctrl-C or a lost terminal: nothing, hold or return.",
        ),
    ] = "nothing",
    wind: WindOption = "0,0,0",
    gust: GustOption = 0.0,
    turbulence: TurbulenceOption = 0.0,
    temperature: TemperatureOption = None,
    roughness: RoughnessOption = None,
    terrain: TerrainOption = None,
    scenario: ScenarioOption = None,
    fault: FaultOption = None,
    box: Annotated[
        bool,
        typer.Option(
            "--box",
            help="Fly through the ground box's firmware in MicroPython (with --speed max: in this process).",
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line, for scripts.")] = False,
) -> int:
    """Upload a plan, read it back, arm, fly it, monitor it until it has landed, and write the report.

    Give --link for a real aircraft or --sim for a simulated one. On a terminal, Ctrl-C in the air asks whether to
    hold, return, land, go on or leave the aircraft as it is; a second Ctrl-C leaves it. With --on-abort, or without a
    terminal, nothing is asked. The state in which the aircraft is left is printed.
    """
    from controller.cli.common import Output, compile_quickly

    compile_quickly()
    from controller.app.fly.compose import FlightSetup
    from controller.cli.conditions import conditions
    from controller.cli.fly import aircraft as flown
    from controller.cli.fly.progress import FlightDisplay
    from controller.errors import UserError
    from controller.logs.flights.store import flights_folder
    from controller.missions.files import open_plan

    if link is None and sim is None:
        raise UserError("cannot choose the aircraft: give either --link URL or --sim AIRFRAME", where="fly")
    if link is not None and sim is not None:
        raise UserError(
            "cannot choose the aircraft: both --link and --sim are given",
            where="fly",
            hint="give one of them",
        )
    options = fly_options(
        system=system, ready_within_s=ready_within, max_alt_m=max_alt, at_end=at_end, on_abort=on_abort
    )
    options = replace(options, clear_fence=clear_fence, clear_rally=clear_rally)
    loaded = open_plan(plan, home_row=home_row)
    output = Output(json)
    in_real_time = link is not None or autopilot_binary is not None or (box and speed != "max")
    repeatable_seed = None if in_real_time else seed
    setup = FlightSetup(loaded, options, out or flights_folder(), output.note, repeatable_seed)
    as_fast_as_possible = sim is not None and not in_real_time and speed in (None, "max")
    display = FlightDisplay(output, seed=repeatable_seed, asks=not as_fast_as_possible)
    if link is not None:
        if autopilot_binary is not None:
            raise UserError(
                "cannot use a binary with --link: a binary flies a simulated aircraft",
                where="--autopilot-binary",
                hint="give --sim AIRFRAME instead of --link",
            )
        if (
            fault
            or scenario
            or terrain
            or wind != "0,0,0"
            or gust
            or turbulence
            or temperature is not None
            or roughness is not None
        ):
            raise UserError(
                "cannot use weather, terrain or faults with --link: only the simulator has them",
                where="fly",
                hint="give --sim AIRFRAME instead of --link",
            )
        flown.fly_link(setup, display, link)
        return 0
    assert sim is not None
    place = flown.simulated_home(loaded, home)
    simulated = flown.SimulatedAircraft(
        airframe=sim,
        autopilot=autopilot or ("" if autopilot_binary is not None else "ardupilot"),
        home=place,
        seed=seed,
        speed=speed_of(speed or ("1" if in_real_time else "max")),
        conditions=conditions(
            place.alt_amsl_m,
            wind=wind,
            gust=gust,
            turbulence=turbulence,
            temperature=temperature,
            roughness=roughness,
            terrain=terrain,
            faults=fault,
            scenario=scenario,
        ),
    )
    if autopilot_binary is not None:
        if speed == "max":
            raise UserError(
                "invalid speed: an autopilot binary cannot run at max, because its timeouts follow the speed",
                where="--speed",
                hint="give a number such as 1 or 5",
            )
        flown.fly_binary(setup, display, simulated, autopilot_binary, autopilot_params)
        return 0
    if autopilot_params is not None:
        raise UserError("cannot use --autopilot-params without --autopilot-binary", where="fly")
    if box and speed != "max":
        flown.fly_with_box(setup, display, simulated)
        return 0
    flown.fly_simulated(setup, display, simulated, box=box)
    return 0


def fly_options(
    *, system: int | None, ready_within_s: float, max_alt_m: float | None, at_end: str, on_abort: str
) -> FlyOptions:
    """Make the options of the flight from the command line. Raises UserError."""
    from controller.app.fly.options import AtEnd, FlyOptions, OnLeave
    from controller.errors import UserError

    for word, known, option in (
        (at_end, get_args(AtEnd), "--at-end"),
        (on_abort, get_args(OnLeave), "--on-abort"),
    ):
        if word not in known:
            raise UserError(f"invalid value '{word}': give one of {', '.join(known)}", where=option)
    if max_alt_m is not None and not 0 < max_alt_m < math.inf:
        raise UserError(
            f"invalid height {max_alt_m:g}", where="--max-alt", hint="give m above home, such as 50"
        )
    if not 0 <= ready_within_s < math.inf:
        raise UserError(
            f"invalid time {ready_within_s:g}", where="--ready-within", hint="give seconds, such as 180"
        )
    made = FlyOptions(
        system=system,
        ready_within_s=ready_within_s,
        at_end=at_end,  # type: ignore[arg-type]
        on_leave=on_abort,  # type: ignore[arg-type]
    )
    if max_alt_m is not None:
        limits = replace(made.limits, alt_m=min(made.limits.alt_m, max_alt_m), alt_error_m=max_alt_m)
        made = replace(made, limits=limits)
    return made


def speed_of(text: str) -> float:
    """Parse a multiple of real time, infinite for `max`. Raises UserError."""
    from controller.errors import UserError

    if text == "max":
        return math.inf
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not 0.01 <= speed <= 1e6:
        raise UserError(
            f"invalid speed '{text}'", where="--speed", hint="give max, or a number from 0.01 to 1000000"
        )
    return speed
