"""`landline sim`: a simulated aircraft that any ground station can connect to."""

from __future__ import annotations

import asyncio
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
            help=f"{AIRFRAMES}.",
        ),
    ] = "quad_x",
    autopilot: Annotated[str, typer.Option("--autopilot", help="ardupilot or px4.")] = "ardupilot",
    link: Annotated[
        list[str] | None,
        typer.Option(
            "--link",
            help="Where to serve; may be given several times. [udpout:127.0.0.1:14550, tcpin:127.0.0.1:5760]",
        ),
    ] = None,
    count: Annotated[int, typer.Option("--count", help="How many aircraft, side by side.")] = 1,
    home: Annotated[
        str | None, typer.Option("--home", help="LAT,LON,ALT,HEADING: degrees, metres above sea level.")
    ] = None,
    speed: Annotated[str, typer.Option("--speed", help="A multiple of real time, or max.")] = "1",
    seed: Annotated[int, typer.Option("--seed", min=0, help="One seed, one aircraft.")] = 0,
    wind: WindOption = "0,0,0",
    gust: GustOption = 0.0,
    turbulence: TurbulenceOption = 0.0,
    temperature: TemperatureOption = None,
    roughness: RoughnessOption = None,
    terrain: TerrainOption = None,
    scenario: ScenarioOption = None,
    fault: FaultOption = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for machines.")] = False,
) -> int:
    """Simulate aircraft until Ctrl-C: physics, sensors, an autopilot, and the links it serves."""
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
    policy_for(options.links)  # what is wrong with them is said before anything is compiled
    prepare(airframe, options.home, out.note)
    guard(options.links)

    def ready(urls: list[str]) -> None:
        out.emit("ready", links=urls, web=None, pid=os.getpid())
        out.result(f"{count} x {airframe}, {autopilot}, serving {', '.join(urls)}; Ctrl-C ends it")

    async def go() -> None:
        try:
            await serve(options, ready)
        except asyncio.CancelledError:
            out.note("the simulation has ended")
            raise

    run(go())
    return 0
