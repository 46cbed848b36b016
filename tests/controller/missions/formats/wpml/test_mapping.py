"""Mapping templates without waylines: planned anew with their area, direction, overlap and height, or refused."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Geod, Transformer
from shapely.geometry import LineString, Polygon, box
from shapely.ops import unary_union

from controller.missions.errors import PlanError
from controller.missions.formats.wpml.reader import read
from controller.missions.plan import Plan, PlanItem
from controller.wire.enums import MAV_FRAME
from tests.support.dji import wpml_files as dji

CORNERS = ((8.5, 47.0), (8.504, 47.0), (8.504, 47.0027), (8.5, 47.0027))
OVERLAP = dji.tags(orthoCameraOverlapH=80, orthoCameraOverlapW=70)
M3E = dji.tag("payloadInfo", dji.tags(payloadEnumValue=66, payloadPositionIndex=0))
# The sensor and lens of a Mavic 3E as DJI states them: 17.3 x 13 mm, 12.29 mm.
ACROSS_M, ALONG_M = 80.0 * 17.3 / 12.29, 80.0 * 13.0 / 12.29


def ring(corners: tuple[tuple[float, float], ...] = CORNERS) -> str:
    words = " ".join(f"{lon},{lat},0" for lon, lat in (*corners, corners[0]))
    inner = f"<LinearRing><coordinates>{words}</coordinates></LinearRing>"
    return f"<Polygon><outerBoundaryIs>{inner}</outerBoundaryIs></Polygon>"


def job(
    area: str = "",
    *,
    kind: str = "mapping2d",
    mode: str = "relativeToStartPoint",
    camera: str = M3E,
    more: str = "",
) -> bytes:
    inside = (
        more + dji.tags(direction=90, height=80, ellipsoidHeight=80, margin=0) + dji.tag("overlap", OVERLAP)
    )
    placemark = f"<Placemark>{inside}{area or ring()}</Placemark>"
    return dji.packed(template=dji.template(placemark, kind=kind, mode=mode, config=camera))


def legs_with_photos(plan: Plan) -> list[tuple[PlanItem, PlanItem, float]]:
    """Return the legs that are flown with photos by distance, and this distance, m."""
    found, before, distance_m = [], None, 0.0
    for item in plan.items:
        if item.name == "NAV_WAYPOINT":
            if before is not None and distance_m:
                found.append((before, item, distance_m))
            before = item
        elif item.name == "DO_SET_CAM_TRIGG_DIST":
            distance_m = item.param1
    return found


def test_an_area_is_surveyed_with_the_overlap_and_direction_of_the_template() -> None:
    plan = read(job(), "job.kmz")
    legs = legs_with_photos(plan)
    assert {item.frame for item, _, _ in legs} == {MAV_FRAME.GLOBAL_RELATIVE_ALT}
    assert {round(item.alt_m, 6) for item, _, _ in legs} == {80.0}
    assert np.allclose([distance_m for _, _, distance_m in legs], 0.2 * ALONG_M, atol=0.01)
    # Every line runs east or west, and the photos' strips overlap by 70 % and cover the area.
    earth = Geod(ellps="WGS84")
    bearings = [earth.inv(a.lon_deg, a.lat_deg, b.lon_deg, b.lat_deg)[0] % 180.0 for a, b, _ in legs]
    assert np.allclose(bearings, 90.0, atol=0.1)
    to_m = Transformer.from_crs("EPSG:4326", "EPSG:32632", always_xy=True).transform
    lines = [LineString([to_m(a.lon_deg, a.lat_deg), to_m(b.lon_deg, b.lat_deg)]) for a, b, _ in legs]
    gaps = np.diff(sorted(line.centroid.y for line in lines))
    assert np.all(gaps <= 0.3 * ACROSS_M + 0.1)
    shown = unary_union([line.buffer(ACROSS_M / 2.0, cap_style="square") for line in lines])
    area = Polygon([to_m(*corner) for corner in CORNERS])
    assert area.difference(shown).area < 1.0
    assert plan.items[2].name == "DO_MOUNT_CONTROL"
    assert plan.items[2].param1 == -90.0


def test_a_plan_made_anew_says_so_and_what_it_leaves_out() -> None:
    plan = read(job(more=dji.tag("elevationOptimizeEnable", 1)), "job.kmz")
    told = [str(one) for one in plan.losses]
    assert told[0].startswith(
        "the lines of the mapping2d template (the file holds no executed wayline; instead: "
    )
    assert "lines of Landline's survey with its area, direction, overlap and height" in told[0]
    assert told[1].startswith("oblique photos of the middle of the area")


def test_a_strip_is_flown_as_a_corridor() -> None:
    line = "<LineString><coordinates>8.5,47.0,0 8.51,47.0,0 8.51,47.005,0</coordinates></LineString>"
    wide = dji.tags(leftExtend=60, rightExtend=60)
    plan = read(job(line, kind="mappingStrip", more=wide), "job.kmz")
    legs = legs_with_photos(plan)
    assert len(legs) >= 4
    to_m = Transformer.from_crs("EPSG:4326", "EPSG:32632", always_xy=True).transform
    middle = LineString([to_m(8.5, 47.0), to_m(8.51, 47.0), to_m(8.51, 47.005)])
    flown = [LineString([to_m(a.lon_deg, a.lat_deg), to_m(b.lon_deg, b.lat_deg)]) for a, b, _ in legs]
    assert all(line.distance(middle) < 60.0 for line in flown)
    assert box(*middle.bounds).buffer(200.0).contains(unary_union(flown))


def test_a_strip_with_two_widths_lies_more_on_its_wider_side() -> None:
    line = "<LineString><coordinates>8.5,47.0,0 8.51,47.0,0</coordinates></LineString>"
    plan = read(job(line, kind="mappingStrip", more=dji.tags(leftExtend=0, rightExtend=90)), "job.kmz")
    lats = sorted({round(one.lat_deg, 5) for leg in legs_with_photos(plan) for one in leg[:2]})
    # The line runs east, so that all is to its south, in the middle of 90 m.
    souths_m = [(47.0 - lat) * 111_170.0 for lat in lats]
    assert np.isclose(np.mean(souths_m), 45.0, atol=1.0)
    assert max(souths_m) - min(souths_m) >= 90.0 - 0.3 * ACROSS_M


def oblique(**more: object) -> bytes:
    values = {"inclinedGimbalPitch": -45, "inclinedFlightSpeed": 5} | more
    overlap = dji.tag("overlap", OVERLAP + dji.tags(inclinedCameraOverlapH=70, inclinedCameraOverlapW=60))
    placemark = dji.tags(direction=90, height=80, margin=0, **values) + overlap + ring()
    text = dji.template(f"<Placemark>{placemark}</Placemark>", kind="mapping3d", config=M3E)
    return dji.packed(template=text)


def test_an_oblique_template_looks_down_and_in_four_directions() -> None:
    plan = read(oblique(), "job.kmz")
    pitches_deg = [one.param1 for one in plan.items if one.name == "DO_MOUNT_CONTROL"]
    assert pitches_deg == [-90.0, -45.0]
    headings_deg = list(dict.fromkeys(one.param1 for one in plan.items if one.name == "CONDITION_YAW"))
    assert headings_deg == [90.0, 180.0, 270.0, 0.0]
    legs = legs_with_photos(plan)
    assert {round(distance_m, 2) for _, _, distance_m in legs} == {
        round(0.2 * ALONG_M, 2),
        round(0.3 * ALONG_M * 2.0**0.5, 2),
    }
    # A tilted photo shows in its middle what is 80 m ahead: the lines that look north lie so far to the south.
    lats_deg = [one.lat_deg for leg in legs[-4:] for one in leg[:2]]
    assert min(lats_deg) == pytest.approx(47.0 - 80.0 / 111_170.0, abs=1e-5)
    assert max(lats_deg) == pytest.approx(47.0027 - 80.0 / 111_170.0, abs=1e-5)
    speeds = [one.param2 for one in plan.items if one.name == "DO_CHANGE_SPEED"]
    assert speeds[-1] == 5.0
    assert "lines with the camera tilted in four directions" in str(plan.losses[0])


def test_what_an_area_orders_beside_its_lines_is_kept_or_told() -> None:
    nose = dji.tag("mappingHeadingParam", dji.tags(mappingHeadingMode="fixed", mappingHeadingAngle=30))
    plan = read(
        job(more=nose + dji.tags(shootType="time", cuttingDistance=500, includeCenterEnable=1)), "job.kmz"
    )
    assert {one.param1 for one in plan.items if one.name == "CONDITION_YAW"} == {30.0}
    assert any(one.what == "photos are taken by distance" for one in plan.notes)
    lost = [one.what for one in plan.losses]
    assert "sub strips of 500 m" in lost
    assert "that a line lies on the middle of the strip" in lost


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (job(kind="mapping3d"), "inclinedGimbalPitch: it is missing"),
        (oblique(inclinedGimbalPitch=-5), "inclinedGimbalPitch: -5 is not between -85 and -15"),
        (
            job(kind="mapping4d"),
            "the mapping4d template was not executed, and Landline does not know its kind",
        ),
        (
            job("<LineString/>", kind="mappingStrip", more=dji.tags(stripUseTemplateAltitude=1)),
            "its line has heights of its own",
        ),
        (job(camera=""), "it has no camera with an overlap"),
        (job(camera=M3E.replace("66", "53")), "the camera M30T is not in the table of cameras"),
        (job(more=dji.tags(leftExtend=10, rightExtend=60), kind="mappingStrip"), "LineString: it is missing"),
        (job("<LineString/>"), "Polygon: it is missing"),
        (
            job(ring(((8.5, 47.0), (8.6, 47.0)))),
            "job.kmz: wpmz/template.kml: cannot read the DJI mission: the mapping2d template",
        ),
        (job(ring(((8.5, 47.0), (8.6, 97.0), (8.7, 47.0)))), "is not a place on the Earth"),
        (dji.packed(template=dji.template("", kind="mapping2d")), "it has no area"),
    ],
)
def test_a_template_that_cannot_be_planned_anew_is_refused(data: bytes, named: str) -> None:
    with pytest.raises(PlanError) as caught:
        read(data, "job.kmz")
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_template_that_follows_the_ground_is_flown_above_terrain_data() -> None:
    text = dji.template(
        f"<Placemark>{dji.tags(height=80) + dji.tag('overlap', OVERLAP)}{ring()}</Placemark>",
        kind="mapping2d",
        config=M3E,
    )
    end = "</wpml:waylineCoordinateSysParam>"
    follows = dji.tags(surfaceFollowModeEnable=1, surfaceRelativeHeight=60)
    plan = read(dji.packed(template=text.replace(end, follows + end)), "job.kmz")
    legs = legs_with_photos(plan)
    assert {(one.frame, one.alt_m) for leg in legs for one in leg[:2]} == {
        (MAV_FRAME.GLOBAL_TERRAIN_ALT, 60.0)
    }
    assert plan.losses[0].what == "the ground that the template follows"
    unstated = dji.packed(template=text.replace(end, dji.tags(surfaceFollowModeEnable=1) + end))
    with pytest.raises(PlanError, match="surfaceRelativeHeight: it is missing"):
        read(unstated, "job.kmz")
