"""The plots of the simulator's page, measured on the simulator: `python -m docs.plots` (needs the `docs` extra)."""

from __future__ import annotations

import math
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes

from hil.airframes.load import load_airframe, shipped_airframes
from hil.geodesy import Home
from hil.physics import params as p
from hil.physics import state as s
from hil.physics.step import multirotor_step
from hil.sensors import layout as sn
from hil.sensors.load import sensor_records
from hil.sensors.noise import seeded_streams
from hil.sim.batch import BatchSim
from hil.world import wind as wd
from hil.world.magnetic import field_at

TO = Path(__file__).parent / "simulator.png"
HOME = Home(47.3977, 8.5456, 488.0)


def level_power_w(name: str, speed_m_s: float) -> float:
    """Shaft power of steady level flight: the wind blows at an aircraft that is kept in its place by pitch and duty."""
    row, state, inputs = p.at_step(load_airframe(name).params, 0.002), s.level_state(), s.still_air()
    row[p.OCV : p.OCV + p.OCV_POINTS] = row[p.REF_VOLTAGE]
    row[p.RESISTANCE], row[p.CAPACITY_C] = 0.0, 1e12
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
    """Power over speed, with the hover power of momentum theory and profile drag as a point."""
    speeds = np.arange(0.0, 15.1, 1.5)
    for name in shipped_airframes("multirotor"):
        axes.plot(speeds, [level_power_w(name, v) for v in speeds], label=name)
        row = load_airframe(name).params
        thrust = row[p.MASS] * 9.80665 / row[p.ROTORS]
        speed = math.sqrt(thrust / row[p.THRUST_COEF])
        axes.plot(0.0, row[p.ROTORS] * thrust * row[p.MOMENT_COEF] * speed, "k.")
    axes.set(
        xlabel="airspeed, m/s",
        ylabel="shaft power, W",
        title="Level flight (dots: hover, closed form)",
        ylim=(0, None),
    )
    axes.legend(fontsize=7)


def plot_dryden(axes: Axes) -> None:
    """Spectra of the turbulence against MIL-F-8785C."""
    dt, size, sigma, length_m, speed = 0.02, 2048, 2.0, 50.0, 20.0
    streams, value, pair = seeded_streams(1)[:1], 0.0, np.zeros(2)
    tracks = np.empty((2, size * 150))
    for i in range(tracks.shape[1]):
        value = wd.stir_along(value, sigma, length_m, speed, dt, streams)
        tracks[:, i] = value, wd.stir_across(pair, 0, sigma, length_m, speed, dt, streams)
    omega = 2.0 * math.pi * np.fft.rfftfreq(size, dt)
    x, window = omega * length_m / speed, np.hanning(size)
    unit = sigma**2 * length_m / (math.pi * speed)
    wanted = (2.0 * unit / (1.0 + x**2), unit * (1.0 + 3.0 * x**2) / (1.0 + x**2) ** 2)
    for track, formula, name in zip(tracks, wanted, ("along", "across"), strict=True):
        power = (np.abs(np.fft.rfft(track.reshape(-1, size) * window, axis=1)) ** 2).mean(axis=0)
        axes.loglog(omega[1:], power[1:] * 2.0 * dt / (window**2).sum() / (2.0 * math.pi), lw=0.8, label=name)
        axes.loglog(omega[1:], formula[1:], "k--", lw=0.8)
    axes.set(
        xlabel="rad/s",
        ylabel="(m/s)² per rad/s",
        title="Dryden turbulence (dashed: MIL-F-8785C)",
        xlim=(0.15, 80),
    )
    axes.legend(fontsize=7)


def plot_allan(axes: Axes) -> None:
    """Allan deviation of sixteen standing gyros against their record."""
    batch = BatchSim(load_airframe("quad_x"), 16, home=HOME, seed=1)
    track = np.empty((120_000, 16))
    still = np.zeros((16, 4))
    for row in track:
        row[:] = batch.step(still)[:, sn.GYRO]
    records = sensor_records(HOME, field_at(HOME))
    sums = np.vstack([np.zeros(16), np.cumsum(track, axis=0)])
    counts = np.unique(np.geomspace(1, 15_000, 24).astype(int))
    found = []
    for m in counts:
        means = (sums[m::m] - sums[:-m:m][: len(sums[m::m])]) / m
        found.append(math.sqrt(0.5 * np.mean(np.diff(means, axis=0) ** 2)))
    tau = counts * sn.IMU_DT_S
    white = records[sn.GYRO_NOISE] ** 2 / tau
    bend = records[sn.GYRO_TAU]
    sigma2 = records[sn.GYRO_WALK] ** 2 * bend / 2.0
    shape = 3.0 - 4.0 * np.exp(-tau / bend) + np.exp(-2.0 * tau / bend)
    walk = 2.0 * sigma2 * bend / tau * (1.0 - bend / (2.0 * tau) * shape)
    axes.loglog(tau, found, "o", ms=3, label="16 gyros, 8 min")
    axes.loglog(tau, np.sqrt(white + walk), "k--", lw=0.8, label="record")
    axes.set(xlabel="averaged over, s", ylabel="rad/s", title="Allan deviation of the gyro")
    axes.legend(fontsize=7)


def plot_integrator(axes: Axes) -> None:
    """Error of a tumbling, thrusting flight of 0.4 s over the step, and the slope of first order."""

    def fly(dt: float) -> s.Array:
        row, state, inputs = p.at_step(load_airframe("quad_x").params, dt), s.level_state(), s.still_air()
        inputs[s.DUTY : s.DUTY + 4] = 0.70, 0.69, 0.70, 0.69
        state[s.RATE : s.RATE + 3] = 0.5, -0.8, 0.3
        for _ in range(round(0.4 / dt)):
            multirotor_step(state, inputs, row, dt)
        return state[s.POS : s.VEL].copy()

    best, steps = fly(0.00002), np.array([0.0005, 0.001, 0.002, 0.004])
    errors = np.array([np.linalg.norm(fly(dt) - best) for dt in steps])
    axes.loglog(steps * 1e3, errors * 1e3, "o-", ms=3)
    axes.loglog(steps * 1e3, errors[0] * 1e3 * steps / steps[0], "k--", lw=0.8, label="first order")
    axes.set(xlabel="step, ms", ylabel="mm", title="Error of position after 0.4 s")
    axes.legend(fontsize=7)


def main() -> None:
    """Write the picture."""
    mpl.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(9.5, 7.0), layout="constrained")
    for draw, place in zip((plot_power, plot_dryden, plot_allan, plot_integrator), axes.flat, strict=True):
        draw(place)
        place.grid(alpha=0.3)
    figure.savefig(TO, dpi=90)


if __name__ == "__main__":
    main()
