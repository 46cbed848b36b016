"""Findings of the plan checks: severity, item, problem, and reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from controller.errors import SafetyRefused


class Severity(StrEnum):
    """Severity: an error forbids the flight, a warning is shown before takeoff, a note is information."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """Finding of a check. `item` is the item number (1 is the first), 0 for the plan as a whole."""

    severity: Severity
    item: int
    what: str
    why: str

    def __str__(self) -> str:
        place = f"item {self.item}: " if self.item else ""
        return f"{place}{self.what} ({self.why})"


def grouped(findings: Iterable[Finding]) -> list[Finding]:
    """Merge findings with the same severity and reason: the first one lists the item numbers of the others."""
    together: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in findings:
        together.setdefault((finding.severity, finding.why), []).append(finding)
    return [
        replace(
            alike[0], what=f"{alike[0].what}; the same for {item_ranges(other.item for other in alike[1:])}"
        )
        if len(alike) > 2
        else finding
        for alike in together.values()
        for finding in (alike[:1] if len(alike) > 2 else alike)
    ]


def item_ranges(numbers: Iterable[int]) -> str:
    """Format item numbers: 3, 4, 5, 9 as "items 3-5, 9"."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    shown = [str(low) if low == high else f"{low}-{high}" for low, high in runs[:8]]
    word = "item" if len(runs) == 1 and runs[0][0] == runs[0][1] else "items"
    return f"{word} {', '.join(shown)}{', ...' if len(runs) > 8 else ''}"


def refuse_errors(
    findings: Iterable[Finding],
    *,
    where: str,
    action: str = "fly",
    hint: str = "landline mission check lists all",
) -> None:
    """Raise SafetyRefused if any finding is an error, with the first one and the number of the others."""
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if not errors:
        return
    others = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    raise SafetyRefused(f"cannot {action} the plan: {errors[0]}{others}", where=where, hint=hint)
