"""A value that becomes NaN stops the simulation with time, stage and value."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest

from controller.logs.verification.flight import verify_flight
from hil.airframes.load import load_airframe
from hil.autopilot.control import layout as ap
from hil.autopilot.control.setpoints import GoTo, HoldAttitude
from hil.errors import AirframeError, Diverged, ScenarioError
from hil.physics import params as pp
from hil.sensors import layout as at
from hil.sim.loops.multirotor import MultirotorSim
from hil.sim.plant.plant import Plant
from hil.sim.vehicle import DEFAULT_HOME
from tests.support.cli import ROOT, environment

QUAD = load_airframe("quad_x")
PLAN = ROOT / "examples" / "inspection.plan"


def hovering() -> MultirotorSim:
    loop = MultirotorSim(QUAD, DEFAULT_HOME, seed=1)
    loop.advance(12.0)
    loop.armed = True
    loop.command(GoTo((0.0, 0.0, -5.0)))
    loop.advance(18.0)
    return loop


def test_a_motor_command_that_is_not_finite_is_refused_with_motor_and_time() -> None:
    plant = Plant(QUAD, DEFAULT_HOME, seed=1)
    plant.advance(1.234)
    with pytest.raises(
        ScenarioError, match=r"the motor commands: command 3 must be finite, is nan at 1\.234 s"
    ):
        plant.drive([0.5, 0.5, math.nan, 0.5])


def test_a_setpoint_that_is_not_finite_is_refused_with_its_time() -> None:
    loop = hovering()
    with pytest.raises(ScenarioError, match=r"the setpoint at 18\.000 s: a setpoint must be finite"):
        loop.command(HoldAttitude(0.0, math.nan, None, 0.4))
    loop.advance(19.0)
    assert loop.truth.pos_ned[2] == pytest.approx(-5.0, abs=1.0)


def test_a_nan_gain_is_found_in_its_controller_to_the_millisecond() -> None:
    loop = hovering()
    loop._tune[ap.KP_VEL] = math.nan
    with pytest.raises(
        Diverged, match=r"at 18\.001 s: in the position controller, force setpoint axis 1 is nan"
    ):
        loop.advance(18.02)


def test_a_nan_mass_is_found_in_the_first_motion_it_affects() -> None:
    loop = hovering()
    loop._params[pp.MASS] = math.nan
    with pytest.raises(Diverged, match=r"at 18\.001 s: in the motion, velocity axis 1 is nan"):
        loop.advance(18.5)


def test_divergence_with_a_users_airframe_is_an_error_of_its_file(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_bytes(Path(QUAD.file).read_bytes())
    plant = Plant(load_airframe(mine), DEFAULT_HOME, seed=1)
    plant._params[pp.MASS] = math.nan
    with pytest.raises(AirframeError, match=r"mine\.toml: .* at 0\.001 s: in the motion") as caught:
        plant.advance(0.1)
    assert caught.value.exit_code == 2
    assert "your input" in str(caught.value)


def test_a_nan_reading_is_found_in_its_sensor() -> None:
    plant = Plant(QUAD, DEFAULT_HOME, seed=1)
    plant.advance(2.0)
    plant._errors[at.ACCEL_TURN_ON + 1] = math.inf
    plant._records[at.ACCEL_RANGE] = math.inf
    with pytest.raises(Diverged, match=r"at 2\.001 s: in the sensors, reading 5 is inf"):
        plant.advance(2.1)


LOSING = """
import math, sys
from controller.cli.main import main
from hil.autopilot.control import layout as ap
from hil.sim.vehicle import SimVehicle

stepped = SimVehicle.step

async def step(self):
    if self.time_s > 30.0:
        self.loop._tune[ap.KP_VEL] = math.nan
    await stepped(self)

SimVehicle.step = step
sys.exit(main(sys.argv[1:]))
"""


def test_a_diverged_flight_ends_with_one_line_and_a_closed_log(
    tmp_path: Path,
) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LOSING, "fly", PLAN, "--sim", "quad_x", "--out", tmp_path],
        capture_output=True,
        text=True,
        check=False,
        env=environment(tmp_path),
    )  # fmt: skip
    assert ran.returncode == 1
    assert "in the position controller, force setpoint axis 1 is nan" in ran.stderr
    assert "at 30.0" in ran.stderr
    (folder,) = [path.parent for path in tmp_path.rglob("frames.tlog")]
    found = verify_flight(folder)
    assert (found.ok, found.closed) == (True, True)
    assert found.frames > 100
