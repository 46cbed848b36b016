"""Batches under attitude control."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.errors import ScenarioError
from hil.frames import to_euler
from hil.physics import params as pp
from hil.physics import state as ps
from hil.sim.batch.attitude_control import BatchAttitudeControl
from hil.sim.batch.batch import BatchSim

QUAD = load_airframe("quad_x")


def airborne(count: int, **options: object) -> tuple[BatchSim, BatchAttitudeControl]:
    batch = BatchSim(QUAD, count, sensing=False, dt=0.002, **options)  # type: ignore[arg-type]
    batch.write(ps.POS, np.tile([0.0, 0.0, -50.0], (count, 1)))
    return batch, BatchAttitudeControl(batch)


def test_every_vehicle_reaches_its_attitude_setpoint_with_its_own_inertia() -> None:
    rows = np.tile(QUAD.params, (20, 1))
    rows[:, pp.INERTIA : pp.INERTIA + 3] *= np.linspace(0.8, 1.25, 20)[:, None]
    batch, pilot = airborne(20, params=rows)
    wanted = np.column_stack(
        [
            np.linspace(-0.3, 0.3, 20),
            np.linspace(0.2, -0.2, 20),
            np.linspace(-1.0, 1.0, 20),
            np.full(20, 0.45),
        ]
    )
    pilot.command(wanted)
    pilot.fly(3.0)
    held = np.array([to_euler(*row) for row in batch.quaternion])
    assert np.abs(held - wanted[:, :3]).max() < math.radians(1.5)


def test_threads_do_not_change_a_bit() -> None:
    def fly(threads: int) -> bytes:
        batch, pilot = airborne(50, threads=threads)
        pilot.command(np.column_stack([np.linspace(-0.3, 0.3, 50), np.zeros((50, 2)), np.full(50, 0.4)]))
        pilot.fly(0.5)
        return batch.blocks.tobytes()

    assert fly(1) == fly(3)


def test_an_attitude_that_is_not_finite_is_refused() -> None:
    _, pilot = airborne(2)
    with pytest.raises(ScenarioError, match="2 rows of 4 finite"):
        pilot.command(np.full((2, 4), math.nan))
