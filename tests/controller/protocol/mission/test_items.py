"""Comparing a mission item with the one read back."""

from __future__ import annotations

import math

import pytest

from controller.protocol.mission.items import MissionItem, float32

WAYPOINT = MissionItem(frame=6, command=16, param4=math.nan, x=473977418, y=85455939, z=30.1)


def same_but(**changes: object) -> MissionItem:
    fields = {name: getattr(WAYPOINT, name) for name in MissionItem.__dataclass_fields__}
    return MissionItem(**(fields | changes))


def test_nan_equals_nan() -> None:
    assert WAYPOINT.differs(same_but()) is None


def test_floats_are_compared_with_32_bit_precision() -> None:
    assert WAYPOINT.differs(same_but(z=float32(30.1))) is None
    assert float32(30.1) != 30.1


@pytest.mark.parametrize(
    ("field", "value"),
    [("frame", 3), ("command", 17), ("param1", 1.0), ("param4", 0.0), ("x", 473977419), ("y", 0), ("z", 30.2),
     ("autocontinue", False), ("mission_type", 1)],
)  # fmt: skip
def test_the_first_field_that_differs_is_named(field: str, value: object) -> None:
    assert WAYPOINT.differs(same_but(**{field: value})) == field


def test_a_number_too_large_for_32_bits_is_an_infinity() -> None:
    assert float32(-1e300) == -math.inf
