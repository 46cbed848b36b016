"""Every bundled airframe flies with the emulated autopilot and names its sources."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path

import pytest

from hil.airframes.load import BUNDLED, bundled_airframes, load_airframe
from hil.autopilot.control.setpoints import GoTo, Velocity
from hil.bridges.ardupilot.frames import frame_of
from hil.errors import AirframeError
from hil.geodesy import Home
from hil.sim.loops.multirotor import MultirotorSim
from hil.sim.vehicle import SimVehicle

HOME = Home(47.397742, 8.545594, 488.0, 30.0)


def test_the_usual_multirotors_are_bundled() -> None:
    assert {"quad_x", "quad_plus", "hexa_x", "octo_x", "octo_coax_x"} <= set(bundled_airframes())


@pytest.mark.parametrize("name", bundled_airframes("multirotor"))
def test_it_takes_off_flies_to_a_point_in_wind_yaws_and_lands_upright(name: str) -> None:
    loop = MultirotorSim(load_airframe(name), HOME, seed=3, wind_ned=(4.0, -3.0, 0.0), gust_m_s=1.0)
    loop.advance(15.0)
    loop.armed = True
    loop.command(GoTo((0.0, 0.0, -15.0)))
    loop.advance(30.0)
    loop.command(GoTo((40.0, 20.0, -15.0), yaw_rad=2.0))
    lean = 0.0
    while loop.time_s < 50.0:
        loop.advance(loop.time_s + 0.1)
        lean = max(lean, math.hypot(*loop.truth.euler_rad[:2]))
    assert math.dist(loop.truth.pos_ned, (40.0, 20.0, -15.0)) < 2.5
    assert loop.estimate.euler_rad[2] == pytest.approx(2.0, abs=0.1)
    assert lean < math.radians(35.0)
    loop.command(Velocity((0.0, 0.0, 1.0)))
    loop.advance(90.0)
    assert loop.estimate.landed
    assert max(abs(angle) for angle in loop.truth.euler_rad[:2]) < 0.05


@pytest.mark.parametrize(
    ("name", "frame"),
    [
        ("quad_x", (1, 1)),
        ("quad_plus", (1, 0)),
        ("hexa_x", (2, 1)),
        ("octo_x", (3, 1)),
        ("octo_coax_x", (4, 1)),
    ],
)
def test_motors_stand_and_turn_in_the_order_of_ardupilots_frames(name: str, frame: tuple[int, int]) -> None:
    found = frame_of(load_airframe(name))
    assert (found.frame_class, found.frame_type) == frame


def test_motors_in_no_order_of_an_ardupilot_frame_are_refused(tmp_path: Path) -> None:
    mirrored = (BUNDLED / "quad_x.toml").read_text(encoding="utf-8").replace('"ccw"', '"?"')
    mirrored = mirrored.replace('"cw"', '"ccw"').replace('"?"', '"cw"')
    file = tmp_path / "mirrored.toml"
    file.write_text(mirrored, encoding="utf-8")
    with pytest.raises(AirframeError, match="no ArduPilot frame has"):
        frame_of(load_airframe(file))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("quad_plus", 2),
        ("hexa_x", 13),
        ("octo_x", 14),
        ("octo_coax_x", 14),
        ("plane", 1),
        ("elevon", 1),
        ("quadplane", 22),
        ("rover", 10),
    ],
)
def test_its_heartbeat_has_its_vehicle_type(name: str, kind: int) -> None:
    vehicle = SimVehicle(name)
    beat = vehicle.autopilot.telemetry.make(0)
    assert beat is not None
    assert beat.type == kind


@pytest.mark.parametrize("name", bundled_airframes())
def test_every_section_names_its_source(name: str) -> None:
    document = tomllib.loads((BUNDLED / f"{name}.toml").read_text(encoding="utf-8"))
    assert document["name"] == name
    sections = [section for section in document.values() if isinstance(section, dict)]
    assert len(sections) >= 4
    for section in sections:
        assert len(section["source"]) > 20


@pytest.mark.parametrize("name", bundled_airframes("multirotor"))
def test_equal_motor_speeds_give_no_body_rates(name: str) -> None:
    from hil.physics import params as p
    from hil.physics import state as s
    from hil.physics.step import multirotor_step

    airframe = load_airframe(name)
    state, inputs = s.level_state(), s.still_air()
    inputs[s.DUTY : s.DUTY + airframe.rotor_count] = 0.7
    for _ in range(200):
        multirotor_step(state, inputs, p.at_step(airframe.params, 0.001), 0.001)
    assert abs(state[s.RATE : s.RATE + 3]).max() < 1e-3
