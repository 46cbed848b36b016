"""Wings and wheels over PX4's simulator interface: airspeed goes to PX4, surface commands come back."""

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
from controller.wire import messages as m
from hil.airframes.load import load_airframe
from hil.bridges.peer import run_peer
from hil.bridges.px4.airframe import airframe_params
from hil.bridges.px4.outputs import ARMED, ActuatorCommands, outputs_of
from hil.bridges.px4.peer import Px4Peer
from hil.bridges.px4.sensor_feed import SensorFeed
from hil.bridges.px4.sitl import Px4Sitl
from hil.bridges.serve import FramedEndpoint, serve_endpoint
from hil.faults.schedule import Fault
from hil.sensors import layout as sn
from hil.sim.clock import EPOCH_UTC_US, VirtualClock
from hil.sim.loops.make import make_plant
from hil.sim.plant.plant import Plant
from tests.support.bridge_missions import ACROSS, CIRCUIT, PLACE, ROUND, check_done, turned


async def through_the_bridge(plan: Plan, airframe: str) -> tuple[FlySummary, Plant, list[str]]:
    """Return the summary, the ground truth at the end, and the bridge's reports."""
    notes: list[str] = []

    def feed() -> SensorFeed:
        plant = make_plant(load_airframe(airframe), PLACE, seed=3, wind_ned=(2.0, 1.0, 0.0))
        return SensorFeed(plant, seed=3, epoch_utc_us=EPOCH_UTC_US)

    ours, theirs = memory_pair("simulator", "px4")
    radio, there = memory_pair("px4's radio", "ground")
    bridge = Px4Sitl(feed, note=notes.append)
    peer = Px4Peer(PLACE, airframe=airframe)
    async with asyncio.TaskGroup() as group:
        both = (serve_endpoint(FramedEndpoint(bridge), ours), run_peer(peer, theirs, radio))
        tasks = [group.create_task(one) for one in both]
        async with Station(clock=VirtualClock()) as station:
            await station.add(there)
            events: list[FlyEvent] = [event async for event in fly(plan, station)]
        for task in tasks:
            task.cancel()
    last = events[-1]
    assert isinstance(last, FlySummary)
    assert bridge.feed is not None
    return last, bridge.feed.plant, notes


@pytest.mark.parametrize(
    ("airframe", "plan"),
    [
        pytest.param("plane", CIRCUIT, marks=pytest.mark.slow),
        pytest.param("elevon", CIRCUIT, marks=pytest.mark.slow),
        pytest.param("quadplane", ACROSS, marks=pytest.mark.slow),
        ("rover", ROUND),
    ],
)
async def test_wings_and_wheels_finish_a_mission_through_the_bridge(airframe: str, plan: Plan) -> None:
    summary, plant, notes = await through_the_bridge(plan, airframe)
    assert notes == []
    check_done(plan, summary, plant)


def moved(airframe: str, **outputs: float) -> list[float]:
    """Return the body rates that these outputs of PX4 add."""

    def drive(plant: Plant, **values: float) -> None:
        controls = [0.0] * 16
        for name, value in values.items():
            controls[int(name.removeprefix("out")) - 1] = value
        commands = ActuatorCommands(outputs_of(plant.airframe), pytest.fail)
        plant.drive(commands.update(m.HIL_ACTUATOR_CONTROLS(controls=tuple(controls), mode=ARMED)))

    after, before = turned(airframe, partial(drive, **outputs)), turned(airframe, drive)
    return [one - other for one, other in zip(after, before, strict=True)]


@pytest.mark.parametrize("airframe", ["plane", "elevon", "quadplane"])
def test_a_surface_has_the_sign_that_px4_expects(airframe: str) -> None:
    params = airframe_params(load_airframe(airframe))
    for i in range(int(params["CA_SV_CS_COUNT"])):
        (output,) = (int(name[13:]) for name, value in params.items() if value == 201 + i)
        got = moved(airframe, **{f"out{output}": 0.6})
        meant = [params[f"CA_SV_CS{i}_TRQ_{axis}"] for axis in "RPY"]
        assert all(value * way > 0.02 for value, way in zip(got, meant, strict=True) if way)


@pytest.mark.parametrize(("right", "left", "way"), [(0.6, 0.0, -1), (0.0, 0.6, 1)])
def test_the_right_wheel_is_motor_one_and_reversible(right: float, left: float, way: int) -> None:
    rover = make_plant(load_airframe("rover"), PLACE, seed=1)
    commands = ActuatorCommands(outputs_of(rover.airframe), pytest.fail)
    rover.drive(commands.update(m.HIL_ACTUATOR_CONTROLS(controls=(right, left, *[0.0] * 14), mode=ARMED)))
    rover.advance(1.0)
    assert rover.truth.rates_frd[2] * way > 0.05
    rover.drive(commands.update(m.HIL_ACTUATOR_CONTROLS(controls=(-1.0, -1.0, *[0.0] * 14), mode=ARMED)))
    rover.advance(4.0)
    assert rover.truth.vel_ned[0] < -0.5


def test_disarmed_wings_have_a_stopped_propeller_and_neutral_surfaces() -> None:
    commands = ActuatorCommands(outputs_of(load_airframe("plane")), pytest.fail)
    full = m.HIL_ACTUATOR_CONTROLS(controls=(1.0,) * 16, mode=ARMED)
    assert commands.update(full)[0] == 1.0
    assert commands.update(full.replace(mode=1)) == [0.0, 0.5, 0.5, 0.5]


def test_airspeed_comes_with_the_barometer_until_it_is_off() -> None:
    off = Fault.parse("airspeed off 0.5")
    plant = make_plant(load_airframe("plane"), PLACE, seed=1, wind_ned=(-15.0, 0.0, 0.0), faults=(off,))
    fed = SensorFeed(plant, seed=1, epoch_utc_us=EPOCH_UTC_US)
    sent = [one for _ in range(250) for one in fed.step() if one.name == "HIL_SENSOR"]
    shown = [one for one in sent if one.fields_updated & 0x400]
    assert 22 <= len(shown) <= 27
    assert all(one.fields_updated & 0x1A00 == 0x1A00 for one in shown)
    assert shown[-1].time_usec <= 1_510_000
    wind_m_s = -plant.truth.wind_ned[0]
    assert shown[-1].diff_pressure * 100.0 == pytest.approx(0.5 * 1.1 * wind_m_s**2, rel=0.3)
    rotors = SensorFeed(make_plant(load_airframe("quad_x"), PLACE, seed=1), seed=1, epoch_utc_us=EPOCH_UTC_US)
    assert not any(one.fields_updated & 0x400 for _ in range(10) for one in rotors.step())


def test_px4_gets_a_quadplanes_rotors_propeller_surfaces_and_speeds() -> None:
    made = airframe_params(load_airframe("quadplane"))
    assert (made["CA_AIRFRAME"], made["CA_ROTOR_COUNT"], made["CA_SV_CS_COUNT"]) == (2, 5, 3)
    assert (made["CA_ROTOR4_AX"], made["CA_ROTOR4_AZ"]) == (1, 0)
    outputs = [made[f"PWM_MAIN_FUNC{number}"] for number in range(1, 10)]
    assert outputs == [101, 102, 103, 104, 105, 201, 202, 203, 0]
    assert [made[f"CA_SV_CS{i}_TYPE"] for i in range(3)] == [15, 3, 4]
    assert made["FW_AIRSPD_STALL"] < made["FW_AIRSPD_MIN"] == made["VT_ARSP_TRANS"] < made["FW_AIRSPD_TRIM"]


def test_px4_shares_the_axes_of_a_flying_wing_between_its_elevons() -> None:
    made = airframe_params(load_airframe("elevon"))
    shares = {
        made[f"CA_SV_CS{i}_TYPE"]: tuple(made[f"CA_SV_CS{i}_TRQ_{axis}"] for axis in "RPY") for i in range(2)
    }
    assert shares == {5: (-0.5, 0.5, 0.0), 6: (0.5, 0.5, 0.0)}


def test_a_rover_on_a_board_has_two_reversible_motors() -> None:
    made = airframe_params(load_airframe("rover"), outputs="HIL_ACT")
    assert (made["CA_AIRFRAME"], made["CA_R_REV"]) == (6, 3)
    assert [made[f"HIL_ACT_FUNC{number}"] for number in (1, 2, 3)] == [101, 102, 0]


def test_px4_gets_the_gps_delay() -> None:
    plant = make_plant(load_airframe("quad_x"), PLACE, seed=1)
    latency_s = plant.records[[sn.GPS_LATENCY_MIN, sn.GPS_LATENCY_MAX]].mean()
    assert airframe_params(plant.airframe)["EKF2_GPS_DELAY"] == pytest.approx(1e3 * latency_s)


def test_every_parameter_name_is_valid_in_px4() -> None:
    for path in Path("hil/airframes").glob("*.toml"):
        assert all(len(name) <= 16 for name in airframe_params(load_airframe(path.stem)))
