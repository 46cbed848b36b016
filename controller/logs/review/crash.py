"""The judge of crashes: how an armed flight ended, from its motion and the autopilot's own reports.

    for crash in crashes(trace): print(crash.text)

One sign is enough where no good landing has it: the autopilot's crash detector, a touch-down faster than any landing
that stops within a moment, an aircraft that lies on its side or back when it is disarmed, motors stopped in the air, a
record that ends in a fall, a copter that stays tilted and does not move. A sign that a good flight may have (a fast
descent, an attitude error, PX4's failure detector) counts with a second one. Nothing is judged from heights alone:
after an impact the estimate may go anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from controller.logs.review.armed_flight import ArmedFlight, within
from controller.logs.review.crash_signs import (
    falls_at_the_end,
    falls_below_the_ground,
    hit_report,
    impact_down,
    impact_level,
    lying_since,
    pinned_since,
    reached_the_ground,
    stopped_in_the_air,
)
from controller.logs.review.trace import ArmedSpan, FlightTrace

_TILTED_DEG = 45.0
_LONG_S = 60.0
_REPORT_AFTER_S = 5.0


@dataclass(frozen=True, slots=True)
class Crash:
    """A crash at `at_s` of the trace's clock. `signs` say why it is one, the surest first; `report` is the
    autopilot's own. Speeds in m/s, angles in degrees, heights in metres; None where not known."""

    at_s: float
    signs: tuple[str, ...]
    impact_m_s: float | None = None
    roll_deg: float | None = None
    pitch_deg: float | None = None
    fell_m: float | None = None
    lost_at_s: float | None = None
    report: str = ""

    @property
    def text(self) -> str:
        """One line for people."""
        return "; ".join(self.signs)


@dataclass(frozen=True, slots=True)
class JudgedSpan:
    """An armed span, the crash in it, and its last stretch (seconds) in which the aircraft did not follow the wanted
    attitude; None without one."""

    span: ArmedSpan
    crash: Crash | None
    lost: tuple[float, float] | None


def crashes(trace: FlightTrace) -> list[Crash]:
    """The crashes of a trace: at most one for each armed span."""
    return [one.crash for one in judge(trace) if one.crash is not None]


def judge(trace: FlightTrace) -> list[JudgedSpan]:
    """The armed spans of a trace with what was found in each."""
    with np.errstate(all="ignore"):
        flights = (ArmedFlight(trace, span) for span in trace.armed)
        return [JudgedSpan(flight.span, _crash_of(flight), flight.lost) for flight in flights]


def _crash_of(flight: ArmedFlight) -> Crash | None:
    reports = [
        report
        for report in flight.trace.reports
        if flight.span.begin_s <= report.at_s <= flight.span.end_s + _REPORT_AFTER_S
    ]
    named = next((report for report in reports if report.weight == "crash"), None)
    hit = hit_report(reports)
    impact = impact_down(flight) or impact_level(flight)
    lying_s = lying_since(flight)
    falling = falls_at_the_end(flight)
    stopped = stopped_in_the_air(flight)
    below = falls_below_the_ground(flight)
    seen = named or hit or impact or lying_s is not None or falling or stopped or below is not None
    pinned = None if seen else pinned_since(flight)
    if not seen and pinned is None:
        return None
    ground = reached_the_ground(flight, lying_s)
    hits = (hit.at_s, hit.impact_m_s or 0.0) if hit else None
    impacts = [found for found in (impact, ground, hits) if found]
    begun = [
        time_s
        for time_s in (
            lying_s,
            falling[0] if falling else None,
            stopped[0] if stopped else None,
            below,
            pinned[0] if pinned else None,
            named.at_s if named else None,
        )
        if time_s is not None
    ]
    # The first impact counts: the estimate of a wreck may stop for a second time.
    at_s, speed = min(impacts) if impacts else (min(begun), falling[1] if falling else None)
    if hit and hit.impact_m_s:
        speed = hit.impact_m_s
    signs: list[str] = []
    if impacts:
        signs.append(f"impact at {speed:.1f} m/s")
    elif falling:
        signs.append(f"the record ends while it falls at {falling[1]:.1f} m/s, {falling[2]:.0f} m high")
    crash = _with_attitude(flight, Crash(at_s, (), impact_m_s=speed), lying_s)
    signs += _attitude_words(crash, lying_s is not None)
    if stopped:
        signs.append(stopped[2])
    if below is not None:
        signs.append("the estimate falls on below the ground")
    if pinned:
        signs.append(f"tilted for {pinned[1]:.0f} s without moving")
    if flight.lost is not None and at_s - _LONG_S <= flight.lost[0] <= at_s - 0.5:
        signs.append(f"out of control for {at_s - flight.lost[0]:.1f} s before")
    if named:
        signs.append(f"the autopilot: {named.text}")
    return replace(
        crash,
        signs=tuple(signs),
        fell_m=_fell(flight, at_s),
        lost_at_s=flight.lost[0] if flight.lost else None,
        report=named.text if named else "",
    )


def _with_attitude(flight: ArmedFlight, crash: Crash, lying_s: float | None) -> Crash:
    """With the attitude at the end if it lies, else with that at the crash."""
    if not len(flight.attitude_s):
        return crash
    at_s = flight.span.end_s if lying_s is not None else crash.at_s
    at = max(0, int(np.searchsorted(flight.attitude_s, at_s, side="right")) - 1)
    return replace(crash, roll_deg=float(flight.roll_deg[at]), pitch_deg=float(flight.pitch_deg[at]))


def _attitude_words(crash: Crash, lying: bool) -> list[str]:
    if crash.roll_deg is None or crash.pitch_deg is None:
        return []
    tilt = float(
        np.degrees(np.arccos(np.cos(np.radians(crash.roll_deg)) * np.cos(np.radians(crash.pitch_deg))))
    )
    if not lying and tilt < _TILTED_DEG:
        return []
    how = "upside down" if tilt > 120.0 else "on its side" if lying else "tilted"
    return [f"{how} (roll {crash.roll_deg:.0f}°, pitch {crash.pitch_deg:.0f}°)"]


def _fell(flight: ArmedFlight, at_s: float) -> float | None:
    """Metres from the height at which control was lost, or the highest of the ten seconds before, to the ground."""
    if not len(flight.height_m) or not flight.flew:
        return None
    begin_s = flight.lost[0] if flight.lost is not None and flight.lost[0] < at_s else at_s - 10.0
    heights = flight.height_m[within(flight.height_s, begin_s - 1.0, at_s)]
    if not len(heights):
        return None
    ground_m = max(float(flight.height_m[0]), float(heights[-1]))
    return max(0.0, float(heights.max()) - ground_m)
