"""Failsafes: lost ground station, low battery, lost position, with the timings of the real autopilots."""

from __future__ import annotations

import asyncio
import struct

import pytest

from controller.protocol.mission.items import MissionItem
from hil.autopilot.stacks.modes import px4_number
from hil.sim.vehicle import SimVehicle
from tests.support.ground_station import Ground, flying, until, until_disarmed

LAT, LON = 473_977_419, 85_455_938
RTL, LAND, AUTO, LOITER = 6, 9, 3, 5
PX4_LOITER, PX4_MISSION, PX4_RTL, PX4_LAND = (px4_number(4, sub) for sub in (3, 4, 5, 6))


def far_out() -> list[MissionItem]:
    """Take off and fly 500 m north."""
    return [
        MissionItem(frame=3, command=22, param4=float("nan"), x=LAT, y=LON, z=20.0),
        MissionItem(frame=3, command=16, x=LAT + 45_000, y=LON, z=20.0),
    ]


async def under_way(stack: str, vehicle: SimVehicle, ground: Ground) -> None:
    """Fly until the long leg of the mission."""
    if stack == "ardupilot":
        assert await ground.upload([MissionItem(frame=0, command=16), *far_out()]) == 0
        for command in ((176, 1, 4), (400, 1), (176, 1, 3), (300,)):
            assert await ground.command(*command) == 0
    else:
        assert await ground.upload(far_out()) == 0
        for command in ((176, 1, 4, 4), (400, 1)):
            assert await ground.command(*command) == 0
    await until(lambda: vehicle.loop.estimate.pos_ned[0] > 20.0, within_s=60.0)


def integer(value: int) -> float:
    """Return a PX4 integer parameter as the float of PARAM_SET."""
    (wire,) = struct.unpack("<f", struct.pack("<i", value))
    return float(wire)


async def mode_change(vehicle: SimVehicle, *, within_s: float = 60.0) -> tuple[float, str]:
    """Return the seconds until the mode changes, and the name of the new mode."""
    before, started = vehicle.autopilot.commander.mode, vehicle.time_s
    await until(lambda: vehicle.autopilot.commander.mode is not before, within_s=within_s)
    return vehicle.time_s - started, vehicle.autopilot.commander.mode.name


async def test_ardupilot_returns_five_seconds_after_the_last_heartbeat() -> None:
    async with flying("ardupilot") as (vehicle, ground):
        await ground.set_param("FS_GCS_ENABLE", 1)
        await under_way("ardupilot", vehicle, ground)
        ground.beats = False
        _, mode = await mode_change(vehicle)
        assert (mode, round(vehicle.autopilot.failsafe.gcs_silence_s)) == ("RTL", 5)
        assert "GCS Failsafe" in ground.texts()
        await until_disarmed(vehicle)
        assert abs(vehicle.loop.truth.pos_ned[0]) < 3.0


async def test_ardupilot_continues_without_the_gcs_failsafe() -> None:
    async with flying("ardupilot") as (vehicle, ground):
        await under_way("ardupilot", vehicle, ground)
        ground.beats = False
        with pytest.raises(TimeoutError):
            await mode_change(vehicle, within_s=20.0)


@pytest.mark.parametrize(("action", "mode"), [(2, None), (5, "LAND")])
async def test_ardupilots_reaction_follows_fs_gcs_enable(action: int, mode: str | None) -> None:
    async with flying("ardupilot", params={"FS_GCS_ENABLE": action}) as (vehicle, ground):
        await under_way("ardupilot", vehicle, ground)
        ground.beats = False
        if mode is None:
            with pytest.raises(TimeoutError):
                await mode_change(vehicle, within_s=20.0)
        else:
            assert (await mode_change(vehicle))[1] == mode


async def test_ardupilot_returns_ten_seconds_after_the_voltage_falls() -> None:
    async with flying("ardupilot", params={"BATT_FS_LOW_ACT": 2, "BATT_LOW_VOLT": 14.5}) as (vehicle, ground):
        await under_way("ardupilot", vehicle, ground)
        assert await ground.set_param("SIM_BATT_VOLTAGE", 14.3) == pytest.approx(14.3)
        seconds, mode = await mode_change(vehicle)
        assert (mode, round(seconds)) == ("RTL", 10)
        await asyncio.sleep(0.1)
        low = [
            text
            for text in ground.texts()
            if text.startswith(("Battery 1 is low 14.2", "Battery 1 is low 14.3"))
        ]
        assert low and low[0].endswith("mAh")
        assert "Battery Failsafe" in ground.texts()
        await until_disarmed(vehicle)
        await asyncio.sleep(31.0)
        assert "PreArm: Battery 1 low voltage failsafe" in ground.texts()
        assert await ground.command(400, 1) == 4


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
async def test_a_lost_position_lands_the_vehicle(stack: str) -> None:
    async with flying(stack) as (vehicle, ground):
        await under_way(stack, vehicle, ground)
        await ground.set_param(
            *(("SIM_GPS1_ENABLE", 0.0) if stack == "ardupilot" else ("SIM_GPS_USED", integer(0), 6))
        )
        seconds, mode = await mode_change(vehicle)
        assert mode == "LAND"
        assert 4.0 < seconds < 8.0  # dead reckoning lasts for some seconds
        await until_disarmed(vehicle)
        assert vehicle.loop.truth.pos_ned[0] > 30.0


async def test_px4_holds_ten_seconds_after_the_last_heartbeat_and_returns_five_later() -> None:
    async with flying("px4") as (vehicle, ground):
        await ground.set_param("NAV_DLL_ACT", integer(2), kind=6)
        await under_way("px4", vehicle, ground)
        ground.beats = False
        _, mode = await mode_change(vehicle)
        assert (mode, round(vehicle.autopilot.failsafe.gcs_silence_s)) == ("LOITER", 10)
        seconds, mode = await mode_change(vehicle)
        assert (mode, round(seconds)) == ("RTL", 5)
        await until_disarmed(vehicle)
        # As the mission was never left by the pilot, it is the mode again.
        assert vehicle.autopilot.commander.mode.name == "MISSION"


async def test_px4_resumes_its_mission_when_the_gcs_is_back() -> None:
    async with flying("px4", params={"NAV_DLL_ACT": 2}) as (vehicle, ground):
        await under_way("px4", vehicle, ground)
        ground.beats = False
        assert (await mode_change(vehicle))[1] == "LOITER"
        ground.beats = True
        assert (await mode_change(vehicle))[1] == "MISSION"


async def test_px4_warns_then_holds_then_returns_as_the_battery_empties() -> None:
    async with flying("px4") as (vehicle, ground):
        await under_way("px4", vehicle, ground)
        await ground.set_param("SIM_BAT_DRAIN", 30.0)
        await ground.set_param("SIM_BAT_MIN_PCT", 6.0)
        seconds, mode = await mode_change(vehicle)
        assert mode == "LOITER"
        texts = ground.texts()
        assert texts.index("Low battery") < texts.index("Critical battery")
        assert "Failsafe activated: entering Hold for 5 seconds" in texts
        seconds, mode = await mode_change(vehicle)
        assert (mode, round(seconds)) == ("RTL", 5)


async def test_offboard_without_setpoints_changes_to_hold() -> None:
    from controller.wire import messages as m

    async with flying("px4") as (vehicle, ground):
        point = m.SET_POSITION_TARGET_LOCAL_NED(
            target_system=1, target_component=1, coordinate_frame=1, type_mask=0xDF8, x=0.0, y=0.0, z=-5.0
        )
        for i in range(80):
            await ground.send(point)
            if i == 5:
                assert await ground.command(176, 1, 6) == 0
                assert await ground.command(400, 1) == 0
            await asyncio.sleep(0.1)
        assert vehicle.loop.estimate.relative_alt_m > 3.0
        assert vehicle.autopilot.commander.mode.name == "OFFBOARD"
        seconds, mode = await mode_change(vehicle)
        assert mode == "LOITER"
        assert 0.9 < seconds < 1.4
