"""What `landline fly` says of a flight while it goes on: lines for people, events for machines."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from controller.app.events import (
    Checked,
    FlyEvent,
    Item,
    LinkChange,
    Mode,
    Note,
    Phase,
    Sample,
    Summary,
    Transfer,
    Waiting,
    Words,
)
from controller.app.gcs.display import printable
from controller.cli.common import Output, StatusLine
from controller.clock import stopwatch_s
from controller.wire import enums


class Shown:
    """The flight's events on the terminal and, for machines, on standard output."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._line = StatusLine()
        self._next_s = 0.0

    def event(self, event: FlyEvent) -> None:
        """Show one event; what comes many times a second only moves the status line."""
        match event:
            case Sample():
                self._status(_state_line(event))
            case Transfer(t_s, what, done, total):
                self._status(f"{t_s:7.1f} s  {what}: {done} of {total or '?'}")
            case Summary():
                pass
            case _:
                line = _line(event)
                if line:
                    self._line.clear()
                    self._output.note(f"{event.t_s:7.1f} s  {line}")
                name, fields = _fields(event)
                self._output.emit(name, **fields)

    def close(self) -> None:
        """The flight is over."""
        self._line.clear()

    def _status(self, text: str) -> None:
        now = stopwatch_s()
        if now >= self._next_s:
            self._next_s = now + 0.1
            self._line.show(text)


def _state_line(sample: Sample) -> str:
    state = sample.state
    parts = [f"{sample.t_s:7.1f} s ", state.mode or "?", "armed" if state.armed else "disarmed"]
    if state.position:
        parts.append(f"{state.position.alt_rel_m:6.1f} m  {state.position.ground_speed_m_s:4.1f} m/s")
    if state.mission and state.mission.current is not None:
        parts.append(f"item {state.mission.current}")
    if state.battery and state.battery.remaining_percent is not None:
        parts.append(f"battery {state.battery.remaining_percent} %")
    return "  ".join(parts)


def _line(event: FlyEvent) -> str:
    match event:
        case Phase(_, _, text):
            return text
        case Waiting(_, reasons):
            return f"not ready: {'; '.join(reasons)}" if reasons else "ready to arm"
        case Checked(_, findings):
            return "; ".join(f"{found.severity}: {found}" for found in findings) or "the plan has no findings"
        case Item(_, number, total, reached):
            return f"item {number} of {total} reached" if reached else ""
        case Mode(_, mode, by_mission):
            return f"mode {mode}{'' if by_mission else ' (not by the mission)'}"
        case Words(_, severity, text):
            return (
                f"aircraft, {enums.describe('MAV_SEVERITY', severity).lower()}: {printable(text)}"
                if severity <= 5
                else ""
            )
        case LinkChange(_, up, silent_s):
            return (
                f"heard again after {silent_s:.0f} s"
                if up
                else f"no word from the aircraft for {silent_s:.0f} s"
            )
        case Note(_, text, warning):
            return f"warning: {text}" if warning else text
    return ""


def _fields(event: FlyEvent) -> tuple[str, dict[str, Any]]:
    """The name and the fields of an event for machines."""
    if isinstance(event, Checked):
        found = [
            {"severity": str(f.severity), "item": f.item, "what": f.what, "why": f.why}
            for f in event.findings
        ]
        return "checked", {"t_s": event.t_s, "findings": found}
    name = {"words": "text", "linkchange": "link"}.get(
        type(event).__name__.lower(), type(event).__name__.lower()
    )
    return name, asdict(event)
