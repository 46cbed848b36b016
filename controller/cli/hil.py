"""`landline hil`: PX4 or ArduPilot in the loop with the simulated aircraft."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.command_app import CommandApp
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

if TYPE_CHECKING:
    from controller.cli.common import Output
    from hil.bridges.world import World
    from hil.sim.ground_truth import Truth

app = CommandApp(
    help="Connect a PX4 or ArduPilot autopilot, SITL or board, to the simulated aircraft and its sensors.",
)
PX4_EXAMPLE = "Example: landline hil px4   (then, in PX4's folder, make px4_sitl none_iris)"
ARDUPILOT_EXAMPLE = (
    "Example: landline hil ardupilot --params quad.parm   "
    "(then sim_vehicle.py -v ArduCopter -f JSON:127.0.0.1 --add-param-file=$PWD/quad.parm)"
)

AirframeOption = Annotated[
    str, typer.Option("--airframe", metavar="AIRFRAME", help=f"Airframe: {AIRFRAMES}.")
]
HomeOption = Annotated[
    str | None,
    typer.Option(
        "--home", metavar="LAT,LON,ALT,HEADING", help="Start: LAT,LON,ALT,HEADING in degrees and m AMSL."
    ),
]
SeedOption = Annotated[
    int, typer.Option("--seed", metavar="N", min=0, help="Seed of the simulated sensor noise and weather.")
]
SpeedOption = Annotated[
    str, typer.Option("--speed", metavar="FACTOR", help="Simulation speed: a multiple of real time, or max.")
]
InstanceOption = Annotated[
    int,
    typer.Option("--instance", metavar="N", help="Instance number of the autopilot; the ports depend on it."),
]
TruthOption = Annotated[
    Path | None,
    typer.Option("--truth", metavar="FILE", help="CSV file for the ground truth of the simulated aircraft."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object a line, for scripts.")]


@app.command("px4", epilog=PX4_EXAMPLE)
def px4(
    link: Annotated[
        str | None,
        typer.Option(
            "--link",
            metavar="URL",
            help="SITL: tcpin:HOST:PORT; HITL: serial:DEVICE:921600. [tcpin:127.0.0.1:4560 + instance]",
        ),
    ] = None,
    airframe: AirframeOption = "quad_x",
    home: HomeOption = None,
    seed: SeedOption = 0,
    speed: SpeedOption = "1",
    wind: WindOption = "0,0,0",
    gust: GustOption = 0.0,
    turbulence: TurbulenceOption = 0.0,
    temperature: TemperatureOption = None,
    roughness: RoughnessOption = None,
    terrain: TerrainOption = None,
    scenario: ScenarioOption = None,
    fault: FaultOption = None,
    imus: Annotated[
        int, typer.Option("--imus", metavar="N", help="Number of IMUs simulated for PX4, 1 to 3.")
    ] = 1,
    imu_hz: Annotated[
        int, typer.Option("--imu-hz", metavar="HZ", help="Sample rate of the IMUs, Hz: 250, 500 or 1000.")
    ] = 250,
    gps: Annotated[
        int, typer.Option("--gps", metavar="N", help="Number of GPS receivers simulated for PX4, 1 to 3.")
    ] = 1,
    rangefinder: Annotated[
        bool, typer.Option("--rangefinder", help="Simulate a rangefinder that points down.")
    ] = False,
    flow: Annotated[
        bool, typer.Option("--flow", help="Simulate an optical flow sensor that points down.")
    ] = False,
    instance: InstanceOption = 0,
    ground: Annotated[
        list[str] | None,
        typer.Option(
            "--ground",
            metavar="URL",
            help="HITL: links for ground stations. [udpout:127.0.0.1:14550, udpout:127.0.0.1:14540]",
        ),
    ] = None,
    propellers_off: Annotated[
        bool,
        typer.Option(
            "--propellers-off", help="HITL: confirm that the propellers are off the motors of the board."
        ),
    ] = False,
    params: Annotated[
        Path | None,
        typer.Option(
            "--params", metavar="FILE", help="Write the PX4 parameters for this airframe to this file."
        ),
    ] = None,
    truth: TruthOption = None,
    json: JsonOption = False,
) -> int:
    """Simulate aircraft and sensors for PX4 until Ctrl-C: SITL in lockstep, or HITL on a board."""
    import asyncio

    from controller.cli.common import Output, compile_quickly, guard, run

    compile_quickly()
    from controller.clock import SystemClock
    from hil.airframes.load import load_airframe
    from hil.bridges.lockstep_loop import lockstep_loop
    from hil.bridges.px4.airframe import airframe_params
    from hil.bridges.px4.serve import GROUND, serve_hitl, serve_sitl, sitl_url

    out = Output(json)
    world = _world(
        airframe, home, seed, speed, wind, gust, turbulence, temperature, roughness, terrain, fault, scenario
    )
    world = replace(world, imu_hz=imu_hz)
    url = link or sitl_url(instance)
    board = url.startswith(("serial:", "pty:"))
    beside = tuple(ground) if ground else GROUND
    if params is not None:
        outputs = "HIL_ACT" if board else "PWM_MAIN"
        _write_parameters(params, airframe_params(load_airframe(airframe), outputs=outputs))
    guard([url, *beside] if board else [url])

    def ready(at: str) -> None:
        out.emit("ready", links=[at], web=None, pid=os.getpid())
        out.result(f"simulating {airframe}; waiting for PX4 on {at}; stop with Ctrl-C")

    async def go() -> None:
        try:
            async with _truth(world, truth, out) as watched:
                if board:
                    await serve_hitl(
                        watched, url, ground=beside, propellers_off=propellers_off,
                        clock=SystemClock(), note=out.note, on_ready=ready,
                    )  # fmt: skip
                    return
                await serve_sitl(
                    watched,
                    url,
                    clock=SystemClock(),
                    imus=imus,
                    receivers=gps,
                    rangefinder=rangefinder,
                    flow=flow,
                    note=out.note,
                    on_ready=ready,
                )
        except asyncio.CancelledError:
            out.note("simulation ended")
            raise

    run(go(), loop=lockstep_loop)
    return 0


@app.command("ardupilot", epilog=ARDUPILOT_EXAMPLE)
def ardupilot(
    port: Annotated[
        int | None,
        typer.Option(
            "--port", metavar="PORT", help="UDP port of the simulation. [9002 + 10 times the instance]"
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            help="Address to listen on, for ArduPilot on another machine or board.",
        ),
    ] = "127.0.0.1",
    airframe: AirframeOption = "quad_x",
    home: HomeOption = None,
    seed: SeedOption = 0,
    wind: WindOption = "0,0,0",
    gust: GustOption = 0.0,
    turbulence: TurbulenceOption = 0.0,
    temperature: TemperatureOption = None,
    roughness: RoughnessOption = None,
    terrain: TerrainOption = None,
    scenario: ScenarioOption = None,
    fault: FaultOption = None,
    rc: Annotated[
        str,
        typer.Option(
            "--rc",
            metavar="PULSES",
            help="RC input: up to 12 pulse widths in us, such as 1500,1500,1000,1500.",
        ),
    ] = "",
    instance: InstanceOption = 0,
    params: Annotated[
        Path | None,
        typer.Option(
            "--params", metavar="FILE", help="Write the ArduPilot parameters for this airframe to this file."
        ),
    ] = None,
    truth: TruthOption = None,
    json: JsonOption = False,
) -> int:
    """Simulate the aircraft for ArduPilot SITL in lockstep until Ctrl-C; ArduPilot sets the speed."""
    import asyncio

    from controller.cli.common import Output, compile_quickly, guard, run

    compile_quickly()
    from hil.airframes.load import load_airframe
    from hil.bridges.ardupilot.binary import vehicle_parameters
    from hil.bridges.ardupilot.serve import port_of, serve_ardupilot
    from hil.bridges.lockstep_loop import lockstep_loop

    out = Output(json)
    world = _world(
        airframe, home, seed, "1", wind, gust, turbulence, temperature, roughness, terrain, fault, scenario
    )
    channels = _channels(rc)
    at_port = port_of(instance) if port is None else port
    if params is not None:
        _write_parameters(params, vehicle_parameters(load_airframe(airframe)))
    guard([f"udpin:{host}:{at_port}"])

    def ready(at: str) -> None:
        out.emit("ready", links=[at], web=None, pid=os.getpid())
        out.result(f"simulating {airframe}; waiting for ArduPilot on {at}; stop with Ctrl-C")

    async def go() -> None:
        try:
            async with _truth(world, truth, out) as watched:
                await serve_ardupilot(
                    watched, host=host, port=at_port, rc_us=channels, note=out.note, on_ready=ready
                )
        except asyncio.CancelledError:
            out.note("simulation ended")
            raise

    run(go(), loop=lockstep_loop)
    return 0


@asynccontextmanager
async def _truth(world: World, file: Path | None, out: Output) -> AsyncIterator[World]:
    """Yield the world; while the block lasts, the ground truth is written to `file` if there is one."""
    if file is None:
        yield world
        return
    from controller.clock import SystemClock
    from hil.sim.plant.plant import Plant
    from hil.sim.truth_recorder import record_truth

    plants: list[Plant] = []

    def truth() -> Truth | None:
        return plants[-1].truth if plants else None

    async with record_truth(file, SystemClock(), truth, note=out.note):
        yield replace(world, on_plant=plants.append)


def _write_parameters(file: Path, made: Mapping[str, float]) -> None:
    """Raises UserError."""
    from controller.errors import UserError
    from hil.bridges.ardupilot.binary import write_parameters

    try:
        write_parameters(file, made)
    except OSError as error:
        raise UserError(f"cannot write the file: {error.strerror or error}", where=str(file)) from error


def _channels(text: str) -> list[int]:
    """Raises UserError."""
    from controller.errors import UserError

    try:
        return [int(part) for part in text.split(",") if part]
    except ValueError:
        raise UserError(
            f"invalid pulse widths '{text}'", where="--rc", hint="give microseconds: 1500,1500,1000,1500"
        ) from None


def _world(
    airframe: str,
    home: str | None,
    seed: int,
    speed: str,
    wind: str,
    gust: float,
    turbulence: float,
    temperature: float | None,
    roughness: float | None,
    terrain: Path | None,
    faults: list[str] | None,
    scenario: Path | None,
) -> World:
    """Make the simulated world from the options. Raises UserError."""
    from controller.cli.conditions import conditions
    from controller.cli.fly.command import speed_of
    from hil.bridges.world import World
    from hil.cli import parse_home
    from hil.sim.vehicle import DEFAULT_HOME

    place = parse_home(home) if home else DEFAULT_HOME
    met = conditions(
        place.alt_amsl_m,
        wind=wind,
        gust=gust,
        turbulence=turbulence,
        temperature=temperature,
        roughness=roughness,
        terrain=terrain,
        faults=faults,
        scenario=scenario,
    )
    return World(airframe=airframe, home=place, seed=seed, speed=speed_of(speed), **met)
