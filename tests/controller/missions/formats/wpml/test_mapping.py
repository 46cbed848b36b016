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


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (
            job(kind="mapping3d"),
            "the mapping3d template was not executed, and its lines are those of DJI's own",
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


def test_a_template_that_follows_the_ground_is_not_flown_at_one_height() -> None:
    text = dji.template("<Placemark/>", kind="mapping2d").replace(
        "</wpml:waylineCoordinateSysParam>",
        dji.tag("surfaceFollowModeEnable", 1) + "</wpml:waylineCoordinateSysParam>",
    )
    with pytest.raises(PlanError, match="it follows the ground"):
        read(dji.packed(template=text), "job.kmz")
