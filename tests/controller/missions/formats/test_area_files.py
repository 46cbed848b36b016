"""Old fence and rally files of MAVProxy and Mission Planner."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.missions.errors import PlanError
from controller.missions.fence import Fence, FencePoint, FencePolygon, RallyPoint
from controller.missions.files import open_plan
from controller.missions.formats import registry

FEN = """#saved by APM Planner 1.3.80
47.3979 8.5456
47.3985 8.5445
47.3985 8.5470
47.3968 8.5470
47.3985 8.5445
"""
CORNERS = tuple(FencePoint(lat, lon) for lat, lon in ((47.3985, 8.5445), (47.3985, 8.547), (47.3968, 8.547)))
FENCE = Fence((FencePolygon(CORNERS),), (), RallyPoint(47.3979, 8.5456, 0.0))


@pytest.mark.parametrize(
    "text",
    [FEN, FEN.replace(" ", "\t").replace("\n", "\r\n"), FEN.rsplit("47.3985", 1)[0]],
    ids=["mission-planner", "mavproxy", "not-closed"],
)
def test_the_first_row_of_a_fence_file_is_the_return_point(text: str) -> None:
    plan = registry.read(text.encode(), "a.fen")
    assert (plan.fence, plan.items, plan.home) == (FENCE, (), None)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("47.1 8.1\n47.2 8.1\n47.2 8.2\n47.2 8.1\n", "a.fen:4", "2 corners, a fence polygon needs 3"),
        ("47.1 8.1\n47.2 8.1 5\n", "a.fen:2", "3 fields"),
        ("47.1 8.1\n97.2 8.1\n", "a.fen:2", "latitude 97.2"),
        ("47.1 8.1\n47.2 x\n", "a.fen:2", "longitude must be a number"),
        ("47.1 8.1\n47.2 8.1\n47.2 8.2\n47.1 8.1\n", "a.fen:4", "the return point, is repeated"),
        ("RALLY 47.1 8.1 30 0 0\n", "a.fen:1", "6 fields"),
        ("RALLY 47.1 8.1 30 0 0 0\n47.1 8.1\n", "a.fen:2", "begins with '47.1', not RALLY"),
        ("RALLY 47.1 8.1 high 0 0 0\n", "a.fen:1", "altitude must be a number"),
    ],
)
def test_an_invalid_row_is_refused_with_its_line(text: str, where: str, what: str) -> None:
    with pytest.raises(PlanError, match=what) as caught:
        registry.read(text.encode(), "a.fen")
    assert caught.value.where == where


def test_rally_points_are_read_and_what_mavlink_lacks_is_named() -> None:
    text = "#saved by Mission Planner\nRALLY\t47.1\t8.1\t30.5\t20\t90\t1\nRALLY 47.2 8.1 30 0 0 0\n"
    plan = registry.read(text.encode(), "a.ral")
    assert plan.rally == (RallyPoint(47.1, 8.1, 30.5), RallyPoint(47.2, 8.1, 30.0))
    assert "of 1 rally points are left out" in plan.notes[0].what


def test_a_home_row_is_not_asked_of_formats_without_rows(samples: Path) -> None:
    with pytest.raises(PlanError, match="has no home row"):
        open_plan(samples / "meadow.plan", home_row=False)


def test_the_case_files_are_read_as_what_they_are(cases: Path) -> None:
    mp_fence, fence_only = (open_plan(cases / name) for name in ("mp_fence.waypoints", "fence_only.plan"))
    assert (mp_fence.items, len(mp_fence.fence.polygons[0].corners)) == ((), 4)
    assert [(circle.inclusion, circle.radius_m) for circle in mp_fence.fence.circles] == [(False, 30.0)]
    assert (fence_only.items, len(fence_only.fence.polygons[0].corners)) == ((), 4)
    nohome = open_plan(cases / "nohome_wp.waypoints")
    assert (len(nohome.items), nohome.home, len(nohome.notes)) == (3, None, 1)
