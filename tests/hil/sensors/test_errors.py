"""Each error of the sensor records, isolated by a suitable motion."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.geodesy import Home
from hil.physics import params as pp
from hil.physics import state as ps
from hil.sensors import layout as at
from hil.sensors.baro import flow_pressure_pa, sense_baro
from hil.sensors.battery import sense_battery
from hil.sensors.imu import sense_imu, wander_imu
from hil.sensors.load import sensor_records
from hil.sensors.mag import sense_mag
from hil.sensors.noise import seeded_streams
from hil.sensors.power_on import switch_on
from hil.world.atmosphere import pressure_pa
from hil.world.magnetic import field_at

HOME = Home(47.397742, 8.545594, 488.0, 90.0)


class Board:
    """Sensors of one vehicle with a manually set state; `quiet` removes noise."""

    def __init__(self, *, seed: int = 1, quiet: bool = True) -> None:
        self.records = sensor_records(HOME, field_at(HOME), vibration_sources=(0, 4))
        if quiet:
            self.records[[at.GYRO_NOISE, at.ACCEL_NOISE, at.MAG_NOISE]] = 0.0
        self.streams = seeded_streams(seed)
        self.errors = np.zeros(at.ERROR_SIZE)
        switch_on(self.errors, self.records, self.streams)
        self.readings = np.zeros(at.READING_SIZE)
        self.state = ps.level_state()

    def imu(self) -> np.ndarray:
        sense_imu(self.state, self.errors, self.records, self.streams, self.readings)
        return self.readings[:6].copy()

    def mag(self) -> np.ndarray:
        sense_mag(self.state, self.errors, self.records, self.streams, self.readings)
        return self.readings[at.MAG : at.MAG + 3].copy()


def test_rotation_about_one_axis_shows_scale_on_it_and_misalignment_on_the_others() -> None:
    rows = []
    for seed in range(400):
        board = Board(seed=seed)
        still = board.imu()
        board.state[ps.RATE] = 2.0
        board.state[ps.SPECIFIC] = 20.0
        rows.append(board.imu() - still)
    shown = np.array(rows)
    assert (shown[:, 0] / 2.0 - 1.0).std() == pytest.approx(0.004, rel=0.1)
    assert (shown[:, 1:3] / 2.0).std() == pytest.approx(0.003, rel=0.1)
    assert (shown[:, 3] / 20.0 - 1.0).std() == pytest.approx(0.002, rel=0.1)
    assert (shown[:, 4:6] / 20.0).std() == pytest.approx(0.003, rel=0.1)


def test_beyond_its_range_the_imu_saturates() -> None:
    board = Board()
    board.state[ps.RATE + 2] = -40.0
    board.state[ps.SPECIFIC] = 400.0
    shown = board.imu()
    assert shown[2] == -17.45
    assert shown[3] == 176.5


def test_rotor_vibration_is_aliased_at_the_sampling_rate() -> None:
    board = Board()
    speed = 700.0  # rad/s: 111.4 Hz, 222.8 Hz is aliased to 27.2 Hz, 334.2 Hz to 84.2 Hz
    board.state[ps.ROTOR] = speed
    track = np.array([board.imu()[3] for _ in range(5000)])
    lines = np.abs(np.fft.rfft((track - track.mean()) * np.hanning(5000))) / (5000 / 4)
    hertz = np.fft.rfftfreq(5000, 0.004)
    turn = speed / math.tau
    for order, level in enumerate(board.records[at.VIBRATION : at.VIBRATION + 3], 1):
        folded = abs(order * turn - 250.0 * round(order * turn / 250.0))
        line = lines[np.abs(hertz - folded) < 0.3].max()
        assert line == pytest.approx(level * speed**2, rel=0.2), order
    assert np.sort(lines)[-30:].min() < 0.01 * lines.max()  # and no other lines


def test_the_imus_biases_follow_the_chip_as_it_warms_up() -> None:
    board = Board()
    board.errors[at.GYRO_PER_K : at.GYRO_PER_K + 3] = 1e-4, -2e-4, 0.0
    board.errors[at.ACCEL_PER_K : at.ACCEL_PER_K + 3] = 3e-3, 0.0, -1e-3
    board.records[[at.GYRO_WALK, at.ACCEL_WALK]] = 0.0

    def after(seconds: float) -> np.ndarray:
        for _ in range(round(seconds / 0.02)):
            wander_imu(board.errors, board.records, board.streams, 293.15, 0.02)
        return board.imu()

    cold = after(0.02)
    warmer = after(240.0) - cold
    gone_k = 15.0 * (1.0 - math.exp(-1.0))
    assert warmer[:3] == pytest.approx([1e-4 * gone_k, -2e-4 * gone_k, 0.0], rel=0.01, abs=1e-12)
    assert warmer[3:] == pytest.approx([3e-3 * gone_k, 0.0, -1e-3 * gone_k], rel=0.01, abs=1e-12)


def test_the_temperature_coefficient_of_a_bias_is_drawn_by_its_record() -> None:
    rows = np.array([Board(seed=seed).errors for seed in range(300)])
    for first, sigma in ((at.GYRO_PER_K, 3.0e-05), (at.ACCEL_PER_K, 0.0005)):
        assert rows[:, first : first + 3].std() == pytest.approx(sigma, rel=0.1)


def test_the_magnetometers_noise_is_its_density_times_the_root_of_its_rate() -> None:
    board = Board(quiet=False)
    shown = np.array([board.mag() for _ in range(4000)])
    assert shown.std(axis=0) == pytest.approx([0.0004 * math.sqrt(50.0)] * 3, rel=0.05)


def test_the_battery_monitor_has_its_records_noise_and_counts_charge() -> None:
    board, params = Board(), load_airframe("quad_x").params
    board.state[ps.VOLTAGE], board.state[ps.CURRENT] = 15.0, 20.0
    rows = []
    for _ in range(4000):
        sense_battery(board.state, params, board.records, board.streams, board.readings, 0.02)
        rows.append(board.readings[at.BATTERY_V : at.BATTERY_REMAINING + 1].copy())
    shown = np.array(rows)
    assert shown[:, 0].mean() == pytest.approx(15.0, abs=0.001)
    assert shown[:, 0].std() == pytest.approx(0.01, rel=0.05)
    assert shown[:, 1].mean() == pytest.approx(20.0, abs=0.01)
    assert shown[:, 1].std() == pytest.approx(0.1, rel=0.05)
    used_mah = shown[:, 1].sum() * 0.02 / 3.6
    assert shown[-1, 2] == pytest.approx(used_mah, rel=1e-9)
    assert shown[-1, 3] == pytest.approx(1.0 - used_mah / 5000.0, rel=1e-9)


def test_the_barometer_drifts_slowly_by_its_record_beside_its_noise() -> None:
    board, frame = Board(), load_airframe("quad_x")
    state, inputs, track = ps.level_state(), ps.still_air(), []
    for _ in range(20000):
        sense_baro(
            488.0,
            state,
            inputs,
            frame.params,
            board.errors,
            board.records,
            board.streams,
            board.readings,
            200.0,
        )
        track.append(board.readings[at.BARO_PA] - pressure_pa(488.0))
    shown = np.array(track)
    assert shown.std() == pytest.approx(math.hypot(3.0, 1.2), rel=0.04)
    # After a third of its correlation time the drift has hardly changed, but the noise has.
    kept = float(np.mean(shown[:-1] * shown[1:]))
    assert kept == pytest.approx(3.0**2 * math.exp(-1.0 / 3.0), rel=0.08)


def test_the_magnetometer_has_soft_iron_and_the_field_of_the_motor_current() -> None:
    rows, currents = [], []
    for seed in range(300):
        board = Board(seed=seed)
        calm = board.mag()
        rows.append((calm - board.errors[at.MAG_BIAS : at.MAG_BIAS + 3]) / board.records[at.FIELD + 2])
        board.state[ps.CURRENT] = 20.0
        currents.append(board.mag() - calm)
    assert np.array(rows)[:, 2].std() == pytest.approx(0.01, rel=0.2)
    assert currents[0] == pytest.approx([0.006, -0.004, 0.01])


def test_airflow_lowers_the_pressure_and_downwash_on_the_ground_raises_it() -> None:
    frame, records = load_airframe("quad_x"), sensor_records(HOME, field_at(HOME))
    state, inputs = ps.level_state(), ps.still_air(ground_d_m=0.0)
    inputs[ps.WIND] = 10.0
    assert flow_pressure_pa(state, inputs, frame.params, records) == pytest.approx(
        -0.05 * 0.5 * 1.225 * 100.0
    )
    inputs[ps.WIND] = 0.0
    hover = math.sqrt(frame.params[pp.MASS] * 9.80665 / 4.0 / frame.params[pp.THRUST_COEF])
    state[ps.ROTOR : ps.ROTOR + 4] = hover
    loading = frame.params[pp.MASS] * 9.80665 / (4.0 * math.pi * frame.params[pp.RADIUS] ** 2)
    assert flow_pressure_pa(state, inputs, frame.params, records) == pytest.approx(0.05 * loading)
    state[ps.POS + 2] = -2.0
    assert abs(flow_pressure_pa(state, inputs, frame.params, records)) < 0.02


def test_values_drawn_at_power_on_advance_no_stream() -> None:
    board = Board(seed=3)
    assert board.streams.tolist() == seeded_streams(3).tolist()
    assert Board(seed=3).errors.tolist() == board.errors.tolist()
    assert Board(seed=4).errors.tolist() != board.errors.tolist()


def allan(track: np.ndarray, m: int) -> float:
    """Return the overlapping Allan deviation of columns of samples, averaged over m of them."""
    sums = np.vstack([np.zeros(track.shape[1]), np.cumsum(track, axis=0)])
    means = (sums[m:] - sums[:-m]) / m
    return math.sqrt(0.5 * float(np.mean((means[m:] - means[:-m]) ** 2)))


@pytest.mark.parametrize(
    ("first", "noise", "walk", "tau"),
    [
        (at.GYRO, at.GYRO_NOISE, at.GYRO_WALK, at.GYRO_TAU),
        (at.ACCEL, at.ACCEL_NOISE, at.ACCEL_WALK, at.ACCEL_TAU),
    ],
)
def test_the_imus_allan_deviation_is_that_of_its_record_with_every_term(
    first: int, noise: int, walk: int, tau: int
) -> None:
    """White noise and bounded random walk; turn-on bias, scale and constant temperature do not change it."""
    tracks = []
    for seed in range(4):
        board = Board(seed=seed, quiet=False)
        board.errors[at.IMU_WARMTH] = board.records[at.IMU_HEATING]  # warmed up
        track = np.empty((25000, 3))
        for i, row in enumerate(track):
            if i % 5 == 0:
                wander_imu(board.errors, board.records, board.streams, 293.15, 0.02)
            sense_imu(board.state, board.errors, board.records, board.streams, board.readings)
            row[:] = board.readings[first : first + 3]
        tracks.append(track)
    every = np.hstack(tracks)
    bend, density, drift = (float(board.records[slot]) for slot in (tau, noise, walk))
    for m, close in ((1, 0.02), (25, 0.04), (250, 0.1), (2500, 0.35)):
        seconds = m * at.IMU_DT_S
        shape = 3.0 - 4.0 * math.exp(-seconds / bend) + math.exp(-2.0 * seconds / bend)
        wandering = drift**2 * bend**2 / seconds * (1.0 - bend / (2.0 * seconds) * shape)
        assert allan(every, m) == pytest.approx(math.sqrt(density**2 / seconds + wandering), rel=close), (
            seconds
        )
