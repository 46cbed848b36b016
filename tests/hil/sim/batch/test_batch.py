"""Batches: bit equality with the single vehicle, own parameters and weather, replay, errors."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest

from hil.airframes.load import bundled_airframes, load_airframe
from hil.autopilot.control.setpoints import GoTo
from hil.errors import Diverged, ScenarioError
from hil.geodesy import Home
from hil.physics import params as pp
from hil.physics import state as ps
from hil.physics import wing_params as wp
from hil.physics.step import multirotor_step
from hil.sensors import layout as sn
from hil.sim.batch.batch import BatchSim
from hil.sim.loops.make import make_plant
from hil.sim.loops.multirotor import MultirotorSim

HOME = Home(47.397742, 8.545594, 488.0, 30.0)
QUAD = load_airframe("quad_x")
FAST = ("quad_x", "plane", "rover")


def single_flight(seconds: float) -> tuple[MultirotorSim, list[tuple[float, ...]]]:
    """Return a takeoff of the control core with its motor commands every 4 ms."""
    loop = MultirotorSim(QUAD, HOME, seed=5, wind_ned=(3.0, -2.0, 0.0), gust_m_s=1.0)
    duties = []
    for k in range(round(seconds / 0.004)):
        if k == 2500:
            loop.armed = True
            loop.command(GoTo((10.0, 5.0, -8.0)))
        loop.advance((k + 1) * 0.004)
        duties.append(loop.motor_outputs)
    return loop, duties


def test_a_batch_repeats_the_single_vehicle_bit_for_bit_beside_others() -> None:
    loop, duties = single_flight(22.0)
    assert loop.truth.pos_ned[2] < -5.0
    batch = BatchSim(QUAD, 3, home=HOME, seed=4, wind_ned=(3.0, -2.0, 0.0), gust_m_s=1.0)
    for duty in duties:
        batch.step(np.array([[0.0] * 4, duty, [0.3] * 4]))
    fields = batch.fields.inputs
    assert batch.read(0, fields)[1].tobytes() == loop._state[:fields].tobytes()
    # The single vehicle samples at the start of a period, the batch at its end: sample once more.
    loop.advance(loop.time_s + 0.001)
    assert batch.readings[1].tobytes() == loop._readings.tobytes()


@pytest.mark.parametrize(
    "name", [n if n in FAST else pytest.param(n, marks=pytest.mark.slow) for n in bundled_airframes()]
)
def test_every_kind_in_its_own_weather_repeats_the_single_vehicle_bit_for_bit(name: str) -> None:
    airframe = load_airframe(name)
    weather: list[dict[str, Any]] = [
        {
            "wind_ned": (5.0, -2.0, 0.0),
            "gust_m_s": 1.0,
            "turbulence_m_s": 0.0,
            "roughness_m": 0.0,
            "warmer_k": 0.0,
        },
        {
            "wind_ned": (0.0, 0.0, 0.0),
            "gust_m_s": 0.0,
            "turbulence_m_s": 7.7,
            "roughness_m": 0.05,
            "warmer_k": 20.0,
        },
        {
            "wind_ned": (-9.0, 4.0, 0.5),
            "gust_m_s": 0.0,
            "turbulence_m_s": 15.0,
            "roughness_m": 0.1,
            "warmer_k": -9.0,
        },
    ]
    seeds = [9, 2, 2]
    together = {key: [one[key] for one in weather] for key in weather[0]}
    batch = BatchSim(airframe, 3, home=HOME, seed=seeds, **together)
    flights = np.random.default_rng(1).uniform(0.3, 1.0, (150, 3, batch.outputs))
    for actuators in flights:
        batch.step(actuators)
    for i in range(3):
        plant = make_plant(airframe, HOME, seed=seeds[i], **weather[i])
        for k, actuators in enumerate(flights):
            plant.drive(actuators[i].tolist())
            plant.advance((k + 1) * 0.004)
        fields = batch.fields.inputs
        assert batch.read(0, fields)[i].tobytes() == plant.state[:fields].tobytes(), i
        if airframe.wing is not None:
            reading = plant.airspeed
            assert reading is not None
            # The batch has sampled once more, so its wind is 4 ms ahead.
            assert batch.airspeeds_m_s()[i] == pytest.approx(reading.indicated_airspeed_m_s, abs=1.0)
        plant.advance(plant.time_s + 0.001)
        assert batch.readings[i].tobytes() == plant.readings.tobytes(), i


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


@pytest.mark.parametrize("name", ["quad_x", "plane"])
def test_reset_and_replay_give_the_same_bits_on_any_threads_and_other_seeds_do_not(name: str) -> None:
    flown = []
    for threads in (1, 3):
        batch = BatchSim(load_airframe(name), 40, home=HOME, seed=1, gust_m_s=2.0, threads=threads)
        actuators = np.full((40, batch.outputs), 0.7)
        for _ in range(2):
            batch.reset()
            batch.hold(actuators, 100)
            flown.append(batch.blocks.tobytes() + batch.readings.tobytes())
    assert len(set(flown)) == 1
    assert len({row.tobytes() for row in batch.readings}) == 40


def test_each_vehicle_has_its_own_mass_wing_and_wind() -> None:
    rows = np.tile(QUAD.params, (36, 1))
    rows[:18, pp.MASS] *= np.linspace(0.9, 1.1, 18)
    wind = np.zeros((36, 3))
    wind[18:, 1] = np.linspace(-5.0, 5.0, 18)
    batch = BatchSim(QUAD, 36, params=rows, wind_ned=wind, sensing=False, dt=0.002)
    batch.hold(np.full((36, 4), 0.75), 300)
    assert np.all(np.diff(batch.pos_ned[:18, 2]) > 0.0)
    assert np.all(np.diff(batch.vel_ned[18:, 1]) > 0.0)
    plane = load_airframe("plane")
    assert plane.wing is not None
    wings = np.tile(plane.wing, (3, 1))
    wings[:, wp.THRUST_FIT] *= [0.8, 1.0, 1.2]
    winged = BatchSim(plane, 3, own=wings, sensing=False)
    winged.hold([[1.0, 0.5, 0.5, 0.5]] * 3, 1000)
    assert np.all(np.diff(winged.pos_ned[:, 0]) > 0.1)


def test_ten_thousand_quads_take_less_than_a_kilobyte_each() -> None:
    tracemalloc.start()
    try:
        batch = BatchSim(QUAD, 10_000, sensing=False)
        held, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held / batch.count < 1024
    assert most / batch.count < 1024 + 100


def test_nan_from_a_controller_is_reported_with_vehicle_and_time() -> None:
    batch = BatchSim(QUAD, 3)
    batch.step([[0, 0, 0, 0]] * 3)
    bad = np.zeros((3, 4))
    bad[2, 1] = math.nan
    with pytest.raises(ScenarioError, match=r"vehicle 2 at 0\.004 s"):
        batch.step(bad)


@pytest.mark.parametrize("sensing", [True, False])
@pytest.mark.parametrize(
    ("name", "field", "complaint"),
    [
        ("quad_x", ps.VEL, r"at 0\.009 s: in the forces, force axis 1 is nan"),
        ("quad_x", ps.ROTOR, r"at 0\.009 s: in the rotors, the speed of rotor 1 is nan"),
        ("plane", ps.RATE, r"at 0\.009 s: in the forces, force axis 1 is nan"),
        ("rover", ps.POS, r"at 0\.009 s: in the motion, position axis 1 is nan"),
    ],
)
def test_divergence_stops_with_vehicle_time_stage_and_value(
    name: str, field: int, complaint: str, sensing: bool
) -> None:
    batch = BatchSim(load_airframe(name), 3, sensing=sensing)
    rest = np.full((3, batch.outputs), 0.5)
    batch.hold(rest, 2 if sensing else 8)
    lanes = batch.fields.lanes
    batch.blocks[1 // lanes, field, 1 % lanes] = math.nan
    with pytest.raises(Diverged, match=complaint) as failed:
        batch.hold(rest, 3)
    assert failed.value.where == "vehicle 1"
    batch.reset()
    batch.hold(rest, 3)


BAD_MASS = np.tile(QUAD.params, (4, 1))
BAD_MASS[2, pp.MASS] = 0.0


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"count": 0}, "at least one vehicle"),
        ({"threads": 0}, "at least one thread"),
        ({"dt": 0.02, "sensing": False}, "dt must be"),
        ({"dt": 0.002}, "with sensors 0.001 s"),
        ({"wind_ned": (math.nan, 0.0, 0.0)}, "wind_ned must be finite, has nan"),
        ({"wind_ned": (1e6, 0.0, 0.0)}, "wind must be at most 40"),
        ({"wind_ned": [[0.0] * 3] * 3}, r"wind_ned must be of shape \(3,\) or \(4, 3\)"),
        ({"wind_ned": "north"}, "wind_ned must be numbers"),
        ({"gust_m_s": 1e9}, "gusts must be between 0 and 10"),
        ({"gust_m_s": [0.0, 0.0, 0.0, -1.0]}, "gusts must be between 0 and 10 m/s, are -1"),
        ({"turbulence_m_s": 100.0}, "turbulence must be between"),
        ({"warmer_k": [0.0, 0.0, 0.0, 99.0]}, "air temperature must be between"),
        ({"gust_m_s": 1.0, "sensing": False}, "need a batch with sensors"),
        ({"home": Home(99.0, 0.0, 0.0, 0.0)}, "invalid home: latitude must be -90 to 90"),
        ({"params": np.zeros((1, 3))}, "params must be"),
        ({"params": BAD_MASS, "sensing": False}, "params of vehicle 2: the mass must be above 0, is 0"),
        ({"own": [1.0]}, "has no such parameters"),
        ({"seed": -3}, "seed must be 0 or above, is -3"),
        ({"seed": [1, 2]}, "seed must have 4 entries, has 2"),
        ({"seed": 1.5}, "whole number"),
    ],
)
def test_impossible_arguments_are_refused(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        BatchSim(QUAD, options.pop("count", 4), **options)


@pytest.mark.parametrize(
    ("actuators", "complaint"),
    [
        ([[0.0] * 4], r"must be 2 x 4, are \(1, 4\)"),
        ([[0.0] * 4, [0.0] * 3], "must be 2 x 4 numbers"),
        ("full", "must be 2 x 4 numbers"),
        (None, "must be 2 x 4"),
    ],
)
def test_actuators_that_do_not_fit_are_refused(actuators: Any, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        BatchSim(QUAD, 2, sensing=False).step(actuators)


def test_faults_that_a_batch_does_not_support_are_refused() -> None:
    batch = BatchSim(QUAD, 2, sensing=False)
    with pytest.raises(ScenarioError, match="has no sensors"):
        _ = batch.readings
    with pytest.raises(ScenarioError, match="periods must be at least 1"):
        batch.hold(np.zeros((2, 4)), 0)
    with pytest.raises(ScenarioError, match="quad_x has no airspeed sensor"):
        BatchSim(QUAD, 2).airspeeds_m_s()


def test_hotter_air_is_thinner_also_without_sensors() -> None:
    batch = BatchSim(QUAD, 2, sensing=False, warmer_k=[0.0, 30.0])
    batch.write(ps.POS, [0.0, 0.0, -50.0])
    batch.hold(np.full((2, 4), 0.7), 1000)
    assert batch.pos_ned[1, 2] > batch.pos_ned[0, 2] + 0.1
    assert BatchSim(QUAD, 2, home=HOME).readings[0, sn.BARO_PA] < 97_000
