"""Plots of turbulence and sensor noise. Dashed lines are the specification or the sensor's figures."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogFormatterSciNotation, LogLocator, NullFormatter

from docs.panels_motion import FORMULA
from hil.airframes.load import load_airframe
from hil.geodesy import Home
from hil.physics.state import Array
from hil.sensors import layout as sn
from hil.sensors.load import sensor_records
from hil.sensors.noise import seeded_streams
from hil.sim.batch.batch import BatchSim
from hil.world import wind as wd
from hil.world.magnetic import field_at

HOME = Home(47.3977, 8.5456, 488.0)
BOARDS = 16
SAMPLES = 120_000


def plot_turbulence(axes: Axes) -> None:
    """Plot spectra of moderate turbulence 50 m above ground, along, across and vertical, with MIL-F-8785C."""
    dt, size, speed = 0.02, 2048, 20.0
    flat_m, tall_m, sigma, sigma_w = wd.dryden_scales(50.0, 15.4)
    streams, value, pairs = seeded_streams(1)[:1], 0.0, np.zeros((2, 2))
    tracks = np.empty((3, size * 150))
    for i in range(tracks.shape[1]):
        value = wd.step_along_filter(value, sigma, flat_m, speed, dt, streams)
        across = wd.step_across_filter(pairs[0], 0, sigma, flat_m, speed, dt, streams)
        tracks[:, i] = value, across, wd.step_across_filter(pairs[1], 0, sigma_w, tall_m, speed, dt, streams)
    omega = 2.0 * math.pi * np.fft.rfftfreq(size, dt)
    window = np.hanning(size)
    for track, name in zip(tracks, ("along", "across", "vertical"), strict=True):
        deviation, length_m = (sigma_w, tall_m) if name == "vertical" else (sigma, flat_m)
        x, unit = omega * length_m / speed, deviation**2 * length_m / (math.pi * speed)
        shape = 2.0 / (1.0 + x**2) if name == "along" else (1.0 + 3.0 * x**2) / (1.0 + x**2) ** 2
        power = (np.abs(np.fft.rfft(track.reshape(-1, size) * window, axis=1)) ** 2).mean(axis=0)
        power *= dt / (math.pi * (window**2).sum())
        axes.loglog(omega[1:], power[1:], lw=1.0, label=name)
        axes.loglog(omega[1:], (unit * shape)[1:], **FORMULA)
    axes.set(
        xlabel="rad/s",
        ylabel="(m/s)² per rad/s",
        title="Turbulence (dashed: MIL-F-8785C)",
        xlim=(0.2, 80),
    )
    axes.legend()


@lru_cache
def standing() -> tuple[Array, Array]:
    """Return gyroscope (rad/s) and accelerometer (m/s²) samples along x of sixteen vehicles at rest for eight minutes.

    The sensors have reached their operating temperature before.
    """
    batch = BatchSim(load_airframe("quad_x"), BOARDS, home=HOME, seed=1)
    still = np.zeros((BOARDS, 4))
    batch.hold(still, 300_000)
    gyro, accel = np.empty((SAMPLES, BOARDS)), np.empty((SAMPLES, BOARDS))
    for i in range(SAMPLES):
        readings = batch.step(still)
        gyro[i], accel[i] = readings[:, sn.GYRO], readings[:, sn.ACCEL]
    return gyro, accel


def plot_allan(axes: Axes, track: Array, *, noise: int, walk: int, tau: int) -> None:
    """Plot the Allan deviation, with white noise and bounded random walk from the sensor's figures."""
    records = sensor_records(HOME, field_at(HOME))
    sums = np.vstack([np.zeros(BOARDS), np.cumsum(track, axis=0)])
    counts = np.unique(np.geomspace(1, 15_000, 24).astype(int))
    found = []
    for m in counts:
        means = (sums[m::m] - sums[:-m:m][: len(sums[m::m])]) / m
        found.append(math.sqrt(0.5 * np.mean(np.diff(means, axis=0) ** 2)))
    over_s = counts * sn.IMU_DT_S
    bend = records[tau]
    shape = 3.0 - 4.0 * np.exp(-over_s / bend) + np.exp(-2.0 * over_s / bend)
    white = records[noise] ** 2 / over_s
    drift = records[walk] ** 2 * bend**2 / over_s * (1.0 - bend / (2.0 * over_s) * shape)
    axes.loglog(over_s, found, "o", ms=4, label=f"{BOARDS} boards, 8 min")
    axes.loglog(over_s, np.sqrt(white + drift), label="record", **FORMULA)
    axes.set(xlabel="averaged over, s")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(LogFormatterSciNotation(labelOnlyBase=False, minor_thresholds=(9.0, 9.0)))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.legend()


def plot_gyro(axes: Axes) -> None:
    """Plot the Allan deviation of gyroscopes at rest."""
    plot_allan(axes, standing()[0], noise=sn.GYRO_NOISE, walk=sn.GYRO_WALK, tau=sn.GYRO_TAU)
    axes.set(ylabel="rad/s", title="Allan deviation of the gyroscope")


def plot_accelerometer(axes: Axes) -> None:
    """Plot the Allan deviation of accelerometers at rest."""
    plot_allan(axes, standing()[1], noise=sn.ACCEL_NOISE, walk=sn.ACCEL_WALK, tau=sn.ACCEL_TAU)
    axes.set(ylabel="m/s²", title="Allan deviation of the accelerometer")
