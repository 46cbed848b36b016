"""What an upload does to the aircraft: the current item, the lists that are kept or lost, the texts."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from controller.protocol.mission.items import MissionItem
from controller.wire import messages as m
from controller.wire.message import Message
from tests.support.ground_station import Ground, flying, until_disarmed

HOME = MissionItem(frame=3, command=16, x=473_977_420, y=85_455_940, z=10.0)
TAKEOFF = replace(HOME, command=22)
RETURN = MissionItem(frame=2, command=20)
US = {"target_system": 1, "target_component": 1}
CORNER = replace(HOME, frame=0, command=5001, param1=3.0, z=0.0, mission_type=1)
POLYGON = [
    replace(CORNER, x=HOME.x + dx, y=HOME.y + dy) for dx, dy in ((9000, 0), (-9000, 9000), (-9000, -9000))
]
CIRCLE = [replace(CORNER, command=5003, param1=80.0)]


def square(count: int) -> list[MissionItem]:
    corners = [replace(HOME, x=HOME.x + 900 * (i % 2), y=HOME.y + 900 * (i // 2 % 2)) for i in range(count)]
    return [TAKEOFF, *corners, RETURN]


async def current(ground: Ground) -> Message:
    await asyncio.sleep(1.1)
    return ground.messages("MISSION_CURRENT")[-1][1]


async def fly_mission(vehicle: object, ground: Ground) -> None:
    assert await ground.command(176, 1, 4, 4) == 0
    assert await ground.command(400, 1) == 0
    await until_disarmed(vehicle)  # type: ignore[arg-type]


async def test_px4_keeps_the_number_of_its_item_when_a_mission_follows_another() -> None:
    # As in the recording: four items flown, six uploaded, none marked current; it starts at number 3.
    async with flying("px4") as (vehicle, ground):
        assert await ground.upload(square(2)) == 0
        await fly_mission(vehicle, ground)
        after = await current(ground)
        assert (after.seq, after.total, after.mission_state) == (3, 4, 5)
        assert await ground.upload(square(4)) == 0
        uploaded = await current(ground)
        assert (uploaded.seq, uploaded.total, uploaded.mission_state) == (3, 6, 5)
        assert uploaded.mission_id not in (0, after.mission_id)
        assert [item.current for item in await ground.download_messages()] == [0, 0, 0, 1, 0, 0]
        flown = len(ground.heard)
        await fly_mission(vehicle, ground)
        seqs = {f.message().seq for _, f in ground.heard[flown:] if f.name == "MISSION_ITEM_REACHED"}
        assert seqs <= {3, 4, 5}
        assert 3 in seqs


async def test_px4_limits_the_number_of_its_item_to_a_shorter_mission() -> None:
    async with flying("px4") as (_, ground):
        assert await ground.upload(square(5)) == 0
        await ground.send(m.MISSION_SET_CURRENT(seq=5, **US))
        assert (await current(ground)).seq == 5
        assert await ground.upload(square(2)) == 0
        assert (await current(ground)).seq == 3


async def test_px4_takes_the_item_that_an_upload_marks_and_forgets_all_when_cleared() -> None:
    async with flying("px4") as (_, ground):
        assert await ground.upload(square(4), current=2) == 0
        assert (await current(ground)).seq == 2
        assert await ground.upload(square(4), current=0) == 0  # the same items: nothing changes
        assert (await current(ground)).seq == 2
        assert await ground.upload([]) == 0
        empty = await current(ground)
        assert (empty.seq, empty.total, empty.mission_state, empty.mission_mode) == (0, 65535, 1, 2)
        assert await ground.upload(square(4)) == 0
        assert (await current(ground)).seq == 0


async def test_px4_flies_a_finished_mission_again_from_its_first_item() -> None:
    async with flying("px4") as (vehicle, ground):
        assert await ground.upload(square(2)) == 0
        await fly_mission(vehicle, ground)
        first = set(ground.reached())
        flown = len(ground.heard)
        await fly_mission(vehicle, ground)
        again = {f.message().seq for _, f in ground.heard[flown:] if f.name == "MISSION_ITEM_REACHED"}
        assert first <= again
        assert 0 in again


async def test_px4_stays_in_mission_mode_after_a_landing_and_disarms_at_once() -> None:
    async with flying("px4") as (vehicle, ground):
        assert await ground.upload([TAKEOFF, replace(HOME, command=21, z=0.0)]) == 0
        await fly_mission(vehicle, ground)
        await asyncio.sleep(2.0)
        assert ground.modes()[-1][1] == 4 << 16 | 4 << 24
        assert "Mission finished, landed" in ground.texts()


async def test_px4_rejects_a_mission_that_it_has_acknowledged() -> None:
    async with flying("px4") as (_, ground):
        assert await ground.upload([TAKEOFF, replace(HOME, x=950_000_000)]) == 0
        rejected = await current(ground)
        assert (rejected.total, rejected.mission_state) == (2, 1)
        assert rejected.mission_id


async def test_px4_names_a_refused_item_and_a_missing_one_in_a_text() -> None:
    async with flying("px4") as (_, ground):
        assert await ground.upload([TAKEOFF, replace(HOME, command=82)]) == 3
        await ground.send(m.MISSION_SET_CURRENT(seq=9, **US))
        await asyncio.sleep(1.0)
        texts = ground.texts()
        assert "IGN MISSION_ITEM: Invalid item" in texts
        assert "WPM: WP CURR CMD: Not in list" in texts


@pytest.mark.parametrize(("stack", "frame"), [("ardupilot", 0), ("px4", 5)])
async def test_a_fence_reads_back_as_from_the_real_autopilot(stack: str, frame: int) -> None:
    async with flying(stack) as (_, ground):
        assert await ground.upload(POLYGON, kind=1) == 0
        found = await ground.download_messages(kind=1)
        assert [(item.frame, item.autocontinue) for item in found] == [(frame, 0)] * 3
        assert found[0].current == (stack == "px4")


async def test_a_refused_fence_leaves_the_one_aboard() -> None:
    for stack in ("ardupilot", "px4"):
        async with flying(stack) as (_, ground):
            assert await ground.upload(POLYGON, kind=1) == 0
            short = [replace(corner, param1=2.0) for corner in POLYGON[:2]]
            assert await ground.upload(short, kind=1) == 1
            assert len(await ground.download(kind=1)) == 3


async def test_ardupilot_loses_a_circle_that_replaced_a_polygon() -> None:
    async with flying("ardupilot") as (_, ground):
        assert await ground.upload(POLYGON, kind=1) == 0
        assert await ground.upload(CIRCLE, kind=1) == 0
        assert len(await ground.download(kind=1)) == 1
        await asyncio.sleep(0.5)
        assert await ground.download(kind=1) == []
        assert await ground.upload(CIRCLE, kind=1) == 0
        await asyncio.sleep(2.0)
        assert len(await ground.download(kind=1)) == 1


async def test_ardupilot_keeps_a_circle_where_the_polygon_was_cleared_a_second_before() -> None:
    async with flying("ardupilot") as (_, ground):
        assert await ground.upload(POLYGON, kind=1) == 0
        assert await ground.upload([], kind=1) == 0
        await asyncio.sleep(1.0)
        assert await ground.upload(CIRCLE, kind=1) == 0
        await asyncio.sleep(2.0)
        assert len(await ground.download(kind=1)) == 1


async def test_px4_holds_where_its_mission_is_cleared_in_the_air() -> None:
    async with flying("px4") as (vehicle, ground):
        assert await ground.upload(square(4)) == 0
        assert await ground.command(176, 1, 4, 4) == 0
        assert await ground.command(400, 1) == 0
        await ground.until("MISSION_ITEM_REACHED", seq=0, within_s=60.0)
        assert await ground.upload([]) == 0
        await asyncio.sleep(1.5)
        assert ground.modes()[-1][1] == 4 << 16 | 3 << 24
        assert "No valid mission available, loitering" in ground.texts()
        assert vehicle.autopilot.vehicle.armed


async def test_px4_does_not_fly_a_finished_mission_again_in_the_air() -> None:
    async with flying("px4") as (_, ground):
        assert await ground.upload(square(2)[:-1]) == 0
        assert await ground.command(176, 1, 4, 4) == 0
        assert await ground.command(400, 1) == 0
        await ground.until("MISSION_ITEM_REACHED", seq=2, within_s=90.0)
        await asyncio.sleep(2.0)
        await ground.send(m.MISSION_SET_CURRENT(seq=0, **US))
        assert await ground.command(176, 1, 4, 4) == 0
        await asyncio.sleep(2.0)
        assert ground.modes()[-1][1] == 4 << 16 | 3 << 24
        assert "No valid mission available, loitering" in ground.texts()
        assert await ground.upload(square(3)[:-1]) == 0
        assert await ground.command(176, 1, 4, 4) == 0
        await asyncio.sleep(2.0)
        assert ground.modes()[-1][1] == 4 << 16 | 4 << 24
