"""A planned spraying in flight: the pump is on over the field, and off outside of it."""

from __future__ import annotations

from controller.app.planning.job import JobSettings, plan_job
from controller.missions.commands import CMD
from controller.missions.patterns.dose import dose_of
from controller.missions.patterns.spray import spray
from controller.missions.patterns.spray_options import SprayOptions
from controller.missions.plan import Home, Plan
from controller.protocol.mission.items import MissionItem
from tests.support.ground_station import flying, until

LAT, LON = 47.3977419, 8.5455938
SIDE_M = 24.0


def at(north_m: float, east_m: float) -> tuple[float, float]:
    return LAT + north_m / 111_190.0, LON + east_m / 75_320.0


def planned() -> Plan:
    field = (at(10, 0), at(10 + SIDE_M, 0), at(10 + SIDE_M, 11.9), at(10, 11.9))
    dose = dose_of(swath_m=6.0, speed_m_s=3.0, a_hectare=10.0, flow_a_minute=None)
    options = SprayOptions(dose=dose, height_m=8.0, headland_laps=0, angle_deg=0.0)
    return plan_job(spray("spray", field, options), JobSettings(home=Home(LAT, LON, 488.0))).plans[0]


async def test_the_pump_changes_where_the_field_begins_and_ends() -> None:
    plan = planned()
    switches = [item for item in plan.items if item.command == CMD.DO_SPRAYER]
    assert [item.param1 for item in switches] == [1.0, 0.0] * 2
    async with flying() as (vehicle, ground):
        items = [MissionItem(frame=0, command=16), *plan.wire_items(first_seq=1)]
        assert await ground.upload(items) == 0
        for command in ((176, 1, 4), (400, 1), (176, 1, 3), (300,)):
            assert await ground.command(*command) == 0
        payload = vehicle.autopilot.payload
        for switch in switches:
            await until(lambda on=switch.param1 > 0.5: payload.sprays is on, within_s=90.0)
            north_m, east_m, _ = vehicle.loop.truth.pos_ned
            edge_m = min(abs(north_m - 10.0), abs(north_m - 10.0 - SIDE_M))
            # The order comes when the waypoint counts as reached: within WPNAV_RADIUS, 2 m, and a step of this test.
            assert edge_m < 2.5
            assert -3.0 < east_m < 15.0
