"""The page of mission file formats says the truth: what it calls kept comes back when the file is read."""

from __future__ import annotations

import math

import pytest

from controller.missions.formats import registry
from controller.missions.formats.mission_format import MissionFormat
from controller.missions.plan import Plan, PlanItem
from docs.mission_formats import KEPT, READING, REFUSED, cell, parts, plain_way

PARTS = dict(parts())


def test_the_page_says_of_each_format_how_it_is_read() -> None:
    assert sorted(READING) == sorted(one.name for one in (*registry.FORMATS, *registry.READ_ONLY))


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("format_", [pytest.param(one, id=one.name) for one in registry.FORMATS])
def test_what_the_page_calls_kept_comes_back(format_: MissionFormat, name: str) -> None:
    plan = PARTS[name]
    said = cell(format_, plan)
    if said == REFUSED:
        with pytest.raises(registry.PlanError):
            format_.write(plan)
    elif said == KEPT:
        back = registry.read(format_.write(plan), "again")
        missing = [one for one in map(_key, plan.items) if one not in set(map(_key, back.items))]
        # A part that the file holds and no item does is lost on reading, which says so.
        usual = registry.read(format_.write(plain_way()), "usual").losses
        assert missing == [] or len(back.losses) > len(usual)
        assert (back.fence, back.rally) == (plan.fence, plan.rally)
    else:
        assert list(registry.losses(plan, format_)) != []


def _key(item: PlanItem) -> tuple[object, ...]:
    """What makes an item; a height above sea level is another way to say one above a home of known altitude."""
    height_m = item.alt_m + (488.0 if item.has_position and item.frame == 3 else 0.0)
    params = (*item.params[:4], round(item.lat_deg, 6), round(item.lon_deg, 6), round(height_m, 2))
    frame = 0 if item.frame == 3 and item.has_position else item.frame
    return (item.command, frame, tuple(0.0 if math.isnan(one) else one for one in params))


def test_the_plans_of_the_page_differ_from_each_other() -> None:
    plans: list[Plan] = list(PARTS.values())
    assert all(one != other for index, one in enumerate(plans) for other in plans[:index])
