"""Emulated ArduPlane and Rover over the JSON interface: servo outputs drive surfaces and wheels."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from controller.app.fly.events import FlyEvent, FlySummary
from controller.app.fly.procedure import fly
from controller.app.station import Station
from controller.link.memory import memory_pair
from controller.missions.plan import Plan
from hil.airframes.load import load_airframe
from hil.bridges.ardupilot.binary import vehicle_parameters
from hil.bridges.ardupilot.outputs import output_parameters, outputs_of
from hil.bridges.ardupilot.peer import ArduPilotPeer
from hil.bridges.ardupilot.sitl import ArduPilotSitl
from hil.bridges.peer import run_peer
from hil.bridges.surfaces import surfaces_of
from hil.errors import AirframeError
from hil.sim.clock import VirtualClock
from hil.sim.loops.make import make_plant
from hil.sim.plant.plant import Plant
from tests.support.bridge_missions import ACROSS, CIRCUIT, PLACE, ROUND, check_done, turned
from tests.support.cli import ROOT


async def through_the_bridge(plan: Plan, airframe: str) -> tuple[FlySummary, Plant, list[str]]:
    """Return the summary, the ground truth at the end, and the bridge's reports."""
    notes: list[str] = []
    ours, theirs = memory_pair("physics", "ardupilot")
    radio, there = memory_pair("ardupilot's radio", "ground")
    wind = (2.0, 1.0, 0.0)
    bridge = ArduPilotSitl(
        lambda: make_plant(load_airframe(airframe), PLACE, seed=3, wind_ned=wind), note=notes.append
    )
    peer = ArduPilotPeer(PLACE, airframe=airframe, pace_s=0.001)

    async def serve() -> None:
        while data := await ours.read():
            reply = bridge.receive(data, "peer", asyncio.get_running_loop().time())
            if reply is not None:
                ours.write_now(reply)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in (serve(), run_peer(peer, theirs, radio))]
        async with Station(clock=VirtualClock()) as station:
            await station.add(there)
            events: list[FlyEvent] = [event async for event in fly(plan, station)]
        for task in tasks:
            task.cancel()
    last = events[-1]
    assert isinstance(last, FlySummary)
    assert bridge.plant is not None
    return last, bridge.plant, notes


@pytest.mark.parametrize(
    ("airframe", "plan"),
    [
        pytest.param("plane", CIRCUIT, marks=pytest.mark.slow),
        pytest.param("elevon", CIRCUIT, marks=pytest.mark.slow),
        pytest.param("quadplane", ACROSS, marks=pytest.mark.slow),
        pytest.param("rover", ROUND, marks=pytest.mark.slow),
    ],
)
async def test_wings_and_wheels_finish_a_mission_through_the_bridge(airframe: str, plan: Plan) -> None:
    summary, plant, notes = await through_the_bridge(plan, airframe)
    assert notes == []
    check_done(plan, summary, plant)


def commanded(airframe: str, **pulses_us: int) -> list[float]:
    """Return the body rates that these outputs of ArduPilot add."""

    def drive(plant: Plant, **pulses: int) -> None:
        pwm = [1500] * 16
        for name, us in pulses.items():
            pwm[int(name.removeprefix("servo")) - 1] = us
        plant.drive([output.duty(pwm) for output in outputs_of(plant.airframe)])

    after, before = turned(airframe, partial(drive, **pulses_us)), turned(airframe, drive)
    return [one - other for one, other in zip(after, before, strict=True)]


@pytest.mark.parametrize("airframe", ["plane", "quadplane"])
def test_aileron_elevator_and_rudder_have_arduplanes_signs(airframe: str) -> None:
    assert commanded(airframe, servo1=1900)[0] > 0.1  # right wing down
    assert commanded(airframe, servo2=1900)[1] > 0.1  # nose up
    assert commanded(airframe, servo4=1900)[2] > 0.05  # nose right


def test_elevons_have_the_signs_of_arduplanes_mixer() -> None:
    roll, pitch, _ = commanded("elevon", servo1=1700, servo2=1700)
    assert pitch > 0.1
    assert abs(roll) < 0.02
    roll, pitch, _ = commanded("elevon", servo1=1300, servo2=1700)
    assert roll > 0.1
    assert abs(pitch) < 0.05


@pytest.mark.parametrize(("left", "right", "turns"), [(1700, 1500, 1), (1500, 1700, -1)])
def test_the_wheels_of_a_rover_are_outputs_one_and_three(left: int, right: int, turns: int) -> None:
    rover = make_plant(load_airframe("rover"), PLACE, seed=1)
    rover.drive([output.duty([left, 0, right, *[0] * 13]) for output in outputs_of(rover.airframe)])
    rover.advance(1.0)
    assert rover.truth.rates_frd[2] * turns > 0.05


def test_an_output_without_pulses_is_at_rest() -> None:
    outputs = outputs_of(load_airframe("plane"))
    assert [output.duty([0] * 16) for output in outputs] == [0.0, 0.5, 0.5, 0.5]
    assert [output.duty([]) for output in outputs_of(load_airframe("rover"))] == [0.5, 0.5]


def test_a_v_tail_is_recognised_by_the_effect_of_its_halves(tmp_path: Path) -> None:
    text = (ROOT / "hil" / "airframes" / "plane.toml").read_text(encoding="utf-8")
    tail = "[[surfaces]]\nmost_rad = 0.5\nelevator = 0.5\nrudder = {}\n\n"
    begin, end = text.index("[[surfaces]]", text.index("aileron = 1.0")), text.index("[battery]")
    (tmp_path / "v.toml").write_text(text[:begin] + tail.format(-0.5) + tail.format(0.5) + text[end:])
    roles = [surface.role for surface in surfaces_of(load_airframe(str(tmp_path / "v.toml")))]
    assert roles == ["aileron", "vtail_right", "vtail_left"]
    (tmp_path / "x.toml").write_text(text[:begin] + 2 * tail.format(0.5) + text[end:])
    with pytest.raises(AirframeError, match=r"x\.toml: cannot map surface 3"):
        surfaces_of(load_airframe(str(tmp_path / "x.toml")))


def test_a_quadplane_gets_its_parameters() -> None:
    made = output_parameters(load_airframe("quadplane"))
    assert (made["Q_ENABLE"], made["Q_FRAME_CLASS"], made["Q_FRAME_TYPE"]) == (1, 1, 1)
    functions = {name: value for name, value in made.items() if name.endswith("_FUNCTION")}
    assert functions == {
        "SERVO1_FUNCTION": 4,
        "SERVO2_FUNCTION": 19,
        "SERVO3_FUNCTION": 70,
        "SERVO4_FUNCTION": 21,
        **{f"SERVO{number}_FUNCTION": 28 + number for number in range(5, 9)},
    }
    assert (made["SERVO1_TRIM"], made["SERVO3_TRIM"], made["AIRSPEED_CRUISE"]) == (1500, 1000, 24)


def test_a_wings_speeds_have_the_names_of_old_and_new_releases() -> None:
    made = output_parameters(load_airframe("plane"))
    assert made["TRIM_ARSPD_CM"] == 100.0 * made["AIRSPEED_CRUISE"]
    assert (made["ARSPD_FBW_MIN"], made["ARSPD_FBW_MAX"]) == (made["AIRSPEED_MIN"], made["AIRSPEED_MAX"])


def test_a_rover_gets_its_speeds() -> None:
    made = output_parameters(load_airframe("rover"))
    assert (made["CRUISE_SPEED"], made["WP_SPEED"], made["CRUISE_THROTTLE"]) == (1.2, 1.2, 60)
    assert made["ATC_STR_RAT_FF"] == pytest.approx(0.376 / 4.0)


@pytest.mark.parametrize("airframe", ["quad_x", "plane", "rover"])
def test_the_parameters_that_a_new_vehicle_needs_to_arm_are_set(airframe: str) -> None:
    made = vehicle_parameters(load_airframe(airframe))
    assert made["BATT_MONITOR"] == 4
    assert all(made[f"COMPASS_OFS{number}_X"] for number in ("", "2", "3"))
    assert all(made[f"INS_ACC{number}OFFS_Z"] and made[f"INS_ACC{number}SCAL_Z"] for number in ("", "2"))
    assert all((made[f"RC{n}_MIN"], made[f"RC{n}_MAX"]) == (1000, 2000) for n in range(1, 9))
    assert made["RC3_TRIM"] == (1000 if airframe == "plane" else 1500)
    assert all(len(name) <= 16 for name in made)


@pytest.mark.parametrize(
    ("airframe", "name"), [("quad_x", "MOT_THST_HOVER"), ("quadplane", "Q_M_THST_HOVER")]
)
def test_the_hover_thrust_is_set(airframe: str, name: str) -> None:
    assert 0.4 < output_parameters(load_airframe(airframe))[name] < 0.5
