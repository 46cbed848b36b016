"""Plan files for flights of which only the beginning and the end matter."""

from __future__ import annotations

from pathlib import Path

from controller.missions.files import save_plan
from tests.support.flights import RETURN, TAKEOFF, plan_of, waypoint


def short_plan(folder: Path) -> Path:
    """Write hop.plan: up to 20 m, 30 m north, 30 m east and back; return its path."""
    path = folder / "hop.plan"
    save_plan(plan_of(TAKEOFF, waypoint(30), waypoint(30, 30), RETURN), path)
    return path
