"""Benchmark: error and cost of integrators of the physics: `python -m benchmarks.integrators`.

It integrates a second of a tumbling quad under thrust and of a rolling, pitching aeroplane under power, both in the
air. All integrators use the same stages for the forces: the derivative of the whole state, with rotors and surfaces,
is a step of a microsecond divided by its length. These evaluations dominate the cost, so cost is evaluations per
simulated second times the time of one. `held` is the simulator's step. The reference is Runge-Kutta 4 with steps of
0.05 ms.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.measure import machine, seconds
from hil.airframes.load import load_airframe
from hil.jit import stage
from hil.physics import params as pp
from hil.physics import state as ps
from hil.physics import wing_params as wp
from hil.physics.state import POS, QUAT, RATE, STATE_SIZE, VEL, Array
from hil.physics.step import multirotor_step
from hil.physics.winged_step import winged_step

PROBE_S = 1e-6
SETTLING = 6
FLIGHT_S = 1.0
TRUTH_S = 0.00005
STEPS_S = (0.0005, 0.001, 0.002, 0.004)
HELD, EULER, SEMI, TWO_BACK, MIDPOINT, RK4 = range(6)
NAMES = (
    "held: forces held, turning by RK4, mean velocity and rate",
    "explicit Euler",
    "semi-implicit Euler",
    "Adams-Bashforth 2",
    "midpoint (Runge-Kutta 2)",
    "Runge-Kutta 4",
)
QUESTIONS = (1, 1, 1, 1, 2, 4)


@dataclass(frozen=True)
class Flight:
    """Initial state and parameters of a flight; `wing` is empty for a multirotor."""

    name: str
    state: Array
    inputs: Array
    params: Array
    wing: Array


def tumbling_quad() -> Flight:
    """Return a multirotor with rotors spinning up, rotating about all axes."""
    state, inputs = ps.level_state(), ps.still_air()
    inputs[ps.DUTY : ps.DUTY + 4] = 0.70, 0.69, 0.70, 0.69
    state[RATE : RATE + 3] = 0.5, -0.8, 0.3
    return Flight("quad_x", state, inputs, load_airframe("quad_x").params, np.zeros(wp.WING_SIZE))


def rolling_plane() -> Flight:
    """Return an aeroplane at cruise speed, with moving aileron and elevator."""
    airframe = load_airframe("plane")
    assert airframe.wing is not None
    state, inputs = ps.level_state(), ps.still_air()
    state[VEL], state[ps.ROTOR + wp.PROPELLER] = 25.0, 400.0
    inputs[ps.DUTY + wp.PROPELLER] = 0.7
    inputs[ps.DUTY + wp.DEFLECTION : ps.DUTY + wp.DEFLECTION + 3] = 0.56, 0.42, 0.5
    return Flight("plane", state, inputs, airframe.params, airframe.wing)


@stage
def _step(state: Array, inputs: Array, params: Array, wing: Array, dt: float, winged: bool) -> None:
    if winged:
        winged_step(state, inputs, params, wing, dt)
    else:
        multirotor_step(state, inputs, params, dt)


@stage
def _change(
    state: Array, inputs: Array, probe: Array, wing: Array, winged: bool, out: Array, scratch: Array
) -> None:
    """Return the state's derivative; `params` are those of the probe step."""
    state[ps.SPIN] = 0.0
    for i in range(int(probe[pp.ROTORS])):
        state[ps.SPIN] += probe[pp.ROTOR_INERTIA] * probe[pp.ROTOR_TABLE + 4 * i + 3] * state[ps.ROTOR + i]
    for _ in range(SETTLING):
        # After some iterations voltage, current and power of the previous step are those of this moment.
        scratch[:] = state
        _step(scratch, inputs, probe, wing, PROBE_S, winged)
        for i in range(ps.VOLTAGE, ps.SPECIFIC):
            state[i] = scratch[i]
        state[ps.SHAFT_W] = scratch[ps.SHAFT_W]
    for i in range(STATE_SIZE):
        moves = i <= ps.USED_C or i >= ps.ROTOR
        out[i] = (scratch[i] - state[i]) / PROBE_S if moves else 0.0


@stage
def _add(state: Array, change: Array, dt: float, out: Array) -> None:
    for i in range(STATE_SIZE):
        out[i] = state[i] + dt * change[i]
    size = math.sqrt((out[QUAT : QUAT + 4] ** 2).sum())
    for i in range(4):
        out[QUAT + i] /= size


@stage
def fly(
    way: int,
    state: Array,
    inputs: Array,
    params: Array,
    probe: Array,
    wing: Array,
    winged: bool,
    dt: float,
    steps: int,
) -> None:
    """Do `steps` steps in place; `params` are for steps of dt, `probe` for PROBE_S."""
    k, scratch = np.zeros((4, STATE_SIZE)), np.zeros(STATE_SIZE)
    there = np.zeros(STATE_SIZE)
    for step in range(steps):
        if way == HELD:
            _step(state, inputs, params, wing, dt, winged)
            continue
        _change(state, inputs, probe, wing, winged, k[0], scratch)
        if way == EULER:
            _add(state, k[0], dt, state)
        elif way == SEMI:
            # Velocity and rate first; position and attitude with the new ones.
            for i in range(3):
                there[VEL + i] = state[VEL + i] + dt * k[0, VEL + i]
                there[RATE + i] = state[RATE + i] + dt * k[0, RATE + i]
                k[0, POS + i] = there[VEL + i]
            w, x, y, z = state[QUAT], state[QUAT + 1], state[QUAT + 2], state[QUAT + 3]
            p, q, r = 0.5 * there[RATE], 0.5 * there[RATE + 1], 0.5 * there[RATE + 2]
            k[0, QUAT] = -x * p - y * q - z * r
            k[0, QUAT + 1] = w * p + y * r - z * q
            k[0, QUAT + 2] = w * q + z * p - x * r
            k[0, QUAT + 3] = w * r + x * q - y * p
            _add(state, k[0], dt, state)
        elif way == TWO_BACK:
            if step == 0:
                k[1] = k[0]
            k[2] = 1.5 * k[0] - 0.5 * k[1]
            k[1] = k[0]
            _add(state, k[2], dt, state)
        elif way == MIDPOINT:
            _add(state, k[0], 0.5 * dt, there)
            _change(there, inputs, probe, wing, winged, k[1], scratch)
            _add(state, k[1], dt, state)
        else:
            for j in range(1, 4):
                there[:] = state
                _add(state, k[j - 1], dt if j == 3 else 0.5 * dt, there)
                _change(there, inputs, probe, wing, winged, k[j], scratch)
            k[0] = (k[0] + 2.0 * (k[1] + k[2]) + k[3]) / 6.0
            _add(state, k[0], dt, state)


def flown(flight: Flight, way: int, dt: float) -> Array:
    """Return the state after the flight."""
    state = flight.state.copy()
    params, probe = pp.at_step(flight.params, dt), pp.at_step(flight.params, PROBE_S)
    winged = bool(flight.wing.any())
    fly(way, state, flight.inputs, params, probe, flight.wing.copy(), winged, dt, round(FLIGHT_S / dt))
    return state


def flown_half_a_step_back(flight: Flight, dt: float) -> Array:
    """Return the state after steps of the simulator whose rotors respond half in the first step."""
    state, wing, winged = flight.state.copy(), flight.wing.copy(), bool(flight.wing.any())
    probe = pp.at_step(flight.params, PROBE_S)
    fly(HELD, state, flight.inputs, pp.at_step(flight.params, 0.5 * dt), probe, wing, winged, dt, 1)
    fly(
        HELD,
        state,
        flight.inputs,
        pp.at_step(flight.params, dt),
        probe,
        wing,
        winged,
        dt,
        round(FLIGHT_S / dt) - 1,
    )
    return state


def error(state: Array, truth: Array) -> tuple[float, float]:
    """Return the errors of position (m) and attitude (rad)."""
    off = float(np.linalg.norm(state[POS : POS + 3] - truth[POS : POS + 3]))
    same = abs(float(state[QUAT : QUAT + 4] @ truth[QUAT : QUAT + 4]))
    return off, 2.0 * math.acos(min(same, 1.0))


def question_ns(flight: Flight) -> float:
    """Return the cost of one evaluation of the forces, s."""
    work: Callable[[], Array] = lambda: flown(flight, HELD, 0.00001)  # noqa: E731
    work()
    return statistics.median(seconds(work) for _ in range(5)) * 1e9 * 0.00001 / FLIGHT_S


def main() -> None:
    """Print a table for each flight."""
    print(f"Integrators, {machine()}, error of position / attitude after {FLIGHT_S:g} s")
    for flight in (tumbling_quad(), rolling_plane()):
        truth, cost = flown(flight, RK4, TRUTH_S), question_ns(flight)
        head = " | ".join(f"{1e3 * dt:g} ms" for dt in STEPS_S)
        print(f"\n| {flight.name}, a question takes {cost:,.0f} ns | questions | {head} | order |")
        print("|---|" + "---|" * (len(STEPS_S) + 2))
        ways = [
            (name, QUESTIONS[way], [flown(flight, way, dt) for dt in STEPS_S])
            for way, name in enumerate(NAMES)
        ]
        if not flight.wing.any():
            back = [flown_half_a_step_back(flight, dt) for dt in STEPS_S]
            ways.insert(1, ("held, rotors half a step back", 1, back))
        for name, questions, states in ways:
            found = [error(state, truth) for state in states]
            order = math.log2(found[2][0] / found[1][0])
            cells = " | ".join(f"{1e3 * off:.2g} mm, {1e3 * turn:.2g} mrad" for off, turn in found)
            print(f"| {name} | {questions} | {cells} | {order:.1f} |")


if __name__ == "__main__":
    main()
