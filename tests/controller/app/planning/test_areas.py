"""Areas of a job from a file: one that is not whole is refused at its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.app.planning.areas import read_area
from controller.missions.errors import PlanError

Ring = list[list[float]]


def area_file(folder: Path, *rings: Ring) -> Path:
    geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]] for ring in rings]}
    path = folder / "field.geojson"
    path.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": geometry}))
    return path


def test_an_area_that_crosses_itself_is_refused_at_the_crossing(tmp_path: Path) -> None:
    path = area_file(tmp_path, [[8.0, 47.0], [8.01, 47.01], [8.01, 47.0], [8.0, 47.01]])
    with pytest.raises(PlanError, match=r"crosses itself at 47\.0050\d+, 8\.0050\d+") as caught:
        read_area(path)
    assert caught.value.where == str(path)


def test_a_hole_beyond_the_outline_is_refused(tmp_path: Path) -> None:
    square = [[8.0, 47.0], [8.01, 47.0], [8.01, 47.01], [8.0, 47.01]]
    beyond = [[9.0, 47.0], [9.01, 47.0], [9.01, 47.01]]
    with pytest.raises(PlanError, match="is not whole"):
        read_area(area_file(tmp_path, square, beyond))


def test_an_area_over_the_date_line_is_whole(tmp_path: Path) -> None:
    corners = [[179.995, 10.0], [-179.995, 10.0], [-179.995, 10.01], [179.995, 10.01]]
    assert len(read_area(area_file(tmp_path, corners)).points) == 4
