"""A mission that DJI Pilot 2 saved, from the folder of real missions."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.missions.files import open_plan, save_plan


def test_a_mission_of_dji_pilot_2_is_read_and_survives_writing(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "dji" / "pilot2_waypoints.kmz"
    if not path.exists():
        pytest.skip("needs the whole folder of real missions")
    plan = open_plan(path)
    assert [(item.name, item.alt_m) for item in plan.items] == [
        ("NAV_TAKEOFF", 20.0),
        ("DO_CHANGE_SPEED", 0.0),
        ("NAV_WAYPOINT", 20.0),
        ("NAV_WAYPOINT", 10.0),
        ("NAV_WAYPOINT", 10.0),
        ("NAV_RETURN_TO_LAUNCH", 0.0),
    ]
    assert (plan.items[3].lat_deg, plan.items[3].lon_deg) == (49.7155414935301, -101.148371034063)
    assert "planned for the DJI aircraft M3M with M3M camera" in str(plan.notes)
    save_plan(plan, tmp_path / "again.kmz")
    again = open_plan(tmp_path / "again.kmz")
    assert again.items == plan.items
    assert again.extra == plan.extra
