"""Every request is answered as by the real autopilots."""

from __future__ import annotations

import asyncio
import math
import struct

import pytest

from controller.protocol.mission.items import MissionItem
from controller.wire import dialect
from controller.wire import messages as m
from tests.support.ground_station import Ground, flying

BOTH = pytest.mark.parametrize("stack", ["ardupilot", "px4"])
US = {"target_system": 1, "target_component": 1}
ACCEPTED, TEMPORARILY_REJECTED, DENIED, UNSUPPORTED, FAILED = 0, 1, 2, 3, 4


@BOTH
async def test_an_unknown_command_is_unsupported(stack: str) -> None:
    async with flying(stack) as (_, ground):
        for command in (31000, 42428, 94, 519):
            assert await ground.command(command) == UNSUPPORTED, command


@BOTH
async def test_the_autopilot_version_is_sent_on_both_requests(stack: str) -> None:
    async with flying(stack) as (_, ground):
        assert await ground.command(512, 148) == ACCEPTED
        assert await ground.command(520, 1) == ACCEPTED
        await asyncio.sleep(0.1)
        first, second = (message for _, message in ground.messages("AUTOPILOT_VERSION"))
        assert first == second
        assert first.capabilities & 0x4  # mission items as integers
        assert bool(first.capabilities & 0x10) == (stack == "px4")  # parameters bytewise
        assert first.capabilities & 0x20  # files


@BOTH
async def test_a_message_is_sent_on_request_and_at_the_requested_rate(stack: str) -> None:
    async with flying(stack) as (_, ground):
        assert await ground.command(512, 31) == ACCEPTED
        assert await ground.command(511, 31, 50_000) == ACCEPTED
        before = len(ground.messages("ATTITUDE_QUATERNION"))
        await asyncio.sleep(2.0)
        assert len(ground.messages("ATTITUDE_QUATERNION")) - before == pytest.approx(40, abs=1)
        assert (
            await ground.ask(m.COMMAND_LONG(command=510, param1=31.0, **US), "MESSAGE_INTERVAL")
        ).interval_us == 50_000


async def test_gps_raw_int_has_the_receivers_accuracies() -> None:
    async with flying("ardupilot") as (_, ground):
        await asyncio.sleep(30.0)
        gps = await ground.ask(m.COMMAND_LONG(command=512, param1=24.0, **US), "GPS_RAW_INT")
        assert (gps.h_acc, gps.v_acc, gps.vel_acc) == (480, 840, 60)


async def test_px4_refuses_the_same_message_intervals_as_the_real_one() -> None:
    async with flying("px4") as (_, ground):
        for number in (42, 108, 410, 340):
            assert await ground.command(511, number, 200_000) == FAILED, number
        for number in (106, 331):  # what it can stream, but nothing here measures
            assert await ground.command(511, number, -1) == ACCEPTED, number


async def test_ardupilot_streams_groups_on_request_data_stream() -> None:
    async with flying("ardupilot") as (_, ground):
        assert not ground.messages("ATTITUDE")
        await ground.send(m.REQUEST_DATA_STREAM(req_stream_id=0, req_message_rate=4, start_stop=1, **US))
        await asyncio.sleep(5.0)
        for name in (
            "ATTITUDE",
            "GLOBAL_POSITION_INT",
            "SYS_STATUS",
            "GPS_RAW_INT",
            "VFR_HUD",
            "EKF_STATUS_REPORT",
        ):
            assert len(ground.messages(name)) == pytest.approx(20, abs=1), name


@BOTH
async def test_every_known_message_can_be_requested(stack: str) -> None:
    async with flying(stack) as (vehicle, ground):
        refusal = {"ardupilot": FAILED, "px4": DENIED}[stack]
        never = {dialect.by_name(name).msg_id for name in vehicle.autopilot.stack.refused_requests}
        for number in sorted(vehicle.autopilot.telemetry.known):
            missing = number in never or vehicle.autopilot.telemetry.make(number) is None
            assert await ground.command(512, number) == (refusal if missing else ACCEPTED), number


@BOTH
async def test_available_modes_are_listed_one_by_one_and_all_together(stack: str) -> None:
    async with flying(stack) as (vehicle, ground):
        modes = vehicle.autopilot.stack.modes.all
        assert await ground.command(512, 435, 0) == ACCEPTED
        await asyncio.sleep(0.1)
        listed = [message for _, message in ground.messages("AVAILABLE_MODES")]
        assert [(one.mode_index, one.custom_mode) for one in listed] == [
            (i, mode.number) for i, mode in enumerate(modes, 1)
        ]
        third = await ground.ask(
            m.COMMAND_LONG(command=512, param1=435.0, param2=3.0, **US), "AVAILABLE_MODES"
        )
        assert third.mode_name == modes[2].name
        assert await ground.command(512, 435, 99) == DENIED


@BOTH
async def test_missing_files_and_logs_are_refused_at_once(stack: str) -> None:
    async with flying(stack) as (_, ground):
        opening = struct.pack("<HBBBBBxI", 7, 0, 4, 5, 0, 0, 0) + b"/x.px"
        request = m.FILE_TRANSFER_PROTOCOL(payload=opening.ljust(251, b"\0"), **US)
        answer = await ground.ask(request, "FILE_TRANSFER_PROTOCOL", within_s=0.1)
        seq, _, opcode, size, asked = struct.unpack_from("<HBBBB", answer.payload)
        assert (seq, opcode, size, asked, answer.payload[12]) == (8, 129, 1, 4, 10)
        await ground.send(m.LOG_REQUEST_LIST(end=0xFFFF, **US))
        await asyncio.sleep(0.1)
        entries = [message.num_logs for _, message in ground.messages("LOG_ENTRY")]
        assert entries == ([] if stack == "px4" else [0])


@BOTH
async def test_a_ping_and_a_timesync_are_answered(stack: str) -> None:
    async with flying(stack) as (_, ground):
        answer = await ground.ask(m.PING(time_usec=5, seq=9), "PING", target_system=255)
        assert (answer.time_usec, answer.seq) == (5, 9)
        assert (await ground.ask(m.TIMESYNC(tc1=0, ts1=77), "TIMESYNC", ts1=77)).tc1 > 0


@BOTH
async def test_all_parameters_are_listed(stack: str) -> None:
    async with flying(stack) as (vehicle, ground):
        await ground.send(m.PARAM_REQUEST_LIST(**US))
        await asyncio.sleep(3.0)
        listed = [value for _, value in ground.messages("PARAM_VALUE") if value.param_index != 65535]
        assert [value.param_index for value in listed] == list(range(len(vehicle.autopilot.params)))
        assert ("_HASH_CHECK" in {value.param_id for _, value in ground.messages("PARAM_VALUE")}) == (
            stack == "px4"
        )


async def test_ardupilot_takes_integers_as_floats() -> None:
    async with flying("ardupilot") as (vehicle, ground):
        assert await ground.set_param("RTL_ALT", 4000.0) == 4000.0
        assert vehicle.autopilot.params["RTL_ALT"] == 4000


async def test_px4_takes_integers_bytewise() -> None:
    async with flying("px4") as (vehicle, ground):
        (wire,) = struct.unpack("<f", struct.pack("<i", 2))
        assert await ground.set_param("NAV_DLL_ACT", wire, kind=6) == wire
        assert vehicle.autopilot.params["NAV_DLL_ACT"] == 2


@BOTH
async def test_home_is_reported_and_can_be_moved(stack: str) -> None:
    async with flying(stack) as (vehicle, ground):
        assert await ground.command(410) == ACCEPTED
        place = m.COMMAND_INT(command=179, frame=0, x=473_980_000, y=85_460_000, z=500.0, **US)
        await ground.send(place)
        moved = await ground.until("HOME_POSITION", latitude=473_980_000)
        assert (moved.longitude, moved.altitude) == (85_460_000, 500_000)
        assert vehicle.autopilot.vehicle.home is not None


async def test_item_0_of_ardupilot_is_home() -> None:
    async with flying("ardupilot") as (vehicle, ground):
        (item,) = await ground.download()
        home = vehicle.autopilot.vehicle.home
        assert home is not None
        assert (item.command, item.frame, item.x, item.y) == (
            16, 0, round(home.lat_deg * 1e7), round(home.lon_deg * 1e7),
        )  # fmt: skip


async def test_a_mission_is_refused_as_a_whole_for_one_bad_item() -> None:
    good = MissionItem(frame=3, command=16, x=473_977_000, y=85_456_000, z=20.0)
    spline = MissionItem(frame=3, command=82, x=473_977_000, y=85_456_000, z=20.0)
    async with flying("px4") as (_, ground):
        assert await ground.upload([good, good]) == 0
        assert await ground.upload([good, spline, good]) == 3
        assert len(await ground.download()) == 2


@BOTH
async def test_the_current_mission_item_can_be_set(stack: str) -> None:
    item = MissionItem(frame=3, command=16, x=473_977_000, y=85_456_000, z=20.0)
    async with flying(stack) as (vehicle, ground):
        assert await ground.upload([item] * 4) == 0
        assert (await ground.ask(m.MISSION_SET_CURRENT(seq=3, **US), "MISSION_CURRENT")).seq == 3
        # PX4 has no command for it.
        wanted = {"ardupilot": (ACCEPTED, FAILED, 2), "px4": (UNSUPPORTED, UNSUPPORTED, 3)}[stack]
        results = (await ground.command(224, 2), await ground.command(224, 9))
        assert (*results, vehicle.autopilot.commander.navigator.seq) == wanted


async def test_px4_accepts_every_mode_command_and_keeps_its_mode() -> None:
    async with flying("px4") as (_, ground):
        mode = ground.modes()[-1][1]
        assert await ground.command(400, 1) == ACCEPTED
        for main, sub in ((4, 4), (6, 0), (99, 0)):  # a mission without a mission, OFFBOARD without a stream
            assert await ground.command(176, 1, main, sub) == ACCEPTED
        await asyncio.sleep(2.0)
        assert ground.modes()[-1][1] == mode


@BOTH
async def test_commands_for_other_systems_are_not_answered(stack: str) -> None:
    async with flying(stack) as (_, ground):
        await ground.send(m.COMMAND_LONG(command=520, target_system=2, target_component=1))
        await asyncio.sleep(1.0)
        assert not ground.messages("COMMAND_ACK")


async def test_a_reboot_is_refused_in_flight_and_done_on_the_ground() -> None:
    async with flying("ardupilot") as (vehicle, ground):
        await lift(ground)
        assert await ground.command(246, 1) == FAILED
        await ground.command(400, 0, 21196)
        await asyncio.sleep(5.0)
        assert await ground.command(246, 1) == ACCEPTED
        await asyncio.sleep(0.5)
        assert vehicle.time_s < 1.0


async def lift(ground: Ground) -> None:
    assert await ground.command(176, 1, 4) == ACCEPTED
    assert await ground.command(400, 1) == ACCEPTED
    assert await ground.command(22, 0, 0, 0, 0, 0, 0, 10) == ACCEPTED
    await asyncio.sleep(12.0)


async def test_an_unknown_parameter_is_an_error_of_ardupilot_and_px4_is_silent() -> None:
    asked = [m.PARAM_REQUEST_READ(param_index=-1, param_id="NO_SUCH", **US)]
    asked.append(m.PARAM_SET(param_id="NO_SUCH", param_value=1.0, param_type=9, **US))
    for stack, errors in (("ardupilot", 2), ("px4", 0)):
        async with flying(stack) as (_, ground):
            for message in asked:
                await ground.send(message)
            await asyncio.sleep(1.0)
            found = [message for _, message in ground.messages("PARAM_ERROR")]
            assert [(one.param_id, one.error) for one in found] == [("NO_SUCH", 1)] * errors
            assert not ground.messages("PARAM_VALUE")


async def test_px4_ignores_a_parameter_of_another_type_and_sends_each_change_twice() -> None:
    async with flying("px4") as (_, ground):
        setting = m.PARAM_SET(param_id="MIS_TAKEOFF_ALT", param_value=8.0, param_type=6, **US)
        await ground.send(setting)
        await asyncio.sleep(1.0)
        assert not ground.messages("PARAM_VALUE")
        await ground.send(setting.replace(param_type=9))
        await asyncio.sleep(1.0)
        assert [message.param_value for _, message in ground.messages("PARAM_VALUE")] == [8.0, 8.0]


async def test_ardupilot_refuses_a_parameter_that_is_not_a_number() -> None:
    async with flying("ardupilot") as (_, ground):
        setting = m.PARAM_SET(param_id="LOIT_SPEED", param_value=float("nan"), param_type=9, **US)
        answer = await ground.ask(setting, "PARAM_ERROR")
        assert answer.error == 2


async def test_px4_takes_the_height_of_a_reposition_as_above_sea_level_in_every_frame() -> None:
    async with flying("px4") as (vehicle, ground):
        assert await ground.command(400, 1) == ACCEPTED
        assert await ground.command(22, -1, 0, 0, math.nan, math.nan, math.nan, 520) == ACCEPTED
        await asyncio.sleep(20.0)
        home = vehicle.autopilot.vehicle.home
        assert home is not None
        place = {"x": 0x7FFFFFFF, "y": 0x7FFFFFFF, "z": home.alt_amsl_m + 15.0}
        ask = m.COMMAND_INT(frame=6, command=192, param1=-1.0, param2=1.0, param4=math.nan, **place, **US)
        assert (await ground.ask(ask, "COMMAND_ACK", command=192)).result == ACCEPTED
        await asyncio.sleep(20.0)
        assert vehicle.autopilot.vehicle.height_m == pytest.approx(15.0, abs=1.5)
        unflagged = m.COMMAND_INT(frame=5, command=192, param1=-1.0, param4=math.nan, **place, **US)
        assert (await ground.ask(unflagged, "COMMAND_ACK", command=192)).result == UNSUPPORTED
        assert await ground.command(400, 0) == TEMPORARILY_REJECTED  # disarming in the air


async def test_px4_denies_requests_for_messages_that_it_does_not_send() -> None:
    async with flying("px4") as (_, ground):
        for message in (42, 9999, 345):  # MISSION_CURRENT, which is streamed; none; not in this version
            assert await ground.command(512, message) == DENIED
