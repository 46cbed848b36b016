"""Electric power of an airframe in steady flight, from the physics that fly it."""

from __future__ import annotations

import math

import numpy as np

from hil.airframes.load import Airframe
from hil.errors import AirframeError
from hil.frames import body_to_ned
from hil.jit import stage
from hil.physics import params as p
from hil.physics.aero import drag_body
from hil.physics.body import clear_wrench
from hil.physics.rotor import push_rotors
from hil.physics.state import FORCE, POS, QUAT, ROTOR, SHAFT_W, VEL, Array, level_state, still_air

_AWAY_M = -1000.0  # out of ground effect


@stage
def _wrench(state: Array, inputs: Array, params: Array, rotors: int) -> None:
    clear_wrench(state, inputs, params, 0.001)
    push_rotors(state, inputs, params, 0.001, rotors)
    drag_body(state, inputs, params, 0.001)


def steady_power_w(
    airframe: Airframe, speed_m_s: float, climb_m_s: float = 0.0, *, density_kg_m3: float = 1.225
) -> float:
    """Return the electric power, W, of a multirotor in steady flight at an airspeed and a climb, m/s.

    Raises AirframeError for another kind of airframe, and for a speed that it cannot fly.
    """
    if airframe.kind != "multirotor":
        raise AirframeError(
            f"the power of a {airframe.kind} in steady flight is not known", where=airframe.file
        )
    return _rotors_w(airframe, speed_m_s, climb_m_s, density_kg_m3)


def battery_wh(airframe: Airframe) -> float:
    """Return the energy of its full battery, Wh, by the open-circuit voltage over the charge."""
    row = airframe.params
    volts = row[p.OCV : p.OCV + p.OCV_POINTS]
    mean_v = float(np.mean((volts[1:] + volts[:-1]) / 2.0))
    return mean_v * float(row[p.CAPACITY_C]) / 3600.0


def _rotors_w(airframe: Airframe, speed_m_s: float, climb_m_s: float, density_kg_m3: float) -> float:
    """Return the power at the pitch and rotor speed that hold speed and climb, found by Newton's method."""
    row = airframe.params
    weight_n = float(row[p.MASS]) * 9.80665
    state = level_state()
    inputs = still_air(density_kg_m3=density_kg_m3)
    state[POS + 2] = _AWAY_M
    state[VEL], state[VEL + 2] = speed_m_s, -climb_m_s

    def left_over(at: Array) -> Array:
        """Return the forces that do not cancel, north and down, N, at a pitch (rad) and a rotor speed (rad/s)."""
        state[QUAT], state[QUAT + 2] = math.cos(0.5 * at[0]), math.sin(0.5 * at[0])
        state[ROTOR : ROTOR + airframe.rotor_count] = at[1]
        _wrench(state, inputs, row, airframe.rotor_count)
        north, _, down = body_to_ned(*state[QUAT : QUAT + 4], *state[FORCE : FORCE + 3])
        return np.asarray([north, down + weight_n])

    hover = math.sqrt(weight_n / (airframe.rotor_count * row[p.THRUST_COEF] * density_kg_m3 / 1.225))
    at = np.asarray([0.0, hover])
    for _ in range(40):
        off = left_over(at)
        if np.abs(off).max() < 1e-6 * weight_n:
            break
        slope = np.stack(
            [(left_over(at + step) - off) / step.max() for step in np.diag([1e-5, 1e-3 * hover])], axis=1
        )
        step = np.linalg.solve(slope, -off)
        at = at + np.clip(step, [-0.2, -0.2 * hover], [0.2, 0.2 * hover])
    else:
        raise AirframeError(f"no steady flight at {speed_m_s:g} m/s was found", where=airframe.file)
    if at[1] > row[p.MAX_SPEED]:
        raise AirframeError(f"the rotors are too weak for {speed_m_s:g} m/s", where=airframe.file)
    return float(state[SHAFT_W] / row[p.EFFICIENCY] + row[p.AVIONICS_W])
