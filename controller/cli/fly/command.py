"""`landline fly`: a plan, from the file to the report."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

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

EXAMPLE = "Example: landline fly examples/inspection.plan --sim quad_x"


def fly(
    plan: Annotated[Path, typer.Argument(help="The plan: QGroundControl .plan or QGC WPL text.")],
    link: Annotated[
        str | None,
        typer.Option(
            "--link",
            help="The aircraft: serial:/dev/ttyUSB0:57600, udpin:127.0.0.1:14550, tcp:127.0.0.1:5760, ...",
        ),
    ] = None,
    sim: Annotated[str | None, typer.Option("--sim", help=f"Fly on the simulator: {AIRFRAMES}.")] = None,
    autopilot: Annotated[
        str | None, typer.Option("--autopilot", help="The simulated autopilot: ardupilot or px4. [ardupilot]")
    ] = None,
    autopilot_binary: Annotated[
        Path | None,
        typer.Option(
            "--autopilot-binary",
            help="Fly on this PX4 or ArduPilot SITL binary instead of the simulated autopilot.",
        ),
    ] = None,
    autopilot_params: Annotated[
        Path | None,
        typer.Option(
            "--autopilot-params", help="Parameters for that binary: .json, NAME,VALUE lines, or QGC's."
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="The simulation's seed: one seed, one flight, byte for byte.")
    ] = 0,
    speed: Annotated[
        str | None,
        typer.Option("--speed", help="A multiple of real time, or max. [max; 1 with --autopilot-binary]"),
    ] = None,
    home: Annotated[
        str | None,
        typer.Option(
            "--home", help="Where the simulated aircraft stands: LAT,LON,ALT,HEADING (default: the plan's)."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="The folder that gets the flight's folder.")
    ] = None,
    system: Annotated[
        int | None, typer.Option("--system", help="The aircraft's system number, where several are heard.")
    ] = None,
    ready_within: Annotated[
        float, typer.Option("--ready-within", help="Seconds to wait until the aircraft would arm.")
    ] = 180.0,
    max_alt: Annotated[
        float | None, typer.Option("--max-alt", help="Refuse a plan that goes higher above home, m.")
    ] = None,
    at_end: Annotated[
        str, typer.Option("--at-end", help="For a mission that ends in the air: nothing, return or land.")
    ] = "nothing",
    on_abort: Annotated[
        str,
        typer.Option(
            "--on-abort",
            help="What Ctrl-C, or a lost terminal, sends to an aircraft in the air: nothing, hold or return.",
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
            help="Put the ground box into the chain: its firmware in MicroPython; with --speed max in this process.",
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for machines.")] = False,
) -> int:
    """Upload a plan, read it back, arm, fly it, watch, land, record and report.

    Give --link for a real aircraft or --sim for a simulated one. Ctrl-C leaves the aircraft as it is and says how.
    """
    from controller.cli.common import Output, compile_quickly

    compile_quickly()
    from controller.cli.conditions import conditions
    from controller.cli.fly import compose as flight
    from controller.errors import UserError
    from controller.missions.files import open_plan

    if (link is None) == (sim is None):
        raise UserError("say what flies: --link URL or --sim AIRFRAME, one of the two", where="landline fly")
    options = flight.options(
        system=system, ready_within_s=ready_within, max_alt_m=max_alt, at_end=at_end, on_abort=on_abort
    )
    read = open_plan(plan)
    job = flight.Job(read, options, out, Output(json), seed)
    if link is not None:
        if autopilot_binary is not None:
            raise UserError(
                "a binary flies simulated aircraft: give --sim AIRFRAME, not --link",
                where="--autopilot-binary",
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
                "faults, weather and terrain are a simulator's: give --sim", where="landline fly --link"
            )
        return flight.fly_link(job, link)
    assert sim is not None
    place = flight.home_of(read, home)
    met = conditions(
        place.alt_amsl_m,
        wind=wind,
        gust=gust,
        turbulence=turbulence,
        temperature=temperature,
        roughness=roughness,
        terrain=terrain,
        faults=fault,
        scenario=scenario,
    )
    if autopilot_binary is not None:
        if speed == "max":
            raise UserError(
                "a binary wants a number, such as 1 or 5: its own time-outs follow it", where="--speed"
            )
        return flight.fly_binary(
            job, autopilot_binary, sim, autopilot=autopilot, params=autopilot_params,
            speed=speed_of(speed or "1"), place=place, met=met,
        )  # fmt: skip
    if autopilot_params is not None:
        raise UserError("goes with --autopilot-binary", where="--autopilot-params")
    if box and speed != "max":
        return flight.fly_boxed(
            job, sim, autopilot=autopilot or "ardupilot", speed=speed_of(speed or "1"), place=place, met=met
        )
    return flight.fly_sim(
        job,
        sim,
        autopilot=autopilot or "ardupilot",
        speed=speed_of(speed or "max"),
        place=place,
        met=met,
        box=box,
    )


def speed_of(text: str) -> float:
    """A multiple of real time, infinite for `max`. Raises UserError."""
    from controller.errors import UserError

    if text == "max":
        return math.inf
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not 0.01 <= speed <= 1e6:
        raise UserError(f"'{text}' is no speed", where="--speed", hint="say max, or a number such as 1 or 10")
    return speed
