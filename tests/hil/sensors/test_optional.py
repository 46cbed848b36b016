"""Optional sensors against geometry, and their messages to PX4 and ground stations."""

from __future__ import annotations

import asyncio
import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.bridges.px4.sensor_feed import SensorFeed
from hil.errors import AirframeError
from hil.geodesy import Home
from hil.physics import state as ps
from hil.sensors.flow import FlowSensor
from hil.sensors.optional import OPTIONAL, flow_record, rangefinder_record
from hil.sensors.rangefinder import Rangefinder, slant_range_m
from hil.sim.plant.plant import Plant
from tests.support.ground_station import flying

HOME = Home(47.397742, 8.545594, 488.0, 0.0)
LEVEL = (1.0, 0.0, 0.0, 0.0)


def pitched(degrees: float) -> tuple[float, float, float, float]:
    half = math.radians(degrees) / 2.0
    return math.cos(half), 0.0, math.sin(half), 0.0


def test_the_beam_length_to_level_ground_is_height_over_the_cosine_of_tilt() -> None:
    assert slant_range_m((3.0, 4.0, -10.0), LEVEL, lambda *_: 0.5) == pytest.approx(10.5)
    found = slant_range_m((0.0, 0.0, -10.0), pitched(30.0), lambda *_: 0.0)
    assert found == pytest.approx(10.0 / math.cos(math.radians(30.0)))
    assert slant_range_m((0.0, 0.0, -10.0), pitched(100.0), lambda *_: 0.0) is None


def test_the_beam_meets_a_slope() -> None:
    # Pitched up by 20 degrees the body's z axis points forward; the ground falls to the north by 0.3.
    found = slant_range_m((0.0, 0.0, -10.0), pitched(20.0), lambda n, _: 0.3 * n)
    angle = math.radians(20.0)
    assert found == pytest.approx(10.0 / (math.cos(angle) - 0.3 * math.sin(angle)), abs=2e-3)


def test_a_rangefinder_has_the_noise_resolution_and_range_of_its_record() -> None:
    record = rangefinder_record()
    sensor = Rangefinder(record, seed=1)
    seen = np.array([sensor.sample(20.0).distance_m for _ in range(3000)])
    assert seen.mean() == pytest.approx(20.0, abs=0.005)
    assert seen.std() == pytest.approx(record.noise_m + record.noise_share * 20.0, rel=0.06)
    assert np.allclose(seen * 100.0, np.round(seen * 100.0))
    assert (sensor.sample(120.0).valid, sensor.sample(120.0).distance_m) == (False, 100.0)
    assert not sensor.sample(0.05).valid
    assert not sensor.sample(None).valid


def flow_of(sensor: FlowSensor, **motion: object) -> np.ndarray:
    still: dict[str, object] = {
        "vel_ned": (0.0,) * 3,
        "quaternion": LEVEL,
        "rates_frd": (0.0,) * 3,
        "period_s": 0.02,
    }
    got = [sensor.sample(10.0, **(still | motion)).flow_rad for _ in range(500)]  # type: ignore[arg-type]
    return np.array(got).mean(axis=0) / 0.02


def test_flow_is_rotation_and_speed_over_distance_with_mavlinks_signs() -> None:
    sensor = FlowSensor(dataclasses.replace(flow_record(), scale=0.0), seed=1)
    assert flow_of(sensor, vel_ned=(5.0, 0.0, 0.0)) == pytest.approx([0.0, 0.5], abs=0.01)
    assert flow_of(sensor, vel_ned=(0.0, 5.0, 0.0)) == pytest.approx([-0.5, 0.0], abs=0.01)
    assert flow_of(sensor, rates_frd=(0.3, -0.2, 1.0)) == pytest.approx([0.3, -0.2], abs=0.01)


def test_flow_quality_falls_with_distance_and_flow_ends_at_its_maximum_rate() -> None:
    sensor, still = (
        FlowSensor(flow_record(), seed=1),
        {"quaternion": LEVEL, "rates_frd": (0.0,) * 3, "period_s": 0.02},
    )
    quality = [
        sensor.sample(far, vel_ned=(0.0,) * 3, **still).quality  # type: ignore[arg-type]
        for far in (5.0, 20.0, 29.0, 40.0)
    ]
    assert quality[0] == 255 > quality[1] > quality[2] > quality[3] == 0
    assert sensor.sample(1.0, vel_ned=(9.0, 0.0, 0.0), **still).quality == 0  # type: ignore[arg-type]
    assert sensor.sample(None, vel_ned=(0.0,) * 3, **still).quality == 0  # type: ignore[arg-type]


def test_a_bad_record_is_refused_by_its_key(tmp_path: Path) -> None:
    text = OPTIONAL.read_text(encoding="utf-8").replace("most_m = 100.0", "most_m = 0.1")
    (tmp_path / "bad.toml").write_text(text, encoding="utf-8")
    with pytest.raises(AirframeError, match=r"rangefinder\.most_m must be above least_m"):
        rangefinder_record(tmp_path / "bad.toml")
    text = OPTIONAL.read_text(encoding="utf-8").replace("noise_m = ", "noise_m = -")
    (tmp_path / "negative.toml").write_text(text, encoding="utf-8")
    with pytest.raises(AirframeError, match=r"rangefinder\.noise_m must be at least 0"):
        rangefinder_record(tmp_path / "negative.toml")


def test_px4_gets_distance_and_flow_at_their_rates() -> None:
    plant = Plant(load_airframe("quad_x"), HOME, seed=3)
    feed = SensorFeed(plant, seed=3, rangefinder=True, flow=True, epoch_utc_us=1_700_000_000_000_000)
    plant._state[ps.POS + 2] = -5.0  # held at a height, as only the sensors are tested
    sent = []
    for _ in range(2500):
        plant._state[ps.POS + 2], plant._state[ps.VEL : ps.VEL + 3] = -5.0, (1.0, 0.0, 0.0)
        sent += feed.step()
    distances = [one for one in sent if type(one).__name__ == "DISTANCE_SENSOR"]
    assert len(distances) == pytest.approx(200, abs=8)  # in 10 s
    assert distances[-1].current_distance == pytest.approx(512, abs=10)
    flows = [one for one in sent if type(one).__name__ == "HIL_OPTICAL_FLOW"]
    assert len(flows) == pytest.approx(500, abs=20)
    assert np.mean([one.integrated_y for one in flows]) / 0.02 == pytest.approx(1.0 / 5.12, abs=0.02)


@pytest.mark.parametrize(("stack", "name"), [("ardupilot", "RNGFND1_TYPE"), ("px4", "SYS_HAS_NUM_DIST")])
async def test_an_aircraft_with_a_rangefinder_sends_the_distance(stack: str, name: str) -> None:
    async with flying(stack, params={name: 4}) as (_, ground):
        await ground.command(511, 132, 100_000)
        await asyncio.sleep(2.0)
        heard = [message for _, message in ground.messages("DISTANCE_SENSOR")]
        assert len(heard) >= 15
        assert heard[-1].orientation == 25
        assert heard[-1].current_distance == 20  # below its range on the ground
        assert heard[-1].signal_quality == 1


async def test_an_aircraft_without_a_rangefinder_sends_no_distance() -> None:
    async with flying("ardupilot") as (_, ground):
        await ground.command(511, 132, 100_000)
        await asyncio.sleep(2.0)
        assert not ground.messages("DISTANCE_SENSOR")
