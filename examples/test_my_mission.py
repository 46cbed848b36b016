"""Test of your own mission: `pytest examples/test_my_mission.py`. It simulates three minutes in about a second."""

from pathlib import Path

import pytest

from hil.geodesy import Home
from landline import Vehicle, open_plan

PLAN = open_plan(Path(__file__).with_name("inspection.plan"))


@pytest.mark.sim(home=Home(47.3977, 8.5456, 488.0), wind_ned=(4.0, 0.0, 0.0), gust_m_s=1.0)
async def test_the_inspection_returns_with_half_its_battery(vehicle: Vehicle) -> None:
    await vehicle.mission.upload(PLAN)
    await vehicle.mission.start()
    reached = [item.number async for item in vehicle.mission.progress() if item.reached]
    assert reached == [1, 3, 5, 9, 10, 12, 14]
    assert vehicle.state.in_air is False
    battery = vehicle.state.battery
    assert battery and battery.remaining_percent and battery.remaining_percent > 50
