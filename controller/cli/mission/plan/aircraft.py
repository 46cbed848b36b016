"""The aircraft of a job: its power, simulated or measured, its battery, and the wind."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from controller.errors import UserError

if TYPE_CHECKING:
    from controller.app.planning.energy import PowerFigures, Wind
    from controller.app.planning.job import Battery
    from controller.cli.mission.plan.options import JobOptions
    from controller.missions.estimate import FlightSpeeds
    from controller.missions.plan import Home

_CLIMB_M_S, _SINK_M_S = 2.5, 1.0
_FASTEST_M_S = 40


def speeds_of(autopilot: str) -> FlightSpeeds:
    """Return what an autopilot flies by its own settings: ArduCopter's defaults, or PX4's.

    PX4: MPC_XY_CRUISE, MPC_ACC_HOR, MPC_JERK_AUTO, MPC_Z_V_AUTO_UP and _DN, MPC_LAND_SPEED.
    """
    from controller.missions.estimate import FlightSpeeds

    if autopilot == "px4":
        return FlightSpeeds(
            along_m_s=5.0, accel_m_s2=3.0, jerk_m_s3=4.0, climb_m_s=3.0, sink_m_s=1.5, land_m_s=0.7
        )
    return FlightSpeeds()


def stored_items_of(autopilot: str) -> int:
    """Return how many items a usual board stores: ArduPilot's 16 kB of storage, PX4 on boards of little memory."""
    return 500 if autopilot == "px4" else 724


def power_of(job: JobOptions, home: Home | None) -> PowerFigures | None:
    """Return the power of `--airframe` or `--like`, None without one. Raises UserError or AirframeError."""
    if job.airframe is not None and job.like is not None:
        raise UserError("cannot use both --airframe and --like", where="--like", hint="give one")
    if job.like is not None:
        return _measured(job.like)
    if job.airframe is not None:
        return _simulated(job.airframe, home)
    if job.wind is not None:
        raise UserError(
            "cannot use the wind without the aircraft", where="--wind", hint="give --airframe or --like"
        )
    return None


def wind_of(job: JobOptions) -> Wind:
    """Return the wind of the job. Raises UserError."""
    from controller.app.planning.energy import Wind
    from controller.cli.conditions import parse_wind

    north_m_s, east_m_s, _ = parse_wind(job.wind or "0,0,0")
    if not math.hypot(north_m_s, east_m_s) < 100.0:
        raise UserError(f"invalid wind '{job.wind}'", where="--wind", hint="use less than 100 m/s")
    return Wind(north_m_s, east_m_s)


def battery_of(job: JobOptions, power: PowerFigures | None) -> Battery | None:
    """Return the battery of one flight, None where nothing of it is known. Raises UserError."""
    from controller.app.planning.job import Battery

    for option, value in (("--battery-minutes", job.battery_minutes), ("--battery-wh", job.battery_wh)):
        if value is not None and not 0.0 < value <= 100_000.0:
            raise UserError(f"invalid value '{value:g}'", where=option, hint="use more than 0")
    if not 0.0 <= job.reserve_percent <= 90.0:
        raise UserError(
            f"invalid value '{job.reserve_percent:g}'", where="--reserve-percent", hint="use 0 to 90"
        )
    if job.battery_wh is not None and power is None:
        raise UserError(
            "cannot use the battery's energy without the aircraft's power",
            where="--battery-wh",
            hint="give --airframe or --like, or --battery-minutes",
        )
    wh = job.battery_wh if job.battery_wh is not None else power.capacity_wh if power else None
    if wh is None and job.battery_minutes is None:
        return None
    return Battery(minutes=job.battery_minutes, wh=wh, reserve=job.reserve_percent / 100.0)


def _simulated(name: str, home: Home | None) -> PowerFigures:
    """Return the power of the simulator's own model in the air of home."""
    from controller.app.planning.energy import PowerFigures
    from hil.airframes.load import load_airframe
    from hil.airframes.power import battery_wh, steady_power_w
    from hil.errors import AirframeError
    from hil.world.atmosphere import density_kg_m3

    airframe = load_airframe(name)
    if airframe.kind != "multirotor":
        raise UserError(
            f"cannot use the power of {airframe.name}: only that of multirotors is modelled",
            where="--airframe",
            hint="give --like FLIGHT, whose power was measured, or --battery-minutes alone",
        )
    density = density_kg_m3(home.alt_amsl_m if home is not None and home.alt_known else 0.0)

    def power_w(speed_m_s: float, climb_m_s: float = 0.0) -> float | None:
        try:
            return steady_power_w(airframe, speed_m_s, climb_m_s, density_kg_m3=density)
        except AirframeError:
            return None

    hover_w = steady_power_w(airframe, 0.0, density_kg_m3=density)
    level = [(float(one), watts) for one in range(1, _FASTEST_M_S) if (watts := power_w(float(one)))]
    return PowerFigures(
        source=f"simulated {airframe.name}",
        level_w=((0.0, hover_w), *level),
        climb_w=power_w(0.0, _CLIMB_M_S) or hover_w,
        sink_w=power_w(0.0, -_SINK_M_S) or hover_w,
        capacity_wh=battery_wh(airframe),
    )


def _measured(flight: str) -> PowerFigures:
    """Return the power that a flight's log measured."""
    from controller.app.planning.past_flight import power_of_flight
    from controller.cli.logs.find_log import folder_of, log_file
    from controller.logs.flights.find import find_flight
    from controller.logs.flights.store import flight_log
    from controller.logs.series.read import read_series

    path = log_file(flight) or flight_log(find_flight(folder_of(None), flight))
    return power_of_flight(read_series(path), source=flight)
