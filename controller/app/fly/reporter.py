"""Events and findings of one flight: each event goes to the flight record and to the caller."""

from __future__ import annotations

from collections.abc import Callable

from controller.app.fly.event_record import record_event
from controller.app.fly.events import FlightPhase, FlyEvent, OperatorNote, TransferProgress
from controller.logs.record.recorder import FlightRecorder
from controller.protocol.state_machine import Progress


class Reporter:
    """Reporter of one flight. `now` returns the time in s, `findings` are those of the summary.

    `on_event` is called for each event.
    """

    def __init__(self, now: Callable[[], float], recorder: FlightRecorder | None) -> None:
        self.findings: list[str] = []
        self.on_event: Callable[[FlyEvent], None] = lambda event: None  # noqa: ARG005
        self._now = now
        self._recorder = recorder
        self._began_s = now()

    def begin(self, on_event: Callable[[FlyEvent], None]) -> None:
        """Start the time of the events, and call `on_event` for each event from now on."""
        self._began_s = self._now()
        self.on_event = on_event

    def t_s(self) -> float:
        """Return the time since `begin`, s."""
        return round(self._now() - self._began_s, 6)

    def emit(self, event: FlyEvent) -> None:
        """Record an event and pass it on."""
        if self._recorder is not None:
            record_event(self._recorder, event)
        self.on_event(event)

    def phase(self, name: str, text: str) -> None:
        """Report that a phase begins."""
        self.emit(FlightPhase(self.t_s(), name, text))

    def note(self, text: str) -> None:
        """Report a remark for the operator."""
        self.emit(OperatorNote(self.t_s(), text))

    def warn(self, text: str) -> None:
        """Report a warning, which is a finding of the summary too."""
        self.findings.append(text)
        self.emit(OperatorNote(self.t_s(), text, warning=True))

    def record_problem(self, line: str) -> None:
        """Report a problem of the flight record, which has recorded it as far as it can."""
        self.findings.append(f"flight record: {line}")
        self.on_event(OperatorNote(self.t_s(), line, warning=True))

    def transfer(self, what: str) -> Callable[[Progress], None]:
        """Return a function that reports the progress of a transfer."""
        return lambda progress: self.emit(
            TransferProgress(self.t_s(), progress.text or what, progress.done, progress.total)
        )
