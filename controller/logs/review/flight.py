"""What the findings of a review are made from: the log, its series, who flew, its parameters, and when it was in the air."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from controller.logs.formats.read import ReadLog
from controller.logs.review.records import Records
from controller.logs.series.view import Array, SeriesView, armed_rows, series_of, span_of

_PX4 = 12
# MAV_TYPE: fixed wing, and the VTOLs.
_WINGS = (1, *range(19, 26))
# Below this it may stand on the ground, where motors idle and compasses are near cars.
IN_AIR_M = 1.0


@dataclass
class Flight:
    """One log under review; times are those of the series view, in microseconds."""

    read: ReadLog

    @cached_property
    def view(self) -> SeriesView:
        return series_of(self.read)

    @cached_property
    def span_us(self) -> tuple[int, int]:
        """When the record begins and ends; zeros where no time in it can be."""
        of = self.read.log.tables if self.read.format == "tlog" else self.view.channels
        return span_of((one.times_us for one in of.values()), self.view.clock) or (0, 0)

    @cached_property
    def records(self) -> Records:
        return Records(self.read)

    @cached_property
    def px4(self) -> bool:
        """Whether PX4 wrote it: its numbers mean other things under the same names."""
        if self.read.format != "tlog":
            return self.read.format == "ulog"
        beats = self.records.first("HEARTBEAT")
        return beats is not None and int(beats["autopilot"][0]) == _PX4

    @cached_property
    def wings(self) -> bool:
        """Whether a telemetry log is of an aeroplane or a VTOL."""
        beats = self.records.first("HEARTBEAT")
        return beats is not None and int(beats["type"][0]) in _WINGS

    @cached_property
    def never_armed(self) -> bool:
        """The log tells of arming, and there was none."""
        mode = self.view.channels.get("mode")
        return mode is not None and not mode["armed"].any()

    @cached_property
    def params(self) -> dict[str, float]:
        """The parameters as the log knows them last."""
        if self.read.format == "ulog":
            known = self.read.log.params.items()
            return {name: value for name, value in known if isinstance(value, int | float)}
        rows = self.records.first("PARM" if self.read.format == "dataflash" else "PARAM_VALUE")
        if rows is None:
            return {}
        name, value = ("Name", "Value") if "Name" in rows else ("param_id", "param_value")
        if rows.raw(name).dtype.kind != "S" or value not in rows:
            return {}
        return {
            key.decode("latin1").rstrip("\0"): number
            for key, number in zip(rows.raw(name).tolist(), rows[value].tolist(), strict=True)
        }

    def times_us(self, own_us: Array) -> Array:
        """The log's own times in the clock of the series."""
        return np.asarray(own_us).astype(np.int64) + self.view.shift_us

    def armed(self, times_us: Array) -> Array:
        return armed_rows(self.view, times_us)

    def in_air(self, times_us: Array) -> Array:
        """Armed and higher than a metre above home; only armed where the log does not know the height above home."""
        armed = self.armed(times_us)
        altitude = self.view.channels.get("altitude")
        if altitude is None:
            return armed
        known = np.isfinite(altitude["home_m"])
        if known.sum() < 2 or not len(times_us):
            return armed
        home_m = np.interp(times_us, altitude.times_us[known], altitude["home_m"][known])
        return armed & (home_m > IN_AIR_M)

    def place(self, time_us: int) -> tuple[float, float] | None:
        """Latitude and longitude in degrees where it was last seen at that moment; None where nobody knows."""
        position = self.view.channels.get("position")
        if position is None:
            return None
        at = max(0, int(np.searchsorted(position.times_us, time_us, side="right")) - 1)
        lat_deg, lon_deg = float(position["lat_deg"][at]), float(position["lon_deg"][at])
        return (lat_deg, lon_deg) if np.isfinite(lat_deg + lon_deg) else None

    @cached_property
    def utc_year(self) -> float | None:
        """The year with its fraction, for the earth's field; None where the log never saw the date."""
        if self.view.clock != "utc" or not self.view.channels:
            return None
        begin_us = min(int(channel.times_us[0]) for channel in self.view.channels.values())
        return 1970.0 + begin_us / 1e6 / 86400 / 365.2425
