"""Protocol of the bridge to PX4, in normal operation and with faults."""

from __future__ import annotations

import math
from typing import Any

import pytest

from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.message import Message
from hil.airframes.load import load_airframe
from hil.bridges.px4.sensor_feed import START_US, SensorFeed
from hil.bridges.px4.sitl import Px4Sitl, not_started
from hil.bridges.serve import FramedEndpoint
from hil.sim.plant.plant import Plant
from hil.sim.vehicle import DEFAULT_HOME

PX4 = address(1, 1)
BEAT = m.HEARTBEAT(type=2, autopilot=12)


class Talk:
    """The machine and its reports, with a manual clock."""

    def __init__(self, *, speed: float = math.inf, imu_hz: int = 250) -> None:
        self.notes: list[str] = []
        self.made = 0
        self._imu_hz = imu_hz
        self.bridge = Px4Sitl(self._feed, speed=speed, note=self.notes.append)
        self.now = 0.0
        assert self.bridge.start(0.0) == []

    def _feed(self) -> SensorFeed:
        self.made += 1
        plant = Plant(load_airframe("quad_x"), DEFAULT_HOME, seed=1, imu_hz=self._imu_hz)
        return SensorFeed(plant, seed=1, epoch_utc_us=1_700_000_000_000_000)

    def hear(self, message: Message) -> list[Message]:
        """Stamp unstamped outputs as answers to the last sample; PX4 counts from the first one less a millisecond."""
        if message.name == "HIL_ACTUATOR_CONTROLS" and not message.time_usec and self.bridge.feed is not None:
            message = message.replace(time_usec=self.bridge.feed.sampled_us - START_US + 1000)
        return self.bridge.receive(message, PX4, self.now)

    def bytes(self, data: bytes) -> None:
        """Feed bytes as the link does."""
        FramedEndpoint(self.bridge, link_diagnosis=self.bridge.link_diagnosis).feed(data, self.now)

    def wait(self, until_s: float) -> list[Message]:
        """Return the messages sent while time passes."""
        out: list[Message] = []
        while self.bridge.deadline is not None and self.bridge.deadline <= until_s:
            self.now = self.bridge.deadline
            out += self.bridge.tick(self.now)
        self.now = until_s
        return out

    @property
    def sampled_us(self) -> int:
        assert self.bridge.feed is not None
        return self.bridge.feed.sampled_us

    @property
    def plant(self) -> Plant:
        assert self.bridge.feed is not None
        return self.bridge.feed.plant


def outputs(*duties: float, armed: bool = True, lockstep: bool = True, time_us: int = 0) -> Message:
    made: Message = m.HIL_ACTUATOR_CONTROLS(
        time_usec=time_us,
        controls=(*duties, *[0.0] * (16 - len(duties))),
        mode=1 | (128 if armed else 0),
        flags=int(lockstep),
    )
    return made


def test_sensors_run_freely_until_the_first_outputs_and_then_wait_for_each() -> None:
    talk = Talk()
    assert [sent.name for sent in talk.hear(BEAT)] == ["HIL_SENSOR"]
    assert len(talk.wait(0.1)) >= 20
    assert [sent.name for sent in talk.hear(outputs(0, 0, 0, 0))] == []  # received between two samples
    (sample,) = talk.wait(talk.now + 0.005)
    assert talk.wait(talk.now + 0.4) == []
    (following,) = talk.hear(outputs(0, 0, 0, 0))
    assert following.time_usec == sample.time_usec + 4000


def test_a_missing_answer_costs_half_a_second_and_is_counted() -> None:
    talk = Talk()
    talk.hear(BEAT)
    talk.hear(outputs(0, 0, 0, 0))
    talk.wait(talk.now + 0.01)
    assert len(talk.wait(talk.now + 0.55)) == 1
    assert talk.bridge.unanswered == 1
    assert talk.notes == []


@pytest.mark.parametrize(("imu_hz", "asked"), [(250, False), (500, True), (1000, True)])
def test_a_px4_that_skips_samples_is_not_waited_for_and_the_parameter_is_reported(
    imu_hz: int, asked: bool
) -> None:
    talk = Talk(imu_hz=imu_hz)
    talk.hear(BEAT)
    talk.hear(outputs(0, 0, 0, 0))
    for _ in range(3):
        talk.wait(talk.now + 0.6)
        talk.hear(outputs(0, 0, 0, 0))
    (line,) = talk.notes
    assert "skips samples" in line
    assert (f"IMU_GYRO_RATEMAX of {imu_hz}" in line) is asked
    assert len(talk.wait(talk.now + 0.1)) >= 9
    for _ in range(251):
        talk.hear(outputs(0, 0, 0, 0))
    assert talk.wait(talk.now + 0.4) == []
    assert len(talk.notes) == 1


def test_a_rarely_skipped_answer_changes_nothing() -> None:
    talk = Talk()
    talk.hear(BEAT)
    talk.hear(outputs(0, 0, 0, 0))
    for _ in range(5):
        talk.wait(talk.now + 0.6)
        for _ in range(300):
            talk.hear(outputs(0, 0, 0, 0))
    assert talk.bridge.unanswered == 5
    assert talk.notes == []


def test_a_stopped_px4_is_reported_after_three_seconds_and_may_continue_after_ten() -> None:
    talk = Talk()
    talk.hear(BEAT)
    talk.hear(outputs(0, 0, 0, 0))
    talk.wait(talk.now + 3.5)
    assert len(talk.notes) == 1
    assert "has not answered for 3 s: expected HIL_ACTUATOR_CONTROLS" in talk.notes[0]
    talk.wait(talk.now + 6.5)
    assert len(talk.notes) == 1
    assert talk.plant.time_s < 0.3  # it waited
    assert talk.hear(outputs(0, 0, 0, 0)) != []


def test_a_missing_connection_is_reported_after_three_seconds_with_causes() -> None:
    talk = Talk()
    assert talk.wait(3.0) == []
    (line,) = talk.notes
    assert "no connection for 3 s" in line
    assert "PX4_SIM_HOSTNAME" in line


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "the connected client sends nothing"),
        (b"x" * 21, "has sent 21 bytes that are not MAVLink"),
        (b"GET / HTTP/1.1\r\n\r\n", "sends HTTP"),
        (
            Encoder(address(255, 190)).pack(m.PING(seq=1)),
            "has sent 1 MAVLink frames, none of them expected",
        ),
    ],
)
def test_a_client_that_is_not_px4_is_reported_within_three_seconds_with_its_data(
    data: bytes, expected: str
) -> None:
    talk = Talk()
    talk.wait(3.0)  # no connection
    talk.wait(7.0)
    talk.bridge.connected(talk.now)
    talk.bytes(data)
    talk.wait(10.0)
    assert expected in talk.notes[1]
    assert "expected PX4's HEARTBEAT" in talk.notes[1]
    talk.wait(30.0)
    assert len(talk.notes) == 2


def test_a_silent_client_is_reported_again_when_it_sends_wrong_data() -> None:
    talk = Talk()
    talk.bridge.connected(0.0)
    talk.wait(4.0)
    talk.bytes(b"HEAD / HTTP/1.0\r\n")
    talk.wait(7.0)
    assert ["sends nothing" in talk.notes[0], "sends HTTP" in talk.notes[1]] == [True, True]


def test_another_autopilot_is_not_reported_as_silent_as_well() -> None:
    talk = Talk()
    talk.bridge.connected(0.0)
    talk.hear(m.HEARTBEAT(type=2, autopilot=3))
    talk.wait(10.0)
    assert len(talk.notes) == 1


def test_after_a_wrong_client_px4_is_expected_again() -> None:
    talk = Talk()
    talk.bridge.connected(0.0)
    talk.wait(5.0)
    talk.bridge.lost(5.0)
    talk.wait(8.0)
    assert "no connection" in talk.notes[1]
    talk.bridge.connected(8.0)
    assert talk.hear(BEAT) != []


def test_the_likely_cause_names_the_requested_port() -> None:
    assert "this port (4599; it takes 4560 + its instance)" in not_started(4599)


def test_the_cause_of_silence_comes_from_the_starter_of_px4() -> None:
    notes: list[str] = []
    bridge = Px4Sitl(pytest.fail, note=notes.append, cause=lambda: "Its last output: no such model")
    bridge.start(0.0)
    bridge.tick(3.0)
    assert notes == ["no connection for 3 s: expected PX4 as a client. Its last output: no such model"]


def test_an_answer_to_an_older_sample_releases_no_step_and_is_counted() -> None:
    talk = Talk()
    talk.hear(BEAT)
    for _ in range(5):
        talk.hear(outputs(0, 0, 0, 0))
        talk.wait(talk.now + 0.005)
    late = outputs(0, 0, 0, 0, time_us=talk.sampled_us - START_US + 1000)
    talk.wait(talk.now + 0.5)  # timed out, and the next one sent
    assert talk.hear(late) == []
    assert talk.bridge.late == 1
    (following,) = talk.hear(outputs(0, 0, 0, 0))
    assert following.time_usec == talk.sampled_us


@pytest.mark.parametrize("stamp_us", [1, 77_000_000])
def test_unusable_time_stamps_are_ignored_after_a_while(stamp_us: int) -> None:
    talk = Talk()
    talk.hear(BEAT)
    talk.hear(outputs(0, 0, 0, 0, time_us=stamp_us))
    for _ in range(12):
        talk.wait(talk.now + 0.51)
        talk.hear(outputs(0, 0, 0, 0, time_us=stamp_us))
    steps = talk.bridge.steps
    for _ in range(100):
        talk.hear(outputs(0, 0, 0, 0, time_us=stamp_us))
    assert talk.bridge.steps - steps == 100


def test_a_clock_that_goes_back_is_reported_once_and_the_flight_goes_on() -> None:
    talk = Talk()
    talk.hear(BEAT)
    for _ in range(50):
        talk.hear(outputs(0, 0, 0, 0))
        talk.wait(talk.now + 0.005)
    for i in range(50):
        assert talk.hear(outputs(0, 0, 0, 0, time_us=4000 * i + 1000)) != []
    (line,) = talk.notes
    assert line == "PX4's clock went back to 0.001 s; the simulation goes on"


def test_a_simulation_below_the_requested_speed_is_reported_within_three_seconds() -> None:
    talk = Talk(speed=5.0)
    talk.hear(BEAT)
    talk.hear(outputs(0, 0, 0, 0))
    while talk.now < 3.0:
        talk.hear(outputs(0, 0, 0, 0))
        talk.wait(talk.now + 0.002)  # a step of 4 ms
    (line,) = talk.notes
    assert line.startswith("simulation falls behind: speed 5 requested, 2 achieved")


def test_a_px4_stopped_for_ten_seconds_is_not_a_slow_simulation() -> None:
    talk = Talk(speed=1.0)
    talk.hear(BEAT)
    for _ in range(1500):
        talk.hear(outputs(0, 0, 0, 0))
        talk.wait(talk.now + 0.004)
        if talk.bridge.steps == 700:
            talk.wait(talk.now + 10.0)
    assert [line.partition(":")[0] for line in talk.notes] == ["PX4 has not answered for 3 s"]


def test_another_autopilot_is_reported_and_gets_no_sensors() -> None:
    talk = Talk()
    assert talk.hear(m.HEARTBEAT(type=2, autopilot=3)) == []
    assert "autopilot type 3, expected PX4 (12)" in talk.notes[0]
    assert talk.made == 0


def test_a_px4_without_outputs_is_reported_with_pwm_out_sim() -> None:
    talk = Talk()
    talk.hear(BEAT)
    talk.wait(3.1)
    (line,) = talk.notes
    assert "pwm_out_sim status" in line


def test_a_px4_without_lockstep_runs_on_in_real_time() -> None:
    talk = Talk(speed=1.0)
    talk.hear(BEAT)
    talk.hear(outputs(0.5, 0.5, 0.5, 0.5, lockstep=False))
    assert 240 <= sum(sent.name == "HIL_SENSOR" for sent in talk.wait(1.0)) <= 260
    assert "without lockstep" in talk.notes[0]
    assert talk.plant.truth.rotor_speeds_rad_s[0] > 100.0


def test_outputs_that_are_nan_keep_the_last_command_and_are_reported_once() -> None:
    talk = Talk()
    talk.hear(BEAT)
    talk.hear(outputs(0.4, 0.4, 0.4, 0.4))
    for _ in range(100):
        talk.wait(talk.now + 0.004)
        talk.hear(outputs(0.4, math.nan, 0.4, 0.4))
    speeds = talk.plant.truth.rotor_speeds_rad_s
    assert max(speeds) - min(speeds) < 1.0
    assert speeds[1] > 100.0
    (line,) = talk.notes
    assert "nan for output 2" in line


def test_disarmed_motors_are_stopped_at_any_output_value() -> None:
    talk = Talk()
    talk.hear(BEAT)
    for _ in range(100):
        talk.hear(outputs(0.9, 0.9, 0.9, 0.9, armed=False))
        talk.wait(talk.now + 0.004)
    assert talk.plant.truth.rotor_speeds_rad_s == (0.0,) * 4


def test_a_restarted_px4_gets_a_new_aircraft_at_home() -> None:
    talk = Talk()
    talk.hear(BEAT)
    first = talk.plant
    talk.wait(0.5)
    talk.bridge.lost(talk.now)
    assert "closed the connection" in talk.notes[0]
    assert talk.hear(outputs(0.5, 0.5, 0.5, 0.5)) == []  # a late one of the old connection
    talk.hear(BEAT)
    assert talk.plant is not first
    assert talk.plant.time_s < 0.01


@pytest.mark.parametrize("asks_first", [True, False])
@pytest.mark.parametrize(("interval_us", "count"), [(5000, 80), (20_000, 20), (-1, 0), (0, 0)])
def test_ground_truth_is_sent_at_the_requested_interval(
    interval_us: float, count: int, asks_first: bool
) -> None:
    talk = Talk(speed=1.0)
    ask = m.COMMAND_LONG(command=511, param1=115, param2=interval_us)
    for message in (ask, BEAT) if asks_first else (BEAT, ask):
        talk.hear(message)
    got = sum(sent.name == "HIL_STATE_QUATERNION" for sent in talk.wait(0.4))
    assert abs(got - count) <= 1


def test_magnetometer_and_barometer_come_in_whole_groups_at_50_hz() -> None:
    talk = Talk(speed=1.0)
    sent = talk.hear(BEAT) + talk.wait(1.0)
    fields = [one.fields_updated for one in sent if one.name == "HIL_SENSOR"]
    assert set(fields) == {0x3F, 0x3F | 0x1C0 | 0x1A00}
    assert 48 <= sum(one != 0x3F for one in fields) <= 52


def test_a_position_comes_at_5_hz_with_utc_once_the_receiver_has_a_fix() -> None:
    talk = Talk(speed=1.0)
    talk.hear(BEAT)
    sent = [one for one in talk.wait(20.0) if one.name == "HIL_GPS"]
    fixed = [one for one in sent if one.fix_type == 3]
    assert 90 <= len(sent) <= 100
    assert fixed
    last: Any = fixed[-1]
    assert abs(last.lat - round(DEFAULT_HOME.lat_deg * 1e7)) < 1000
    assert last.time_usec > 1_700_000_000_000_000
    assert 0 < last.eph < 1000  # cm
