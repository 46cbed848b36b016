"""The end of every command of `landline mission plan`: the job, its plan's file, and its figures."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.app.planning.job import JobSettings
    from controller.cli.common import Output
    from controller.cli.mission.plan.options import JobOptions
    from controller.missions.plan import Home, Plan
    from controller.missions.route.route import Route


def settings_of(job: JobOptions) -> JobSettings:
    """Return the settings of a job. Raises UserError."""
    from controller.app.planning.job import JobSettings
    from controller.errors import UserError
    from controller.missions.route.items import ItemStyle
    from controller.wire.enums import MAV_AUTOPILOT

    firmware = {"ardupilot": MAV_AUTOPILOT.ARDUPILOTMEGA, "px4": MAV_AUTOPILOT.PX4}
    if job.autopilot not in firmware:
        raise UserError(f"invalid value '{job.autopilot}'", where="--autopilot", hint="use ardupilot or px4")
    return JobSettings(
        style=ItemStyle(autopilot="px4" if job.autopilot == "px4" else "ardupilot"),
        firmware_type=int(firmware[job.autopilot]),
        home=None if job.home is None else home_of(job.home),
        speed_m_s=job.speed_m_s,
    )


def home_of(text: str, option: str = "--home") -> Home:
    """Return a home from `LAT,LON` or `LAT,LON,ALT`. Raises UserError with the option's name."""
    from controller.errors import UserError
    from controller.missions.plan import Home

    try:
        lat_deg, lon_deg, *alt = (float(one) for one in text.split(","))
        if not (-90.0 <= lat_deg <= 90.0 and -180.0 <= lon_deg <= 180.0) or len(alt) > 1:
            raise ValueError
    except ValueError:
        raise UserError(
            f"invalid value '{text}'", where=option, hint="write LAT,LON,ALT, such as 47.3977,8.5456,488"
        ) from None
    return Home(lat_deg, lon_deg, alt[0] if alt else 0.0, alt_known=bool(alt))


def finish(route: Route, job: JobOptions) -> int:
    """Plan the job of a route, write its plan, and print its figures. Raises PlanError."""
    from controller.app.planning.coverage import coverage_of_route, save_coverage
    from controller.app.planning.job import plan_job
    from controller.cli.common import Output
    from controller.cli.mission.plan.ground import heights_above, terrain_settings
    from controller.missions.checks.check import check
    from controller.missions.checks.findings import grouped

    _check_coverage(route, job)
    route = heights_above(route, job)
    planned = plan_job(route, replace(settings_of(job), terrain=terrain_settings(job)))
    coverage = coverage_of_route(route, planned.plans[0].home, needed=job.seen)
    findings = [finding for plan in planned.plans for finding in check(plan)]
    out = Output(job.json)
    shown = _save(planned.plans[0], job, out)
    if coverage is not None and job.coverage is not None:
        save_coverage(coverage, job.coverage, f"Coverage: {route.pattern}, planned")
    for remark in planned.remarks:
        out.note(remark)
    for finding in grouped(findings):
        out.note(f"{finding.severity}: {finding}")
    out.emit(
        "summary",
        pattern=route.pattern,
        items=sum(len(plan.items) for plan in planned.plans),
        photos=planned.photos,
        area_m2=round(route.area_m2, 1),
        distance_m=round(planned.distance_m, 1),
        duration_s=round(planned.duration_s, 1),
        flights=len(planned.plans),
        findings=[{"severity": str(one.severity), "item": one.item, "what": one.what} for one in findings],
        return_height_m=planned.return_height_m,
        remarks=list(planned.remarks),
        coverage=None if coverage is None else coverage.figures.as_json(),
    )
    minutes = planned.duration_s / 60.0
    line = (
        f"{route.pattern}: {len(planned.plans[0].items)} items, {route.passes} lines, {planned.photos} photos, "
        f"{planned.distance_m / 1000.0:.2f} km, {minutes:.0f} min"
    )
    for one in (line, *(() if coverage is None else coverage.figures.lines())):
        (out.note if shown else out.result)(one)
    return 0


def _check_coverage(route: Route, job: JobOptions) -> None:
    """Raise UserError for a picture of the coverage that cannot be made; nothing is written then."""
    from controller.app.planning.coverage import check_picture
    from controller.errors import UserError

    if job.coverage is None:
        return
    check_picture(job.coverage)
    if route.camera is None:
        raise UserError(
            "cannot make the coverage: the job has no camera", where="--coverage", hint="give --camera NAME"
        )


def _save(plan: Plan, job: JobOptions, out: Output) -> bool:
    """Write the plan to its file or to a pipe; return whether standard output has it."""
    from controller.cli.streams import write
    from controller.errors import UserError
    from controller.missions.files import STANDARD_INPUT, save_plan
    from controller.missions.formats import qgc_plan

    if job.out is not None and str(job.out) != STANDARD_INPUT:
        save_plan(plan, job.out)
        return False
    if job.json:
        if job.out is not None:
            raise UserError(
                "cannot write both the plan and JSON lines to standard output", hint="give --out FILE"
            )
        return False
    if job.out is None and sys.stdout.isatty():
        out.note("the plan is not written: --out FILE writes it")
        return False
    write(qgc_plan.FORMAT.write(plan).decode(), sys.stdout)
    return True
