"""QGroundControl's patterns, planned from their parameters: the same lines as its own items, or the difference told."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from controller.missions.checks.findings import Severity
from controller.missions.commands import CMD, FRAME
from controller.missions.errors import PlanError
from controller.missions.files import open_plan
from controller.missions.formats import qgc_plan
from controller.missions.geodesic import distance_m
from controller.missions.plan import Plan, PlanItem
from controller.missions.replan.replan import differences, replanned
from tests.support.cli import landline_here

# A plane of its own: 47 degrees north are not what the planner's map is around.
PLANE = Transformer.from_crs("EPSG:4326", "+proj=tmerc +lat_0=47 +lon_0=8 +ellps=WGS84", always_xy=True)
CORNERS = [[47.0, 8.0], [47.002, 8.0], [47.002, 8.003], [47.0005, 8.004]]
LINE = [[47.0, 8.0], [47.002, 8.001], [47.003, 8.004]]
WAYPOINT = int(CMD.NAV_WAYPOINT)
CAMERA = {
    "AdjustedFootprintFrontal": 20,
    "AdjustedFootprintSide": 30,
    "CameraName": "Manual (no camera specs)",
    "DistanceMode": 1,
    "DistanceToSurface": 60,
    "version": 2,
}


def _transects(**changed: Any) -> dict[str, Any]:
    return {
        "CameraCalc": CAMERA,
        "CameraShots": 0,
        "CameraTriggerInTurnAround": False,
        "HoverAndCapture": False,
        "Items": [],
        "Refly90Degrees": False,
        "TurnAroundDistance": 0,
        "VisualTransectPoints": [],
        "version": 2,
    } | changed


def _survey(transects: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    return {
        "TransectStyleComplexItem": transects or _transects(),
        "angle": 30,
        "complexItemType": "survey",
        "entryLocation": 0,
        "flyAlternateTransects": False,
        "polygon": CORNERS,
        "splitConcavePolygons": True,
        "type": "ComplexItem",
        "version": 5,
    } | changed


def _corridor(transects: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    return {
        "CorridorWidth": 100,
        "EntryPoint": 0,
        "TransectStyleComplexItem": transects or _transects(),
        "complexItemType": "CorridorScan",
        "polyline": LINE,
        "type": "ComplexItem",
        "version": 2,
    } | changed


def _structure(**changed: Any) -> dict[str, Any]:
    return {
        "CameraCalc": CAMERA | {"DistanceToSurface": 25},
        "EntranceAltitude": 70,
        "GimbalPitch": -10,
        "Layers": 3,
        "ScanBottomAlt": 5,
        "StartFromTop": True,
        "StructureHeight": 60,
        "complexItemType": "StructureScan",
        "polygon": CORNERS,
        "type": "ComplexItem",
        "version": 3,
    } | changed


def _landing(kind: str = "fwLandingPattern", **changed: Any) -> dict[str, Any]:
    return {
        "altitudesAreRelative": True,
        "complexItemType": kind,
        "landCoordinate": [47.0, 8.0, 0],
        "landingApproachCoordinate": [47.005, 8.0, 40],
        "loiterClockwise": False,
        "loiterRadius": 75,
        "stopTakingPhotos": True,
        "stopVideoPhotos": True,
        "type": "ComplexItem",
        "useLoiterToAlt": True,
        "valueSetIsDistance": True,
        "version": 1 if kind == "vtolLandingPattern" else 2,
    } | changed


def _plan(*items: dict[str, Any]) -> Plan:
    document = {
        "fileType": "Plan",
        "geoFence": {"circles": [], "polygons": [], "version": 2},
        "mission": {
            "firmwareType": 12,
            "items": list(items),
            "plannedHomePosition": [47.0, 8.0, 400],
            "vehicleType": 2,
            "version": 2,
        },
        "rallyPoints": {"points": [], "version": 2},
        "version": 1,
    }
    return qgc_plan.read(json.dumps(document), "a.plan")


def _stored(
    items: tuple[PlanItem, ...], *, north_deg: float = 0.0, up_m: float = 0.0
) -> list[dict[str, Any]]:
    return [
        {
            "autoContinue": True,
            "command": item.command,
            "doJumpId": number,
            "frame": item.frame,
            "params": [
                *(None if math.isnan(value) else value for value in item.params[:4]),
                item.lat_deg + (north_deg if item.command == WAYPOINT else 0.0),
                item.lon_deg,
                item.alt_m + (up_m if item.command == WAYPOINT else 0.0),
            ],
            "type": "SimpleItem",
        }
        for number, item in enumerate(items, 1)
    ]


def _xy(lat_deg: float, lon_deg: float) -> tuple[float, float]:
    east_m, north_m = PLANE.transform(lon_deg, lat_deg)
    return float(east_m), float(north_m)


def _ways(plan: Plan) -> list[PlanItem]:
    return [item for item in plan.items if item.command == WAYPOINT]


def test_a_plan_of_qgroundcontrol_has_the_lines_of_its_parameters(shared_data: Path) -> None:
    plan = open_plan(shared_data / "missions" / "qgc" / "qgroundcontrol_sample_with_survey.plan")
    assert list(differences(plan)) == []
    ours, theirs = _ways(replanned(plan)), _ways(plan)
    assert len(ours) == len(theirs)
    for one, two in zip(ours, theirs, strict=True):
        assert distance_m(one.lat_deg, one.lon_deg, two.lat_deg, two.lon_deg) < 0.05
        assert (one.alt_m, one.frame) == (two.alt_m, two.frame)


def test_a_survey_stored_without_items_is_planned_as_its_planner_plans_it(shared_data: Path) -> None:
    folder = shared_data / "missions" / "qgc"
    missing = open_plan(folder / "qgroundcontrol_sample_with_survey_missing_items.plan")
    assert [pattern.kind for pattern in missing.unflyable] == ["survey"]
    whole = replanned(open_plan(folder / "qgroundcontrol_sample_with_survey.plan"))
    assert replanned(missing).items == whole.items


@pytest.mark.parametrize("angle", [-120, -45, 0, 90, 130])
@pytest.mark.parametrize("entry", [0, 1, 2, 3])
def test_lines_of_a_survey_are_a_footprint_apart_and_end_at_the_outline(angle: int, entry: int) -> None:
    import shapely

    ways = _ways(replanned(_plan(_survey(angle=angle, entryLocation=entry))))
    points = [_xy(item.lat_deg, item.lon_deg) for item in ways]
    outline = shapely.Polygon([_xy(*place) for place in CORNERS]).exterior
    assert max(outline.distance(shapely.Point(point)) for point in points) < 0.5
    lines = list(zip(points[::2], points[1::2], strict=True))
    turn = math.radians(angle)
    asides = sorted(begin[0] * math.cos(turn) - begin[1] * math.sin(turn) for begin, _ in lines)
    assert [two - one for one, two in pairwise(asides)] == pytest.approx([30.0] * (len(asides) - 1), rel=0.01)


def test_refly_turnaround_alternate_and_hover_are_flown() -> None:
    plain = replanned(_plan(_survey()))
    refly = replanned(_plan(_survey(_transects(Refly90Degrees=True))))
    assert len(_ways(refly)) > 1.8 * len(_ways(plain))
    turned = replanned(_plan(_survey(_transects(TurnAroundDistance=15, CameraTriggerInTurnAround=True))))
    assert len(_ways(turned)) == 2 * len(_ways(plain))
    assert [item.param1 for item in turned.items if item.command == CMD.DO_SET_CAM_TRIGG_DIST] == [20.0, 0.0]
    hover = replanned(_plan(_survey(_transects(HoverAndCapture=True))))
    photos = sum(item.command == CMD.IMAGE_START_CAPTURE for item in hover.items)
    assert photos == len(_ways(hover)) > 3 * len(_ways(plain))
    alternate = replanned(_plan(_survey(flyAlternateTransects=True)))
    assert {(item.lat_deg, item.lon_deg) for item in _ways(alternate)} == {
        (item.lat_deg, item.lon_deg) for item in _ways(plain)
    }
    assert _ways(alternate) != _ways(plain)


def test_an_old_survey_holds_its_parameters_in_a_grid() -> None:
    old = {
        "cameraTriggerDistance": 20,
        "complexItemType": "survey",
        "fixedValueIsAltitude": True,
        "grid": {
            "altitude": 60,
            "angle": 30,
            "entryLocation": 0,
            "relativeAltitude": True,
            "spacing": 30,
            "turnAroundDistance": 0,
        },
        "cameraTriggerInTurnaround": False,
        "manualGrid": True,
        "polygon": CORNERS,
        "type": "ComplexItem",
        "version": 3,
    }
    assert replanned(_plan(old)).items == replanned(_plan(_survey())).items


@pytest.mark.parametrize("entry", [0, 1, 2, 3])
def test_passes_of_a_corridor_lie_side_by_side_within_its_width(entry: int) -> None:
    import shapely

    ways = _ways(replanned(_plan(_corridor(EntryPoint=entry))))
    assert len(ways) == 4 * 3
    middle = shapely.LineString([_xy(*place) for place in LINE])
    ends = [shapely.Point(_xy(item.lat_deg, item.lon_deg)) for item in ways]
    asides = sorted(round(middle.distance(point)) for point in (ends[0], ends[3], ends[6], ends[9]))
    assert asides == [5, 25, 35, 55]


def test_layers_of_a_structure_scan_go_around_it_with_the_nose_to_the_wall() -> None:
    import shapely

    plan = replanned(_plan(_structure()))
    ways = _ways(plan)
    assert [ways[0].alt_m, ways[-1].alt_m] == [70.0, 70.0]
    assert [item.alt_m for item in ways[1:-1]] == pytest.approx([50.0] * 5 + [30.0] * 5 + [10.0] * 5)
    wall = shapely.Polygon([_xy(*place) for place in CORNERS])
    ring = shapely.LineString([_xy(item.lat_deg, item.lon_deg) for item in ways[1:6]])
    assert ring.distance(wall) == pytest.approx(25.0, rel=0.01)
    heading = ways[1].param4
    begin = ring.coords[0]
    course = math.atan2(ring.coords[1][0] - begin[0], ring.coords[1][1] - begin[1])
    middle = ((ring.coords[0][0] + ring.coords[1][0]) / 2, (ring.coords[0][1] + ring.coords[1][1]) / 2)
    nose = math.radians(heading)
    ahead = shapely.Point(middle[0] + 40 * math.sin(nose), middle[1] + 40 * math.cos(nose))
    assert wall.contains(ahead)
    assert math.cos(nose - course) == pytest.approx(0.0, abs=0.01)


def test_a_landing_is_the_mark_the_approach_and_the_landing() -> None:
    items = replanned(_plan(_landing())).items
    assert [item.name for item in items] == [
        "DO_LAND_START",
        "DO_SET_CAM_TRIGG_DIST",
        "IMAGE_STOP_CAPTURE",
        "VIDEO_STOP_CAPTURE",
        "NAV_LOITER_TO_ALT",
        "NAV_LAND",
    ]
    assert (items[4].param2, items[4].param4, items[4].alt_m) == (-75.0, 1.0, 40.0)
    vtol = replanned(_plan(_landing("vtolLandingPattern", useLoiterToAlt=False, useDoChangeSpeed=True,
                                    finalApproachSpeed=14, altitudesAreRelative=False))).items  # fmt: skip
    assert [vtol[1].name, vtol[1].param2] == ["DO_CHANGE_SPEED", 14.0]
    assert [item.name for item in vtol[-2:]] == ["NAV_WAYPOINT", "NAV_VTOL_LAND"]
    assert {item.frame for item in vtol[-2:]} == {int(FRAME.GLOBAL)}


def test_a_landing_of_version_1_has_one_zero_of_its_heights() -> None:
    old = {"version": 1, "loiterCoordinate": [47.005, 8.0, 40], "loiterAltitudeRelative": True}
    fields = {key: value for key, value in _landing().items() if key != "landingApproachCoordinate"} | old
    items = replanned(_plan(fields | {"landAltitudeRelative": True})).items
    assert items[-1].frame == int(FRAME.GLOBAL_RELATIVE_ALT)
    with pytest.raises(PlanError, match="different zeros"):
        replanned(_plan(fields | {"landAltitudeRelative": False}))


@pytest.mark.parametrize("pattern", [_survey, _corridor])
def test_items_of_their_parameters_have_no_difference_and_others_have_one(pattern: Any) -> None:
    made = replanned(_plan(pattern()))

    def found(**changed: Any) -> list[str]:
        stored = _transects(Items=_stored(made.items, up_m=changed.pop("up_m", 0.0)), **changed)
        return [f"{one.severity}: {one.what}" for one in differences(_plan(pattern(stored)))]

    assert found() == []
    assert found(CameraCalc=CAMERA | {"AdjustedFootprintSide": 30.2}) == []
    (lines,) = found(CameraCalc=CAMERA | {"AdjustedFootprintSide": 15})
    assert lines.startswith("warning: the items of the")
    assert "m long instead of" in lines
    (higher,) = found(up_m=5.0)
    assert "65 to 65 m high instead of 60 m" in higher
    (turns,) = found(TurnAroundDistance=40)
    assert "m long instead of" in turns


@settings(max_examples=25, deadline=None)
@given(
    angle=st.floats(-360, 360),
    spacing=st.just(0.0) | st.floats(3, 200),
    entry=st.integers(0, 3),
    refly=st.booleans(),
    corners=st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=3, max_size=8),
)
def test_any_survey_is_planned_or_refused_in_one_line(
    angle: float, spacing: float, entry: int, refly: bool, corners: list[tuple[float, float]]
) -> None:
    polygon = [[47.0 + 0.005 * north, 8.0 + 0.005 * east] for north, east in corners]
    camera = CAMERA | {"AdjustedFootprintSide": spacing}
    survey = _survey(
        _transects(CameraCalc=camera, Refly90Degrees=refly), angle=angle, entryLocation=entry, polygon=polygon
    )
    try:
        made = replanned(_plan(survey))
    except PlanError as error:
        assert "a.plan: mission.items[0]" in str(error)
        return
    stored = _survey(
        _transects(CameraCalc=camera, Refly90Degrees=refly, Items=_stored(made.items)),
        angle=angle, entryLocation=entry, polygon=polygon,
    )  # fmt: skip
    assert [one for one in differences(_plan(stored)) if one.severity is Severity.WARNING] == []


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        (_survey(_transects(CameraCalc=CAMERA | {"DistanceMode": 3})), "the file does not hold"),
        (_survey(polygon=CORNERS[:2]), "needs 3 points, not 2"),
        (_survey(entryLocation=7), "is not between 0 and 3"),
        (_survey(_transects(CameraCalc={})), "it is missing"),
        (_corridor(polyline=[LINE[0], LINE[0]]), "shorter than 1 m"),
        (_structure(version=2), "version 2 is not supported"),
        (_structure(Layers=9), "above home"),
        (_structure(polygon=[CORNERS[0], CORNERS[2], CORNERS[1], CORNERS[3]]), "crosses itself"),
        ({"type": "ComplexItem", "complexItemType": "spiral", "version": 1}, "does not know this pattern"),
    ],
)
def test_a_pattern_that_cannot_be_planned_is_named_with_its_place(pattern: dict[str, Any], what: str) -> None:
    with pytest.raises(PlanError, match=what) as caught:
        replanned(_plan(pattern))
    assert str(caught.value.where).startswith("a.plan: mission.items[0]")


@pytest.mark.parametrize("items", [[], None])
def test_a_survey_without_items_is_kept_and_not_flown(items: list[Any] | None) -> None:
    transects = _transects(Items=items)
    if items is None:
        del transects["Items"]
    plan = _plan(_survey(transects))
    assert [pattern.kind for pattern in plan.unflyable] == ["survey"]
    with pytest.raises(PlanError, match="cannot fly the survey"):
        plan.wire_items(first_seq=1)


def test_a_plan_with_jumps_is_not_planned_again() -> None:
    jump = {"autoContinue": True, "command": 177, "doJumpId": 2, "frame": 2, "params": [1, 1, 0, 0, 0, 0, 0],
            "type": "SimpleItem"}  # fmt: skip
    with pytest.raises(PlanError, match="the plan has jumps"):
        replanned(_plan(_survey(), jump))


def test_convert_replan_writes_a_plan_that_can_be_flown(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "missions" / "qgc" / "qgroundcontrol_sample_with_survey_missing_items.plan"
    refused = landline_here("mission", "check", str(source), home=tmp_path)
    assert refused.code == 5
    assert "--replan plans it from its parameters" in refused.out
    target = tmp_path / "whole.plan"
    assert landline_here("mission", "convert", str(source), str(target), "--replan", home=tmp_path).code == 0
    assert landline_here("mission", "check", str(target), home=tmp_path).code == 0


def test_check_and_show_tell_a_difference(tmp_path: Path) -> None:
    made = replanned(_plan(_survey()))
    stored = _plan(_survey(_transects(Items=_stored(made.items), TurnAroundDistance=40)))
    path = tmp_path / "other.plan"
    path.write_text(qgc_plan.write(stored))
    for command in ("check", "show"):
        ran = landline_here("mission", command, str(path), home=tmp_path)
        assert "the items of the survey are not those of its parameters" in ran.out + ran.err
