"""The events of a log without an event file: its mode changes, arming, and the autopilot's text messages."""

from __future__ import annotations

from typing import Any

from controller.logs.review.flight import ReviewedFlight
from controller.protocol.announcements import AUTOPILOT

TimedEvent = tuple[int, dict[str, Any]]


def logged_events(flight: ReviewedFlight, first_us: int) -> tuple[list[dict[str, Any]], list[float]]:
    """Events as a flight folder has them, in order, and their times in seconds after `first_us`."""
    mode = flight.view.channels.get("mode")
    found: list[TimedEvent] = []
    if mode is not None:
        names, armed = mode["mode"].tolist(), mode["armed"].tolist()
        for at, at_us in enumerate(mode.times_us.tolist()):
            if at == 0 or names[at] != names[at - 1]:
                found.append((at_us, {"kind": "mode", "mode": names[at]}))
            if armed[at] != (at > 0 and armed[at - 1]):
                found.append((at_us, {"kind": "action", "text": "armed" if armed[at] else "disarmed"}))
    found = sorted([*found, *_texts(flight)], key=lambda timed: timed[0])
    return [event for _, event in found], [(at_us - first_us) / 1e6 for at_us, _ in found]


def _texts(flight: ReviewedFlight) -> list[TimedEvent]:
    found: list[TimedEvent] = []
    for text in flight.log.texts():
        event: dict[str, Any] = {"kind": "text", "text": text.text.rstrip("\0").strip()}
        if text.severity is not None:
            event["severity"] = text.severity
        if text.sender != AUTOPILOT:
            event["sender"] = text.sender
        if text.event:
            event["event_name"] = text.event
        found.append((text.time_us + flight.view.shift_us, event))
    return found
