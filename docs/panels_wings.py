"""Plots of wings. Dashed lines are closed-form solutions."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes

from docs.panels_motion import FORMULA
from hil.airframes.load import Airframe, load_airframe
from hil.physics import params as p
from hil.physics import state as s
from hil.physics import wing_params as w
from hil.physics.trim import Trim, level_trim, max_lift, stall_speed_m_s
from hil.physics.wing import drag_coefficient, lift_coefficient
from hil.physics.winged_step import winged_step

NAMES = ("plane", "elevon")


def wing_of(airframe: Airframe) -> s.Array:
    """Return the wing's parameter row without its propeller."""
    assert airframe.wing is not None
    wing = airframe.wing.copy()
    wing[w.THRUST_FIT : w.THRUST_FIT + 3] = wing[w.TORQUE_FIT : w.TORQUE_FIT + 3] = 0.0
    return wing


def plot_polar(axes: Axes) -> None:
    """Plot lift over drag through stall."""
    for name in NAMES:
        wing = wing_of(load_airframe(name))
        alphas = np.radians(np.linspace(-8.0, 50.0, 240))
        lift = [lift_coefficient(alpha, wing) for alpha in alphas]
        drag = [drag_coefficient(alpha, wing) for alpha in alphas]
        (line,) = axes.plot(drag, lift, label=name)
        best, alpha = max_lift(wing)
        axes.plot(drag_coefficient(alpha, wing), best, "o", ms=5, color=line.get_color())
        axes.annotate(
            f"{math.degrees(alpha):.0f}°",
            (drag_coefficient(alpha, wing), best),
            (4, 4),
            textcoords="offset points",
        )
    axes.set(xlabel="drag coefficient", ylabel="lift coefficient", title="Wing polars (dots: stall)")
    axes.legend(loc="lower right")


def gliding(wing: s.Array, mass_kg: float, speed_m_s: float) -> tuple[float, Trim] | None:
    """Return glide path angle (rad) and trim at an airspeed without thrust; None if there is none."""
    low, high = -0.5, 0.0
    for _ in range(40):
        path = 0.5 * (low + high)
        trim = level_trim(wing, mass_kg, speed_m_s, path_rad=path)
        if trim is None:
            return None
        low, high = (path, high) if trim.thrust_n < 0.0 else (low, path)
    return path, trim


def flown_glide(airframe: Airframe, speed_m_s: float) -> tuple[float, float] | None:
    """Return airspeed and sink rate (m/s) of a simulated glide, 15 s after release in trim with fixed controls."""
    wing, row = wing_of(airframe), p.at_step(airframe.params, 0.001)
    found = gliding(wing, row[p.MASS], speed_m_s)
    if found is None:
        return None
    path, trim = found
    state, inputs = s.level_state(), s.still_air()
    state[s.VEL], state[s.VEL + 2] = speed_m_s * math.cos(path), -speed_m_s * math.sin(path)
    pitch = trim.alpha_rad + path
    state[s.QUAT], state[s.QUAT + 2] = math.cos(0.5 * pitch), math.sin(0.5 * pitch)
    table = wing[w.SURFACE_TABLE : w.SURFACE_TABLE + 4 * w.MAX_SURFACES].reshape(-1, 4)
    for i, (most, _, share, _) in enumerate(table):
        there = trim.elevator_rad * share / (table[:, 2] ** 2).sum() / most if share else 0.0
        if abs(there) > 1.0:
            return None
        state[s.ROTOR + w.DEFLECTION + i] = there
        inputs[s.DUTY + w.DEFLECTION + i] = 0.5 + 0.5 * there
    for _ in range(15_000):
        winged_step(state, inputs, row, wing, 0.001)
    speed = float(np.linalg.norm(state[s.VEL : s.VEL + 3]))
    return speed, float(state[s.VEL + 2])


def plot_glide(axes: Axes) -> None:
    """Plot sink rate over airspeed, from the balance of forces and from simulated glides."""
    for name in NAMES:
        airframe = load_airframe(name)
        wing, mass = wing_of(airframe), float(airframe.params[p.MASS])
        slowest = stall_speed_m_s(wing, mass)
        speeds = np.linspace(1.02 * slowest, 2.4 * slowest, 60)
        found = [(v, gliding(wing, mass, v)) for v in speeds]
        known = [(v, -v * math.sin(one[0])) for v, one in found if one]
        flown = [one for v in np.linspace(1.3, 2.3, 6) * slowest if (one := flown_glide(airframe, v))]
        (dots,) = axes.plot(*zip(*flown, strict=True), "o", ms=5, label=f"{name}, flown")
        axes.plot(*zip(*known, strict=True), **FORMULA)
        axes.axvline(slowest, color=dots.get_color(), lw=0.8, alpha=0.5)
    axes.set(xlabel="airspeed, m/s", ylabel="sink, m/s", title="Glide (dashed: balance; lines: stall)")
    axes.set_ylim(0, None)
    axes.invert_yaxis()
    axes.legend(loc="upper right")
