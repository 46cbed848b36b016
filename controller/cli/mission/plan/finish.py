"""The end of every command of `landline mission plan`: the job, its plan's file, and its figures."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from controller.app.planning.job import Job, JobSettings
    from controller.cli.common import Output
    from controller.cli.mission.plan.options import JobOptions
    from controller.missions.plan import Home, Plan
    from controller.missions.route.items import Pump
    from controller.missions.route.route import Route

_MOST_LISTED = 40


def settings_of(job: JobOptions) -> JobSettings:
    """Return the settings of a job. Raises UserError."""
    from controller.app.planning.job import JobSettings
    from controller.cli.mission.plan.aircraft import battery_of, power_of, speeds_of, stored_items_of, wind_of
    from controller.errors import UserError
    from controller.missions.route.items import ItemStyle
    from controller.wire.enums import MAV_AUTOPILOT

    firmware = {"ardupilot": MAV_AUTOPILOT.ARDUPILOTMEGA, "px4": MAV_AUTOPILOT.PX4}
    if job.autopilot not in firmware:
        raise UserError(f"invalid value '{job.autopilot}'", where="--autopilot", hint="use ardupilot or px4")
    if job.exposure_ms is not None and not 0.0 < job.exposure_ms <= 60_000.0:
        raise UserError(f"invalid value '{job.exposure_ms:g}'", where="--exposure-ms", hint="use more than 0")
    home = None if job.home is None else home_of(job.home)
    power = power_of(job, home)
    return JobSettings(
        style=ItemStyle(autopilot="px4" if job.autopilot == "px4" else "ardupilot"),
        firmware_type=int(firmware[job.autopilot]),
        home=home,
        speed_m_s=job.speed_m_s,
        speeds=speeds_of(job.autopilot),
        stored_items=stored_items_of(job.autopilot),
        exposure_s=None if job.exposure_ms is None else job.exposure_ms / 1000.0,
        power=power,
        wind=wind_of(job),
        battery=battery_of(job, power),
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


def finish(route: Route, job: JobOptions, pump: Pump | None = None) -> int:
    """Plan the job of a route, write its plan, and print its figures. Raises PlanError."""
    from controller.app.planning.coverage import coverage_of_route, save_coverage
    from controller.app.planning.job import plan_job
    from controller.cli.common import Output
    from controller.cli.mission.plan.ground import heights_above
    from controller.cli.terrain_options import terrain_settings
    from controller.missions.checks.check import check
    from controller.missions.checks.findings import grouped
    from controller.missions.coverage.figures import photos_by_asset
    from controller.missions.route.photos import photos_of

    _check_coverage(route, job)
    route = heights_above(route, job)
    ground = terrain_settings(
        job.terrain, job.terrain_datum, flat_outside=job.flat_outside, clearance_m=job.clearance_m
    )
    settings = replace(settings_of(job), terrain=ground)
    if pump is not None:
        settings = replace(settings, style=replace(settings.style, pump=pump))
    planned = plan_job(route, settings)
    coverage = coverage_of_route(planned.route, terrain=planned.terrain, needed=job.seen)
    findings = [finding for plan in planned.plans for finding in check(plan)]
    assets = photos_by_asset(photos_of(route).assets)
    out = Output(job.json)
    names, shown = save_plans(planned.plans, job.out, out)
    if coverage is not None and job.coverage is not None:
        save_coverage(coverage, job.coverage, f"Coverage: {route.pattern}, planned")
    for remark in planned.remarks:
        out.note(remark)
    for finding in grouped(findings):
        out.note(f"{finding.severity}: {finding}")
    flights = _flights(planned, names)
    for flight in flights if len(flights) > 1 else ():
        out.emit("flight", **flight)
        (out.note if shown else out.result)(_flight_line(flight))
    energy = round(sum(planned.energies_wh), 2) if planned.energies_wh else None
    out.emit(
        "summary",
        pattern=route.pattern,
        items=sum(len(plan.items) for plan in planned.plans),
        photos=planned.photos,
        area_m2=round(route.area_m2, 1),
        distance_m=round(planned.distance_m, 1),
        duration_s=round(planned.duration_s, 1),
        energy_wh=energy,
        power=settings.power.source if settings.power else None,
        flights=len(planned.plans),
        findings=[{"severity": str(one.severity), "item": one.item, "what": one.what} for one in findings],
        return_height_m=planned.return_height_m,
        remarks=list(planned.remarks),
        assets=assets,
        coverage=None if coverage is None else coverage.figures.as_json(),
    )
    minutes = planned.duration_s / 60.0
    flown = f", {len(flights)} flights" if len(flights) > 1 else ""
    used = "" if energy is None else f", {energy:.1f} Wh"
    line = (
        f"{route.pattern}: {sum(len(plan.items) for plan in planned.plans)} items, {route.passes} lines, "
        f"{planned.photos} photos, {planned.distance_m / 1000.0:.2f} km, {minutes:.0f} min{used}{flown}"
    )
    for one in (line, *_asset_lines(assets), *(() if coverage is None else coverage.figures.lines())):
        (out.note if shown else out.result)(one)
    return 0


def _asset_lines(assets: dict[str, int]) -> list[str]:
    """Return one line of the photos of each asset; the many points of one object are not listed."""
    if not 1 < len(assets) <= _MOST_LISTED:
        return []
    return ["photos: " + ", ".join(f"{asset} {count}" for asset, count in assets.items())]


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


def _flights(planned: Job, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the figures of each flight."""
    return [
        {
            "number": number,
            "file": names[number - 1] if names else None,
            "items": len(plan.items),
            "distance_m": round(planned.estimates[number - 1].distance_m, 1),
            "duration_s": round(planned.estimates[number - 1].duration_s, 1),
            "energy_wh": round(planned.energies_wh[number - 1], 2) if planned.energies_wh else None,
        }
        for number, plan in enumerate(planned.plans, start=1)
    ]


def _flight_line(flight: dict[str, Any]) -> str:
    energy = "" if flight["energy_wh"] is None else f", {flight['energy_wh']:.1f} Wh"
    file = f"  {flight['file']}" if flight["file"] else ""
    return (
        f"flight {flight['number']}: {flight['items']} items, {flight['distance_m'] / 1000.0:.2f} km, "
        f"{flight['duration_s'] / 60.0:.0f} min{energy}{file}"
    )


def save_plans(plans: Sequence[Plan], target: Path | None, out: Output) -> tuple[list[str], bool]:
    """Write the plans to their files or the only one to a pipe; return the files, and whether the pipe has it.

    Several flights are numbered: FILE-1, FILE-2 and so on.
    """
    from controller.cli.streams import write
    from controller.errors import UserError
    from controller.missions.files import STANDARD_INPUT, save_plan
    from controller.missions.formats import qgc_plan

    if target is not None and str(target) != STANDARD_INPUT:
        several = len(plans) > 1
        paths = [
            target.with_stem(f"{target.stem}-{number}") if several else target
            for number in range(1, len(plans) + 1)
        ]
        for plan, path in zip(plans, paths, strict=True):
            save_plan(plan, path)
        return [str(path) for path in paths], False
    if out.json:
        if target is not None:
            raise UserError(
                "cannot write both the plan and JSON lines to standard output", hint="give --out FILE"
            )
        return [], False
    if target is None and sys.stdout.isatty():
        out.note("the plan is not written: --out FILE writes it")
        return [], False
    if len(plans) > 1:
        raise UserError(
            f"cannot write {len(plans)} flights to standard output", where="--out", hint="give --out FILE"
        )
    write(qgc_plan.FORMAT.write(plans[0]).decode(), sys.stdout)
    return [], True
