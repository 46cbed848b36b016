"""What a log holds of the aircraft's health, by subject: the measurements and events that the review holds to its
limits.

A format overrides what it has records of; all times are in the clock of the series.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from controller.geo import offsets_m
from controller.logs.review.evidence import Event, Signal
from controller.logs.review.trace import Kind, Report, report_of
from controller.logs.series.rows import Rows
from controller.logs.series.view import Array, SeriesView
from controller.wire.enums import MAV_CMD

# Titles of findings.
FAILSAFE, FENCE, CRITICAL_TEXT, MODE_CHANGE = "failsafe", "fence", "critical message", "mode change"
CRITICAL_SEVERITY = 2
CRITICAL_TEXT_SOURCE = "MAVLink, MAV_SEVERITY: 0 emergency, 1 alert, 2 critical; or the word failsafe"
_MOST_TEXTS = 20
# Mission commands that fly to a place.
PLACE_COMMANDS = (
    MAV_CMD.NAV_WAYPOINT,
    MAV_CMD.NAV_LOITER_UNLIM,
    MAV_CMD.NAV_LOITER_TURNS,
    MAV_CMD.NAV_LOITER_TIME,
    MAV_CMD.NAV_LAND,
    MAV_CMD.NAV_SPLINE_WAYPOINT,
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column over time, with its unit's `scale` already applied; `source` is message.column."""

    source: str
    times_us: Array
    values: Array


@dataclass(frozen=True, slots=True)
class Magnetometer:
    """One compass: corrected for its own offsets, body frame, milligauss; shape (n, 3)."""

    source: str
    times_us: Array
    xyz_mgauss: Array


@dataclass(frozen=True, slots=True)
class MotorOutputs:
    """Outputs of the motors by number (from 1), in microseconds of pulse."""

    source: str
    times_us: Array
    pulses_us: dict[int, Array]


@dataclass(frozen=True, slots=True)
class WantedAttitude:
    """The attitude that the controller asks for: radians, in the clock of the series."""

    source: str
    times_us: Array
    roll_rad: Array
    pitch_rad: Array


@dataclass(frozen=True, slots=True)
class MissionRecord:
    """The mission as the log has it: places of its items (degrees) by number, and which items were reached when."""

    source: str
    places: dict[int, tuple[float, float]]
    reached: Array
    reached_us: Array


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """The line to fly: from `times_us[i]` on from a to b, latitude and longitude in degrees, shape (n, 2); NaN for no
    line."""

    source: str
    times_us: Array
    a_deg: Array
    b_deg: Array


class HealthRecords:
    """The records of one log. A method gives nothing where the log has no such record; raises NoColumn where the
    messages lack a column. `.._checks` are the titles of what the log can tell even if nothing happened."""

    def __init__(self, view: SeriesView) -> None:
        self.view = view

    def limited_columns(self) -> list[Signal]:
        """Columns with a limit of their own: vibration, clipping, the estimator's test ratios. Their `kind` names the
        limit."""
        return []

    def gps_accuracy(self) -> list[Signal]:
        """The accuracy that the GPS itself reports."""
        return []

    def magnetometers(self) -> list[Magnetometer]:
        """The compasses, in the order of their numbers."""
        return []

    def throttle(self) -> Column | None:
        """The throttle, from 0 to 1 (or 100, where the firmware logs percent)."""
        return None

    def motors(self) -> MotorOutputs | None:
        """The outputs that drive motors."""
        return None

    def measured_cells(self, battery: int) -> int:  # noqa: ARG002
        """Number of cells whose voltage was measured, of a battery by its number; 0 where none was."""
        return 0

    def board_voltage(self) -> Column | None:
        """Volts of the autopilot board's supply."""
        return None

    def failsafes(self) -> list[Event]:
        """Failsafes, fence breaches and critical messages while armed."""
        return []

    def failsafe_checks(self) -> set[str]:
        """Titles of `failsafes`."""
        return set()

    def mode_changes(self) -> list[Event]:
        """Mode changes while armed that no operator asked for."""
        return []

    def mode_checks(self) -> set[str]:
        """Titles of `mode_changes`."""
        return set()

    def vehicle_kind(self) -> Kind:
        """Which rules of flight hold for it; empty where the log does not say. A VTOL counts as a plane."""
        return ""

    def wanted_attitude(self) -> WantedAttitude | None:
        """The wanted roll and pitch."""
        return None

    def crash_reports(self) -> list[Report]:
        """What the autopilot itself reports of a crash or a failure, at any time."""
        return []

    def cross_track(self) -> Column | None:
        """Metres off the planned line (always positive)."""
        return None

    def mission(self) -> MissionRecord | None:
        """The mission, and how far it came."""
        return None

    # For the formats.

    def shifted_us(self, own_us: Array) -> Array:
        """The log's own times in the clock of the series."""
        times_us: Array = np.asarray(own_us).astype(np.int64, copy=False)
        return times_us + self.view.shift_us if self.view.shift_us else times_us

    def column(self, rows: Rows | None, name: str, scale: float = 1.0) -> Column | None:
        """A column of these rows; None where they do not have it."""
        if rows is None or name not in rows:
            return None
        return Column(f"{rows.source}.{name}", self.shifted_us(rows.times_us), rows[name] / scale)

    def signals(self, watched: Iterable[tuple[str, Iterable[Rows], tuple[str, ...]]]) -> list[Signal]:
        """The columns of these messages that the log has: (kind, rows, columns)."""
        return [
            Signal(kind, f"{rows.source}.{column}", self.shifted_us(rows.times_us), rows[column])
            for kind, found, columns in watched
            for rows in found
            for column in columns
            if column in rows
        ]

    def magnetometer(self, rows: Rows, axes: tuple[str, ...], scale: float = 1.0) -> list[Magnetometer]:
        """A compass from its three columns; nothing where they are missing, or all zero."""
        if not all(axis in rows for axis in axes) or not np.any(rows[axes[0]] != 0):
            return []
        xyz = np.stack([rows[axis] for axis in axes], 1) * scale
        return [Magnetometer(rows.source, self.shifted_us(rows.times_us), xyz)]

    def critical_texts(self, source: str, texts: Iterable[tuple[int, float, str]]) -> list[Event]:
        """Texts (own time, severity, text) while armed that are critical or name a failsafe; twenty at most."""
        grave = [
            (time_us, text)
            for time_us, severity, text in texts
            if text and (severity <= CRITICAL_SEVERITY or "failsafe" in text.lower())
        ]
        times_us = self.shifted_us(np.array([time_us for time_us, _ in grave], np.int64))
        armed = self.view.armed(times_us).tolist()
        return [
            Event(CRITICAL_TEXT, source, at_us, text, CRITICAL_TEXT_SOURCE)
            for at_us, (_, text), was_armed in zip(times_us.tolist(), grave, armed, strict=True)
            if was_armed
        ][:_MOST_TEXTS]

    def reported_crashes(self, source: str, texts: Iterable[tuple[int, str]]) -> list[Report]:
        """The texts (own time) that report a crash."""
        shift_us = self.view.shift_us
        found = (report_of((time_us + shift_us) / 1e6, text, source) for time_us, text in texts)
        return [report for report in found if report is not None]

    def off_line(self, line: PlannedLine | None) -> Column | None:
        """Metres off a planned line at each position from the line's beginning on."""
        position = self.view.channels.get("position")
        if line is None or position is None or not len(line.times_us):
            return None
        rows = position.times_us >= line.times_us[0]
        times_us = position.times_us[rows]
        at = np.maximum(np.searchsorted(line.times_us, times_us, side="right") - 1, 0)
        here_deg = np.stack([position["lat_deg"][rows], position["lon_deg"][rows]], 1)
        return Column(line.source, times_us, off_segment_m(here_deg, line.a_deg[at], line.b_deg[at]))


# Volts between which a measured cell is one, and not a whole battery or a place without a cell.
_CELL_V = (2.0, 5.0)


def count_cells(volts: Any) -> int:
    """The cells of a battery from the voltages of each, shape (rows, cells): most rows have that many, at least two."""
    if not len(volts):
        return 0
    cells = int(np.median(((volts > _CELL_V[0]) & (volts < _CELL_V[1])).sum(axis=1)))
    return cells if cells > 1 else 0


def off_segment_m(here_deg: Array, a_deg: Array, b_deg: Array) -> Array:
    """Metres from each place to the segment a to b, on a plane that is right for distances of some kilometres."""
    along, here = (
        np.stack(offsets_m(place[:, 0], place[:, 1], a_deg[:, 0], a_deg[:, 1]), 1)
        for place in (b_deg, here_deg)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.clip((here * along).sum(1) / (along * along).sum(1), 0.0, 1.0)
    # A leg from a place to itself is a hover there.
    share = np.where((along * along).sum(1) > 0, share, 0.0)
    off: Array = np.linalg.norm(here - along * share[:, None], axis=1)
    return off


def mission_places(
    plan: Rows, names: tuple[str, str, str, str], *, scale: float = 1.0, first: int, kept: Any = True
) -> dict[int, tuple[float, float]]:
    """Places (degrees) of a mission's items by number, as first logged.

    `names` are the columns of number, command, latitude and longitude (divided by `scale`); `first` is the lowest
    number, and `kept` says which rows count.
    """
    numbers, commands, lats, lons = (plan[name] for name in names)
    rows = kept & np.isin(commands, PLACE_COMMANDS) & ((lats != 0) | (lons != 0)) & (numbers >= first)
    places: dict[int, tuple[float, float]] = {}
    for number, lat, lon in zip(
        numbers[rows].tolist(), lats[rows].tolist(), lons[rows].tolist(), strict=True
    ):
        places.setdefault(int(number), (lat / scale, lon / scale))
    return places


# ArduPilot's SERVOn_FUNCTION: 33 to 40 are motors 1 to 8, 82 to 85 motors 9 to 12.
_MOTOR_FUNCTIONS = {**{33 + n: n + 1 for n in range(8)}, **{82 + n: n + 9 for n in range(4)}}
_MOST_OUTPUTS = 16


def ardupilot_motors(
    records: HealthRecords, rows: Rows | None, column: str, parameters: Mapping[str, float]
) -> MotorOutputs | None:
    """The outputs that SERVOn_FUNCTION assigns to motors; `column` has a place for the output's number."""
    if rows is None:
        return None
    motors: dict[int, Array] = {}
    for output in range(1, _MOST_OUTPUTS + 1):
        motor = _MOTOR_FUNCTIONS.get(int(parameters.get(f"SERVO{output}_FUNCTION", 0)))
        name = column.format(output)
        # A motor without a pulse in the whole log is not connected to this output.
        if motor is not None and name in rows and rows[name].any():
            # The first of two outputs of the same motor counts.
            motors.setdefault(motor, rows[name])
    return MotorOutputs(rows.source, records.shifted_us(rows.times_us), motors) if motors else None
