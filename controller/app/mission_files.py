"""Conversion and check of plan files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from controller.errors import SafetyRefused
from controller.missions.checks.check import Capabilities, Limits, check, reading_findings
from controller.missions.checks.findings import Finding, Severity, grouped, item_ranges
from controller.missions.errors import PlanError
from controller.missions.estimate import FlightEstimate, estimate
from controller.missions.files import open_plan, save_plan
from controller.missions.formats.mission_format import ConversionLoss
from controller.missions.formats.registry import format_for, losses
from controller.missions.plan import Home, Plan


@dataclass(frozen=True, slots=True)
class PlanReport:
    """Result of a conversion or check: losses of the conversion, findings of the check, flight estimate."""

    plan: Plan
    losses: tuple[ConversionLoss, ...]
    findings: tuple[Finding, ...]
    estimate: FlightEstimate

    @property
    def exit_code(self) -> int:
        """Exit code of a refused safety check if the plan has errors, else 0."""
        return SafetyRefused.exit_code if self.has_errors else 0

    @property
    def has_errors(self) -> bool:
        """Whether the plan must not be flown."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def convert_file(source: Path, target: Path, *, home_row: bool | None = None) -> PlanReport:
    """Convert the file `source` to `target`, in the format that the name asks for. Raises PlanError.

    The plan is not checked: a conversion succeeds whatever `check_file` would find.
    """
    plan = open_plan(source, home_row=home_row)
    format_ = format_for(target)
    if target.exists() and target.samefile(source):
        raise PlanError("cannot convert: source and target are the same file", where=str(target))
    lost = losses(plan, format_)
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


def summary(report: PlanReport) -> dict[str, Any]:
    """Return the `summary` event of `--json`."""
    return {
        "event": "summary",
        "items": len(report.plan.items),
        "losses": [{"item": loss.item, "what": loss.what, "why": loss.why} for loss in report.losses],
        "findings": [
            {
                "severity": str(finding.severity),
                "item": finding.item,
                "what": finding.what,
                "why": finding.why,
            }
            for finding in report.findings
        ],
        "distance_m": round(report.estimate.distance_m, 1),
        "duration_s": round(report.estimate.duration_s, 1),
    }


def lines(report: PlanReport) -> Iterator[str]:
    """Yield the report as lines of text."""
    flown = report.estimate
    minutes, seconds = divmod(round(flown.duration_s), 60)
    yield f"{len(report.plan.items)} items, {flown.distance_m:.0f} m, about {minutes} min {seconds:02} s"
    for loss in _grouped(report.losses):
        yield f"lost: {f'item {loss.item}: ' if loss.item else ''}{loss.what} ({loss.why})"
    for finding in grouped(report.findings):
        yield f"{finding.severity}: {finding}"


def _grouped(losses: tuple[ConversionLoss, ...]) -> Iterator[ConversionLoss]:
    """Join more than five losses for one reason into the first of them and the numbers of the others."""
    together: dict[str, list[ConversionLoss]] = {}
    for loss in losses:
        together.setdefault(loss.why, []).append(loss)
    for alike in together.values():
        of_items = [loss for loss in alike if loss.item]
        if len(of_items) <= 5:
            yield from alike
            continue
        yield from (loss for loss in alike if not loss.item)
        first = of_items[0]
        others = item_ranges({loss.item for loss in of_items[1:]})
        yield replace(first, what=f"{first.what}; the same for {others}")
