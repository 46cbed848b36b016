"""Values that an operator types for a command of the live view."""

from __future__ import annotations

import pytest

from controller.app.gcs.typed_values import target
from controller.errors import LandlineError
from tests.support.flights import vehicle_with
from tests.support.scripted.script import Script


async def test_a_place_is_typed_with_or_without_a_height_and_commas() -> None:
    async with vehicle_with("ardupilot", Script(ready_at_s=0.0)) as (vehicle, _):
        assert await vehicle.wait(lambda state: state.position is not None, 5.0)
        at = vehicle.state.position
        assert at is not None
        for typed in ("47.3977 8.5456 30", "47.3977, 8.5456, 30", "47.3977,8.5456,30", " 47.3977;8.5456;30 "):
            assert target(typed, vehicle) == (47.3977, 8.5456, 30.0)
        assert target("30.5", vehicle) == (at.lat_deg, at.lon_deg, 30.5)


@pytest.mark.parametrize(
    "typed", ["30,5", "47,3977 8,5456 30", "47,3977 8,5456", "", "0 0 30", "95 8 30", "47 8 nan"]
)
async def test_a_place_that_may_be_another_is_refused(typed: str) -> None:
    async with vehicle_with("ardupilot", Script(ready_at_s=0.0)) as (vehicle, _):
        assert await vehicle.wait(lambda state: state.position is not None, 5.0)
        with pytest.raises(LandlineError, match=r"invalid|cannot"):
            target(typed, vehicle)
