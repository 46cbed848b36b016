"""Check of a plan over terrain: the findings of its ways above the operator's ground."""

from __future__ import annotations

from dataclasses import replace

from controller.app.mission_files import PlanReport
from controller.app.planning.over_ground import TerrainSettings, terrain_at
from controller.errors import UserError
from controller.missions.checks.check import by_severity
from controller.missions.checks.findings import Finding, Severity
from controller.missions.checks.terrain import USUAL_CLEARANCE_M, terrain_findings
from controller.missions.commands import AMSL_FRAMES
from controller.missions.estimate import FlightEstimate, estimate


def checked_over_terrain(report: PlanReport, settings: TerrainSettings) -> PlanReport:
    """Return the report of a check with what the terrain says of the plan.

    Raises UserError for a plan without home, SafetyRefused where the terrain does not cover it.
    """
    home = report.estimate.home
    if home is None:
        raise UserError(
            "cannot check the plan over terrain: it has no home that its heights are above",
            where=report.plan.path,
            hint="give --sim AIRFRAME with --home LAT,LON,ALT,HEADING, or --link",
        )
    terrain, remarks = terrain_at(home, settings, USUAL_CLEARANCE_M)
    more = [Finding(Severity.WARNING, 0, *remark.split(": ", 1)) for remark in remarks] + terrain_findings(
        report.plan, _flown(report, settings, terrain.home_m), terrain
    )
    return replace(report, findings=tuple(by_severity([*report.findings, *more])))


def _flown(report: PlanReport, settings: TerrainSettings, home_m: float) -> FlightEstimate:
    """Return the flight of a plan; the terrain tells the altitude of a home that has none."""
    home = report.estimate.home
    if home is None or home.alt_known or all(item.frame not in AMSL_FRAMES for item in report.plan.items):
        return report.estimate
    alt_m = home_m - settings.ground.from_egm96_m(home.lat_deg, home.lon_deg, 0.0)
    return estimate(report.plan, home=replace(home, alt_amsl_m=alt_m, alt_known=True))
