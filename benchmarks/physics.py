"""Benchmark: speed of the physics, against RotorPy's `Multirotor.step` and crazyflow's CPU backend.

One quad: ours steps at 1 kHz with all sensors at their rates, the IMU at 1 kHz or, with estimator and controllers, at
250 Hz; RotorPy's at the step given, without sensors. 10,000 quads: physics, motors and attitude control at 500 Hz
under one constant command; crazyflow with first-principles dynamics in float32 (its default), ours in float64. Every
kind of aircraft in a batch with all sensors. All warm and compiled. Peers come with the extra `bench`; one that is
missing is named.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.measure import installed, machine, seconds
from hil.airframes.load import load_airframe
from hil.autopilot.control.setpoints import GoTo
from hil.physics import state as ps
from hil.sim.batch.attitude_control import BatchAttitudeControl
from hil.sim.batch.batch import FIRST_HOME, BatchSim
from hil.sim.loops.multirotor import MultirotorSim
from hil.sim.plant.plant import Plant

QUADS = 10_000
KINDS = 2_000
BATCH_STEPS = 100
ROUNDS = 5


def one_quad(simulated_s: float) -> Callable[[], None]:
    """Return a run of a flying quad: physics at 1 kHz, sensors at their rates, estimator and controllers."""
    loop = MultirotorSim(load_airframe("quad_x"), FIRST_HOME, seed=1)
    loop.advance(15.0)
    loop.armed = True
    loop.command(GoTo((0.0, 0.0, -20.0)))
    loop.advance(30.0)
    return lambda: loop.advance(loop.time_s + simulated_s)


def sensing_quad(simulated_s: float, imu_hz: int) -> Callable[[], None]:
    """Return a run of a quad with constant motor commands: physics at 1 kHz and all sensors, IMU at `imu_hz`."""
    plant = Plant(load_airframe("quad_x"), FIRST_HOME, seed=1, imu_hz=imu_hz)
    plant.state[ps.POS + 2] = -500.0
    plant.drive([0.66] * 4)
    return lambda: plant.advance(plant.time_s + simulated_s)


def rotorpy_quad(simulated_s: float, dt: float) -> Callable[[], None]:
    """Return a run of RotorPy's quad at hover speed."""
    from rotorpy.vehicles.crazyflie_params import quad_params
    from rotorpy.vehicles.multirotor import Multirotor

    vehicle: Any = Multirotor(quad_params)
    control = {"cmd_motor_speeds": np.full(4, 1788.53)}

    def work() -> None:
        state = dict(vehicle.initial_state)
        for _ in range(round(simulated_s / dt)):
            state = vehicle.step(state, control, dt)

    return work


def our_batch(threads: int) -> Callable[[], None]:
    """Return a run of ten thousand flying quads, each with its own attitude setpoint."""
    batch = BatchSim(load_airframe("quad_x"), QUADS, sensing=False, dt=0.002, threads=threads)
    batch.write(ps.POS, np.tile([0.0, 0.0, -500.0], (QUADS, 1)))
    pilot = BatchAttitudeControl(batch)
    pilot.command(
        np.column_stack(
            [np.linspace(-0.1, 0.1, QUADS), np.zeros((QUADS, 2)), np.full(QUADS, pilot.hover_thrust)]
        )
    )
    return lambda: pilot.fly(BATCH_STEPS * batch.dt)


def one_call_a_step() -> Callable[[], None]:
    """Return a run through `BatchSim.step` with one call per step, as with a user's own controller."""
    batch = BatchSim(load_airframe("quad_x"), QUADS, sensing=False, dt=0.002)
    batch.write(ps.POS, np.tile([0.0, 0.0, -500.0], (QUADS, 1)))
    duty = np.full((QUADS, 4), 0.65)

    def work() -> None:
        for _ in range(BATCH_STEPS):
            batch.step(duty)

    return work


def sensing_batch(name: str, threads: int) -> Callable[[], None]:
    """Return a run of two thousand vehicles of an airframe for 0.2 s, with all sensors."""
    batch = BatchSim(load_airframe(name), KINDS, threads=threads)
    actuators = np.full((KINDS, batch.outputs), 0.6)
    return lambda: void(batch.hold(actuators, 50))


def void(_: object) -> None:
    """Discard the result."""


def crazyflow_batch() -> Callable[[], None]:
    """Return a run of the same number of crazyflow's quads with attitude control."""
    import jax
    from crazyflow import Control, Dynamics, Sim

    sim: Any = Sim(
        n_worlds=QUADS, n_drones=1, dynamics=Dynamics.first_principles, control=Control.attitude,
        freq=500, attitude_freq=500, device="cpu",
    )  # fmt: skip
    command = np.zeros((QUADS, 1, 4), dtype=np.float32)
    command[..., 3] = 0.43

    def work() -> None:
        sim.attitude_control(command)
        sim.step(BATCH_STEPS)
        jax.block_until_ready(sim.data.states.pos)

    return work


def in_turn(works: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Return the median seconds of each run; runs alternate, after one round of warm-up."""
    for work in works.values():
        work()
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            times[name].append(seconds(work))
    return {name: statistics.median(found) for name, found in times.items()}


def main() -> None:
    """Print the tables."""
    os.environ.setdefault("SCIPY_ARRAY_API", "1")  # crazyflow needs it before scipy is imported
    print(f"Physics, {machine()}, {os.cpu_count()} cores\n\n| one quad | simulated s per s |\n|---|---|")
    works = {
        "Landline, 1 kHz, all sensors, the IMU at 1 kHz": (50.0, sensing_quad(50.0, 1000)),
        "Landline, 1 kHz, all sensors, the IMU at 250 Hz": (50.0, sensing_quad(50.0, 250)),
        "Landline, 1 kHz, all sensors, the IMU at 250 Hz, estimator and control": (50.0, one_quad(50.0)),
    }
    if rotorpy := installed("rotorpy"):
        works[f"{rotorpy}, 1 kHz steps, no sensors"] = (0.5, rotorpy_quad(0.5, 0.001))
        works[f"{rotorpy}, 100 Hz steps, no sensors"] = (2.0, rotorpy_quad(2.0, 0.01))
    for name, took_s in in_turn({name: work for name, (_, work) in works.items()}).items():
        print(f"| {name} | {works[name][0] / took_s:,.1f} |")
    print(f"\n| {QUADS:,} quads, 500 Hz | million vehicle-steps a second |\n|---|---|")
    batches = {
        "Landline, float64, one thread": our_batch(1),
        "Landline, float64, two threads": our_batch(2),
        "Landline, one Python call a step, no control, one thread": one_call_a_step(),
    }
    if crazyflow := installed("crazyflow"):
        batches[f"{crazyflow}, float32, all cores"] = crazyflow_batch()
    for name, took_s in in_turn(batches).items():
        print(f"| {name} | {QUADS * BATCH_STEPS / took_s / 1e6:,.1f} |")
    print(
        f"\n| {KINDS:,} of a kind, 1 kHz, all sensors | million vehicle-steps a second, one thread | two |"
        "\n|---|---|---|"
    )
    for name in ("quad_x", "octo_x", "plane", "quadplane", "rover"):
        took = in_turn({str(threads): sensing_batch(name, threads) for threads in (1, 2)})
        cells = " | ".join(f"{KINDS * 200 / took_s / 1e6:,.2f}" for took_s in took.values())
        print(f"| {name} | {cells} |")


if __name__ == "__main__":
    main()
