"""Builds the summary of a flight, finished or in progress."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from controller.app.fly.events import FlySummary
from controller.app.fly.statistics import FlightStatistics
from controller.errors import AircraftRefused, LandlineError, LinkError
from controller.missions.plan import Plan
from controller.vehicle.mission_monitor import MissionMonitor
from controller.vehicle.monitoring.events import FlightOutcome, MissionEnded
from controller.vehicle.vehicle import Vehicle

if TYPE_CHECKING:
    from controller.logs.review.crash import Crash

# After this time without telemetry, the last known state is described with its age.
_OLD_STATE_S = 5
BY_OPERATOR = "interrupted by the operator"


def summarize(
    *,
    t_s: float,
    plan: Plan,
    vehicle: Vehicle | None,
    monitor: MissionMonitor | None,
    ended: MissionEnded | None,
    statistics: FlightStatistics,
    findings: Sequence[str],
    frames_lost: int,
    error: LandlineError | None,
    crash: Crash | None = None,
    interrupted: str = "",
) -> FlySummary:
    """Return the summary.

    `vehicle`, `monitor` and `ended` are None where the procedure did not come so far; `error` is the exception
    that ended it, `crash` how the aircraft crashed, `interrupted` what interrupted it.
    """
    tracker = monitor.tracker if monitor else None
    flown = monitor is not None and monitor.started
    outcome, why = (
        _outcome(ended, error, interrupted, flown=flown) if crash is None else ("crashed", crash.text)
    )
    all_findings = [*findings, *(monitor.findings if monitor else ())]
    if crash is not None:
        # The autopilot's text is part of the crash.
        others = [line for line in all_findings if not (crash.report and line.endswith(f": {crash.report}"))]
        all_findings = [f"crash: {crash.text}", *others]
    if tracker and flown:
        all_findings += [f"item {number}: skipped by the aircraft" for number in tracker.skipped]
        all_findings += [f"item {number}: passed while the link was silent" for number in tracker.unseen]
        known = {*tracker.skipped, *tracker.unseen}
        all_findings += [f"item {number}: not reached" for number in tracker.missed if number not in known]
    return FlySummary(
        t_s=t_s,
        outcome=outcome,
        why=why,
        left=_left(vehicle),
        items=len(plan.items),
        items_reached=tuple(sorted(tracker.reached)) if tracker else (),
        items_missed=tracker.missed if tracker and flown else (),
        max_alt_m=round(statistics.max_alt_m, 2),
        distance_m=round(statistics.distance_m, 1),
        flight_time_s=round(statistics.flight_time_s, 3),
        frames_lost=frames_lost,
        findings=tuple(dict.fromkeys(all_findings)),
        error=error,
        crash=crash,
    )


def crash_error(crash: Crash) -> AircraftRefused:
    """Return the error that ends the flight of an aircraft that crashed."""
    return AircraftRefused(
        f"the aircraft crashed: {crash.text}", hint="cut its power before you touch it; then read the report"
    )


def _outcome(
    ended: MissionEnded | None, error: LandlineError | None, interrupted: str, *, flown: bool
) -> tuple[str, str]:
    """Return the outcome and its reason."""
    if error is None:
        if interrupted or ended is None:
            return "aborted", interrupted or BY_OPERATOR
        completed = ended.outcome is FlightOutcome.COMPLETED
        return "completed" if completed else "aborted", ended.why
    if ended is not None:
        # The mission was completed, and the command at its end failed.
        return ("aborted" if ended.outcome is FlightOutcome.COMPLETED else ended.outcome.value), error.what
    if isinstance(error, LinkError):
        return "lost", error.what
    return ("aborted" if flown else "refused"), error.what


def _left(vehicle: Vehicle | None) -> str:
    """Describe the state in which the aircraft is left."""
    if vehicle is None:
        return "no aircraft was found"
    state = vehicle.state.describe()
    return (
        f"{state} (last telemetry {vehicle.silent_s:.0f} s ago)" if vehicle.silent_s > _OLD_STATE_S else state
    )
