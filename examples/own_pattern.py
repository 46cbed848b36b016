"""Write your own flight pattern: a spiral around the tower of a wind turbine, with the camera on the tower.

Prints the findings of the plan check and writes `spiral.plan`, for QGroundControl and `landline fly`.
"""

from __future__ import annotations

import math
from pathlib import Path

from controller.missions.checks.check import check
from controller.missions.estimate import estimate
from controller.wire.enums import MAV_CMD
from landline import Home, Plan, PlanItem, save_plan

TOWER = (47.3990, 8.5460)
HOME = Home(47.3977, 8.5456, 488.0)
METRES_PER_DEGREE = 111_195.0


def around(angle_deg: float, radius_m: float) -> tuple[float, float]:
    """Return a position on a circle around the tower; the angle is in degrees clockwise from north."""
    north_m = radius_m * math.cos(math.radians(angle_deg))
    east_m = radius_m * math.sin(math.radians(angle_deg))
    longitude_scale = math.cos(math.radians(TOWER[0]))
    return TOWER[0] + north_m / METRES_PER_DEGREE, TOWER[1] + east_m / (METRES_PER_DEGREE * longitude_scale)


def spiral(*, radius_m: float = 25.0, from_m: float = 20.0, to_m: float = 80.0, turns: float = 3.0) -> Plan:
    """Make the plan: take off, point at the tower, climb around it with eight waypoints a turn, return."""
    steps = round(turns * 8)
    items = [
        PlanItem(command=MAV_CMD.NAV_TAKEOFF, lat_deg=HOME.lat_deg, lon_deg=HOME.lon_deg, alt_m=from_m),
        PlanItem(command=MAV_CMD.DO_SET_ROI_LOCATION, lat_deg=TOWER[0], lon_deg=TOWER[1], alt_m=to_m / 2),
    ]
    for step in range(steps + 1):
        lat_deg, lon_deg = around(180.0 + 360.0 * turns * step / steps, radius_m)
        alt_m = from_m + (to_m - from_m) * step / steps
        items.append(PlanItem(command=MAV_CMD.NAV_WAYPOINT, lat_deg=lat_deg, lon_deg=lon_deg, alt_m=alt_m))
    items.append(PlanItem(command=MAV_CMD.NAV_RETURN_TO_LAUNCH))
    return Plan(items=tuple(items), home=HOME, hover_speed_m_s=5.0, vehicle_type=2, firmware_type=3)


def main(target: Path = Path("spiral.plan")) -> None:
    """Make, check and save the plan."""
    plan = spiral()
    flight = estimate(plan, home=HOME)
    print(f"{len(plan.items)} items, {flight.distance_m:.0f} m, about {flight.duration_s / 60:.1f} minutes")
    for finding in check(plan, home=HOME):
        print(f"{finding.severity}: {finding}")
    save_plan(plan, target)
    print(f"landline fly {target} --sim quad_x")


if __name__ == "__main__":
    main()
