"""Writes what a flight tells into the flight's own record, events.jsonl."""

from __future__ import annotations

from controller.app.events import (
    Checked,
    FlyEvent,
    Item,
    LinkChange,
    Mode,
    Note,
    Phase,
    Summary,
    Waiting,
    Words,
)
from controller.logs.record.recorder import FlightRecorder


def write_event(recorder: FlightRecorder, event: FlyEvent) -> None:
    """One line for each event that is no mere progress; samples are in frames.tlog."""
    match event:
        case Phase(_, name, text):
            recorder.event("action", name=name, text=text)
        case Waiting(_, reasons):
            recorder.event("check", name="ready", reasons=reasons)
        case Checked(_, findings):
            recorder.event(
                "check", name="plan", findings=[f"{finding.severity}: {finding}" for finding in findings]
            )
        case Item(_, number, total, reached):
            recorder.event("mission", item=number, of=total, reached=reached)
        case Mode(_, mode, by_mission):
            recorder.event("mode", mode=mode, by_mission=by_mission)
        case Words(_, severity, text):
            recorder.event("text", severity=severity, text=text)
        case LinkChange(_, up, silent_s):
            recorder.event("link", up=up, silent_s=round(silent_s, 3))
        case Note(_, text, warning):
            recorder.event("warning" if warning else "note", text=text)
        case Summary():
            recorder.event(
                "note",
                name="summary",
                outcome=event.outcome,
                why=event.why,
                left=event.left,
                items_reached=event.items_reached,
                findings=event.findings,
            )
        case _:
            pass
