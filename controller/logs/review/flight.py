"""One log under review, with everything that the findings are made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from controller.logs.formats.base import Log
from controller.logs.formats.health import HealthRecords
from controller.logs.review.crash import Crash, JudgedSpan, judge
from controller.logs.review.evidence import LinkEvidence
from controller.logs.review.flight_trace import trace_of
from controller.logs.review.trace import FlightTrace
from controller.logs.series.view import SeriesView, span_of


@dataclass
class ReviewedFlight:
    """A log, its series and its health records; times are those of the series, in microseconds.

    `cells` is the number of cells of its batteries, where the user named it.
    """

    log: Log
    cells: int | None = None
    link: LinkEvidence | None = field(default=None, repr=False)

    @cached_property
    def view(self) -> SeriesView:
        """The log's series."""
        return self.log.series()

    @cached_property
    def health(self) -> HealthRecords:
        """The log's records by subject."""
        return self.log.health(self.view)

    @cached_property
    def span_us(self) -> tuple[int, int]:
        """When the log begins and ends; zeros where no time in it is possible."""
        return span_of(self.log.times_us(self.view), self.view.clock) or (0, 0)

    @cached_property
    def parameters(self) -> dict[str, float]:
        """The parameters by name, with their last values in the log."""
        return self.log.parameters

    @cached_property
    def never_armed(self) -> bool:
        """Whether the log records arming, and there was none."""
        mode = self.view.channels.get("mode")
        return mode is not None and not mode["armed"].any()

    @cached_property
    def trace(self) -> FlightTrace | None:
        """Its motion for the judge of crashes; None where the log has no attitude, or was never armed."""
        return trace_of(self.view, self.health)

    @cached_property
    def judged(self) -> list[JudgedSpan]:
        """Its armed spans, in order, each with its crash and the loss of control."""
        return [] if self.trace is None else judge(self.trace)

    @property
    def crashes(self) -> list[Crash]:
        """Its crashes, in order."""
        return [one.crash for one in self.judged if one.crash is not None]

    def forget_trace(self) -> None:
        """Free the trace, which is large for a long log; it is made again when it is asked for."""
        self.__dict__.pop("trace", None)

    @cached_property
    def utc_year(self) -> float | None:
        """The year with its fraction, for the earth's magnetic field; None where the log has no date."""
        if self.view.clock != "utc" or not self.view.channels:
            return None
        begin_us = min(int(channel.times_us[0]) for channel in self.view.channels.values())
        return 1970.0 + begin_us / 1e6 / 86400 / 365.2425
