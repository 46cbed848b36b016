"""A board in HITL on its serial port: outputs only in HIL mode, and ground stations on the same port."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import os
import re
import sys
from pathlib import Path

import pytest

from controller.clock import SystemClock
from controller.errors import SafetyRefused
from controller.link.memory import memory_pair
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from controller.wire.message import Message
from hil.airframes.load import load_airframe
from hil.bridges.px4.board_peer import Px4Board
from hil.bridges.px4.board_port import BoardEndpoint, serve_board
from hil.bridges.px4.forwarding import to_board, to_ground
from hil.bridges.px4.hitl import Px4Hitl
from hil.bridges.px4.sensor_feed import SensorFeed
from hil.bridges.px4.serve import serve_hitl
from hil.bridges.serve import serve_endpoint
from hil.bridges.world import World
from hil.sim.clock import EPOCH_UTC_US, VirtualClock
from hil.sim.plant.plant import Plant
from hil.sim.vehicle import DEFAULT_HOME
from tests.support.bridge_missions import MISSION
from tests.support.ground_station import Ground, until, until_disarmed

BOARD = address(1, 1)


def feed() -> SensorFeed:
    plant = Plant(load_airframe("quad_x"), DEFAULT_HOME, seed=1, wind_ned=(2.0, 0.0, 0.0))
    return SensorFeed(plant, seed=1, epoch_utc_us=EPOCH_UTC_US)


class Talk:
    def __init__(self) -> None:
        self.notes: list[str] = []
        self.machine = Px4Hitl(
            feed, utc_us=lambda: EPOCH_UTC_US + round(self.now * 1e6), note=self.notes.append
        )
        self.now = 0.0
        self.sent = self.machine.start(0.0)

    def hear(self, message: Message) -> None:
        assert self.machine.receive(message, BOARD, self.now) == []

    def wait(self, until_s: float) -> list[Message]:
        out: list[Message] = []
        while self.machine.deadline is not None and self.machine.deadline <= until_s:
            self.now = self.machine.deadline
            out += self.machine.tick(self.now)
        self.now = until_s
        return out


def beat(mode: int = 32, autopilot: int = 12) -> Message:
    made: Message = m.HEARTBEAT(type=2, autopilot=autopilot, base_mode=mode)
    return made


FULL = m.HIL_ACTUATOR_CONTROLS(controls=(1.0,) * 16, mode=129 | 32)


def test_heartbeats_are_fast_until_the_board_answers_and_then_one_a_second() -> None:
    talk = Talk()
    assert 19 <= len(talk.wait(1.0)) <= 20
    talk.hear(beat())
    beats = [sent for sent in talk.wait(3.9) if sent.name == "HEARTBEAT"]
    assert len(beats) in (3, 4)


def test_outputs_before_hil_mode_are_ignored_and_the_remedy_is_reported() -> None:
    talk = Talk()
    talk.hear(beat(mode=0))
    for _ in range(100):
        talk.hear(FULL)
    assert talk.machine.ignored == 100
    assert talk.machine.feed is None
    (line,) = talk.notes
    assert "SYS_HITL to 1" in line


def test_sensors_come_at_250_hz_in_real_time_without_ground_truth() -> None:
    talk = Talk()
    talk.hear(beat())
    names = [sent.name for sent in talk.wait(2.0)]
    assert 480 <= names.count("HIL_SENSOR") <= 505
    assert "HIL_STATE_QUATERNION" not in names


def test_outputs_of_a_board_that_leaves_hil_mode_are_ignored() -> None:
    talk = Talk()
    talk.hear(beat())
    talk.wait(0.5)
    talk.hear(beat(mode=0))
    talk.hear(FULL)
    assert talk.machine.feed is None
    assert talk.machine.ignored == 1


def test_a_silent_port_is_reported_after_three_seconds() -> None:
    talk = Talk()
    talk.wait(3.1)
    (line,) = talk.notes
    assert "received nothing from the board" in line


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            bytes(range(200)),
            "the board has sent 200 bytes that are not MAVLink: .*Usually the baud rate differs",
        ),
        (
            Encoder(address(51, 68)).pack(m.RADIO_STATUS()),
            "the board has sent 1 MAVLink frames.*not of a radio",
        ),
    ],
)
def test_a_port_with_other_data_is_reported_with_its_kind(data: bytes, expected: str) -> None:
    talk = Talk()
    BoardEndpoint(talk.machine, ()).feed(data, 0.5)
    talk.wait(3.05)
    (line,) = talk.notes
    assert re.match(expected, line)


def test_a_board_with_another_autopilot_is_reported_once_and_not_as_silent() -> None:
    talk = Talk()
    talk.hear(beat(autopilot=3))
    talk.wait(10.0)
    assert [line.partition(",")[0] for line in talk.notes] == ["the board has autopilot type 3"]


def test_a_machine_too_slow_for_real_time_is_reported_within_three_seconds() -> None:
    talk = Talk()
    talk.hear(beat())
    while talk.now < 2.9:
        talk.now += 0.010
        if (talk.machine.deadline or 0.0) <= talk.now:
            talk.machine.tick(talk.now)  # a step of 4 ms every 10 ms
            talk.hear(FULL)
    assert [line.partition("; ")[0] for line in talk.notes] == [
        "simulation falls behind: speed 1 requested, 0.4 achieved"
    ]


def test_a_board_without_outputs_is_reported_with_pwm_out_sim() -> None:
    talk = Talk()
    talk.hear(beat())
    for second in (1.0, 2.0, 3.2):
        talk.wait(second)
        talk.hear(beat())
    talk.wait(3.5)
    (line,) = talk.notes
    assert "pwm_out_sim" in line


def test_an_ardupilot_board_is_reported() -> None:
    talk = Talk()
    talk.hear(beat(autopilot=3))
    assert "autopilot type 3, expected PX4" in talk.notes[0]
    assert talk.machine.feed is None


@pytest.mark.parametrize(
    "message",
    [
        m.SET_MODE(base_mode=1, custom_mode=4),
        m.COMMAND_LONG(command=176, param1=1, param2=4, target_system=1),
    ],
)
def test_a_mode_change_through_the_bridge_keeps_the_board_in_hil_mode(message: Message) -> None:
    (frame,) = Framer().feed(Encoder(address(255, 190)).pack(message))
    (passed,) = Framer().feed(to_board(frame))
    got = passed.message()
    assert passed.source == frame.source
    assert int(got.base_mode if got.name == "SET_MODE" else got.param1) == 33


def test_other_frames_pass_unchanged_and_outputs_do_not_reach_the_ground() -> None:
    encoder = Encoder(BOARD)
    (frame,) = Framer().feed(encoder.pack(m.COMMAND_LONG(command=400, param1=1)))
    assert to_board(frame) == to_ground(frame) == frame.raw
    (outputs,) = Framer().feed(encoder.pack(FULL))
    assert to_ground(outputs) == b""


async def test_a_board_flies_a_mission_with_its_ground_station_on_the_same_port() -> None:
    notes: list[str] = []
    ours, theirs = memory_pair("simulator", "board")
    beside, there = memory_pair("bridge", "ground")
    machine = Px4Hitl(feed, utc_us=lambda: EPOCH_UTC_US, note=notes.append)
    board = Px4Board(DEFAULT_HOME)
    ground = Ground(there)
    async with asyncio.TaskGroup() as group:
        work = (
            serve_board(machine, ours, beside),
            serve_endpoint(board, theirs),
            ground.listen(),
            ground.beat(),
        )
        tasks = [group.create_task(one) for one in work]
        await until(lambda: board.emulator.autopilot.vehicle.home is not None, within_s=60.0)
        assert await ground.upload(MISSION) == 0
        assert await ground.command(176, 1, 4, 4) == 0
        assert await ground.command(400, 1) == 0
        assert machine.feed is not None
        plant = machine.feed.plant
        await until(lambda: plant.truth.pos_ned[0] > 25.0, within_s=60.0)
        await until_disarmed(board.emulator, within_s=240.0)
        for task in tasks:
            task.cancel()
    assert math.hypot(*plant.truth.pos_ned[:2]) < 2.0
    assert plant.truth.pos_ned[2] > -0.5
    assert board.denied == 0
    assert notes == []


async def test_without_the_option_propellers_off_nothing_starts() -> None:
    with pytest.raises(SafetyRefused, match="may drive connected motors"):
        await serve_hitl(
            World(), "serial:/dev/null:921600", ground=(), propellers_off=False,
            clock=VirtualClock(), note=print, on_ready=print,
        )  # fmt: skip


@pytest.mark.realtime
@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are Unix's")
async def test_a_board_on_a_serial_port_is_found_again_after_its_cable_was_out(
    tmp_path: Path,
) -> None:
    notes: list[str] = []
    cable = tmp_path / "board"
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def board(samples: int) -> None:
        master, slave = os.openpty()
        import tty

        tty.setraw(slave)
        cable.unlink(missing_ok=True)
        cable.symlink_to(os.ttyname(slave))
        framer, encoder, got = Framer(), Encoder(BOARD), 0
        loop = asyncio.get_running_loop()
        os.set_blocking(master, False)
        arrived = asyncio.Event()
        loop.add_reader(master, arrived.set)
        async with asyncio.timeout(20.0):
            while got < samples:
                arrived.clear()
                with contextlib.suppress(BlockingIOError):
                    frames = framer.feed(os.read(master, 4096))
                    got += sum(frame.name == "HIL_SENSOR" for frame in frames)
                    if any(frame.name == "HEARTBEAT" for frame in frames):
                        os.write(master, encoder.pack(beat()))
                if not serving and loop.is_running():
                    serving.append(
                        asyncio.ensure_future(
                            serve_hitl(
                                World(), f"serial:{cable}:921600", ground=(), propellers_off=True,
                                clock=SystemClock(), note=notes.append, on_ready=ready.set_result,
                            )
                        )
                    )  # fmt: skip
                await arrived.wait()
        loop.remove_reader(master)
        os.close(slave)
        os.close(master)

    serving: list[asyncio.Future[None]] = []
    await board(50)
    await board(50)
    assert any("serial port lost" in line for line in notes)
    serving[0].cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving[0]


def test_a_board_gets_the_time_once_a_second_and_answers_to_timesync() -> None:
    talk = Talk()
    sent = []
    for second in range(6):
        talk.hear(beat())
        sent += [one for one in talk.wait(second + 0.5) if one.name == "SYSTEM_TIME"]
    apart_us = [b.time_unix_usec - a.time_unix_usec for a, b in itertools.pairwise(sent)]
    assert apart_us == pytest.approx([1e6] * len(apart_us), rel=1e-6)
    assert len(apart_us) >= 4
    (answer,) = talk.machine.receive(m.TIMESYNC(tc1=0, ts1=123), BOARD, talk.now)
    assert (answer.name, answer.tc1, answer.ts1) == ("TIMESYNC", 5_500_000_000, 123)
    assert talk.machine.receive(m.TIMESYNC(tc1=5, ts1=123), BOARD, talk.now) == []
