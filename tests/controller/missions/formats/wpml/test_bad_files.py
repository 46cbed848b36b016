"""Damaged, hostile and strange DJI missions: one line with place, or a plan."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.missions.checks.check import check
from controller.missions.errors import PlanError
from controller.missions.formats import registry
from controller.missions.formats.wpml.writer import write
from controller.missions.plan import Plan
from tests.support.dji import wpml_files as dji

GOOD = dji.document(dji.wayline(dji.waypoint(0, dji.group(dji.action("takePhoto"))), dji.waypoint(1)))
TEMPLATE = dji.template("<Placemark></Placemark>", kind="mapping2d")


def refused(data: bytes) -> str:
    with pytest.raises(PlanError) as caught:
        registry.read(data, "job.kmz")
    assert "\n" not in str(caught.value)
    assert str(caught.value.where).startswith("job.kmz")
    return str(caught.value).replace(" (your input)", "")


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("../../etc/cron.d/job", "a path leaves the archive"),
        ("/etc/job", "a path leaves the archive"),
        ("copy/waylines.wpml", "waylines.wpml is in the archive more than once"),
    ],
)
def test_an_archive_with_a_wrong_path_is_refused(name: str, named: str) -> None:
    assert named in refused(dji.packed(GOOD, others=[(name, b"x")]))


def test_a_zip_bomb_is_refused_before_it_grows() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("wpmz/waylines.wpml", b" " * (33 * 1024 * 1024))
    assert len(content.getvalue()) < 100_000
    assert "waylines.wpml is larger than 32 MiB" in refused(content.getvalue())


def test_a_document_type_and_its_entities_are_refused() -> None:
    evil = GOOD.replace("<kml", '<!DOCTYPE kml [<!ENTITY a SYSTEM "file:///etc/passwd">]><kml', 1)
    assert "wpmz/waylines.wpml: invalid DJI mission: it declares a document type" in refused(dji.packed(evil))


@pytest.mark.parametrize(
    ("points", "named"),
    [
        ([dji.waypoint(0, height="high")], "waypoint 0, executeHeight: 'high' is not a number"),
        (
            [dji.waypoint(0), dji.waypoint(1, height="nan")],
            "waypoint 1, executeHeight: 'nan' is not a number",
        ),
        ([dji.waypoint(0, height="1e9")], "executeHeight: 1e+09 is not between"),
        ([dji.waypoint(0, lat=91.0)], "coordinates: '8.5,91.0' is not a place on the Earth"),
        ([dji.waypoint(0, lat="latitude", lon=8.5)], "is not a longitude and a latitude"),
        ([dji.waypoint(0, speed=-3)], "waypointSpeed: -3 is not between 0 and 1000"),
        (
            [dji.waypoint(0, dji.group(dji.action("hover", hoverTime="long")))],
            "hoverTime: 'long' is not a number",
        ),
        ([dji.waypoint(0, dji.group(dji.action("hover")))], "hoverTime: it is missing"),
        ([dji.waypoint(0, dji.group(first=3, last=1))], "actionGroupEndIndex: 1 is before the start index 3"),
        ([dji.waypoint(0, dji.group(first=1.5))], "actionGroupStartIndex: 1.5 is not a whole number"),
        ([dji.waypoint(0, straight=7)], "useStraightLine: '7' is not 0 or 1"),
    ],
)
def test_a_wrong_value_is_named_with_its_waypoint_and_line(points: list[str], named: str) -> None:
    error = refused(dji.job("\n".join(points)))
    assert named in error
    assert f"wpmz/waylines.wpml:{2 + len(points)}: " in error


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (dji.packed(GOOD.replace("missionConfig", "config")), "missionConfig: it is missing"),
        (dji.packed(dji.document()), "it has no waypoints"),
        (dji.job(dji.waypoint(0), mode="floor"), "height mode: 'floor': it is not known"),
        (dji.packed(GOOD[:-20]), "wpmz/waylines.wpml:3: invalid DJI mission: "),
        (dji.packed(others=[("res/waylines.wpml.txt", b"x")]), "has no wpmz/waylines.wpml"),
        (dji.packed(GOOD)[:-30], "cannot read the DJI mission: "),
    ],
)
def test_a_file_without_a_needed_part_is_refused(data: bytes, named: str) -> None:
    assert named in refused(data)


def test_an_archive_made_by_hand_with_an_outer_folder_is_read() -> None:
    data = dji.packed(others=[("my job/wpmz/waylines.wpml", GOOD.encode())])
    assert registry.read(data, "job.kmz").items


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    at=st.integers(0, len(GOOD) - 1),
    length=st.integers(0, 60),
    put=st.text(alphabet="<>/&;\"' -.019eE_naif\0\u00e9", max_size=12),
    with_template=st.booleans(),
)
def test_a_damaged_document_is_a_plan_or_one_line(
    *, at: int, length: int, put: str, with_template: bool
) -> None:
    text = GOOD[:at] + put + GOOD[at + length :]
    _outcome(dji.packed(text, TEMPLATE if with_template else ""))


@settings(max_examples=40, deadline=None)
@given(at=st.integers(4, len(dji.packed(GOOD)) - 1), put=st.binary(min_size=1, max_size=4))
def test_a_damaged_archive_is_a_plan_or_one_line(at: int, put: bytes) -> None:
    data = dji.packed(GOOD)
    _outcome(data[:at] + put + data[at + len(put) :])


def _outcome(data: bytes) -> Plan | None:
    try:
        plan = registry.read(data, "f.kmz")
    except PlanError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 500
        assert str(error.where).startswith("f.kmz")
        return None
    check(plan)
    plan.wire_items(first_seq=1)
    assert registry.read(write(plan), "again.kmz").items == plan.items
    return plan
