"""`landline mission plan ... --terrain` as a command: what it says, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from controller.missions.files import open_plan
from tests.support.cli import landline_here

FIELD = [[8.545, 47.397], [8.548, 47.397], [8.548, 47.399], [8.545, 47.399], [8.545, 47.397]]
HOME = ("--home", "47.3968,8.5448,488")


@pytest.fixture
def field(tmp_path: Path) -> str:
    path = tmp_path / "field.geojson"
    shape = {"type": "Polygon", "coordinates": [FIELD]}
    path.write_text(json.dumps({"type": "Feature", "properties": {"name": "field"}, "geometry": shape}))
    return str(path)


@pytest.fixture
def tile(tmp_path: Path) -> str:
    """An SRTM tile with a hill of 100 m in the middle of the field."""
    lat, lon = np.linspace(48.0, 47.0, 1201)[:, None], np.linspace(8.0, 9.0, 1201)[None, :]
    away_m = np.hypot((lat - 47.398) * 111_000.0, (lon - 8.5465) * 75_000.0)
    path = tmp_path / "N47E008.hgt"
    (488.0 + 100.0 * np.exp(-((away_m / 150.0) ** 2))).round().astype(">i2").tofile(path)
    return str(path)


def test_a_survey_over_a_hill_follows_it_and_names_its_heights(field: str, tile: str, tmp_path: Path) -> None:
    target = tmp_path / "field.plan"
    words = ("mission", "plan", "survey", field, *HOME, "--terrain", tile, "--out", str(target), "--json")
    planned = landline_here(*words, home=tmp_path)
    assert planned.code == 0
    # The hill is 72 m above home, where it has risen by 28 m.
    assert 88.0 <= planned.summary["return_height_m"] <= 94.0
    said = " ".join(planned.summary["remarks"])
    assert "above EGM96, its clearance is 20 m" in said
    assert "the heights follow the terrain" in said
    heights = [item.alt_m for item in open_plan(target).items if item.name == "NAV_WAYPOINT"]
    assert max(heights) > 110.0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--terrain", "TILE", "--home", "46.9,8.5"], 5, "does not cover home at 46.90000,8.50000"),
        (["--terrain", "TILE", "--above", "home", *HOME], 5, "less than the clearance of 20 m"),
        (["--terrain", "TILE", "--clearance-m", "60", *HOME], 5, "under the clearance of 60 m"),
        (["--terrain", "plain.asc", *HOME], 2, "does not state the zero of its heights"),
        (["--terrain", "none.tif", *HOME], 2, "no such terrain file"),
        (["--clearance-m", "10", *HOME], 2, "there is no terrain"),
        (["--terrain", "TILE", "--clearance-m", "nan", *HOME], 2, "must be at least 0"),
        (["--above", "sea", *HOME], 2, "use home or ground"),
    ],
)
def test_terrain_that_is_no_use_is_one_line_and_writes_nothing(
    field: str, tile: str, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    plain = tmp_path / "plain.asc"
    plain.write_text("ncols 2\nnrows 2\nxllcorner 8\nyllcorner 47\ncellsize 0.5\n488 488\n488 488\n")
    names = {"TILE": tile, "plain.asc": str(plain)}
    target = tmp_path / "field.plan"
    refused = landline_here(
        "mission", "plan", "survey", field, *(names.get(one, one) for one in words), "--out", str(target),
        home=tmp_path,
    )  # fmt: skip
    assert refused.code == code
    assert said in refused.err
    assert not target.exists()


def test_without_terrain_heights_above_ground_are_the_autopilots(field: str, tmp_path: Path) -> None:
    target = tmp_path / "field.plan"
    planned = landline_here(
        "mission", "plan", "survey", field, *HOME, "--above", "ground", "--out", str(target), home=tmp_path
    )
    assert "the autopilot follows its own terrain" in planned.err
    assert {item.frame for item in open_plan(target).items if item.name == "NAV_WAYPOINT"} == {10}


def test_the_check_finds_a_hill_between_items_and_accepts_the_followed_plan(
    field: str, tile: str, tmp_path: Path
) -> None:
    words = ("mission", "plan", "survey", field, *HOME, "--out")
    level, followed = tmp_path / "level.plan", tmp_path / "followed.plan"
    landline_here(*words, str(level), home=tmp_path)
    landline_here(*words, str(followed), "--terrain", tile, home=tmp_path)
    refused = landline_here("mission", "check", level, "--terrain", tile, home=tmp_path)
    assert refused.code == 5
    assert "above the ground at 47.39" in refused.out
    assert "the clearance is 20 m" in refused.out
    accepted = landline_here("mission", "check", followed, "--terrain", tile, home=tmp_path)
    assert (accepted.code, "m above the ground, lowest on the way" in accepted.out) == (0, True)
    for unused in (("--clearance-m", "5"), ("--terrain-datum", "EGM96"), ("--flat-outside",)):
        wrong = landline_here("mission", "check", level, *unused, home=tmp_path)
        assert (wrong.code, f"cannot use {unused[0]}: there is no terrain" in wrong.err) == (2, True)


def test_a_plan_without_home_cannot_be_checked_over_terrain(tile: str, tmp_path: Path) -> None:
    plan = tmp_path / "way.gpx"
    plan.write_text(
        "<gpx version='1.1' xmlns='http://www.topografix.com/GPX/1/1'><wpt lat='47.397' lon='8.545'>"
        "<ele>540</ele></wpt><wpt lat='47.398' lon='8.546'><ele>540</ele></wpt></gpx>"
    )
    refused = landline_here("mission", "check", plan, "--terrain", tile, home=tmp_path)
    assert (refused.code, "it has no home that its heights are above" in refused.err) == (2, True)
