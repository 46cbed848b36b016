"""A flight with everything around it: flight record, station, procedure, report."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from controller.app.fly.events import FlyEvent, FlySummary
from controller.app.fly.options import FlyOptions
from controller.app.fly.procedure import FlyProcedure
from controller.app.recording import check_recordable, discard_if_empty, start_record
from controller.app.station import Station
from controller.clock import Clock, SystemClock, stopwatch_s
from controller.errors import LandlineError, UserError
from controller.guard.audit import AuditRecord
from controller.guard.policy import EndpointPolicy
from controller.link.open import open_link, policy_for
from controller.logs.flights import store
from controller.logs.record.additions import sign_additions
from controller.logs.record.recorder import FlightRecorder, RecordingSummary
from controller.missions.plan import Plan


@dataclass(frozen=True, slots=True)
class FlightSetup:
    """A plan to fly, the options, the folder for the flight record, and the function that shows notes to the operator.

    `seed` is that of a simulation that repeats byte for byte, else None.
    """

    plan: Plan
    options: FlyOptions
    flights_folder: Path
    note: Callable[[str], None]
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class FlightResult:
    """Summary and record of a flight; `interrupted` describes how an interrupting operator left the aircraft, else "".

    `folder` is None where nothing was received, and so nothing was kept. `report_error` is "" where the report was
    written; `wall_s` is real time since the procedure began.
    """

    summary: FlySummary
    recording: RecordingSummary
    folder: Path | None
    report: Path | None
    report_error: str
    wall_s: float
    interrupted: str = ""


@asynccontextmanager
async def flight_station(
    setup: FlightSetup,
    clock: Clock,
    vehicle_name: str,
    *,
    url: str | None = None,
    policy: EndpointPolicy | None = None,
) -> AsyncIterator[tuple[Station, FlightRecorder]]:
    """Open the link `url`, start the flight record and a station that writes it; the caller may add more links.

    The record's folder is named after the real time, also for a flight in simulated time. Raises UserError where
    the folder cannot be written, and the errors of the link; then nothing is recorded, and no folder is left.
    """
    check_recordable(setup.flights_folder)
    async with AsyncExitStack() as stack:
        link = None
        if url is not None:
            link = await stack.enter_async_context(
                open_link(url, policy=policy or policy_for([url]), clock=clock)
            )
        recorder = start_record(
            setup.flights_folder,
            vehicle=vehicle_name,
            clock=clock,
            on_problem=setup.note,
            name_utc_us=SystemClock().utc_us(),
            durable=setup.seed is None,
            start_fields={"plan": setup.plan.path, "seed": setup.seed},
        )
        stack.callback(_end_record, recorder, clock)
        station = await stack.enter_async_context(Station(clock=clock, recorder=recorder))
        if link is not None:
            await station.add(link, name=url or "")
        yield station, recorder


def _end_record(recorder: FlightRecorder, clock: Clock) -> None:
    recording = recorder.close()
    if not discard_if_empty(recording, clock):
        # The ground truth of a simulation is complete only now.
        sign_additions(recording.folder, [store.TRUTH])


async def fly_recorded(
    setup: FlightSetup,
    station: Station,
    recorder: FlightRecorder,
    clock: Clock,
    network: AuditRecord,
    *,
    on_event: Callable[[FlyEvent], None],
    on_result: Callable[[FlightResult], None],
    on_procedure: Callable[[FlyProcedure], None] | None = None,
) -> None:
    """Fly, close the record, write the report, then call `on_result`, also when the operator interrupts.

    Raises the error that ended the flight.
    """
    procedure = FlyProcedure(setup.plan, station, setup.options, recorder=recorder)
    if on_procedure is not None:
        on_procedure(procedure)
    wall_began_s = stopwatch_s()

    def finish(summary: FlySummary, *, interrupted: str = "") -> None:
        recorder.event("note", name="network", allowed=network.allowed, refused=network.refused)
        wall_s = stopwatch_s() - wall_began_s
        # A flight that repeats byte for byte has no real time in its record.
        real_time = {"wall_time_s": round(wall_s, 3)} if setup.seed is None else {}
        recording = recorder.close(
            outcome=summary.outcome,
            why=summary.why,
            left=summary.left,
            flight_time_s=summary.flight_time_s,
            **({"interrupted": interrupted} if interrupted else {}),
            **real_time,
        )
        discarded = discard_if_empty(recording, clock)
        folder = None if discarded else recording.folder
        report, report_error = (None, "") if discarded else _write_report(recording)
        on_result(FlightResult(summary, recording, folder, report, report_error, wall_s, interrupted))

    try:
        summary = await procedure.run(on_event)
    except asyncio.CancelledError:
        summary = procedure.summary()
        finish(
            summary,
            interrupted=interrupted_text(
                summary.left, procedure.left_how, found=procedure.vehicle is not None
            ),
        )
        raise
    except Exception:
        finish(procedure.summary())
        raise
    finish(summary)
    if summary.error is not None:
        raise summary.error


def interrupted_text(left: str, left_how: str, *, found: bool) -> str:
    """Describe how an operator who breaks off leaves the aircraft."""
    return f"interrupted: {f'the aircraft was left {left}' if found else left}; {left_how}"


def _write_report(recording: RecordingSummary) -> tuple[Path | None, str]:
    from controller.logs.report.report import write_report

    try:
        return write_report(recording.folder), ""
    except (OSError, UserError) as error:
        return None, f"cannot write the report: {error}"


@asynccontextmanager
async def in_background(work: Awaitable[object]) -> AsyncIterator[None]:
    """Run `work` beside the block, and cancel it at the end of the block."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def hosted_flight(host: Coroutine[Any, Any, NoReturn], flight: Coroutine[Any, Any, None]) -> None:
    """Run the flight beside the process that hosts its autopilot or ground box.

    Raises what ended the host as soon as it ends. Both have ended on return.
    """
    hosting, flying = asyncio.ensure_future(host), asyncio.ensure_future(flight)
    try:
        await asyncio.wait({hosting, flying}, return_when=asyncio.FIRST_COMPLETED)
        if not flying.done():
            hosting.result()
        flying.result()
    finally:
        ended = hosting.done() and not flying.done()
        flying.cancel("the process of the autopilot or the ground box ended" if ended else None)
        hosting.cancel()
        for task in (flying, hosting):
            with contextlib.suppress(asyncio.CancelledError, LandlineError):
                await task
