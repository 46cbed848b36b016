"""Output of `landline fly`: lines for the terminal, events for machines, the result at the end."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from controller.app.fly.compose import FlightResult
from controller.app.fly.events import (
    ArmReadiness,
    FlightPhase,
    FlyEvent,
    FlySummary,
    MissionUpdate,
    OperatorNote,
    PlanChecked,
    StateSample,
    StatusTextReceived,
    TransferProgress,
)
from controller.app.gcs.display import printable, sender_title
from controller.app.gcs.display_state import SILENT_S
from controller.cli.common import Output, StatusLine
from controller.clock import stopwatch_s
from controller.vehicle.monitoring.events import (
    FailsafeReported,
    ItemUpdate,
    ItemWaits,
    ModeChanged,
    TelemetryLink,
)
from controller.wire import enums

_STATUS_LINE_S = 0.1
_PLAIN_S = 10.0
_NOTICE = 5  # MAV_SEVERITY; less severe texts (info, debug) are not shown
_ELSEWHERE = "not set by the mission"
_EVENT_NAMES: dict[type, str] = {
    FlightPhase: "phase",
    ArmReadiness: "waiting",
    PlanChecked: "checked",
    ItemUpdate: "item",
    ModeChanged: "mode",
    TelemetryLink: "link",
    StatusTextReceived: "text",
    OperatorNote: "note",
    FailsafeReported: "failsafe",
    ItemWaits: "waits",
}


class FlightDisplay:
    """Shows the events and the result of a flight.

    `seed` is named in the result where the flight can be repeated with it. `asks` is whether Ctrl-C in the air may ask
    the operator: not where a whole flight takes a second.
    """

    def __init__(self, output: Output, *, seed: int | None, asks: bool = True) -> None:
        self.asks = asks
        self._output = output
        self._seed = seed
        self._status_line = StatusLine()
        self._next_status_s = self._next_plain_s = 0.0

    def show(self, event: FlyEvent) -> None:
        """Show one event; frequent ones only update the status line."""
        match event:
            case StateSample():
                self._sample(event)
            case TransferProgress(t_s, what, done, total):
                self._status(f"{t_s:7.1f} s  {what}: {done} of {total or '?'}")
            case FlySummary():
                pass
            case _:
                line = _line(event)
                if line:
                    self.line(f"{event.t_s:7.1f} s  {line}")
                name, fields = _fields(event)
                self._output.emit(name, **fields)

    def line(self, text: str) -> None:
        """Print a permanent line; the status line goes on below it."""
        self._status_line.clear()
        self._output.note(text)

    def _sample(self, sample: StateSample) -> None:
        """Rewrite the status line; without a terminal print a line every `_PLAIN_S` seconds of real time."""
        text = state_line(sample)
        if self._status_line.live:
            self._status(state_line(sample, columns=self._status_line.columns))
        now = stopwatch_s()
        if not sample.flying or now < self._next_plain_s:
            return
        first, self._next_plain_s = self._next_plain_s == 0.0, now + _PLAIN_S
        if first:
            return
        self._output.emit("progress", **_sample_fields(sample))
        if not self._status_line.live and not self._output.json:
            self._output.note(text)

    def result(self, result: FlightResult) -> None:
        """Show the result of the flight."""
        self._status_line.clear()
        output, summary, recording = self._output, result.summary, result.recording
        if result.report_error:
            output.note(result.report_error)
        report = str(result.report) if result.report else None
        speed_factor = summary.t_s / result.wall_s if result.wall_s > 0 else math.inf
        output.emit(
            "summary",
            outcome=summary.outcome,
            flight=str(result.folder) if result.folder else None,
            report=report,
            seed=self._seed,
            items=summary.items,
            items_reached=list(summary.items_reached),
            max_alt_m=summary.max_alt_m,
            distance_m=summary.distance_m,
            flight_time_s=summary.flight_time_s,
            wall_time_s=round(result.wall_s, 3),
            speed_factor=round(speed_factor, 1),
            frames=recording.frames,
            frames_lost=summary.frames_lost,
            tlog_sha256=recording.tlog_sha256,
            why=summary.why,
            left=summary.left,
            items_missed=list(summary.items_missed),
            findings=list(summary.findings),
            crash=None if summary.crash is None else {**asdict(summary.crash), "text": summary.crash.text},
            record_problems=list(recording.problems),
        )
        refused = summary.outcome == "refused"
        for finding in () if refused and summary.why else summary.findings:
            output.result(f"  finding: {finding}")
        for problem in recording.problems:
            output.note(f"the flight record is incomplete: {problem}")
        minutes, seconds = divmod(round(summary.flight_time_s), 60)
        reached = reached_text(summary)
        height, where = (
            (f"max height {summary.max_alt_m:.0f} m, ", "in the air") if summary.flew else ("", "armed")
        )
        if not refused:
            output.result(
                f"{summary.outcome}: {reached}, {summary.distance_m:.0f} m, {height}"
                f"{minutes} min {seconds:02d} s {where}{_real_time(result.wall_s, speed_factor)}"
            )
        else:
            output.result(f"{summary.outcome}: nothing was flown")
        output.result(f"aircraft  {summary.left}")
        output.result(f"record    {result.folder or 'none, because nothing was received'}")
        if report:
            output.result(f"report    {report}")
        if result.interrupted:
            output.note(result.interrupted)

    def _status(self, text: str) -> None:
        now = stopwatch_s()
        if now >= self._next_status_s:
            self._next_status_s = now + _STATUS_LINE_S
            self._status_line.show(text)


def _real_time(wall_s: float, speed_factor: float) -> str:
    """Describe the real time of a flight whose clock ran faster or slower."""
    if 0.9 <= speed_factor <= 1.1:
        return ""
    return (
        f" by the aircraft's clock ({wall_s:.0f} s of real time in all, {speed_factor:.3g} times real time)"
    )


def state_line(sample: StateSample, *, columns: int | None = None) -> str:
    """Return the state in one line: time, mode, item, height, speed, distance, battery, link.

    A line longer than `columns` uses short forms.
    """
    full = _state_line(sample, short=False)
    return _state_line(sample, short=True) if columns is not None and len(full) > columns else full


def _state_line(sample: StateSample, *, short: bool) -> str:
    state = sample.state
    time = f"{sample.t_s:.0f} s" if short else f"{sample.t_s:7.1f} s"
    parts = [time, state.mode or "mode unknown"]
    if not sample.flying:
        parts.append("armed" if state.armed else "disarmed")
    elif sample.item is not None:
        parts.append(f"item {sample.item}{'/' if short else ' of '}{sample.items}")
    if state.position:
        parts.append(f"{state.position.alt_rel_m:.1f} m")
        parts.append(f"{state.position.ground_speed_m_s:.1f} m/s")
    if sample.flying:
        parts.append(f"{sample.distance_m:.0f} m flown")
    battery_word = "bat" if short else "battery"
    battery = state.battery
    if battery is not None and battery.remaining_percent is not None:
        parts.append(f"{battery_word} {battery.remaining_percent} %")
    elif battery is not None and battery.voltage_v is not None:
        parts.append(f"{battery_word} {battery.voltage_v:.1f} V")
    silent = sample.silent_s > SILENT_S
    parts.append(
        f"no telemetry for {sample.silent_s:.0f} s" if silent else f"link {sample.link_percent:.0f} %"
    )
    return "  ".join(parts)


def _sample_fields(sample: StateSample) -> dict[str, Any]:
    """Return the fields of a sample for `--json`."""
    state = sample.state
    position, battery = state.position, state.battery
    return {
        "t_s": sample.t_s,
        "mode": state.mode,
        "armed": state.armed,
        "item": sample.item,
        "of": sample.items,
        "alt_m": position.alt_rel_m if position else None,
        "ground_speed_m_s": round(position.ground_speed_m_s, 2) if position else None,
        "distance_m": round(sample.distance_m, 1),
        "battery_percent": battery.remaining_percent if battery else None,
        "link_percent": round(sample.link_percent, 1),
        "silent_s": round(sample.silent_s, 1),
    }


def reached_text(summary: FlySummary) -> str:
    """Describe the items reached: commands such as a change of speed are not reached."""
    reached, missed = len(summary.items_reached), len(summary.items_missed)
    others = summary.items - reached - missed
    commands = f" (the other {others} of {summary.items} are commands)" if others else ""
    if not reached and not missed:
        return "no items flown"
    if missed:
        return f"{reached} of {reached + missed} items reached{commands}"
    return f"all {reached} items to fly reached{commands}"


def _line(event: FlyEvent) -> str:
    """Return the event as a line of text, "" for events that are not shown."""
    match event:
        case FlightPhase(_, _, text):
            return text
        case ArmReadiness(_, reasons):
            return f"not ready to arm: {'; '.join(reasons)}" if reasons else "ready to arm"
        case PlanChecked(_, findings):
            lines = "\n           ".join(f"{found.severity}: {found}" for found in findings)
            return lines or "the plan has no findings"
        case MissionUpdate(_, ItemUpdate(number, total, reached)):
            return f"item {number} of {total} reached" if reached else ""
        case MissionUpdate(_, ModeChanged(mode, by_mission, cause)):
            return f"mode {mode}{'' if by_mission else f' ({cause or _ELSEWHERE})'}"
        case MissionUpdate(_, FailsafeReported(name, text)):
            return f"{name}: {printable(text)}"
        case MissionUpdate(_, ItemWaits(_, _, text)):
            return f"warning: {text}"
        case MissionUpdate(_, TelemetryLink(up, silent_s)):
            return (
                f"telemetry received again after {silent_s:.0f} s"
                if up
                else f"no telemetry for {silent_s:.0f} s"
            )
        case StatusTextReceived(_, severity, text, sender):
            name = enums.describe("MAV_SEVERITY", severity).lower()
            return f"{sender_title(sender)}, {name}: {printable(text)}" if severity <= _NOTICE else ""
        case OperatorNote(_, text, warning):
            return f"warning: {text}" if warning else text
    return ""


def _fields(event: FlyEvent) -> tuple[str, dict[str, Any]]:
    """Return name and fields of the event for `--json`."""
    if isinstance(event, PlanChecked):
        findings = [
            {"severity": str(f.severity), "item": f.item, "what": f.what, "why": f.why}
            for f in event.findings
        ]
        return _EVENT_NAMES[PlanChecked], {"t_s": event.t_s, "findings": findings}
    if isinstance(event, MissionUpdate):
        return _EVENT_NAMES[type(event.change)], {"t_s": event.t_s, **asdict(event.change)}
    return _EVENT_NAMES[type(event)], asdict(event)
