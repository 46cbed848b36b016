"""Photos of a plan's items, and the target that travels in its file."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.app.planning.job import JobSettings, plan_job
from controller.missions.coverage.ground_samples import sampled_ground
from controller.missions.coverage.planned import photos_of_plan
from controller.missions.coverage.target import KEY, target_in, target_of, with_target
from controller.missions.errors import PlanError
from controller.missions.formats import qgc_plan
from controller.missions.patterns.camera import Camera
from controller.missions.patterns.passes import PassOptions
from controller.missions.patterns.survey import survey
from controller.missions.plan import Plan
from controller.missions.route.photos import photos_of
from controller.missions.route.route import Panel, Place, Route, Stop
from controller.wire.enums import MAV_AUTOPILOT

CAMERA = Camera(
    sensor_width_mm=13.2,
    sensor_height_mm=8.8,
    focal_mm=8.8,
    image_width_px=5472,
    image_height_px=3648,
    name="Mine",
)
CORNERS = ((47.0, 8.0), (47.0, 8.002), (47.0015, 8.002), (47.0015, 8.0))


def _survey() -> Route:
    options = PassOptions(height_m=50.0, spacing_m=20.0, trigger_m=12.0, overshoot_m=10.0, camera=CAMERA)
    return survey(CORNERS, options)


def test_the_items_of_a_survey_take_the_photos_of_its_route() -> None:
    route = _survey()
    plan = plan_job(route, JobSettings()).plans[0]
    (found, above), planned = photos_of_plan(plan), photos_of(route)
    assert (len(found), str(above)) == (len(planned), "home")
    assert found.lats_deg == pytest.approx(planned.lats_deg, abs=2e-7)
    turned_deg = (found.headings_deg - planned.headings_deg + 180.0) % 360.0 - 180.0
    assert turned_deg == pytest.approx(0.0 * turned_deg, abs=0.1)
    assert found.pitches_deg == pytest.approx(planned.pitches_deg)


def test_a_waypoint_of_px4_with_heading_0_looks_north() -> None:
    from controller.missions.route.items import ItemStyle

    east = (Stop(lat_deg=47.0, lon_deg=8.0, height_m=20.0), Stop(lat_deg=47.0, lon_deg=8.001, height_m=20.0))
    stops = tuple(replace(one, photo=True, heading_deg=0.0, pitch_deg=0.0) for one in east)
    settings = JobSettings(style=ItemStyle(autopilot="px4"), firmware_type=int(MAV_AUTOPILOT.PX4))
    plan = plan_job(Route(pattern="single", stops=stops), settings).plans[0]
    assert photos_of_plan(plan)[0].headings_deg == pytest.approx([0.0, 0.0])


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
def test_the_items_of_single_photos_keep_where_the_camera_looks(stack: str) -> None:
    from controller.missions.route.items import ItemStyle

    middle = Place(47.0, 8.0, 10.0)
    stops = (
        Stop(lat_deg=47.0005, lon_deg=8.0, height_m=20.0, photo=True, look_at=middle),
        Stop(lat_deg=47.0, lon_deg=8.0005, height_m=30.0, photo=True, look_at=middle),
        Stop(lat_deg=47.0, lon_deg=8.001, height_m=30.0, photo=True, heading_deg=45.0, pitch_deg=-30.0),
        Stop(lat_deg=47.0, lon_deg=8.002, height_m=30.0, photo=True, heading_deg=90.0, pitch_deg=15.0),
    )
    route = Route(pattern="single", stops=stops)
    style = ItemStyle(autopilot="px4" if stack == "px4" else "ardupilot")
    plan = plan_job(route, JobSettings(style=style)).plans[0]
    (found, _), planned = photos_of_plan(plan), photos_of(route)
    assert found.headings_deg == pytest.approx(planned.headings_deg, abs=0.1)
    assert found.pitches_deg == pytest.approx(planned.pitches_deg, abs=0.1)


def test_the_target_is_kept_in_the_file_of_the_plan() -> None:
    panel = Panel("tower", Place(47.0, 8.0, 0.0), Place(47.0, 8.0001, 0.0), Place(47.0, 8.0, 30.0))
    route = Route(
        pattern="turbine", stops=_survey().stops, camera=CAMERA, outline=(CORNERS,), panels=(panel,)
    )
    target = target_of(route)
    assert target is not None
    text = qgc_plan.write(plan_job(route, JobSettings()).plans[0])
    assert json.loads(text)[KEY]["camera"]["name"] == "Mine"
    assert target_in(qgc_plan.read(text, "a.plan")) == target
    assert target_in(Plan()) is None


def test_the_ground_of_a_job_travels_in_its_plan() -> None:
    def hills(lats: np.ndarray, lons: np.ndarray) -> np.ndarray:
        return 30.0 * np.sin((lats - 47.0) * 1500.0) + 8000.0 * (lons - 8.0)

    route = _survey()
    ground = sampled_ground(route, hills)
    target = target_of(route)
    assert ground is not None
    assert target is not None
    read = target_in(with_target(Plan(), replace(target, ground=ground)))
    assert read is not None
    assert read.ground == ground
    lats, lons = np.random.default_rng(1).uniform((47.0, 8.0), (47.0015, 8.002), (50, 2)).T
    assert ground.heights_m(lats, lons) == pytest.approx(hills(lats, lons), abs=0.3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "version 2 is not known"),
        ({"camera": {}}, "no field 'sensor_width_mm'"),
        ({"outline": [[[47, 8], [47, 9]]]}, "a ring needs 3 corners"),
        ({"outline": [[[47, 8], [470, 9], [4, 5]]]}, "no place on the earth"),
        ({"panels": 7}, "has no len"),
        ({"outline": [[[10**400, 8], [47, 9], [4, 5]]]}, "too large"),
        ({"ground": {"bounds": [47, 8, 47, 8], "heights": [[1, 2], [3, 4]]}}, "the ground has no bounds"),
        ({"ground": {"bounds": [47, 8, 48, 9], "heights": [[1, 2], [3]]}}, "differ in length"),
    ],
)
def test_a_damaged_target_is_one_line_with_its_place(change: dict[str, object], said: str) -> None:
    target = target_of(_survey())
    assert target is not None
    plan = with_target(Plan(), target)
    held = json.loads(plan.extra)
    held[KEY] |= change
    with pytest.raises(PlanError) as refused:
        target_in(Plan(extra=json.dumps(held)))
    assert said in str(refused.value)
    assert KEY in refused.value.where


_ANY = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=6,
)


@settings(max_examples=40, deadline=None)
@given(field=st.sampled_from(["version", "pattern", "camera", "outline", "panels", "ground"]), value=_ANY)
def test_any_field_of_a_target_is_read_or_refused(field: str, value: object) -> None:
    target = target_of(_survey())
    assert target is not None
    held = json.loads(with_target(Plan(), target).extra)
    held[KEY][field] = value
    try:
        found = target_in(Plan(extra=json.dumps(held)))
    except PlanError as refused:
        assert "invalid target of the coverage" in refused.what
    else:
        assert found is not None
        assert found.camera == CAMERA
