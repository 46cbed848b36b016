"""Protocol of the bridge to ArduPilot: answers, reports and invalid packets."""

from __future__ import annotations

import contextlib
import json
import math
import struct
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.airframes.load import load_airframe
from hil.bridges.ardupilot.binary import write_parameters
from hil.bridges.ardupilot.peer import KeyNotFound, find_row
from hil.bridges.ardupilot.serve import check_rc
from hil.bridges.ardupilot.sitl import ArduPilotSitl, not_started
from hil.bridges.ardupilot.wire import InvalidServoPacket, JsonState, parse_servos, state_line
from hil.errors import ScenarioError
from hil.faults.schedule import Fault
from hil.geodesy import Home
from hil.physics import state as ps
from hil.sim.plant.plant import Plant
from hil.sim.vehicle import DEFAULT_HOME

HERE, OTHER = ("127.0.0.1", 50_000), ("127.0.0.1", 50_001)


class Talk:
    def __init__(self, *faults: str) -> None:
        self.notes: list[str] = []
        self.made = 0
        self._faults = [Fault.parse(text) for text in faults]
        self.bridge = ArduPilotSitl(self._plant, note=self.notes.append)
        self.bridge.start(0.0)
        self.count = 0

    def _plant(self) -> Plant:
        self.made += 1
        return Plant(load_airframe("quad_x"), DEFAULT_HOME, seed=1, faults=self._faults)

    def send(self, data: bytes, *, sender: Any = HERE, now: float = 0.0) -> bytes | None:
        return self.bridge.receive(data, sender, now)

    def ask(self, pwm: int = 1000, **how: Any) -> dict[str, Any]:
        """Return the answer to the next frame."""
        reply = self.send(servos(self.count, pwm), **how)
        self.count += 1
        assert reply is not None
        assert reply.startswith(b"\n{")
        assert reply.endswith(b"}\n")
        parsed: dict[str, Any] = json.loads(reply)
        return parsed


def servos(count: int, pwm: int = 1000, rate: int = 1200) -> bytes:
    return struct.pack("<HHI16H", 18458, rate, count, *[pwm] * 16)


def test_every_frame_is_a_millisecond_of_physics_and_its_ground_truth() -> None:
    talk = Talk()
    stamps = [talk.ask()["timestamp"] for _ in range(5)]
    assert stamps == pytest.approx([0.001, 0.002, 0.003, 0.004, 0.005], abs=1e-9)
    state = talk.ask()
    assert state["imu"]["accel_body"][2] == pytest.approx(-9.81, abs=0.02)
    assert state["quaternion"][0] == pytest.approx(1.0, abs=1e-6)
    assert 0.05 < state["rng_1"] < 0.2
    assert 14.0 < state["battery"]["voltage"] < 17.0


def test_full_pulse_widths_lift_it_off() -> None:
    talk = Talk()
    for _ in range(1500):
        state = talk.ask(1900)
    assert state["position"][2] < -1.0
    assert state["velocity"][2] < -1.0


def test_packets_with_sixteen_and_thirty_two_outputs_are_accepted() -> None:
    talk = Talk()
    data = struct.pack("<HHI32H", 29569, 1200, 0, *[1900] * 32)
    assert talk.send(data) is not None
    assert parse_servos(data).pwm_us == (1900,) * 32


@pytest.mark.parametrize(("rate", "step_s"), [(1200, 0.001), (400, 0.002), (50, 0.02), (0, 0.02)])
def test_a_slower_rate_is_a_longer_step(rate: int, step_s: float) -> None:
    reply = Talk().send(servos(0, rate=rate))
    assert reply is not None
    assert json.loads(reply)["timestamp"] == pytest.approx(step_s)


def test_a_frame_sent_again_is_answered_again_and_not_stepped() -> None:
    talk = Talk()
    first = talk.send(servos(0))
    again = talk.send(servos(0), now=1.1)
    assert again == first
    assert talk.bridge.repeats == 1
    assert talk.bridge.steps == 1


def test_a_restarted_frame_count_makes_a_new_aircraft_at_home() -> None:
    talk = Talk()
    for _ in range(1000):
        talk.ask(1900)
    talk.count = 0
    state = talk.ask()
    assert talk.made == 2
    assert state["timestamp"] == pytest.approx(0.001)
    assert abs(state["position"][2]) < 0.2
    assert "frame count starts again" in talk.notes[0]


def test_lost_frames_are_one_step() -> None:
    talk = Talk()
    talk.ask()
    talk.count = 50
    assert talk.ask()["timestamp"] == pytest.approx(0.002)


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (struct.pack("<HHI16H", 1, 1200, 0, *[1000] * 16), "magic 1, not 18458"),
        (servos(0)[:-2], "38 bytes"),
        (b"", "0 bytes"),
        (b"\xfd" + bytes(20), "MAVLink frame"),
        (b'{"timestamp":1}', "JSON"),
    ],
)
def test_an_invalid_packet_is_reported_once_and_changes_nothing(data: bytes, named: str) -> None:
    talk = Talk()
    talk.ask()
    for _ in range(3):
        assert talk.send(data) is None
    (line,) = talk.notes
    assert named in line
    assert "connect ground stations to ArduPilot" in line
    assert (talk.bridge.invalid_packets, talk.bridge.steps) == (3, 1)


def test_silence_is_reported_after_three_seconds_with_causes() -> None:
    talk = Talk()
    talk.bridge.tick(3.0)
    (line,) = talk.notes
    assert "-f JSON:ADDRESS_OF_THIS_MACHINE" in line
    assert "9002" in line


def test_silence_after_invalid_packets_is_reported_as_such() -> None:
    talk = Talk()
    talk.send(b"x" * 21)
    talk.bridge.tick(3.0)
    assert "received 21 bytes" in talk.notes[0]
    assert talk.notes[1].startswith("received no servo packets for 3 s")


def test_the_likely_cause_names_the_requested_port_and_the_parameters() -> None:
    line = not_started(9105)
    assert "port 9105" in line
    assert "--add-param-file" in line


def test_the_cause_of_silence_comes_from_the_starter_of_ardupilot() -> None:
    notes: list[str] = []
    bridge = ArduPilotSitl(pytest.fail, note=notes.append, cause=lambda: "Its last output: no frame")
    bridge.start(0.0)
    bridge.tick(3.0)
    assert notes == [
        "received nothing for 3 s: expected ArduPilot's servo packets. Its last output: no frame"
    ]


@pytest.mark.parametrize(("asked", "achieved"), [(1.0, 0.5), (5.0, 2.0)])
def test_a_slow_simulation_is_reported_with_both_speeds_within_three_seconds(
    asked: float, achieved: float
) -> None:
    notes: list[str] = []
    make = partial(Plant, load_airframe("quad_x"), DEFAULT_HOME, seed=1)
    bridge = ArduPilotSitl(make, speed=asked, note=notes.append)
    for count in range(round(2990 * achieved)):
        bridge.receive(servos(count), HERE, count * 0.001 / achieved)
    (line,) = notes
    assert line.startswith(f"simulation falls behind: speed {asked:g} requested, {achieved:g} achieved")


def test_a_stopped_autopilot_is_reported_and_may_continue_after_ten_seconds() -> None:
    talk = Talk()
    talk.ask()
    talk.bridge.tick(3.5)
    assert "has sent no servo packets for 3 s" in talk.notes[0]
    assert talk.ask(now=10.0)["timestamp"] == pytest.approx(0.002)


def test_a_second_autopilot_gets_no_answer_while_the_first_flies() -> None:
    talk = Talk()
    talk.ask(now=1.0)
    assert talk.send(servos(7), sender=OTHER, now=1.1) is None
    assert "a second autopilot (127.0.0.1:50001)" in talk.notes[0]
    assert talk.ask(now=1.2)["timestamp"] == pytest.approx(0.002)


def test_an_autopilot_back_on_another_port_is_accepted_after_three_seconds() -> None:
    talk = Talk()
    talk.ask(now=1.0)
    talk.count = 0
    assert talk.ask(sender=OTHER, now=4.5)["timestamp"] == pytest.approx(0.001)
    assert talk.made == 2


def test_a_restarted_autopilot_on_a_new_port_is_accepted_when_the_old_one_is_silent() -> None:
    talk = Talk()
    for _ in range(20):
        talk.ask(now=1.0)
    assert talk.send(servos(0), sender=OTHER, now=1.1) is None  # the old one may still be running
    talk.notes.clear()
    talk.count = 0
    assert talk.ask(sender=OTHER, now=1.6)["timestamp"] == pytest.approx(0.001)
    assert "frame count starts again" in talk.notes[0]
    assert talk.send(servos(20), sender=HERE, now=1.7) is None
    assert (
        talk.send(servos(30), sender=HERE, now=2.5) is None
    )  # the frame count does not restart: not a new one


def test_faults_of_sensors_that_ardupilot_simulates_are_reported_as_ineffective() -> None:
    talk = Talk("gps jam 1 2", "motor1 dead 0")
    talk.ask()
    (line,) = talk.notes
    assert line.startswith("faults of gps have no effect")


def test_a_dead_motor_is_dead_through_the_bridge_too() -> None:
    talk = Talk("motor1 dead 0")
    for _ in range(300):
        talk.ask(1700)
    assert talk.bridge.plant is not None
    assert talk.bridge.plant.truth.rotor_speeds_rad_s[0] == 0.0
    assert talk.bridge.plant.truth.rotor_speeds_rad_s[1] > 100.0


@pytest.mark.parametrize("fault", ["rangefinder off 0", "rangefinder off 0.2 1.0"])
def test_a_rangefinder_that_is_off_reads_far_and_not_its_last_value(fault: str) -> None:
    talk = Talk(fault)
    ranges_m = [talk.ask()["rng_1"] for _ in range(400)]
    assert ranges_m[-1] == 1000.0
    assert (ranges_m[0] < 0.2) is ("0.2" in fault)


def test_ground_beyond_the_rangefinders_range_reads_far() -> None:
    talk = Talk()
    talk.ask()
    assert talk.bridge.plant is not None
    talk.bridge.plant.state[ps.POS + 2] = -80.0
    assert talk.ask()["rng_1"] == 1000.0


@pytest.mark.parametrize(("height_m", "share"), [(0.0, 1.0), (3000.0, 0.861)])
def test_airspeed_is_indicated_airspeed(height_m: float, share: float) -> None:
    home = Home(47.4, 8.5, height_m, 0.0)
    bridge = ArduPilotSitl(
        lambda: Plant(load_airframe("quad_x"), home, seed=1, wind_ned=(-20.0, 0.0, 0.0)), note=print
    )
    for count in range(3):
        line = (bridge.receive(servos(count), HERE, 0.0) or b"").decode()
    assert find_row(line, "", "airspeed")[0] == pytest.approx(20.0 * share, rel=0.01)


STATE = JsonState(
    time_s=1.25, gyro_frd=(0.1, -0.2, 0.3), accel_frd=(0.5, 0.0, -9.8), pos_ned=(1.0, 2.0, -3.0),
    vel_ned=(4.0, -5.0, 6.0), euler_rad=(0.01, 0.02, 3.0), quaternion=(1.0, 0.0, 0.0, 0.0),
    wind_ned=(7.0, 8.0, 9.0), airspeed_m_s=3.5, battery_v=15.5, battery_a=2.0, range_m=2.9,
)  # fmt: skip


def test_golden_bytes() -> None:
    assert state_line(STATE) == (
        b'\n{"timestamp":1.250000,"imu":{"gyro":[0.1,-0.2,0.3],"accel_body":[0.5,0,-9.8]},'
        b'"position":[1,2,-3],"attitude":[0.01,0.02,3],"quaternion":[1,0,0,0],"velocity":[4,-5,6],'
        b'"velocity_wind":[7,8,9],"airspeed":3.5,"battery":{"voltage":15.5,"current":2},"rng_1":2.9}\n'
    )


@pytest.mark.parametrize(
    ("section", "key", "numbers"),
    [
        ("", "timestamp", [1.25]), ("imu", "gyro", [0.1, -0.2, 0.3]), ("imu", "accel_body", [0.5, 0.0, -9.8]),
        ("", "position", [1.0, 2.0, -3.0]), ("", "attitude", [0.01, 0.02, 3.0]),
        ("", "quaternion", [1.0, 0.0, 0.0, 0.0]), ("", "velocity", [4.0, -5.0, 6.0]),
        ("", "velocity_wind", [7.0, 8.0, 9.0]), ("", "airspeed", [3.5]), ("", "rng_1", [2.9]),
        ("battery", "voltage", [15.5]), ("battery", "current", [2.0]),
    ],
)  # fmt: skip
def test_a_parser_that_searches_substrings_finds_each_key(
    section: str, key: str, numbers: list[float]
) -> None:
    assert find_row(state_line(STATE).decode().strip(), section, key) == numbers


def test_a_missing_key_is_not_found() -> None:
    with pytest.raises(KeyNotFound):
        find_row(state_line(STATE).decode(), "", "windvane")


@pytest.mark.parametrize("field", ["time_s", "airspeed_m_s", "range_m", "vel_ned", "gyro_frd"])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite_are_never_written(field: str, bad: float) -> None:
    from dataclasses import replace

    value = (0.0, bad, 0.0) if field.endswith(("ned", "frd")) else bad
    with pytest.raises(ValueError, match="not finite"):
        state_line(replace(STATE, **{field: value}))


@given(st.binary(max_size=100))
def test_any_bytes_are_a_servo_packet_or_refused(data: bytes) -> None:
    with contextlib.suppress(InvalidServoPacket):
        assert len(parse_servos(data).pwm_us) in (16, 32)


def test_ardupilots_parser_finds_each_channel_of_a_transmitter_at_rest() -> None:
    bridge = ArduPilotSitl(
        lambda: Plant(load_airframe("quad_x"), DEFAULT_HOME, seed=1), rc_us=range(1501, 1513), note=print
    )
    reply = bridge.receive(servos(0), HERE, 0.0)
    assert reply is not None
    line = reply.decode()
    assert [find_row(line, "rc", f"rc_{n}") for n in range(1, 13)] == [[1500.0 + n] for n in range(1, 13)]
    assert find_row(line, "", "rng_1")[0] < 0.2
    assert b'"rc' not in (Talk().send(servos(0)) or b"")


@pytest.mark.parametrize("rc_us", [[1500] * 13, [700], [2300]])
def test_impossible_pulse_widths_are_one_clear_line(rc_us: list[int]) -> None:
    with pytest.raises(ScenarioError, match="800 to 2200"):
        check_rc(rc_us)


def test_a_parameter_file_for_the_binary_keeps_all_digits(tmp_path: Path) -> None:
    file = tmp_path / "made.parm"
    write_parameters(file, {"A": 4294967295.0, "B": 0.135, "C": 2097153})
    assert file.read_text() == "A 4294967295\nB 0.135\nC 2097153\n"
