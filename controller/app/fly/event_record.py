"""Writes the events of a flight into its record, events.jsonl."""

from __future__ import annotations

from typing import Any

from controller.app.fly.events import (
    ArmReadiness,
    FlightPhase,
    FlyEvent,
    FlySummary,
    MissionUpdate,
    OperatorNote,
    PlanChecked,
    StatusTextReceived,
)
from controller.logs.record.recorder import FlightRecorder
from controller.vehicle.monitoring.events import (
    FailsafeReported,
    ItemUpdate,
    ItemWaits,
    ModeChanged,
    TelemetryLink,
)


def text_fields(severity: int, text: str, sender: str, event_name: str) -> dict[str, Any]:
    """Return the fields of a text for the operator in events.jsonl."""
    fields: dict[str, Any] = {"severity": severity, "text": text, "sender": sender}
    return fields | {"event_name": event_name} if event_name else fields


def record_event(recorder: FlightRecorder, event: FlyEvent) -> None:
    """Write one line for the event. Progress and state samples are skipped: frames.tlog has them."""
    match event:
        case FlightPhase(_, name, text):
            recorder.event("action", name=name, text=text)
        case ArmReadiness(_, reasons):
            recorder.event("check", name="ready", reasons=reasons)
        case PlanChecked(_, findings):
            recorder.event(
                "check", name="plan", findings=[f"{finding.severity}: {finding}" for finding in findings]
            )
        case MissionUpdate(_, ItemUpdate(number, total, reached)):
            recorder.event("mission", item=number, of=total, reached=reached)
        case MissionUpdate(_, ModeChanged(mode, by_mission, cause)):
            recorder.event("mode", mode=mode, by_mission=by_mission, cause=cause)
        case MissionUpdate(_, FailsafeReported(name, text)):
            recorder.event("warning", name="failsafe", failsafe=name, text=f"{name}: {text}")
        case MissionUpdate(_, ItemWaits(number, waited_s, text)):
            recorder.event("warning", name="waits", item=number, waited_s=waited_s, text=text)
        case MissionUpdate(_, TelemetryLink(up, silent_s)):
            recorder.event("link", up=up, silent_s=round(silent_s, 3))
        case StatusTextReceived():
            recorder.event("text", **text_fields(event.severity, event.text, event.sender, event.event_name))
        case OperatorNote(_, text, warning):
            recorder.event("warning" if warning else "note", text=text)
        case FlySummary():
            recorder.event(
                "note",
                name="summary",
                outcome=event.outcome,
                why=event.why,
                left=event.left,
                items_reached=event.items_reached,
                items_missed=event.items_missed,
                max_alt_m=event.max_alt_m,
                distance_m=event.distance_m,
                flight_time_s=event.flight_time_s,
                findings=event.findings,
            )
        case _:
            pass
