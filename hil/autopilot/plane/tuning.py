"""Airspeeds and limits of a fixed-wing airframe, from its wing and propeller data."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hil.airframes.load import Airframe
from hil.airframes.wings import ELEVATOR_SHARE
from hil.autopilot.plane.energy import EnergyLimits
from hil.physics import params as p
from hil.physics import wing_params as w
from hil.physics.trim import level_trim, propeller_thrust_n, stall_speed_m_s

MAX_CLIMB_M_S, MAX_SINK_M_S = 5.0, 5.0  # ArduPilot TECS_CLMB_MAX, TECS_SINK_MAX
MAX_ROLL_RAD = math.radians(45.0)  # ROLL_LIMIT_DEG
PITCH_RAD = math.radians(-20.0), math.radians(20.0)  # PTCH_LIM_MIN_DEG, PTCH_LIM_MAX_DEG


@dataclass(frozen=True, slots=True)
class PlaneTune:
    """Indicated airspeeds in m/s; angles in rad. `cruise_throttle` flies level at cruise speed."""

    stall_m_s: float
    min_m_s: float
    cruise_m_s: float
    max_m_s: float
    rotate_m_s: float
    max_roll_rad: float
    flare_pitch_rad: float
    energy: EnergyLimits


def plane_tune(airframe: Airframe) -> PlaneTune:
    """Return the airspeeds and limits for an airframe with a wing."""
    wing, row = airframe.wing, airframe.params
    assert wing is not None
    mass_kg = float(row[p.MASS])
    stall = stall_speed_m_s(wing, mass_kg)
    table = wing[w.SURFACE_TABLE : w.SURFACE_TABLE + 4 * int(wing[w.SURFACES])].reshape(-1, 4)
    max_elevator = float(np.abs(table[:, 0] * table[:, 2]).sum())
    minimum = 1.25 * stall
    # The elevator may limit the angle of attack before the wing stalls.
    while (trim := level_trim(wing, mass_kg, minimum)) is None or abs(
        trim.elevator_rad
    ) > ELEVATOR_SHARE * max_elevator:
        minimum += 0.25
    cruise = max(airframe.cruise_m_s, 1.15 * minimum)
    level = level_trim(wing, mass_kg, cruise)
    assert level is not None
    volts = 0.95 * float(row[p.OCV + p.OCV_POINTS - 1])
    full_n = propeller_thrust_n(wing, volts, cruise)
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        short = propeller_thrust_n(wing, middle * volts, cruise) < level.thrust_n
        low, high = (middle, high) if short else (low, middle)
    spare_m_s = 0.8 * (full_n - level.thrust_n) / (mass_kg * 9.80665) * cruise
    return PlaneTune(
        stall_m_s=stall,
        min_m_s=minimum,
        cruise_m_s=cruise,
        max_m_s=1.4 * cruise,
        rotate_m_s=0.95 * minimum,
        max_roll_rad=MAX_ROLL_RAD,
        flare_pitch_rad=min(level.alpha_rad + math.radians(8.0), math.radians(12.0)),
        energy=EnergyLimits(
            climb_m_s=min(spare_m_s, MAX_CLIMB_M_S),
            sink_m_s=MAX_SINK_M_S,
            trim_throttle=high,
            min_pitch_rad=PITCH_RAD[0],
            max_pitch_rad=PITCH_RAD[1],
            turn_pitch_rad=level.alpha_rad + float(wing[w.LIFT] / wing[w.LIFT + 1]),
        ),
    )
