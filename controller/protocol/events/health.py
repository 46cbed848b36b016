"""Health and arming report: the checks that fail now, sent as a set of events between two summaries.

A report is sent again whenever one of its checks changes. A check is shown when it fails anew, not with each report,
and only while it concerns the flight mode. Source: the README of mavlink/libevents, health_and_arming_checks.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.protocol.events.definitions import HEALTH_GROUPS, SUMMARY, DecodedEvent, EventTable

_FIRST, _LAST = HEALTH_GROUPS  # the group of the first summary and that of the last one


@dataclass(slots=True)
class _Report:
    """Checks of each part of the report; a part is replaced as a whole."""

    parts: dict[int, list[DecodedEvent]] = field(default_factory=dict)
    part: int | None = None
    incoming: list[DecodedEvent] = field(default_factory=list)


class HealthReports:
    """Failing checks of one component. `problems` are those of the newest report, shown or not."""

    def __init__(self) -> None:
        self._report = _Report()
        self._shown: set[tuple[int, str]] = set()

    @property
    def problems(self) -> list[DecodedEvent]:
        """Checks that fail, in the order of the report."""
        return [check for part in self._report.parts.values() for check in part]

    def receive(self, event: DecodedEvent, table: EventTable, custom_mode: int | None) -> list[DecodedEvent]:
        """Take an event of the health groups; return the checks that have begun to fail, for this flight mode."""
        report = self._report
        if event.kind == SUMMARY:
            if event.group == _FIRST:
                report.part, report.incoming = int(event.values[0]) if event.values else 0, []
            elif report.part is not None:
                report.parts[report.part] = report.incoming
                report.part = None
                self._shown &= {_key(check) for check in self.problems}
            return []
        if report.part is None:
            # The summary before it was lost: the check is not forgotten when the next report comes without it.
            report.parts.setdefault(0, []).append(event)
        else:
            report.incoming.append(event)
        return self._new([event], table, custom_mode)

    def mode_changed(self, table: EventTable, custom_mode: int) -> list[DecodedEvent]:
        """Return the failing checks that concern the new flight mode and have not been shown."""
        return self._new(self.problems, table, custom_mode)

    def concerning(self, table: EventTable, custom_mode: int | None) -> list[DecodedEvent]:
        """Return the failing checks that concern a flight mode, the most severe first."""
        found = [check for check in self.problems if check.shown and _concerns(check, table, custom_mode)]
        return sorted(found, key=lambda check: check.severity)

    def _new(
        self, checks: list[DecodedEvent], table: EventTable, custom_mode: int | None
    ) -> list[DecodedEvent]:
        found = []
        for check in checks:
            if check.shown and _key(check) not in self._shown and _concerns(check, table, custom_mode):
                self._shown.add(_key(check))
                found.append(check)
        return found


def is_health(event: DecodedEvent) -> bool:
    """Whether an event belongs to the health and arming report."""
    return event.group in HEALTH_GROUPS


def _key(check: DecodedEvent) -> tuple[int, str]:
    return check.event_id, check.text


def _concerns(check: DecodedEvent, table: EventTable, custom_mode: int | None) -> bool:
    """Whether a check concerns a flight mode; one whose modes are not known concerns every mode."""
    group = table.mode_group(custom_mode) if custom_mode is not None else None
    return group is None or not check.values or bool(int(check.values[0]) >> group & 1)
