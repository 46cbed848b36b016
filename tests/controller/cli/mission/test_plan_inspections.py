"""`landline mission plan` of objects as commands: names of assets, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.missions.assets.names import asset_of
from controller.missions.files import open_plan
from tests.support.cli import ROOT, landline_here

LINE = ROOT / "examples" / "power_line.csv"
SHAPES = {
    "house": ("Polygon", [[[8.5460, 47.3970], [8.5463, 47.3970], [8.5463, 47.3972], [8.5460, 47.3970]]]),
    "deck": ("LineString", [[8.5460, 47.3970], [8.5463, 47.3970]]),
}


@pytest.fixture
def shapes(tmp_path: Path) -> str:
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": {"type": kind, "coordinates": places}}
        for name, (kind, places) in SHAPES.items()
    ]
    path = tmp_path / "shapes.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return str(path)


def test_towers_that_are_ordered_are_counted_and_named_on_each_item(tmp_path: Path) -> None:
    target = tmp_path / "line.plan"
    words = ("mission", "plan", "strip", LINE, "--assets", "towers 15 to 17", "--out", target, "--json")
    planned = landline_here(*words, home=tmp_path)
    assert planned.code == 0, planned.err
    assert planned.summary["assets"] == {
        "tower 15": 2, "span 15-16": 2, "tower 16": 2, "span 16-17": 2, "tower 17": 2,
    }  # fmt: skip
    assert "columns not used: Bemerkung" in planned.err
    names = [asset_of(item) for item in open_plan(target).items if item.name == "IMAGE_START_CAPTURE"]
    assert names[:3] == ["tower 15", "span 15-16", "tower 16"]
    waypoints = tmp_path / "line.waypoints"
    assert landline_here("mission", "convert", target, waypoints, home=tmp_path).code == 0
    assert "# asset: tower 16" in waypoints.read_text()


def test_each_object_is_planned_from_its_shape(shapes: str, tmp_path: Path) -> None:
    for words in (
        ("structure", shapes),
        ("facade", shapes),
        ("orbit", "47.3977,8.5456", "--heights-m", "20,40"),
    ):
        target = tmp_path / f"{words[0]}.plan"
        planned = landline_here("mission", "plan", *words, "--out", target, home=tmp_path)
        assert planned.code == 0, planned.err
        assert landline_here("mission", "check", target, "--max-alt", "100", home=tmp_path).code == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("structure", "SHAPES", "--bottom-m", "2"), 5, "lower than 5 m"),
        (("structure", "SHAPES", "--stand-off-m", "0"), 2, "invalid stand-off"),
        (("structure", "SHAPES", "--home", "47.39705,8.5459,400"), 5, "home is nearer than 12 m"),
        (("structure", "SHAPES", "--above", "ground"), 2, "its heights are those"),
        (("structure", "SHAPES", "--pitch-deg", "up"), 2, "write numbers with commas between them"),
        (("facade", str(LINE)), 2, "5 points"),
        (("orbit", "somewhere"), 2, "invalid value 'somewhere'"),
        (("turbine", "47.3977,8.5456", "--hub-m", "40"), 2, "reaches the ground"),
        (("turbine", "47.3977,8.5456", "--parts", "wings"), 2, "use tower, nacelle or blades"),
        (("bridge", "SHAPES", "--under-m", "9", "--top-m", "11"), 5, "below its deck is -3.0 m above home"),
        (("strip", str(LINE), "--assets", "15 to 99"), 2, "no number 99"),
        (("strip", str(LINE), "--side", "top"), 2, "use both, left or right"),
        (("strip", "missing.csv"), 2, "no such file"),
    ],
)
def test_what_cannot_be_planned_is_one_line_and_no_file(
    shapes: str, tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    target = tmp_path / "no.plan"
    given = [shapes if word == "SHAPES" else word for word in words]
    refused = landline_here("mission", "plan", *given, "--out", target, home=tmp_path)
    assert (refused.code, refused.out) == (code, "")
    assert said in refused.err
    assert not target.exists()
