"""Options of `landline mission plan survey`, `corridor` and `search`, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.missions.files import open_plan
from tests.support.cli import landline_here


def _area(path: Path, west: float, south: float, east: float, north: float) -> str:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    return str(path)


@pytest.fixture
def field(tmp_path: Path) -> str:
    return _area(tmp_path / "field.geojson", 8.545, 47.397, 8.548, 47.399)


@pytest.fixture
def pond(tmp_path: Path) -> str:
    return _area(tmp_path / "pond.geojson", 8.546, 47.3975, 8.547, 47.3985)


def test_a_survey_around_a_pond_says_what_it_does_not_survey(field: str, pond: str, tmp_path: Path) -> None:
    words = [
        "mission",
        "plan",
        "survey",
        field,
        "--angle-deg",
        "best",
        "--entry",
        "ne",
        "--overshoot-m",
        "10",
    ]
    target = tmp_path / "a.plan"
    planned = landline_here(*words, "--keep-out", pond, "--out", str(target), home=tmp_path)
    assert planned.code == 0
    assert "not surveyed because of keep-outs" in planned.err
    first = open_plan(target).items[1]
    assert first.lat_deg > 47.3985
    assert first.lon_deg > 8.547


def test_each_kind_of_search_is_planned(field: str, tmp_path: Path) -> None:
    for words in (
        ["--datum", "47.398,8.546"],
        ["--datum", "47.398,8.546", "--kind", "sector", "--twice"],
        [field, "--kind", "creeping"],
        [field, "--kind", "parallel", "--heading-deg", "20"],
    ):
        planned = landline_here("mission", "plan", "search", *words, "--json", home=tmp_path)
        assert planned.code == 0
        assert planned.summary["pattern"].endswith("search")
        assert planned.summary["photos"] > 20


def test_a_keep_out_that_is_not_taken_whole_is_refused(field: str, tmp_path: Path) -> None:
    path = tmp_path / "trees.geojson"
    line = {"type": "LineString", "coordinates": [[8.546, 47.398], [8.547, 47.398]]}
    tree = {"type": "Point", "coordinates": [8.5465, 47.3985]}
    path.write_text(json.dumps({"type": "GeometryCollection", "geometries": [line, tree]}))
    refused = landline_here("mission", "plan", "survey", field, "--keep-out", str(path), home=tmp_path)
    assert refused.code == 2
    assert "cannot keep out of all that the file holds: not taken: 1 × point" in refused.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["survey", "FIELD", "--angle-deg", "west"], 2, "write degrees from north, or best"),
        (["survey", "FIELD", "--entry", "top"], 2, "use nearest, nw, ne, sw, se"),
        (["survey", "FIELD", "--hover", "--trigger-m", "0"], 2, "and no photos"),
        (["survey", "FIELD", "--keep-out", "FIELD"], 5, "cover all of it"),
        (
            ["survey", "POND", "--keep-out", "FIELD", "--home", "47.398,8.5465"],
            5,
            "home is inside a keep-out",
        ),
        (["survey", "FIELD", "--keep-out", "POND", "--keep-out-buffer-m", "-1"], 2, "a buffer of -1 m"),
        (["search", "--kind", "spiral"], 2, "use square, sector, creeping, parallel"),
        (["search", "--kind", "sector"], 2, "give --datum LAT,LON"),
        (["search", "FIELD", "--kind", "creeping", "--datum", "47,8"], 2, "give the AREA file"),
        (["search", "--datum", "47"], 2, "invalid value '47'"),
    ],
)
def test_options_that_cannot_be_flown_write_nothing(
    field: str, pond: str, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    files = {"FIELD": field, "POND": pond}
    target = tmp_path / "a.plan"
    typed = [files.get(word, word) for word in words]
    refused = landline_here("mission", "plan", *typed, "--out", str(target), home=tmp_path)
    assert refused.code == code
    assert said in refused.err
    assert not target.exists()
