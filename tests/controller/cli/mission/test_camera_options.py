"""A survey planned for a camera: pixel size and overlaps in, height and distances out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from controller.missions.commands import CMD
from controller.missions.files import open_plan
from controller.missions.plan import PlanItem
from tests.support.cli import landline_here

FIELD = [[8.545, 47.397], [8.548, 47.397], [8.548, 47.399], [8.545, 47.399], [8.545, 47.397]]
HOME = ("--home", "47.3968,8.5448,488")


@pytest.fixture
def field(tmp_path: Path) -> str:
    path = tmp_path / "field.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [FIELD]}))
    return str(path)


def _items(field: str, folder: Path, *words: str) -> tuple[PlanItem, ...]:
    target = folder / "field.plan"
    planned = landline_here(
        "mission", "plan", "survey", field, *HOME, *words, "--out", str(target), home=folder
    )
    assert planned.code == 0, planned.err
    return open_plan(target).items


def _trigger_m(items: tuple[PlanItem, ...]) -> float:
    return max(item.param1 for item in items if item.command == CMD.DO_SET_CAM_TRIGG_DIST)


def test_a_pixel_size_gives_the_height_and_an_overlap_the_distances(field: str, tmp_path: Path) -> None:
    words = ("--camera", "Zenmuse P1", "--gsd-cm", "1", "--front-overlap", "80", "--side-overlap", "70")
    items = _items(field, tmp_path, *words)
    height_m = next(item.alt_m for item in items if item.command == CMD.NAV_WAYPOINT)
    # A pixel of 24 mm / 5460 behind 35 mm sees 1 cm from 79.6 m; 5460 pixels of it are 54.6 m, a fifth is 10.9 m.
    assert height_m == pytest.approx(79.6, abs=0.1)
    assert _trigger_m(items) == pytest.approx(10.92, abs=0.02)


def test_a_camera_in_portrait_takes_photos_less_often(field: str, tmp_path: Path) -> None:
    words = ("--camera", "P1", "--height-m", "80")
    wide, tall = (_trigger_m(_items(field, tmp_path, *words, *more)) for more in ((), ("--portrait",)))
    assert tall == pytest.approx(wide * 35.9 / 24.0, rel=0.01)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--gsd-cm", "2"], "cannot use --gsd-cm without a camera"),
        (["--front-overlap", "80"], "cannot use --front-overlap without a camera"),
        (["--camera", "P1", "--front-overlap", "100"], "cannot plan a front overlap of 100 %"),
        (["--camera", "P1", "--side-overlap", "-5"], "cannot plan a side overlap of -5 %"),
        (["--camera", "P1", "--side-overlap", "nan"], "cannot plan a side overlap of nan %"),
        (["--camera", "P1", "--gsd-cm", "2", "--height-m", "50"], "cannot use both --gsd-cm and --height-m"),
        (["--camera", "P1", "--gsd-cm", "0"], "invalid value '0'"),
        (["--camera", "P1", "--spacing-m", "9", "--side-overlap", "60"], "cannot use both --spacing-m"),
        (["--camera", "Sony A7R IV"], "give --focal-mm"),
        (["--camera", "P2"], "no camera is named 'P2'"),
        (["--camera", "missing.toml"], "missing.toml"),
    ],
)
def test_a_camera_that_cannot_do_it_is_one_line(
    field: str, tmp_path: Path, words: list[str], said: str
) -> None:
    target = tmp_path / "field.plan"
    refused = landline_here("mission", "plan", "survey", field, *words, "--out", str(target), home=tmp_path)
    assert refused.code == 2
    assert said in refused.err
    assert len(refused.err.splitlines()) == 1
    assert not target.exists()


def test_the_cameras_are_listed_with_their_source(tmp_path: Path) -> None:
    listed = landline_here("mission", "cameras", "rx1r", "--json", home=tmp_path)
    rows: list[dict[str, Any]] = [json.loads(line) for line in listed.out.splitlines()]
    assert rows[0]["name"] == "Sony RX1R II"
    assert rows[0]["focal_mm"] == [35.0, 35.0]
    assert "QGroundControl" in rows[0]["source"]
    assert landline_here("mission", "cameras", "no such camera", home=tmp_path).code == 2
