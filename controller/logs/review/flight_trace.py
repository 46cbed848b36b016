"""The trace of a log for the judge of crashes."""

from __future__ import annotations

import numpy as np

from controller.logs.formats.health import HealthRecords
from controller.logs.review.free_modes import FREE_MODES
from controller.logs.review.trace import ArmedSpan, Attitude, FlightTrace, Report
from controller.logs.series.rows import NoColumn
from controller.logs.series.view import Array, Channel, SeriesView


def trace_of(view: SeriesView, health: HealthRecords) -> FlightTrace | None:
    """The trace of a log; None for one that was never armed, or does not say."""
    mode = view.channels.get("mode")
    if mode is None or not mode["armed"].any():
        return None
    # A ground station may go on for long after the aircraft's last message.
    end_us = max(int(channel.times_us[-1]) for channel in view.channels.values())
    try:
        wanted = health.wanted_attitude()
        found: list[Report] = health.crash_reports()
    except NoColumn:
        wanted, found = None, []
    height_s, height_m = _heights(view.channels.get("altitude"))
    velocity_s, vel_ned = _velocities(view.channels.get("velocity"))
    if not len(velocity_s) and len(height_s) > 2:
        velocity_s, vel_ned = _climbs(height_s, height_m)
    return FlightTrace(
        kind=health.vehicle_kind(),
        armed=tuple(armed_spans(view, end_us)),
        height_s=height_s,
        height_m=height_m,
        velocity_s=velocity_s,
        vel_ned=vel_ned,
        attitude=_attitude_of(view.channels.get("attitude")),
        wanted=None if wanted is None else _attitude(wanted.times_us, wanted.roll_rad, wanted.pitch_rad),
        free=tuple(_free(view, end_us)),
        reports=tuple(sorted(found, key=lambda report: report.at_s)),
    )


def armed_spans(view: SeriesView, end_us: int) -> list[ArmedSpan]:
    """The armed spans of a series that ends at `end_us`."""
    mode = view.channels["mode"]
    spans: list[ArmedSpan] = []
    begin_s: float | None = None
    for at_us, armed in zip(mode.times_us.tolist(), mode["armed"].tolist(), strict=True):
        if armed and begin_s is None:
            begin_s = at_us / 1e6
        elif not armed and begin_s is not None:
            spans.append(ArmedSpan(begin_s, at_us / 1e6, ended=True))
            begin_s = None
    if begin_s is not None:
        spans.append(ArmedSpan(begin_s, max(end_us / 1e6, begin_s), ended=False))
    return spans


def _free(view: SeriesView, end_us: int) -> list[tuple[float, float]]:
    mode = view.channels["mode"]
    ends = [*(mode.times_us[1:] / 1e6).tolist(), end_us / 1e6]
    return [
        (begin_s, end_s)
        for begin_s, end_s, name in zip(
            (mode.times_us / 1e6).tolist(), ends, mode["mode"].tolist(), strict=True
        )
        if name in FREE_MODES
    ]


def _attitude_of(channel: Channel | None) -> Attitude:
    if channel is None:
        return Attitude(np.zeros(0), np.zeros(0), np.zeros(0))
    return _attitude(channel.times_us, channel["roll_rad"], channel["pitch_rad"])


def _attitude(times_us: Array, roll_rad: Array, pitch_rad: Array) -> Attitude:
    known = np.isfinite(roll_rad) & np.isfinite(pitch_rad)
    return Attitude(times_us[known] / 1e6, roll_rad[known], pitch_rad[known])


def _heights(altitude: Channel | None) -> tuple[Array, Array]:
    if altitude is None:
        return np.zeros(0), np.zeros(0)
    # The height above home follows a home that moves (PX4): above the sea it is the aircraft that moves.
    column = "msl_m" if np.isfinite(altitude["msl_m"]).any() else "home_m"
    known = np.isfinite(altitude[column])
    return altitude.times_us[known] / 1e6, altitude[column][known]


def _velocities(velocity: Channel | None) -> tuple[Array, Array]:
    if velocity is None:
        return np.zeros(0), np.zeros((0, 3))
    ned = np.stack([velocity[name] for name in ("north_m_s", "east_m_s", "down_m_s")], 1)
    known = np.isfinite(ned).all(1)
    return velocity.times_us[known] / 1e6, ned[known]


def _climbs(height_s: Array, height_m: Array) -> tuple[Array, Array]:
    """Velocities of a log that has heights alone: the climb over half a second."""
    before = np.interp(height_s - 0.25, height_s, height_m)
    after = np.interp(height_s + 0.25, height_s, height_m)
    took_s = np.minimum(height_s + 0.25, height_s[-1]) - np.maximum(height_s - 0.25, height_s[0])
    down = (before - after) / np.maximum(took_s, 1e-3)
    return height_s, np.stack([np.zeros(len(down)), np.zeros(len(down)), down], 1)
