"""Conversion and check of plan files, and their reports as text and JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from controller.app.fly.options import FlyOptions
from controller.app.fly.plan_check import Aircraft, check_plan, home_known, read_checked_parameters
from controller.app.plan_table import altitude_reference, table_lines, table_rows
from controller.autopilots.identify import autopilot_named
from controller.errors import SafetyRefused, UserError
from controller.missions.checks.check import Capabilities, Limits, by_severity, check, reading_findings
from controller.missions.checks.findings import Finding, Severity, grouped
from controller.missions.errors import PlanError
from controller.missions.estimate import FlightEstimate, estimate
from controller.missions.fence import Fence, rally_wire_items
from controller.missions.files import open_plan, save_plan
from controller.missions.formats.registry import format_for, losses
from controller.missions.formats.wpml.models import for_drone
from controller.missions.list_texts import lists_text
from controller.missions.losses import ConversionLoss, grouped_losses
from controller.missions.plan import Home, Plan
from controller.missions.replan.replan import differences, replanned
from controller.vehicle.state import VehicleState
from controller.vehicle.vehicle import Vehicle

_BATTERY_S = 3.0  # until the first SYS_STATUS


@dataclass(frozen=True, slots=True)
class PlanReport:
    """Result of a conversion or check: losses of a conversion, findings of the check, flight estimate.

    `aircraft` names the aircraft that the plan was checked for, "" for none.
    """

    plan: Plan
    losses: tuple[ConversionLoss, ...]
    findings: tuple[Finding, ...]
    estimate: FlightEstimate
    aircraft: str = ""

    @property
    def exit_code(self) -> int:
        """Exit code of a refused safety check if the plan has errors, else 0."""
        return SafetyRefused.exit_code if self.has_errors else 0

    @property
    def has_errors(self) -> bool:
        """Whether the plan must not be flown."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def convert_file(
    source: Path,
    target: Path,
    *,
    home_row: bool | None = None,
    strict: bool = False,
    replan: bool = False,
    drone: str | None = None,
) -> PlanReport:
    """Convert the file `source` to `target`, in the format of its name; it is not checked. Raises PlanError.

    `strict` refuses a conversion that loses anything, before writing. `replan` plans the patterns of the file from
    their parameters. `drone` names the DJI aircraft that a DJI mission is written for.
    """
    plan = open_plan(source, home_row=home_row)
    plan = for_drone(replanned(plan) if replan else plan, drone)
    format_ = format_for(target)
    if target.exists() and target.samefile(source):
        raise PlanError("cannot convert: source and target are the same file", where=str(target))
    lost = (*plan.losses, *losses(plan, format_))
    if strict and lost:
        more = f", and {len(lost) - 1} more" if len(lost) > 1 else ""
        raise PlanError(
            f"cannot convert without loss: {lost[0]}{more}",
            where=str(source),
            hint="leave out --strict to convert it and to see all losses",
        )
    save_plan(plan, target, format_=format_)
    return PlanReport(plan, lost, tuple(reading_findings(plan)), estimate(plan))


def check_file(
    source: Path,
    *,
    home_row: bool | None = None,
    home: Home | None = None,
    limits: Limits | None = None,
    capabilities: Capabilities | None = None,
) -> PlanReport:
    """Check the file `source`. Raises PlanError when it cannot be read."""
    plan = open_plan(source, home_row=home_row)
    flown = estimate(plan, home=home)
    found = check(plan, home=home, limits=limits, capabilities=capabilities, flown=flown)
    return PlanReport(plan, (), tuple(found), flown)


def check_alone(plan: Plan, options: FlyOptions) -> PlanReport:
    """Check the plan without an aircraft. Raises UserError for options that need one."""
    for option, command in (("--at-end", options.at_end), ("--on-abort", options.on_leave)):
        if command != "nothing":
            raise UserError(
                f"cannot check {option} without an aircraft",
                where="mission check",
                hint="give --sim, --link or --autopilot",
            )
    flown = estimate(plan)
    found = by_severity([*check(plan, limits=options.limits, flown=flown), *differences(plan)])
    return PlanReport(plan, (), tuple(found), flown)


def check_for_autopilot(plan: Plan, name: str, options: FlyOptions) -> PlanReport:
    """Check the plan for its vehicle type on an autopilot, whose parameters and state are unknown.

    Raises UserError for an unknown autopilot, or a plan without vehicle type.
    """
    if not plan.vehicle_type:
        raise UserError(
            "cannot choose the aircraft: the plan has no vehicle type",
            where=plan.path,
            hint="give --sim AIRFRAME with --autopilot",
        )
    autopilot = autopilot_named(name, plan.vehicle_type)
    aircraft = Aircraft(autopilot, plan.vehicle_type, VehicleState(), {})
    findings, flown = check_plan(plan, aircraft, options, to_fly=bool(plan.items))
    findings = by_severity([*findings, *differences(plan)])
    text = f"{autopilot.name} {autopilot.kind.value}s with default parameters"
    return PlanReport(plan, (), tuple(findings), flown, aircraft=text)


async def check_on_aircraft(
    plan: Plan, vehicle: Vehicle, options: FlyOptions, *, note: Callable[[str], None], name: str = ""
) -> PlanReport:
    """Check the plan for a connected aircraft as `landline fly` does: at its position, with its parameters.

    Nothing is uploaded. `note(line)` is called where the check waits. Raises the errors of the link.
    """
    findings: list[Finding] = []
    if not await home_known(vehicle, options.ready_within_s, note):
        what = "the aircraft has no home position yet"
        findings.append(
            Finding(Severity.WARNING, 0, what, "checked from the home of the plan; check it again later")
        )
    await read_checked_parameters(vehicle)
    await vehicle.wait(lambda state: state.battery is not None, _BATTERY_S)
    found, flown = check_plan(plan, Aircraft.of(vehicle), options, to_fly=bool(plan.items))
    return PlanReport(plan, (), tuple(by_severity(findings + found)), flown, aircraft=name or str(vehicle))


def show_report(plan: Plan) -> PlanReport:
    """Return the report of a plan that is shown and not checked."""
    return PlanReport(plan, (), (), estimate(plan))


def summary(report: PlanReport) -> dict[str, Any]:
    """Return the `summary` event of `--json`."""
    return {
        "event": "summary",
        "items": len(report.plan.items),
        "losses": [loss.as_json() for loss in report.losses or report.plan.losses],
        "findings": [finding_as_json(finding) for finding in report.findings],
        "distance_m": round(report.estimate.distance_m, 1),
        "duration_s": round(report.estimate.duration_s, 1),
    }


def only_list(plan: Plan, only: str | None) -> Plan:
    """Return the plan with one of its lists alone (`mission`, `fence` or `rally`); None: all. Raises UserError."""
    if only not in (None, "mission", "fence", "rally"):
        raise UserError(f"invalid value '{only}': give one of mission, fence, rally", where="--only")
    return replace(
        plan,
        items=plan.items if only in (None, "mission") else (),
        complex_items=plan.complex_items if only in (None, "mission") else (),
        fence=plan.fence if only in (None, "fence") else Fence(),
        rally=plan.rally if only in (None, "rally") else (),
    )


def contents(plan: Plan) -> str:
    """Return in words what a plan holds: "14 items, fence of 1 polygon, 2 rally points"."""
    if not (plan.items or plan.has_areas):
        return "0 items"
    return lists_text(len(plan.items), plan.fence.wire_items(), rally_wire_items(plan.rally))


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as an object for `--json`."""
    return {
        "severity": str(finding.severity),
        "item": finding.item,
        "what": finding.what,
        "why": finding.why,
    }


def show_summary(report: PlanReport) -> dict[str, Any]:
    """Return the `summary` event of a plan that is shown: sizes, items, fence and rally points."""
    plan = report.plan
    rows = table_rows(plan, report.estimate)
    return {
        "event": "summary",
        "items": len(plan.items),
        "distance_m": round(report.estimate.distance_m, 1),
        "duration_s": round(report.estimate.duration_s, 1),
        "home": [plan.home.lat_deg, plan.home.lon_deg, plan.home.alt_amsl_m] if plan.home else None,
        "table": [row.as_json() for row in rows],
        "areas": list(area_lines(plan)),
        "notes": [str(note) for note in plan.notes],
        "losses": [loss.as_json() for loss in plan.losses],
    }


def check_summary(report: PlanReport) -> dict[str, Any]:
    """Return the `summary` event of a check: that of a conversion, with the items, the aircraft and the verdict."""
    rows = table_rows(report.plan, report.estimate)
    return summary(report) | {
        "table": [row.as_json() for row in rows],
        "aircraft": report.aircraft or None,
        "verdict": verdict(report),
    }


def lines(report: PlanReport) -> Iterator[str]:
    """Yield the report of a conversion as lines of text."""
    yield size_text(report)
    yield from _finding_lines(report)


def check_lines(report: PlanReport) -> Iterator[str]:
    """Yield the report of a check as lines of text: size, home, table of the items, findings, verdict."""
    yield from show_lines(report)
    yield from _finding_lines(report)
    yield verdict(report)


def show_lines(report: PlanReport) -> Iterator[str]:
    """Yield the plan as lines of text: size, home, table of the items, fence and rally points."""
    plan = report.plan
    yield size_text(report)
    if plan.home:
        home = plan.home
        altitude = f", {home.alt_amsl_m:g} m AMSL" if home.alt_known else ""
        yield f"home {home.lat_deg:.7f}, {home.lon_deg:.7f}{altitude}"
    yield from table_lines(table_rows(plan, report.estimate))
    yield from area_lines(plan)


def area_lines(plan: Plan) -> Iterator[str]:
    """Yield the fence and the rally points of a plan, a line each."""
    for polygon in plan.fence.polygons:
        kind = "inclusion" if polygon.inclusion else "exclusion"
        yield f"fence: {kind} polygon of {len(polygon.corners)} corners"
    for circle in plan.fence.circles:
        kind, at = "inclusion" if circle.inclusion else "exclusion", circle.center
        yield f"fence: {kind} circle of {circle.radius_m:g} m around {at.lat_deg:.7f}, {at.lon_deg:.7f}"
    points = [("rally point", point) for point in plan.rally]
    if plan.fence.breach_return:
        points.insert(0, ("fence: return point", plan.fence.breach_return))
    for name, point in points:
        reference = altitude_reference(point.frame)
        yield f"{name} {point.lat_deg:.7f}, {point.lon_deg:.7f}, {point.alt_m:g} m {reference}"


def verdict(report: PlanReport) -> str:
    """Return the verdict of a check in one line: the number of findings, and whether `landline fly` takes the plan."""
    counts = [
        f"{number} {severity}{'s' if number > 1 else ''}"
        for severity in Severity
        if (number := sum(finding.severity is severity for finding in report.findings))
    ]
    found = ", ".join(counts) or "no findings"
    if not report.plan.items and report.plan.has_areas:
        return f"{found}; landline mission upload sends it and leaves the mission on board alone"
    if report.has_errors:
        return f"{found}; landline fly refuses this plan{f' on {report.aircraft}' if report.aircraft else ''}"
    if report.aircraft:
        return f"{found}; landline fly accepts this plan on {report.aircraft}"
    return f"{found}; checked without an aircraft: --sim, --link or --autopilot checks the plan for one"


def size_text(report: PlanReport) -> str:
    """Return the size of a plan in words: "7 items, 120 m, about 1 min 05 s"."""
    flown = report.estimate
    if not report.plan.items:
        return "no mission items"
    minutes, seconds = divmod(round(flown.duration_s), 60)
    return f"{len(report.plan.items)} items, {flown.distance_m:.0f} m, about {minutes} min {seconds:02} s"


def _finding_lines(report: PlanReport) -> Iterator[str]:
    for loss in grouped_losses(report.losses):
        yield f"lost: {loss}"
    for finding in grouped(report.findings):
        yield f"{finding.severity}: {finding}"
