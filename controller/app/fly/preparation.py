"""Steps before the start of a flight: version and streams, parameters, check of the plan, upload."""

from __future__ import annotations

import asyncio

from controller.app.fly.events import PlanChecked
from controller.app.fly.options import FlyOptions
from controller.app.fly.plan_check import Aircraft, check_plan
from controller.app.fly.reporter import Reporter
from controller.app.upload_remarks import upload_remarks
from controller.errors import LinkError
from controller.logs.record.recorder import FlightRecorder
from controller.missions.checks.findings import Severity, refuse_errors
from controller.missions.estimate import FlightEstimate
from controller.missions.formats import qgc_plan
from controller.missions.onboard import OnboardMission
from controller.missions.plan import Plan
from controller.vehicle.vehicle import Vehicle


async def identify(vehicle: Vehicle, options: FlyOptions, reporter: Reporter) -> None:
    """Request the firmware's version and the telemetry."""
    firmware = await vehicle.request_version()
    reporter.phase("identify", f"{vehicle} {firmware.version}" if firmware else str(vehicle))
    refused = await vehicle.request_streams(rate_factor=options.stream_share)
    if refused:
        reporter.warn(f"the aircraft does not send {', '.join(refused)} at the requested rate")


async def read_parameters(
    vehicle: Vehicle, options: FlyOptions, reporter: Reporter, recorder: FlightRecorder | None, *, slow: bool
) -> None:
    """Read the parameters into the record, as `options.params` says for a link that is `slow` or not.

    Raises LinkError if they are all needed and do not arrive.
    """
    if options.params == "none" or (options.params == "auto" and slow):
        return
    reporter.phase("parameters", "reading the parameters")
    try:
        async with asyncio.timeout(options.params_within_s if options.params == "auto" else None):
            values = await vehicle.params.list(progress=reporter.transfer("parameters"))
    except (TimeoutError, LinkError):
        if options.params == "all":
            raise
        reporter.warn("the parameters could not be read in time and are not in the flight record")
        return
    if recorder is not None:
        recorder.params({name: value.value for name, value in values.items()})


def check(plan: Plan, vehicle: Vehicle, options: FlyOptions, reporter: Reporter) -> FlightEstimate:
    """Check the plan for the aircraft and return the estimate of the flight. Raises SafetyRefused for errors."""
    reporter.phase("check", "checking the plan")
    findings, estimate = check_plan(plan, Aircraft.of(vehicle), options)
    reporter.emit(PlanChecked(reporter.t_s(), tuple(findings)))
    reporter.findings += [str(finding) for finding in findings if finding.severity is not Severity.NOTE]
    refuse_errors(findings, where=plan.path)
    return estimate


async def upload(
    plan: Plan, vehicle: Vehicle, options: FlyOptions, reporter: Reporter, recorder: FlightRecorder | None
) -> OnboardMission:
    """Upload the plan, read it back, and put it into the record. Raises the errors of `Mission.upload`."""
    reporter.phase("upload", f"uploading {len(plan.items)} items and reading them back")
    uploaded = await vehicle.mission.upload(
        plan,
        progress=reporter.transfer("mission"),
        clear_fence=options.clear_fence,
        clear_rally=options.clear_rally,
    )
    reporter.findings += uploaded.notes
    for note in (f"{uploaded} on board, as in the plan", *upload_remarks(uploaded)):
        reporter.note(note)
    if recorder is not None:
        is_qgc_plan = plan.source is not None and plan.source.format == qgc_plan.NAME
        recorder.mission(plan.source.text if plan.source and is_qgc_plan else qgc_plan.write(plan))
    assert uploaded.mission is not None  # the check refuses a plan without mission items
    return uploaded.mission
