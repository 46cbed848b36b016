"""The aircraft of `landline fly`: on a link, simulated, on the user's autopilot binary, or behind a simulated
ground box.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller.app.fly.compose import (
    FlightSetup,
    flight_station,
    fly_recorded,
    hosted_flight,
    in_background,
)
from controller.cli.common import guard, run
from controller.cli.fly.interrupt import InterruptQuestion
from controller.cli.fly.progress import FlightDisplay
from controller.clock import SystemClock
from controller.missions.plan import Plan

if TYPE_CHECKING:
    from controller.app.station import Station
    from controller.clock import Clock
    from controller.guard.audit import AuditRecord
    from controller.logs.record.recorder import FlightRecorder
    from hil.geodesy import Home
    from hil.sim.ground_truth import Truth


@dataclass(frozen=True, slots=True)
class SimulatedAircraft:
    """Options of a simulated aircraft; `conditions` are its weather, terrain and faults (see `cli.conditions`).

    `speed` is a multiple of real time, infinite for as fast as possible.
    """

    airframe: str
    autopilot: str
    home: Home
    seed: int
    speed: float
    conditions: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Name for the folder of the flight."""
        return Path(self.airframe).stem


def fly_link(setup: FlightSetup, display: FlightDisplay, url: str) -> None:
    """Fly the aircraft behind a link URL, in real time."""
    policy, network = guard([url])
    clock = SystemClock()

    async def go() -> None:
        async with flight_station(setup, clock, "aircraft", url=url, policy=policy) as (station, recorder):
            await _fly(setup, display, station, recorder, clock, network)

    run(go())


def fly_simulated(
    setup: FlightSetup, display: FlightDisplay, aircraft: SimulatedAircraft, *, box: bool
) -> None:
    """Fly a simulated aircraft in this process, in simulated time.

    With `box`, a simulated radio and the ground box's firmware stand between the aircraft and the station.
    """
    from hil.sim.clock import VirtualClock, VirtualLoop
    from hil.sim.prepare import prepare

    prepare(aircraft.airframe, aircraft.home, setup.note)  # may start a process, which the guard then forbids
    _, network = guard([])
    clock = VirtualClock()

    async def go() -> None:
        from controller.link import memory
        from hil.sim.radio import radio
        from hil.sim.truth_recorder import FILE, record_truth
        from hil.sim.vehicle import SimVehicle

        vehicle = SimVehicle(
            aircraft.airframe,
            aircraft.autopilot,
            home=aircraft.home,
            seed=aircraft.seed,
            clock=clock,
            **aircraft.conditions,
        )
        async with AsyncExitStack() as stack:
            station, recorder = await stack.enter_async_context(flight_station(setup, clock, aircraft.name))
            if box:
                from hil.box.in_process import RADIO, run_box

                ground, laptop = memory.memory_pair("ground", "box")
                air, antenna = radio(replace(RADIO, seed=aircraft.seed))
                for link in (air, antenna):
                    await stack.enter_async_context(link)
                await stack.enter_async_context(run_box(recorder.folder, laptop, antenna, clock=clock))
            else:
                ground, air = memory.memory_pair("ground", "aircraft")
            await stack.enter_async_context(in_background(vehicle.run(air)))
            await stack.enter_async_context(
                record_truth(recorder.folder / FILE, clock, lambda: vehicle.loop.truth, note=setup.note)
            )
            await station.add(ground)
            await _fly(setup, display, station, recorder, clock, network)

    run(go(), loop=partial(VirtualLoop, speed=aircraft.speed))


def fly_binary(
    setup: FlightSetup, display: FlightDisplay, aircraft: SimulatedAircraft, binary: Path, params: Path | None
) -> None:
    """Fly a simulated aircraft on the user's PX4 or ArduPilot binary, which runs as long as the flight.

    An empty `aircraft.autopilot` is derived from the binary.
    """
    import sys

    from controller.vehicle.param_files import read_param_file
    from hil.bridges.lockstep_loop import lockstep_loop
    from hil.bridges.process.hosted_binary import HostedAutopilot, stack_of
    from hil.bridges.process.program import check_binary
    from hil.bridges.world import World
    from hil.sim.plant.plant import Plant
    from hil.sim.prepare import prepare
    from hil.sim.truth_recorder import FILE, record_truth

    plants: list[Plant] = []
    program = check_binary(binary)
    given = read_param_file(params) if params else None
    for note in given.notes if given else ():
        setup.note(note)
    hosted = HostedAutopilot(
        world=World(
            airframe=aircraft.airframe,
            home=aircraft.home,
            seed=aircraft.seed,
            speed=aircraft.speed,
            on_plant=plants.append,
            **aircraft.conditions,
        ),
        binary=program,
        kind=stack_of(program, aircraft.autopilot or None),
        params=given.values if given else {},
    )
    # The guard allows Python, whose process starts the binary; the binary itself runs outside this guard.
    policy, network = guard(hosted.links, programs=[Path(sys.executable).name])
    prepare(aircraft.airframe, aircraft.home, setup.note)
    clock = SystemClock()

    async def go() -> None:
        async with flight_station(setup, clock, aircraft.name) as (station, recorder):
            await station.open(hosted.ground_url, policy=policy)
            recorder.event(
                "note", name="autopilot", autopilot=hosted.kind, binary=program.name, sha256=_sha256(program),
                instance=hosted.instance, simulated_with_seed=aircraft.seed,
            )  # fmt: skip

            def truth() -> Truth | None:
                return plants[-1].truth if plants else None

            host = hosted.run(recorder.folder / "autopilot", clock=clock, note=setup.note)
            flight = _fly(setup, display, station, recorder, clock, network)
            async with record_truth(recorder.folder / FILE, clock, truth, note=setup.note):
                await hosted_flight(host, flight)

    run(go(), loop=lockstep_loop)


def fly_with_box(setup: FlightSetup, display: FlightDisplay, aircraft: SimulatedAircraft) -> None:
    """Fly a simulated aircraft in real time, with the ground box's firmware in MicroPython between its radio
    and a serial port.
    """
    import shutil
    import sys

    from controller.guard.data_folder import run_folder
    from hil.box.in_process import RADIO, RECORD, truncate_unused
    from hil.box.micropython import find_micropython, run_micropython, terminals
    from hil.sim.prepare import prepare
    from hil.sim.truth_recorder import FILE, record_truth
    from hil.sim.vehicle import SimVehicle

    program = find_micropython()
    policy, network = guard([], programs=[Path(sys.executable).name])
    prepare(aircraft.airframe, aircraft.home, setup.note)
    clock = SystemClock()
    vehicle = SimVehicle(
        aircraft.airframe,
        aircraft.autopilot,
        home=aircraft.home,
        seed=aircraft.seed,
        speed=aircraft.speed,
        clock=clock,
        **aircraft.conditions,
    )

    async def go() -> None:
        # A sealed run has only the terminals that the needs of this command name: these. The box's record is in the
        # flight's folder from its first block on.
        folder = run_folder() / "box"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            async with (
                terminals(folder, radio=replace(RADIO, seed=aircraft.seed), clock=clock) as ends,
                flight_station(setup, clock, aircraft.name) as (station, recorder),
                in_background(vehicle.run(ends.antenna)),
                record_truth(recorder.folder / FILE, clock, lambda: vehicle.loop.truth, note=setup.note),
            ):
                await station.open(ends.serial_url, policy=policy)
                flight = _fly(setup, display, station, recorder, clock, network)
                box_record = (recorder.folder / RECORD).resolve()
                try:
                    await hosted_flight(run_micropython(program, folder, box_record), flight)
                finally:
                    if box_record.is_file():
                        truncate_unused(box_record)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    run(go())


async def _fly(
    setup: FlightSetup,
    display: FlightDisplay,
    station: Station,
    recorder: FlightRecorder,
    clock: Clock,
    network: AuditRecord,
) -> None:
    """Fly and show the flight; Ctrl-C in the air asks, unless it has a command already."""
    asks = display.asks and setup.options.on_leave == "nothing"
    question = InterruptQuestion(display.line, asks=asks)
    await question.asked(
        fly_recorded(
            setup,
            station,
            recorder,
            clock,
            network,
            on_event=display.show,
            on_result=display.result,
            on_procedure=question.flies,
        )
    )


def simulated_home(plan: Plan, text: str | None) -> Home:
    """Return where a simulated aircraft starts: at `text` (LAT,LON,ALT,HEADING), at the plan's home, or at its
    first item.

    Raises ScenarioError.
    """
    from hil.geodesy import Home
    from hil.sim.vehicle import DEFAULT_HOME

    if text is not None:
        from hil.cli import parse_home

        return parse_home(text)
    if plan.home is not None and not (plan.home.lat_deg == 0.0 and plan.home.lon_deg == 0.0):
        return Home(plan.home.lat_deg, plan.home.lon_deg, plan.home.alt_amsl_m)
    for item in plan.items:
        if item.has_position:
            return Home(item.lat_deg, item.lon_deg, 0.0)
    return DEFAULT_HOME


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
