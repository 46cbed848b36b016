"""Events of a stack, by the names of their definitions: those that go with its texts, and its health report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NOT_SHOWN = 8  # log level of events for machines


@dataclass(frozen=True, slots=True)
class SentEvent:
    """An event to send: its name and arguments. `severity` is MAV_SEVERITY, or `NOT_SHOWN`."""

    name: str
    severity: int
    arguments: tuple[float, ...] = ()


class StackEvents:
    """Events of a stack; this one sends none. `table` is the name of their packed definitions."""

    table = ""

    def of_text(self, text: str, severity: int) -> SentEvent | None:  # noqa: ARG002
        """Return the event that says the same as a text; None where there is none."""
        return None

    def in_report(self, text: str) -> bool:  # noqa: ARG002
        """Return whether the health report says the same as a text."""
        return False

    def report(self, faults: Sequence[str], battery_state: int) -> tuple[SentEvent, ...]:  # noqa: ARG002
        """Return the health report for failed pre-arm checks and a MAV_BATTERY_CHARGE_STATE."""
        return ()


NO_STACK_EVENTS = StackEvents()
