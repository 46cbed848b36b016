"""What `landline fly` does once the command line has been read."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import math
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, get_args

from controller.app import fly_options as config
from controller.app.events import Summary
from controller.app.fly import Flight
from controller.app.station import Station
from controller.cli.common import Output, guard, run
from controller.cli.fly.progress import Shown
from controller.clock import Clock, SystemClock, stopwatch_s
from controller.errors import LandlineError, UserError
from controller.guard.data_folder import data_folder
from controller.logs.flights import store
from controller.logs.record.recorder import FlightRecorder, RecordingSummary
from controller.missions.plan import Plan

if TYPE_CHECKING:
    from controller.guard.audit import AuditRecord
    from hil.geodesy import Home
    from hil.sim.snapshot import Truth


@dataclass(frozen=True, slots=True)
class Job:
    """A plan to fly, how, and where its record goes."""

    plan: Plan
    options: config.FlyOptions
    out: Path | None
    output: Output
    seed: int

    @property
    def flights(self) -> Path:
        return self.out or store.flights_folder()


def options(
    *, system: int | None, ready_within_s: float, max_alt_m: float | None, at_end: str, on_abort: str
) -> config.FlyOptions:
    """The flight's settings from the words of the command line. Raises UserError."""
    for word, known, option in (
        (at_end, get_args(config.AtEnd), "--at-end"),
        (on_abort, get_args(config.OnLeave), "--on-abort"),
    ):
        if word not in known:
            raise UserError(f"'{word}' is none of {', '.join(known)}", where=option)
    made = config.FlyOptions(
        system=system,
        ready_within_s=ready_within_s,
        at_end=at_end,  # type: ignore[arg-type]
        on_leave=on_abort,  # type: ignore[arg-type]
    )
    if max_alt_m is not None:
        made = replace(
            made, limits=replace(made.limits, alt_m=min(made.limits.alt_m, max_alt_m), alt_error_m=max_alt_m)
        )
    return made


def fly_link(job: Job, url: str) -> int:
    """Fly the aircraft behind an URL, in real time."""
    policy, record = guard([url])
    clock = SystemClock()

    async def go() -> int:
        async with _station(job, clock, "aircraft", seed=None) as (station, recorder):
            await station.open(url, policy=policy)
            return await _fly(job, station, recorder, clock, record, seed=None)

    return run(go())


def fly_sim(
    job: Job, airframe: str, *, autopilot: str, speed: float, place: Home, met: Mapping[str, Any], box: bool
) -> int:
    """Fly a simulated aircraft in this process, on a virtual clock; `met` is the weather and the faults it meets.

    With `box` a radio and the ground box's firmware stand between it and the station.
    """
    from hil.sim.clock import VirtualClock, VirtualLoop
    from hil.sim.prepare import prepare

    prepare(airframe, place, job.output.note)  # may start a process, which nothing can after this
    _, record = guard([])
    clock = VirtualClock()
    name = Path(airframe).stem

    async def go() -> int:
        from controller.link import memory
        from hil.sim.radio import radio
        from hil.sim.truth import FILE, record_truth
        from hil.sim.vehicle import SimVehicle

        aircraft = SimVehicle(airframe, autopilot, home=place, seed=job.seed, clock=clock, **met)
        async with AsyncExitStack() as stack:
            station, recorder = await stack.enter_async_context(_station(job, clock, name, seed=job.seed))
            if box:
                from hil.box.inside import RADIO, run_box

                ground, laptop = memory.memory_pair("ground", "box")
                air, antenna = radio(replace(RADIO, seed=job.seed))
                for link in (air, antenna):
                    await stack.enter_async_context(link)
                await stack.enter_async_context(run_box(recorder.folder, laptop, antenna, clock=clock))
            else:
                ground, air = memory.memory_pair("ground", "aircraft")
            await stack.enter_async_context(_running(aircraft.run(air)))
            await stack.enter_async_context(
                record_truth(recorder.folder / FILE, clock, lambda: aircraft.loop.truth, tell=job.output.note)
            )
            await station.add(ground)
            return await _fly(job, station, recorder, clock, record, seed=job.seed)

    return run(go(), loop=partial(VirtualLoop, speed=speed))


def fly_binary(
    job: Job,
    binary: Path,
    airframe: str,
    *,
    autopilot: str | None,
    params: Path | None,
    speed: float,
    place: Home,
    met: Mapping[str, Any],
) -> int:
    """Fly a simulated aircraft on the user's own PX4 or ArduPilot, started and stopped with the flight."""
    import sys

    from controller.vehicle.param_files import read_params
    from hil.bridges.lockstep_loop import lockstep_loop
    from hil.bridges.process.hosted_binary import HostedAutopilot, stack_of
    from hil.bridges.process.program import check_binary
    from hil.bridges.world import World
    from hil.sim.plant.plant import Plant
    from hil.sim.prepare import prepare
    from hil.sim.truth import FILE, record_truth

    plants: list[Plant] = []
    program = check_binary(binary)
    hosted = HostedAutopilot(
        world=World(airframe=airframe, home=place, seed=job.seed, speed=speed, on_plant=plants.append, **met),
        binary=program,
        kind=stack_of(program, autopilot),
        params=read_params(params) if params else {},
    )
    # The keeper, a Python of ours; the binary that it starts is out of this guard's reach.
    policy, record = guard(hosted.links, programs=[Path(sys.executable).name])
    prepare(airframe, place, job.output.note)
    clock = SystemClock()

    async def go() -> int:
        async with _station(job, clock, Path(airframe).stem, seed=None) as (station, recorder):
            await station.open(hosted.ground_url, policy=policy)
            recorder.event(
                "note", name="autopilot", autopilot=hosted.kind, binary=program.name, sha256=_sha256(program),
                instance=hosted.instance, simulated_with_seed=job.seed,
            )  # fmt: skip

            def truth() -> Truth | None:
                return plants[-1].truth if plants else None

            running = hosted.run(recorder.folder / "autopilot", clock=clock, tell=job.output.note)
            async with record_truth(recorder.folder / FILE, clock, truth, tell=job.output.note):
                return await _beside(running, _fly(job, station, recorder, clock, record, seed=None))

    return run(go(), loop=lockstep_loop)


def fly_boxed(
    job: Job, airframe: str, *, autopilot: str, speed: float, place: Home, met: Mapping[str, Any]
) -> int:
    """Fly a simulated aircraft in real time, the ground box's firmware in MicroPython between its radio and a serial port."""
    import sys
    import tempfile

    from hil.box.inside import RADIO, RECORD, truncate_unused
    from hil.box.micropython import find_micropython, run_micropython, terminals
    from hil.sim.prepare import prepare
    from hil.sim.truth import FILE, record_truth
    from hil.sim.vehicle import SimVehicle

    program = find_micropython()
    policy, record = guard([], programs=[Path(sys.executable).name])
    prepare(airframe, place, job.output.note)
    clock = SystemClock()
    aircraft = SimVehicle(airframe, autopilot, home=place, seed=job.seed, speed=speed, clock=clock, **met)

    async def go() -> int:
        # Short names for the terminals; the record is in the flight's folder from the first block on, whatever ends us.
        with tempfile.TemporaryDirectory(prefix="landline-box-") as name:
            folder = Path(name)
            async with (
                terminals(folder, radio=replace(RADIO, seed=job.seed), clock=clock) as ends,
                _station(job, clock, Path(airframe).stem, seed=None) as (station, recorder),
                _running(aircraft.run(ends.antenna)),
                record_truth(
                    recorder.folder / FILE, clock, lambda: aircraft.loop.truth, tell=job.output.note
                ),
            ):
                await station.open(ends.serial_url, policy=policy)
                flight = _fly(job, station, recorder, clock, record, seed=None)
                kept = (recorder.folder / RECORD).resolve()
                try:
                    return await _beside(run_micropython(program, folder, kept), flight)
                finally:
                    if kept.is_file():
                        truncate_unused(kept)

    return run(go())


async def _beside(host: Coroutine[Any, Any, NoReturn], flight: Coroutine[Any, Any, int]) -> int:
    """The flight, as long as its host runs. Raises what ended the host as soon as it ends; both have ended then."""
    hosting, flying = asyncio.ensure_future(host), asyncio.ensure_future(flight)
    try:
        await asyncio.wait({hosting, flying}, return_when=asyncio.FIRST_COMPLETED)
        if not flying.done():
            hosting.result()
        return flying.result()
    finally:
        for task in (flying, hosting):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, LandlineError):
                await task


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@asynccontextmanager
async def _running(work: Any) -> AsyncIterator[None]:
    """`work` beside the block, cancelled at its end."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def _station(
    job: Job, clock: Clock, vehicle: str, *, seed: int | None
) -> AsyncIterator[tuple[Station, FlightRecorder]]:
    """A recorder and a station around it. The folder is named by the real time, also of a virtual flight."""
    recorder = FlightRecorder.start(
        job.flights,
        vehicle=vehicle,
        clock=clock,
        on_problem=job.output.note,
        name_utc_us=SystemClock().utc_us(),
        keys=data_folder() / "keys",
        durable=seed is None,
        plan=job.plan.path,
        seed=seed,
    )
    try:
        async with Station(clock=clock, recorder=recorder) as station:
            yield station, recorder
    finally:
        recording = recorder.close()
        if not recording.frames and not recording.frames_missing:
            job.output.note(f"nothing was heard; the attempt is recorded in {recording.folder}")


async def _fly(
    job: Job,
    station: Station,
    recorder: FlightRecorder,
    clock: Clock,
    network: AuditRecord,
    *,
    seed: int | None,
) -> int:
    """The procedure, then record, report and summary. Raises the error that ended the flight."""
    flight = Flight(job.plan, station, job.options, recorder=recorder)
    shown = Shown(job.output)
    began_s, wall_s = clock.now(), stopwatch_s()

    def finish(summary: Summary) -> None:
        shown.close()
        recorder.event("note", name="network", allowed=network.allowed, refused=network.refused)
        _finish(job, summary, recorder, seed, clock.now() - began_s, stopwatch_s() - wall_s)

    try:
        summary = await flight.run(shown.event)
    except asyncio.CancelledError:
        summary = flight.summary()
        finish(summary)
        job.output.note(interrupted_words(summary.left, flight.left_how, found=flight.vehicle is not None))
        raise
    finish(summary)
    if summary.error is not None:
        raise summary.error
    return 0


def interrupted_words(left: str, left_how: str, *, found: bool) -> str:
    """What an operator who breaks off has to know of the aircraft."""
    return f"interrupted: {f'the aircraft was left {left}' if found else left}; {left_how}"


def _finish(
    job: Job, summary: Summary, recorder: FlightRecorder, seed: int | None, flown_s: float, wall_s: float
) -> None:
    """Close the record, make the report, say how it went."""
    recording = recorder.close(outcome=summary.outcome, why=summary.why, left=summary.left)
    report = _report(recording, job.output)
    speed_factor = flown_s / wall_s if wall_s > 0 else math.inf
    job.output.emit(
        "summary",
        outcome=summary.outcome,
        flight=str(recording.folder),
        report=report,
        seed=seed,
        items=summary.items,
        items_reached=list(summary.items_reached),
        max_alt_m=summary.max_alt_m,
        distance_m=summary.distance_m,
        flight_time_s=summary.flight_time_s,
        wall_time_s=round(wall_s, 3),
        speed_factor=round(speed_factor, 1),
        frames=recording.frames,
        frames_lost=summary.frames_lost,
        tlog_sha256=recording.tlog_sha256,
        why=summary.why,
        left=summary.left,
        items_missed=list(summary.items_missed),
        findings=list(summary.findings),
        record_problems=list(recording.problems),
    )
    for finding in summary.findings:
        job.output.result(f"  finding: {finding}")
    for problem in recording.problems:
        job.output.note(f"the record is incomplete: {problem}")
    minutes, seconds = divmod(round(summary.flight_time_s), 60)
    reached = f"{len(summary.items_reached)} places reached"
    high, where = (f"up to {summary.max_alt_m:.0f} m, ", "in the air") if summary.flew else ("", "under way")
    job.output.result(
        f"{summary.outcome}: {reached}, {summary.distance_m:.0f} m, {high}"
        f"{minutes} min {seconds:02d} s {where} ({speed_factor:.0f} times real time)"
    )
    job.output.result(f"left    {summary.left}")
    job.output.result(f"flight  {recording.folder}")
    if report:
        job.output.result(f"report  {report}")


def _report(recording: RecordingSummary, output: Output) -> str | None:
    from controller.logs.report.report import write_report

    try:
        return str(write_report(recording.folder))
    except OSError as error:
        output.note(f"the report could not be written: {error}")
        return None


def home_of(plan: Plan, text: str | None) -> Home:
    """Where a simulated aircraft stands: as told, or at the plan's home, or below its first place. Raises ScenarioError."""
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
