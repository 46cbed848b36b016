"""Plots of rotors, ground effect and integrators. Dashed lines are closed-form solutions."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes

from benchmarks import integrators as ways
from hil.airframes.load import bundled_airframes, load_airframe
from hil.physics import params as p
from hil.physics import state as s
from hil.physics.body import clear_wrench
from hil.physics.rotor import push_rotors, spin_rotors
from hil.physics.step import multirotor_step

FORMULA = {"color": "#222222", "linestyle": "--", "linewidth": 0.9}


def steady(row: s.Array) -> s.Array:
    """Return the parameter row with a battery of constant voltage and unlimited charge."""
    row[p.OCV : p.OCV + p.OCV_POINTS] = row[p.REF_VOLTAGE]
    row[p.RESISTANCE], row[p.CAPACITY_C] = 0.0, 1e12
    return row


def level_power_w(name: str, speed_m_s: float) -> float:
    """Return the shaft power of steady level flight, W.

    The vehicle is held in place against a head wind by pitch and motor command.
    """
    row, state, inputs = p.at_step(load_airframe(name).params, 0.002), s.level_state(), s.still_air()
    steady(row)
    inputs[s.WIND] = -speed_m_s
    pitch, duty = 0.0, 0.6
    for _ in range(6000):
        state[s.QUAT : s.QUAT + 4] = math.cos(0.5 * pitch), 0.0, math.sin(0.5 * pitch), 0.0
        state[s.RATE : s.RATE + 3] = 0.0
        inputs[s.DUTY : s.DUTY + 8] = duty
        multirotor_step(state, inputs, row, 0.002)
        pitch += 0.0002 * (1.5 * state[s.VEL] + 0.2 * state[s.POS])
        duty += 0.0002 * (2.0 * state[s.VEL + 2] + 0.2 * state[s.POS + 2])
        state[s.POS : s.VEL + 3] *= 0.999
    return float(state[s.SHAFT_W])


def plot_power(axes: Axes) -> None:
    """Plot power over speed, and the hover power from momentum theory and profile drag as a point."""
    speeds = np.arange(0.0, 15.1, 1.5)
    curves: dict[tuple[float, ...], list[str]] = {}
    for name in bundled_airframes("multirotor"):
        watts = tuple(level_power_w(name, speed) for speed in speeds)
        same = next((key for key in curves if np.allclose(key, watts, rtol=0.005)), watts)
        curves.setdefault(same, []).append(name)
    for watts, names in sorted(curves.items(), reverse=True):
        axes.plot(speeds, watts, label=", ".join(names))
        row = load_airframe(names[0]).params
        thrust = row[p.MASS] * 9.80665 / row[p.ROTORS]
        turning = math.sqrt(thrust / row[p.THRUST_COEF])
        axes.plot(0.0, row[p.ROTORS] * thrust * row[p.MOMENT_COEF] * turning, "ko", ms=4)
    axes.set(xlabel="airspeed, m/s", ylabel="shaft power, W", title="Level flight (dots: hover, closed form)")
    axes.set_ylim(0, None)
    axes.legend(loc="lower left", ncols=2)


def plot_spin_up(axes: Axes) -> None:
    """Plot rotor speed after steps of the motor command up and down, with the exponentials."""
    dt = 0.001
    row = steady(p.at_step(load_airframe("quad_x").params, dt))
    state, inputs = s.level_state(), s.still_air()
    state[s.VOLTAGE], state[s.ROTOR] = row[p.REF_VOLTAGE], 0.1 * row[p.MAX_SPEED]
    times = np.arange(0.0, 0.4, dt)
    duties = np.where((times >= 0.02) & (times < 0.2), 0.65, 0.1)
    speeds = []
    for duty in duties:
        inputs[s.DUTY : s.DUTY + 4] = duty
        spin_rotors(state, inputs, row, dt, 4)
        speeds.append(state[s.ROTOR])
    wanted = duties * row[p.MAX_SPEED]
    low, high = 0.1 * row[p.MAX_SPEED], 0.65 * row[p.MAX_SPEED]
    # By the step's end, as the simulator's are.
    since = times + dt
    rise = high + (low - high) * np.exp(-(since - 0.02) / row[p.TAU_UP])
    fall = low + (high - low) * np.exp(-(since - 0.2) / row[p.TAU_DOWN])
    axes.plot(times * 1e3, wanted, color="#bbbbbb", lw=1.0, label="wanted")
    axes.plot(times * 1e3, speeds, label="rotor of quad_x")
    up, down = (times >= 0.02) & (times < 0.2), times >= 0.2
    axes.plot(times[up] * 1e3, rise[up], label="exponentials", **FORMULA)
    axes.plot(times[down] * 1e3, fall[down], **FORMULA)
    title = f"Rotor lag: {1e3 * row[p.TAU_UP]:.1f} ms up, {1e3 * row[p.TAU_DOWN]:.0f} ms down"
    axes.set(xlabel="ms", ylabel="rad/s", title=title)
    axes.legend()


def plot_ground(axes: Axes) -> None:
    """Plot thrust near the ground at constant rotor speed, with Cheeseman and Bennett's formula."""
    row, inputs = load_airframe("quad_x").params, s.still_air()
    radius = float(row[p.RADIUS])
    heights = np.linspace(0.5, 4.0, 60)

    def thrust(height_m: float) -> float:
        state = s.level_state()
        state[s.ROTOR : s.ROTOR + 4] = 550.0
        inputs[s.GROUND_D] = height_m
        clear_wrench(state, inputs, row, 0.001)
        push_rotors(state, inputs, row, 0.001, 4)
        return float(-state[s.FORCE + 2])

    free = thrust(1e6)
    axes.plot(heights, [thrust(height * radius) / free for height in heights], label="quad_x")
    axes.plot(heights, 1.0 / (1.0 - (0.25 / heights) ** 2), label="Cheeseman and Bennett", **FORMULA)
    axes.set(xlabel="height over rotor radius", ylabel="thrust over that in free air", title="Ground effect")
    axes.legend()


def plot_integrators(axes: Axes) -> None:
    """Plot the position error after one second of tumbling under thrust over the number of force evaluations."""
    flight = ways.tumbling_quad()
    truth = ways.flown(flight, ways.RK4, ways.TRUTH_S)
    steps = np.array([0.0005, 0.001, 0.002, 0.004])
    names = {
        ways.HELD: "forces held (Landline)",
        ways.EULER: "explicit Euler",
        ways.SEMI: "semi-implicit Euler",
        ways.TWO_BACK: "Adams-Bashforth 2",
        ways.MIDPOINT: "midpoint",
    }
    for way, name in names.items():
        errors = [1e3 * ways.error(ways.flown(flight, way, dt), truth)[0] for dt in steps]
        cost = ways.QUESTIONS[way] / steps / 1e3
        axes.loglog(cost, errors, "o-", ms=4, lw=2.2 if way == ways.HELD else 1.2, label=name)
    axes.plot(
        1.0, 1e3 * ways.error(ways.flown(flight, ways.HELD, 0.001), truth)[0], "o", ms=9, mfc="none", mec="k"
    )
    axes.set(
        xlabel="force evaluations, thousands a second",
        ylabel="position error after 1 s, mm",
        title="Integrators (ring: the simulator's step)",
    )
    axes.set_xticks([0.25, 0.5, 1, 2, 4], ["0.25", "0.5", "1", "2", "4"])
    axes.xaxis.minorticks_off()
    axes.set_ylim(0.01, None)
    axes.legend(loc="lower left")
