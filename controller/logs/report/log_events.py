"""What happened, of a log that nobody kept events beside: its own mode changes, and what the autopilot said."""

from __future__ import annotations

from typing import Any

from controller.logs.review.flight import Flight
from controller.logs.series.view import Array

Told = tuple[int, dict[str, Any]]


def told_by_log(flight: Flight, first_us: int) -> tuple[list[dict[str, Any]], list[float]]:
    """Events as a flight folder has them, and their times in seconds after `first_us`, in order."""
    mode = flight.view.channels.get("mode")
    found: list[Told] = []
    if mode is not None:
        names, armed = mode["mode"].tolist(), mode["armed"].tolist()
        for at, at_us in enumerate(mode.times_us.tolist()):
            if at == 0 or names[at] != names[at - 1]:
                found.append((at_us, {"kind": "mode", "mode": names[at]}))
            if armed[at] != (at > 0 and armed[at - 1]):
                found.append((at_us, {"kind": "action", "text": "armed" if armed[at] else "disarmed"}))
    found = sorted([*found, *_texts(flight)], key=lambda told: told[0])
    return [event for _, event in found], [(at_us - first_us) / 1e6 for at_us, _ in found]


def _texts(flight: Flight) -> list[Told]:
    if flight.read.format == "ulog":
        texts = [
            (text.time_us + flight.view.shift_us, text.level, text.text) for text in flight.read.log.texts
        ]
        return [_told(*text) for text in texts]
    name, column = ("MSG", "Message") if flight.read.format == "dataflash" else ("STATUSTEXT", "text")
    rows = flight.records.first(name)
    if rows is None or column not in rows:
        return []
    times_us: Array = flight.times_us(rows.times_us)
    severities = rows["severity"].tolist() if "severity" in rows else [None] * len(times_us)
    return [
        _told(at_us, severity, raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw))
        for at_us, severity, raw in zip(times_us.tolist(), severities, rows.raw(column).tolist(), strict=True)
    ]


def _told(at_us: int, severity: float | None, text: str) -> Told:
    event: dict[str, Any] = {"kind": "text", "text": text.rstrip("\0").strip()}
    return at_us, event if severity is None else event | {"severity": int(severity)}
