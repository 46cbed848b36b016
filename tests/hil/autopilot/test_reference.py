"""Comparison with recorded flights of the real autopilots: the same messages, acknowledgements and texts, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.wire import item_from
from controller.wire import dialect
from hil.autopilot.stacks.modes import px4_number
from hil.geodesy import Home
from tests.support.ground_station import flying, until_disarmed
from tests.support.reference_flights import frames

STACKS = {"ardupilot": "arducopter", "px4": "px4"}
# Messages of their simulators and sensors that are not simulated here.
NOT_SIMULATED = {
    "ardupilot": {"SIM_STATE", "SCALED_PRESSURE2", "TIMESYNC"},
    "px4": {
        "ATTITUDE_TARGET", "COMMAND_LONG", "DISTANCE_SENSOR", "ODOMETRY", "OPEN_DRONE_ID_LOCATION",
        "OPEN_DRONE_ID_SYSTEM", "LINK_NODE_STATUS",
    },
}  # fmt: skip
# Texts of their simulators, of second sensors, and from before the link was open.
OTHER_TEXTS = (
    "SIM ",
    "RCInput",
    "Barometer 2",
    "EKF3 IMU1",
    "GPS 1:",
    "RC7",
    "Calibrating",
    "AHRS: DCM",
    "[logger]",
)
OTHER_TEXTS += ("EKF3 IMU0 MAG0 in-flight",)


@pytest.mark.parametrize("stack", STACKS)
async def test_the_square_mission_is_flown_as_recorded(stack: str, shared_data: Path) -> None:
    recorded = frames(shared_data, STACKS[stack], "square")
    theirs = [(at, frame.system, frame.message()) for at, frame in recorded if frame.known]
    home = next(message for _, system, message in theirs if system == 1 and message.name == "HOME_POSITION")
    where = Home(home.latitude / 1e7, home.longitude / 1e7, home.altitude / 1e3, 0.0)
    asked = [message for _, system, message in theirs if system == 255 and message.name == "COMMAND_LONG"]
    answers = [message for _, system, message in theirs if system == 1 and message.name == "COMMAND_ACK"]
    items: dict[int, MissionItem] = {
        message.seq: item_from(message)
        for _, system, message in theirs
        if system == 255 and message.name == "MISSION_ITEM_INT"
    }
    async with flying(stack, home=where) as (vehicle, ground):
        for message in asked:
            if message.command in (511, 512) and dialect.by_id(int(message.param1)):
                result = await ground.command(
                    message.command, *(getattr(message, f"param{i}") for i in range(1, 8))
                )
                theirs_is = _answer(answers, asked, message)
                assert result == theirs_is, message
        assert await ground.upload([items[seq] for seq in sorted(items)]) == 0
        back = await ground.download()
        assert len(back) == len(items)
        for message in asked:
            if message.command not in (511, 512):
                await asyncio.sleep(1.1)  # so that each mode is in a heartbeat, as recorded
                assert (
                    await ground.command(
                        message.command, *(getattr(message, f"param{i}") for i in range(1, 8))
                    )
                    == 0
                )
        await until_disarmed(vehicle)
        await asyncio.sleep(3.0)
        ours = {frame.name for _, frame in ground.heard}
        wanted = {message.name for _, system, message in theirs if system == 1} - NOT_SIMULATED[stack]
        assert {name for name in wanted if not name.startswith("UNKNOWN") and name != "PARAM_VALUE"} <= ours
        assert ground.reached() == _changes(theirs, "MISSION_ITEM_REACHED", "seq")
        assert _lasting(mode for _, mode in ground.modes()) == _lasting(
            _changes(theirs, "HEARTBEAT", "custom_mode")
        )
        assert _comparable(ground.texts()) == _comparable(_texts(theirs))


def _answer(answers: list, asked: list, message: object) -> int:  # type: ignore[type-arg]
    """Return the real autopilot's result; acknowledgements are in the order of the commands."""
    same = [one for one in answers if one.command == message.command]  # type: ignore[attr-defined]
    questions = [one for one in asked if one.command == message.command]  # type: ignore[attr-defined]
    return int(same[next(i for i, one in enumerate(questions) if one is message)].result)


def _changes(theirs: list, name: str, field: str) -> list[int]:  # type: ignore[type-arg]
    values = [
        getattr(message, field) for _, system, message in theirs if system == 1 and message.name == name
    ]
    return [value for i, value in enumerate(values) if i == 0 or values[i - 1] != value]


def _lasting(modes: Iterable[int]) -> list[int]:
    """Return the modes without PX4's short hold between mission and return, which some heartbeats miss."""
    hold, home = px4_number(4, 3), px4_number(4, 5)
    known = list(modes)
    return [mode for mode, after in zip(known, [*known[1:], 0], strict=True) if (mode, after) != (hold, home)]


def _texts(theirs: list) -> list[str]:  # type: ignore[type-arg]
    joined: list[str] = []
    for _, system, message in theirs:
        if system == 1 and message.name == "STATUSTEXT":
            if message.chunk_seq:
                joined[-1] += message.text
            else:
                joined.append(message.text)
    return [text.rstrip("\t") for text in joined]


def _comparable(texts: list[str]) -> list[str]:
    """Return the texts without those that only the real autopilot can send, and without heights."""
    kept = [text for text in texts if not text.startswith(OTHER_TEXTS)]
    return ["RTL: start return" if text.startswith("RTL: start return") else text for text in kept]
