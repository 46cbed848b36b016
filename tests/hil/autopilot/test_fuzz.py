"""Fuzzing: no message and no mission stops the emulated autopilot."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.protocol.mission.items import MissionItem
from controller.wire import dialect
from controller.wire.address import address
from hil.airframes.load import load_airframe
from hil.autopilot.autopilot import STEP_S, EmulatedAutopilot
from hil.autopilot.services.link_services import LinkServices
from hil.autopilot.stacks.arducopter import ArduCopter
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.stacks.px4 import Px4
from hil.sim.clock import run_virtual
from hil.sim.loops.multirotor import MultirotorSim
from hil.sim.vehicle import DEFAULT_HOME
from tests.support.ground_station import flying

PEER = address(255, 190)
HEARD = (
    "COMMAND_LONG", "COMMAND_INT", "HEARTBEAT", "PARAM_SET", "PARAM_REQUEST_READ", "PARAM_REQUEST_LIST",
    "MISSION_COUNT", "MISSION_ITEM_INT", "MISSION_ITEM", "MISSION_REQUEST_LIST", "MISSION_REQUEST_INT",
    "MISSION_REQUEST", "MISSION_ACK", "MISSION_CLEAR_ALL", "MISSION_SET_CURRENT", "MISSION_WRITE_PARTIAL_LIST",
    "MISSION_REQUEST_PARTIAL_LIST", "SET_MODE", "SET_POSITION_TARGET_LOCAL_NED", "SET_POSITION_TARGET_GLOBAL_INT",
    "SET_ATTITUDE_TARGET", "MANUAL_CONTROL", "RC_CHANNELS_OVERRIDE", "REQUEST_DATA_STREAM", "TIMESYNC", "PING",
    "FILE_TRANSFER_PROTOCOL", "LOG_REQUEST_LIST", "LOG_REQUEST_DATA", "SYSTEM_TIME", "STATUSTEXT",
)  # fmt: skip
COMMANDS = (
    16, 17, 20, 21, 22, 112, 115, 176, 178, 179, 181, 183, 185, 192, 193, 195, 197, 201, 203, 206, 214, 224, 241, 246,
    262, 300, 400, 401, 410, 420, 510, 511, 512, 520, 2000, 2001,
)  # fmt: skip

floats = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, math.nan, math.inf, -math.inf, 21196.0, 3e38]), st.floats(width=32)
)


def values_of(field: dialect.Field) -> st.SearchStrategy[Any]:
    """Return a strategy for any value that fits the field."""
    if field.name in ("target_system", "target_component", "target"):
        return st.sampled_from([0, 1])
    if field.name == "command":
        return st.one_of(st.sampled_from(COMMANDS), st.integers(0, 0xFFFF))
    if field.type == "char":
        return st.text("ABC_19", max_size=min(field.length, 12))
    if field.type in ("float", "double"):
        one: st.SearchStrategy[Any] = floats
    else:
        bits = int("".join(c for c in field.type if c.isdigit()))
        low, high = (
            (0, 2**bits - 1) if field.type.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        )
        one = st.one_of(
            st.sampled_from([0, 1, high, low]), st.integers(low, high), st.integers(0, min(12, high))
        )
    if not field.length:
        return one
    return (
        st.binary(min_size=field.length, max_size=field.length)
        if field.type == "uint8_t"
        else st.tuples(*[one] * field.length)
    )


@st.composite
def messages(draw: st.DrawFn) -> Any:
    kind = dialect.by_name(draw(st.sampled_from(HEARD)))
    return kind.cls(**{field.name: draw(values_of(field)) for field in kind.fields})


@pytest.mark.parametrize("stack", [ArduCopter, Px4])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(received=st.lists(messages(), min_size=1, max_size=25))
def test_no_message_stops_the_autopilot(stack: type[AutopilotStack], received: list[Any]) -> None:
    loop = MultirotorSim(load_airframe("quad_x"), DEFAULT_HOME, seed=1)
    autopilot = EmulatedAutopilot(loop, stack())
    port = LinkServices(autopilot)
    answers = port.start(0.0)
    for steps in range(1, 400):
        loop.advance(steps * STEP_S)
        if steps > 370:
            for message in received:
                answers += port.receive(message, PEER, loop.time_s)
        if steps % 10 == 0 or steps > 370:
            autopilot.step()
            answers += [*autopilot.take_outbox(), *port.step(loop.time_s)]
    for answer in answers:
        answer.type_.to_payload(answer)  # all of it can be sent


items = st.builds(
    MissionItem,
    frame=st.sampled_from([0, 2, 3, 6, 10]),
    command=st.sampled_from(
        [16, 17, 18, 19, 20, 21, 22, 31, 82, 93, 112, 114, 115, 177, 178, 179, 195, 201, 206, 2000]
    ),
    param1=floats,
    param2=floats,
    param3=floats,
    param4=floats,
    x=st.sampled_from([0, 473_977_419, 473_980_000, 900_000_000]),
    y=st.sampled_from([0, 85_455_938, 85_460_000]),
    z=st.one_of(st.sampled_from([0.0, 10.0, -5.0, 500.0]), floats),
)


STACKS = {"ardupilot": ArduCopter(), "px4": Px4()}


async def test_a_home_beyond_the_range_of_messages_is_refused() -> None:
    async with flying("px4") as (vehicle, ground):
        takeoff = MissionItem(frame=3, command=22, x=473_977_419, y=85_455_938, z=5.0)
        beyond = MissionItem(frame=2, command=179, x=473_977_419, y=85_455_938, z=2_147_484.0)
        assert await ground.upload([takeoff, beyond]) == 0
        for command in ((176, 1, 4, 4), (400, 1)):
            await ground.command(*command)
        await asyncio.sleep(20.0)
        home = vehicle.autopilot.vehicle.home
        assert home is not None
        assert abs(home.alt_amsl_m - DEFAULT_HOME.alt_amsl_m) < 5.0
        assert await ground.command(179, 0, 0, 0, 0, 47.4, 8.5, 1e30) != 0


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 3e38])
async def test_nan_in_a_jump_and_a_mission_start_is_handled(value: float) -> None:
    async with flying("px4") as (vehicle, ground):
        takeoff = MissionItem(frame=3, command=22, x=473_977_419, y=85_455_938, z=5.0)
        jump = MissionItem(frame=2, command=177, param1=value, param2=value)
        after = MissionItem(frame=3, command=16, x=473_977_419, y=85_455_938, z=7.0)
        assert await ground.upload([takeoff, jump, after]) == 0
        for command in ((176, 1, 4, 4), (400, 1), (300, value)):
            await ground.command(*command)
        await asyncio.sleep(25.0)
        assert vehicle.time_s > 25.0


@pytest.mark.parametrize("stack", STACKS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(data=st.data())
def test_no_accepted_mission_breaks_the_flight(stack: str, data: st.DataObject) -> None:
    accepted = items.filter(lambda item: STACKS[stack].refuse_item(item, 1) == 0)
    mission = data.draw(st.lists(accepted, min_size=1, max_size=8))

    async def fly() -> None:
        async with flying(stack) as (vehicle, ground):
            takeoff = MissionItem(frame=3, command=22, x=473_977_419, y=85_455_938, z=5.0)
            home = [MissionItem(frame=0, command=16)] if stack == "ardupilot" else []
            assert await ground.upload([*home, takeoff, *mission]) == 0
            start = ((176, 1, 4), (400, 1), (176, 1, 3), (300,)) if home else ((176, 1, 4, 4), (400, 1))
            for command in start:
                await ground.command(*command)
            await asyncio.sleep(25.0)
            assert vehicle.time_s > 25.0

    run_virtual(fly())
