"""Attitude control for a batch: every vehicle of a `BatchSim` holds an attitude and a thrust, from ground truth.

Controller and mixer are the autopilot's (`hil.autopilot.control.attitude`, `mixer`), run in each physics step.
"""

from __future__ import annotations

import math

import numpy as np

from hil.autopilot.control import layout as ap
from hil.autopilot.control.attitude import attitude_control, rate_control
from hil.autopilot.control.mixer import mix_motors, mixing_matrix
from hil.autopilot.control.tuning import control_gains
from hil.errors import ScenarioError
from hil.jit import LANES, inlined, lane, stage
from hil.physics.lanes import Shape, advance_block, block_offsets
from hil.physics.state import DUTY, QUAT, RATE, Array
from hil.sim.batch.batch import BatchSim, Share
from hil.sim.batch.kernels import FirstBadStep

# fields of a vehicle's commands
ATTITUDE = 0  # 4: quaternion
THRUST = 4  # thrust fraction
INTEGRAL = 5  # 3: rad/s^2
AT_LIMIT = 8


class BatchAttitudeControl:
    """Attitude controller of a batch of multirotors, with the gains of the airframe. Raises ScenarioError."""

    def __init__(self, batch: BatchSim) -> None:
        self.batch = batch
        if batch.fields.lanes == 1:
            raise ScenarioError(
                f"cannot control the attitude of {batch.airframe.name}: it is not a multirotor",
                where=batch.airframe.file,
            )
        self._tune = control_gains(batch.airframe)
        self._matrix = mixing_matrix(batch.airframe)
        self._est = np.zeros((batch.threads, ap.EST_SIZE * LANES))
        self._ctl = np.zeros((batch.threads, ap.CTL_SIZE * LANES))

    @property
    def hover_thrust(self) -> float:
        """Thrust fraction that carries the airframe's weight."""
        return float(self._tune[ap.HOVER_THRUST0])

    def command(self, attitude: Array) -> None:
        """Set the setpoints: rows of roll, pitch, yaw (rad) and thrust fraction (0..1). Raises ScenarioError."""
        if attitude.shape != (self.batch.count, 4) or not np.isfinite(attitude).all():
            raise ScenarioError(f"attitudes must be {self.batch.count} rows of 4 finite numbers")
        half = 0.5 * attitude[:, :3]
        (cr, cp, cy), (sr, sp, sy) = np.cos(half).T, np.sin(half).T
        rows = np.column_stack(
            [
                cr * cp * cy + sr * sp * sy,
                sr * cp * cy - cr * sp * sy,
                cr * sp * cy + sr * cp * sy,
                cr * cp * sy - sr * sp * cy,
                attitude[:, 3],
            ]
        )
        self.batch.write(self.batch.fields.more + ATTITUDE, rows)

    def fly(self, seconds: float) -> None:
        """Step for `seconds` under control. Raises Diverged."""
        steps = math.floor(seconds / self.batch.dt + 0.5)

        batch = self.batch

        def work(thread: int, part: Share) -> FirstBadStep:
            est, ctl, blocks = self._est[thread], self._ctl[thread], batch.flat[part[0]]
            shape = (0,) * batch.airframe.rotor_count
            return fly_blocks(shape, blocks, batch.dt, batch.steps, steps, est, ctl, self._tune, self._matrix)

        batch.in_parts(work)
        batch.steps += steps


@inlined
def _load_inputs(state: Array, commands: Array, est: Array, ctl: Array) -> None:
    """Copy state and commands to the controllers' input rows."""
    for i in range(4):
        est[ap.EQ + i] = state[QUAT + i]
        ctl[ap.Q_SP + i] = commands[ATTITUDE + i]
    for i in range(3):
        est[ap.RATES + i] = state[RATE + i]
        ctl[ap.I_RATE + i] = commands[INTEGRAL + i]
    ctl[ap.THRUST] = commands[THRUST]
    ctl[ap.SATURATED] = commands[AT_LIMIT]


@stage
def control_block(
    block: Array, ests: Array, ctls: Array, tune: Array, matrix: Array, dt: float, shape: Shape
) -> None:
    """Compute the motor commands of a block of multirotors."""
    rotors = len(shape)
    inputs_at, _, commands_at = block_offsets(shape)
    duty_at = inputs_at + DUTY * LANES
    for k in range(LANES):
        _load_inputs(lane(block, k), lane(block, commands_at + k), lane(ests, k), lane(ctls, k))
    for k in range(LANES):
        attitude_control(lane(ests, k), lane(ctls, k), tune)
    for k in range(LANES):
        ctl = lane(ctls, k)
        ctl[ap.MOMENT] = tune[ap.T_INERTIA] * rate_control(lane(ests, k), ctl, tune, 0, dt)
        ctl[ap.MOMENT + 1] = tune[ap.T_INERTIA + 1] * rate_control(lane(ests, k), ctl, tune, 1, dt)
        ctl[ap.MOMENT + 2] = tune[ap.T_INERTIA + 2] * rate_control(lane(ests, k), ctl, tune, 2, dt)
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
    shape: Shape,
    blocks: Array,
    dt: float,
    first: int,
    steps: int,
    ests: Array,
    ctls: Array,
    tune: Array,
    matrix: Array,
) -> FirstBadStep:
    """Do `steps` physics steps with control in each; return the first bad block and step, (-1, 0) if none."""
    for b in range(blocks.shape[0]):
        for step in range(steps):
            control_block(blocks[b], ests, ctls, tune, matrix, dt, shape)
            if advance_block(blocks[b], dt, 1, shape) > 0:
                return b, first + step + 1
    return -1, 0
