"""`landline mission plan` as a command: where the plan goes, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.missions.files import open_plan
from tests.support.cli import landline_here

FIELD = [[8.545, 47.397], [8.548, 47.397], [8.548, 47.399], [8.545, 47.399], [8.545, 47.397]]


@pytest.fixture
def field(tmp_path: Path) -> str:
    path = tmp_path / "field.geojson"
    shape = {"type": "Polygon", "coordinates": [FIELD]}
    path.write_text(json.dumps({"type": "Feature", "properties": {"name": "field"}, "geometry": shape}))
    return str(path)


def test_a_planned_survey_is_a_file_that_can_be_flown(field: str, tmp_path: Path) -> None:
    target = tmp_path / "field.plan"
    words = ("mission", "plan", "survey", field, "--home", "47.3968,8.5448,488", "--out", str(target))
    planned = landline_here(*words, "--json", home=tmp_path)
    assert planned.code == 0
    plan = open_plan(target)
    assert planned.summary["items"] == len(plan.items)
    assert planned.summary["photos"] > 50
    assert [item.name for item in plan.items][:2] == ["NAV_TAKEOFF", "NAV_WAYPOINT"]
    assert plan.items[-1].name == "NAV_RETURN_TO_LAUNCH"
    assert landline_here("mission", "check", str(target), home=tmp_path).code == 0


def test_without_a_file_the_plan_itself_is_written_to_the_pipe(field: str, tmp_path: Path) -> None:
    planned = landline_here("mission", "plan", "survey", field, home=tmp_path)
    assert json.loads(planned.out)["fileType"] == "Plan"
    assert "survey: " in planned.err
    assert "home is the first point" in planned.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["survey", "FIELD", "--home", "north"], "invalid value 'north'"),
        (["survey", "FIELD", "--autopilot", "mine"], "use ardupilot or px4"),
        (["survey", "FIELD", "--name", "wood"], "has no area named wood"),
        (["corridor", "FIELD"], "has no line"),
        (["survey", "FIELD", "--spacing-m", "0"], "lines 0 m apart"),
        (["survey", "FIELD", "--out", "-", "--json"], "cannot write both"),
        (["survey", "missing.kml"], "no such file"),
    ],
)
def test_a_job_that_cannot_be_planned_is_one_line(
    field: str, tmp_path: Path, words: list[str], said: str
) -> None:
    refused = landline_here(
        "mission", "plan", *(field if word == "FIELD" else word for word in words), home=tmp_path
    )
    assert refused.code == 2
    assert said in refused.err
    assert refused.out == ""


def test_a_job_with_a_camera_has_a_coverage_and_its_picture(field: str, tmp_path: Path) -> None:
    plan, picture = tmp_path / "field.plan", tmp_path / "field.png"
    words = ("mission", "plan", "survey", field, "--camera", "DJI Mavic 3E", "--coverage", str(picture))
    planned = landline_here(*words, "--out", str(plan), "--json", home=tmp_path)
    assert planned.code == 0
    coverage = planned.summary["coverage"]
    assert coverage["seen"]["3"] == 100.0
    assert coverage["gaps"] == []
    assert picture.read_bytes().startswith(b"\x89PNG")
    # The target of the photos is kept where the plan is converted.
    converted = tmp_path / "other.plan"
    assert landline_here("mission", "convert", str(plan), str(converted), home=tmp_path).code == 0
    assert '"landlineCoverage"' in converted.read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--coverage", "a.png"], "the job has no camera"),
        (["--camera", "DJI Mavic 3E", "--coverage", "a.bmp"], "unknown format"),
    ],
)
def test_a_coverage_that_cannot_be_made_writes_nothing(
    field: str, tmp_path: Path, words: list[str], said: str
) -> None:
    plan = tmp_path / "field.plan"
    refused = landline_here("mission", "plan", "survey", field, *words, "--out", str(plan), home=tmp_path)
    assert (refused.code, plan.exists()) == (2, False)
    assert said in refused.err
