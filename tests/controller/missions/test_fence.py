"""Mission items of geofences and rally points."""

from __future__ import annotations

from controller.missions.fence import (
    Fence,
    FenceCircle,
    FencePoint,
    FencePolygon,
    RallyPoint,
    rally_wire_items,
)
from controller.missions.from_wire import fence_from_wire

TRIANGLE = (FencePoint(47.0, 8.0), FencePoint(47.1, 8.0), FencePoint(47.0, 8.1))
FENCE = Fence(
    polygons=(FencePolygon(TRIANGLE), FencePolygon((*TRIANGLE, FencePoint(46.9, 8.0)), inclusion=False)),
    circles=(
        FenceCircle(FencePoint(47.05, 8.05), 120.5),
        FenceCircle(FencePoint(47.06, 8.05), 10.0, inclusion=False),
    ),
    breach_return=RallyPoint(47.01, 8.01, 40.0),
)


def test_each_corner_carries_the_count_of_its_polygon() -> None:
    corners = FENCE.wire_items()[:7]
    assert [(item.command, item.param1) for item in corners] == [(5001, 3.0)] * 3 + [(5002, 4.0)] * 4
    assert (corners[1].x, corners[1].y, corners[1].frame, corners[1].mission_type) == (
        471000000,
        80000000,
        0,
        1,
    )


def test_circles_carry_their_radius_and_the_return_point_its_altitude() -> None:
    inside, outside, back = FENCE.wire_items()[7:]
    assert [(item.command, item.param1) for item in (inside, outside)] == [(5003, 120.5), (5004, 10.0)]
    assert (back.command, back.frame, back.z) == (5000, 3, 40.0)


def test_a_fence_read_back_from_an_aircraft_is_equal() -> None:
    assert fence_from_wire(FENCE.wire_items()) == FENCE


def test_an_empty_fence_is_false_and_has_no_items() -> None:
    assert not Fence()
    assert Fence().wire_items() == ()


def test_rally_points_are_above_home() -> None:
    (item,) = rally_wire_items([RallyPoint(47.0, 8.0, 25.0)])
    assert (item.command, item.frame, item.z, item.mission_type) == (5100, 3, 25.0, 2)
