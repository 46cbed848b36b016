"""Every airframe that comes along flies on the control it is given, and says where its numbers are from."""

from __future__ import annotations

import math
import tomllib

import pytest

from hil.airframes.load import SHIPPED, load_airframe, shipped_airframes
from hil.autopilot.setpoints import GoTo, Velocity
from hil.geodesy import Home
from hil.sim.fastloop import FastLoop
from hil.sim.vehicle import SimVehicle

HOME = Home(47.397742, 8.545594, 488.0, 30.0)


def test_the_usual_multirotors_come_along() -> None:
    assert {"quad_x", "quad_plus", "hexa_x", "octo_x", "octo_coax_x"} <= set(shipped_airframes())


@pytest.mark.parametrize("name", shipped_airframes())
def test_it_takes_off_goes_somewhere_in_wind_turns_and_lands_upright(name: str) -> None:
    loop = FastLoop(load_airframe(name), HOME, seed=3, wind_ned=(4.0, -3.0, 0.0), gust_m_s=1.0)
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


# Angle from the nose, clockwise, and turning of each motor: AP_MotorsMatrix.cpp of ArduPilot, frames X and plus.
ARDUPILOT_ORDER = {
    "quad_x": "45ccw -135ccw -45cw 135cw",
    "quad_plus": "90ccw -90ccw 0cw 180cw",
    "hexa_x": "90cw -90ccw -30cw 150ccw 30ccw -150cw",
    "octo_x": "22.5cw -157.5cw 67.5ccw 157.5ccw -22.5ccw -112.5ccw -67.5cw 112.5cw",
    "octo_coax_x": "45ccw -45cw -135ccw 135cw -45ccw 45cw 135ccw -135cw",
}


@pytest.mark.parametrize(("name", "order"), ARDUPILOT_ORDER.items())
def test_motors_stand_and_turn_in_the_order_of_ardupilots_frames(name: str, order: str) -> None:
    document = tomllib.loads((SHIPPED / f"{name}.toml").read_text(encoding="utf-8"))
    ours = [(rotor["position_m"], rotor["turns"]) for rotor in document["rotors"]]
    assert len(ours) == len(order.split())
    for ((x, y, _), turns), theirs in zip(ours, order.split(), strict=True):
        angle = math.radians(float(theirs.rstrip("cw")))
        assert turns == theirs.lstrip("-.0123456789")
        # Within a sixteenth of a turn: arms of a real frame are not all equally long.
        off = math.remainder(math.atan2(y, x) - angle, math.tau)
        assert abs(off) < math.radians(14.0 if name == "quad_x" else 0.1)


@pytest.mark.parametrize(
    ("name", "kind"), [("quad_plus", 2), ("hexa_x", 13), ("octo_x", 14), ("octo_coax_x", 14)]
)
def test_its_heartbeat_says_what_it_is(name: str, kind: int) -> None:
    vehicle = SimVehicle(name)
    beat = vehicle.autopilot.telemetry.make(0)
    assert beat is not None
    assert beat.type == kind


@pytest.mark.parametrize("name", shipped_airframes())
def test_every_section_names_its_source(name: str) -> None:
    document = tomllib.loads((SHIPPED / f"{name}.toml").read_text(encoding="utf-8"))
    assert document["name"] == name
    for section in ("body", "propulsion", "battery", "ground"):
        assert len(document[section]["source"]) > 20


@pytest.mark.parametrize("name", shipped_airframes())
def test_roll_and_pitch_do_not_turn_it_when_all_motors_spin_alike(name: str) -> None:
    from hil.physics import params as p
    from hil.physics import state as s
    from hil.physics.step import multirotor_step

    airframe = load_airframe(name)
    state, inputs = s.level_state(), s.still_air()
    inputs[s.DUTY : s.DUTY + airframe.rotor_count] = 0.7
    for _ in range(200):
        multirotor_step(state, inputs, p.at_step(airframe.params, 0.001), 0.001)
    assert abs(state[s.RATE : s.RATE + 3]).max() < 1e-3
