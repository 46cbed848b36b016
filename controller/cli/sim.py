"""`landline sim`: simulated aircraft that any ground station can connect to."""

from __future__ import annotations

import os
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

EXAMPLE = "Example: landline sim --autopilot px4 --link udpout:127.0.0.1:14550"


def sim(
    airframe: Annotated[
        str,
        typer.Option(
            "--airframe",
            metavar="AIRFRAME",
            help=f"Airframe: {AIRFRAMES}.",
        ),
    ] = "quad_x",
    autopilot: Annotated[
        str, typer.Option("--autopilot", metavar="NAME", help="Simulated autopilot: ardupilot or px4.")
    ] = "ardupilot",
    link: Annotated[
        list[str] | None,
        typer.Option(
            "--link",
            metavar="URL",
            help="Link for ground stations; may be given several times. [udpout:127.0.0.1:14550, tcpin:127.0.0.1:5760]",
        ),
    ] = None,
    count: Annotated[int, typer.Option("--count", metavar="N", help="Number of aircraft, side by side.")] = 1,
    home: Annotated[
        str | None,
        typer.Option(
            "--home", metavar="LAT,LON,ALT,HEADING", help="Start: LAT,LON,ALT,HEADING in degrees and m AMSL."
        ),
    ] = None,
    speed: Annotated[
        str,
        typer.Option("--speed", metavar="FACTOR", help="Simulation speed: a multiple of real time, or max."),
    ] = "1",
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Seed of the simulation.")] = 0,
    wind: WindOption = "0,0,0",
    gust: GustOption = 0.0,
    turbulence: TurbulenceOption = 0.0,
    temperature: TemperatureOption = None,
    roughness: RoughnessOption = None,
    terrain: TerrainOption = None,
    scenario: ScenarioOption = None,
    fault: FaultOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line, for scripts.")] = False,
) -> int:
    """Simulate one or more aircraft with sensors and autopilot, and serve their links until Ctrl-C."""
    import asyncio

    from controller.cli.common import Output, compile_quickly, guard, run

    compile_quickly()
    from controller.cli.conditions import conditions
    from controller.cli.fly.command import speed_of
    from controller.link.open import policy_for
    from hil.cli import DEFAULT_LINKS, SimOptions, parse_home, serve
    from hil.sim.prepare import prepare
    from hil.sim.vehicle import DEFAULT_HOME

    out = Output(json)
    place = parse_home(home) if home else DEFAULT_HOME
    options = SimOptions(
        airframe=airframe,
        autopilot=autopilot,
        links=tuple(link) if link else DEFAULT_LINKS,
        count=count,
        home=place,
        seed=seed,
        speed=speed_of(speed),
        **conditions(
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
    policy_for(options.links)  # report invalid links before the simulator is compiled
    prepare(airframe, options.home, out.note)
    guard(options.links)

    def ready(urls: list[str]) -> None:
        out.emit("ready", links=urls, web=None, pid=os.getpid())
        out.result(f"simulating {count} x {airframe} with {autopilot} on {', '.join(urls)}; stop with Ctrl-C")

    async def go() -> None:
        try:
            await serve(options, ready)
        except asyncio.CancelledError:
            out.note("simulation ended")
            raise

    run(go())
    return 0
