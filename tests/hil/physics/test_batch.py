"""Batches: the same bits as the single vehicle, own parameters, replay, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.autopilot.setpoints import GoTo
from hil.errors import Diverged, ScenarioError
from hil.geodesy import Home
from hil.physics import params as pp
from hil.physics import state as ps
from hil.physics.batch import BatchSim
from hil.physics.step import multirotor_step
from hil.sim.fastloop import FastLoop

HOME = Home(47.397742, 8.545594, 488.0, 30.0)
QUAD = load_airframe("quad_x")


def single_flight(seconds: float) -> tuple[FastLoop, list[tuple[float, ...]]]:
    """A flight of the control core off the ground, with the duties that its motors were given every 4 ms."""
    loop = FastLoop(QUAD, HOME, seed=5, wind_ned=(3.0, -2.0, 0.0), gust_m_s=1.0)
    duties = []
    for k in range(round(seconds / 0.004)):
        if k == 2500:
            loop.armed = True
            loop.command(GoTo((10.0, 5.0, -8.0)))
        loop.advance((k + 1) * 0.004)
        duties.append(loop.motor_outputs)
    return loop, duties


def test_a_batch_repeats_the_single_vehicle_bit_for_bit_whatever_flies_beside_it() -> None:
    loop, duties = single_flight(22.0)
    assert loop.truth.pos_ned[2] < -5.0
    batch = BatchSim(QUAD, 3, home=HOME, seed=4, wind_ned=(3.0, -2.0, 0.0), gust_m_s=1.0)
    for duty in duties:
        batch.step(np.array([[0.0] * 4, duty, [0.3] * 4]))
    fields = batch.fields.inputs
    assert batch.read(0, fields)[1].tobytes() == loop._state[:fields].tobytes()
    # The single loop senses at the start of a period, the batch at its end: let it sense once more.
    loop.advance(loop.time_s + 0.001)
    assert batch.readings[1].tobytes() == loop._readings.tobytes()


def test_a_batch_of_one_repeats_the_single_step_bit_for_bit() -> None:
    batch = BatchSim(QUAD, 1, sensing=False, dt=0.002)
    state, inputs, row = ps.level_state(), ps.still_air(), pp.at_step(QUAD.params, 0.002)
    state[ps.SPECIFIC :] = batch.read(ps.SPECIFIC, 1)[0, 0] * 0.0
    fields = batch.fields
    inputs[: fields.params - fields.inputs] = batch.read(fields.inputs, fields.params - fields.inputs)[0]
    duty = np.array([[0.72, 0.70, 0.71, 0.73]])
    inputs[ps.DUTY : ps.DUTY + 4] = duty
    for _ in range(400):
        batch.step(duty)
        multirotor_step(state, inputs, row, 0.002)
    assert batch.read(0, fields.inputs)[0].tobytes() == state[: fields.inputs].tobytes()


def test_reset_and_replay_give_the_same_bits_and_other_seeds_do_not() -> None:
    batch = BatchSim(QUAD, 20, home=HOME, seed=1, gust_m_s=2.0)
    duty = np.full((20, 4), 0.7)

    def fly() -> tuple[bytes, np.ndarray]:
        for _ in range(100):
            readings = batch.step(duty)
        return batch.blocks.tobytes(), readings.copy()

    first, readings = fly()
    batch.reset()
    second, _ = fly()
    assert first == second
    assert len({row.tobytes() for row in readings}) == 20


def test_each_vehicle_has_its_own_mass_and_wind() -> None:
    rows = np.tile(QUAD.params, (36, 1))
    rows[:18, pp.MASS] *= np.linspace(0.9, 1.1, 18)
    wind = np.zeros((36, 3))
    wind[18:, 1] = np.linspace(-5.0, 5.0, 18)
    batch = BatchSim(QUAD, 36, params=rows, wind_ned=wind, sensing=False, dt=0.002)
    for _ in range(300):
        batch.step(np.full((36, 4), 0.75))
    assert np.all(np.diff(batch.pos_ned[:18, 2]) > 0.0)
    assert np.all(np.diff(batch.vel_ned[18:, 1]) > 0.0)


def test_a_vehicle_takes_less_than_a_kilobyte() -> None:
    assert BatchSim(QUAD, 1, sensing=False).bytes_per_vehicle < 1024


def test_a_controller_that_says_nan_is_named_with_vehicle_and_time() -> None:
    batch = BatchSim(QUAD, 3)
    batch.step(np.zeros((3, 4)))
    bad = np.zeros((3, 4))
    bad[2, 1] = math.nan
    with pytest.raises(ScenarioError, match=r"vehicle 2 at 0\.004 s"):
        batch.step(bad)


def test_physics_that_left_the_numbers_name_the_vehicle() -> None:
    batch = BatchSim(QUAD, 3)
    batch.blocks[0, ps.VEL, 1] = math.nan
    with pytest.raises(Diverged, match="vehicle 1"):
        batch.step(np.zeros((3, 4)))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"count": 0}, "at least one"),
        ({"dt": 0.02, "sensing": False}, "step must be"),
        ({"dt": 0.002}, "with sensors 0.001 s"),
        ({"wind_ned": (math.nan, 0.0, 0.0)}, "wind must be finite"),
        ({"params": np.zeros((1, 3))}, "params must be"),
    ],
)
def test_what_cannot_be_simulated_is_refused(options: dict[str, object], complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        BatchSim(QUAD, options.pop("count", 1), **options)  # type: ignore[arg-type]
