"""Shapes of other programs' files through the page."""

from __future__ import annotations

import json
from collections.abc import Callable

Call = Callable[..., tuple[int, bytes]]
KML = (
    b"<kml><Placemark><name>Field</name><Point><coordinates>8,47</coordinates></Point>"
    b"<LineString><coordinates>8,47 8.1,47.2</coordinates></LineString></Placemark></kml>"
)


def test_shapes_are_answered_with_what_was_not_taken(call: Call) -> None:
    status, body = call("/api/plans/shapes?name=a.kml", KML)
    assert status == 200
    assert json.loads(body) == {
        "shapes": [{"kind": "line", "name": "Field", "points": [[47.0, 8.0], [47.2, 8.1]]}],
        "notes": ["not taken: 1 × point (only areas and lines are)"],
    }


def test_a_file_without_shapes_is_one_line_with_its_name(call: Call) -> None:
    status, body = call("/api/plans/shapes?name=a.kml", b"no shapes")
    assert status == 400
    assert "a.kml" in json.loads(body)["error"]
