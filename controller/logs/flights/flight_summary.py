"""Summary of the fly procedure from a flight's events; derived where Landline was killed before it wrote one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NO_END = "interrupted"
NO_END_WHY = "no end recorded: Landline or the computer was stopped, or the flight is still being recorded"


def has_end(events: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the record was closed."""
    return any(event.get("kind") == "end" for event in events)


def flight_summary(events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the summary of the fly procedure: as it was recorded, else derived from the other events.

    The keys are those of the recorded one; `derived` is True where it was derived. Empty for a record that was
    closed without a summary, as that of a session of the ground station, and for events that are no record.
    """
    recorded = next((event for event in reversed(events) if event.get("name") == "summary"), None)
    if recorded is not None:
        return dict(recorded)
    if has_end(events) or not any(event.get("kind") == "start" for event in events):
        return {}
    items = [event for event in events if event.get("kind") == "mission" and "item" in event]
    reached = sorted({int(event["item"]) for event in items if event.get("reached")})
    return {
        "outcome": NO_END,
        "why": NO_END_WHY,
        "items_reached": reached,
        "findings": list(dict.fromkeys(line for event in events for line in _findings_of(event))),
        "derived": True,
    }


def _findings_of(event: Mapping[str, Any]) -> list[str]:
    """Return what the operator should know of one event."""
    kind = event.get("kind")
    if kind == "warning":
        return [str(event.get("text", ""))]
    if kind == "record" and "problem" in event:
        return [f"flight record: {event['problem']}"]
    if kind == "mode" and event.get("by_mission") is False:
        return [f"mode {event.get('mode')}: {event.get('cause') or 'not set by the mission'}"]
    if kind == "check" and event.get("name") == "plan":
        lines = [str(line) for line in event.get("findings", ())]
        return [line.partition(": ")[2] for line in lines if not line.startswith("note: ")]
    return []
