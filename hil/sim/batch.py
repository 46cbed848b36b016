"""Attitude control for a batch: every vehicle of a `BatchSim` holds an attitude and a thrust, with perfect sight of itself.

Control and mixer are the autopilot's (`hil.autopilot.attitude`, `mixer`), once in each step of the physics.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from hil.autopilot import layout as ap
from hil.autopilot.attitude import hold_attitude, hold_rate
from hil.autopilot.mixer import mix_motors, mixing_matrix
from hil.autopilot.tuning import tuned
from hil.errors import ScenarioError
from hil.jit import LANES, inlined, lane, stage
from hil.physics.batch import BatchSim
from hil.physics.lanes import Fields, block_step
from hil.physics.state import DUTY, QUAT, RATE, Array

# fields of a vehicle's commands
WANTED = 0  # 4: quaternion
PUSH = 4  # thrust fraction
INTEGRAL = 5  # 3: rad/s^2
AT_LIMIT = 8


class BatchPilot:
    """Flies a batch without sensors; gains are the airframe's, whatever each vehicle's own parameters are."""

    def __init__(self, batch: BatchSim) -> None:
        self.batch = batch
        self._fly = _flies(batch.fields.rotors)
        self._tune = tuned(batch.airframe)
        self._matrix = mixing_matrix(batch.airframe)
        self._est = np.zeros((batch.threads, ap.EST_SIZE * LANES))
        self._ctl = np.zeros((batch.threads, ap.CTL_SIZE * LANES))

    @property
    def hover_thrust(self) -> float:
        """The thrust fraction that carries the airframe's weight."""
        return float(self._tune[ap.HOVER0])

    def command(self, attitude: Array) -> None:
        """Hold these from now on: rows of roll, pitch, yaw in rad and thrust fraction 0..1. Raises ScenarioError."""
        if attitude.shape != (self.batch.count, 4) or not np.isfinite(attitude).all():
            raise ScenarioError(f"attitudes must be {self.batch.count} rows of 4 finite numbers")
        half = 0.5 * attitude[:, :3]
        (cr, cp, cy), (sr, sp, sy) = np.cos(half).T, np.sin(half).T
        wanted = np.column_stack(
            [
                cr * cp * cy + sr * sp * sy,
                sr * cp * cy - cr * sp * sy,
                cr * sp * cy + sr * cp * sy,
                cr * cp * sy - sr * sp * cy,
                attitude[:, 3],
            ]
        )
        self.batch.write(self.batch.fields.commands + WANTED, wanted)

    def fly(self, seconds: float) -> None:
        """Let time pass under control. Raises Diverged."""
        steps = math.floor(seconds / self.batch.dt + 0.5)

        def work(thread: int, blocks: Array) -> None:
            est, ctl = self._est[thread], self._ctl[thread]
            self._fly(blocks, self.batch.dt, steps, est, ctl, self._tune, self._matrix)

        self.batch.in_parts(work)
        self.batch.steps += steps
        self.batch.check()


@inlined
def _see(state: Array, commands: Array, est: Array, ctl: Array) -> None:
    """Show the controllers' rows what they read."""
    for i in range(4):
        est[ap.EQ + i] = state[QUAT + i]
        ctl[ap.Q_SP + i] = commands[WANTED + i]
    for i in range(3):
        est[ap.RATES + i] = state[RATE + i]
        ctl[ap.I_RATE + i] = commands[INTEGRAL + i]
    ctl[ap.THRUST] = commands[PUSH]
    ctl[ap.SATURATED] = commands[AT_LIMIT]


@lru_cache
def _flies(rotors: int) -> Callable[..., None]:
    fields = Fields(rotors)
    duty_at, commands_at = (fields.inputs + DUTY) * LANES, fields.commands * LANES
    step_block = block_step(rotors)

    @stage
    def control_block(block: Array, ests: Array, ctls: Array, tune: Array, matrix: Array, dt: float) -> None:
        for k in range(LANES):
            _see(lane(block, k), lane(block, commands_at + k), lane(ests, k), lane(ctls, k))
        for k in range(LANES):
            hold_attitude(lane(ests, k), lane(ctls, k), tune)
        for k in range(LANES):
            ctl = lane(ctls, k)
            ctl[ap.MOMENT] = tune[ap.T_INERTIA] * hold_rate(lane(ests, k), ctl, tune, 0, dt)
            ctl[ap.MOMENT + 1] = tune[ap.T_INERTIA + 1] * hold_rate(lane(ests, k), ctl, tune, 1, dt)
            ctl[ap.MOMENT + 2] = tune[ap.T_INERTIA + 2] * hold_rate(lane(ests, k), ctl, tune, 2, dt)
        for k in range(LANES):
            mix_motors(lane(ctls, k), matrix, rotors)
        for k in range(LANES):
            ctl, commands, duty = lane(ctls, k), lane(block, commands_at + k), lane(block, duty_at + k)
            for i in range(3):
                commands[INTEGRAL + i] = ctl[ap.I_RATE + i]
            commands[AT_LIMIT] = ctl[ap.SATURATED]
            for i in range(rotors):
                duty[i] = ctl[ap.OUT + i]

    @stage
    def fly_blocks(
        blocks: Array, dt: float, steps: int, ests: Array, ctls: Array, tune: Array, matrix: Array
    ) -> None:
        for b in range(blocks.shape[0]):
            for _ in range(steps):
                control_block(blocks[b], ests, ctls, tune, matrix, dt)
                step_block(blocks[b], dt)

    return fly_blocks
