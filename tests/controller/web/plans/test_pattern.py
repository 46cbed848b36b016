"""Surveys and corridors through the page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Call = Callable[..., tuple[int, bytes]]
SETTINGS: dict[str, Any] = {
    "height_m": 50,
    "spacing_m": 25,
    "trigger_m": 15,
    "angle_deg": 0,
    "overshoot_m": 10,
    "width_m": 60,
    "crosshatch": False,
    "camera": None,
}
ASKED: dict[str, Any] = {
    "kind": "survey",
    "points": [[47.0, 8.0], [47.002, 8.0], [47.002, 8.003], [47.0, 8.003]],
    "settings": SETTINGS,
    "start": None,
}
CAMERA = {
    "sensor_width_mm": 13.2,
    "sensor_height_mm": 8.8,
    "focal_mm": 8.8,
    "image_width_px": 5472,
    "image_height_px": 3648,
    "front_overlap": 0.75,
    "side_overlap": 0.6,
}


@pytest.mark.parametrize("kind", ["survey", "corridor"])
def test_a_pattern_is_items_that_can_be_checked_and_saved(call: Call, kind: str) -> None:
    status, body = call("/api/plans/pattern", {**ASKED, "kind": kind})
    assert status == 200, body
    made = json.loads(body)
    assert made["figures"]["photos"] > 10
    assert {item["command"] for item in made["items"]} == {16, 206}


def test_a_camera_gives_spacing_and_distance_of_the_photos(call: Call) -> None:
    asked = {**ASKED, "settings": {**SETTINGS, "height_m": 100, "camera": CAMERA}}
    figures = json.loads(call("/api/plans/pattern", asked)[1])["figures"]
    assert figures["spacing_m"] == pytest.approx(60.0)
    assert figures["trigger_m"] == pytest.approx(25.0)
    assert figures["gsd_cm"] == pytest.approx(2.741, abs=0.001)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"kind": "spiral"}, "unknown pattern 'spiral'"),
        ({"points": [[47, 8], [48, 8]]}, "2 corners"),
        ({"points": [[99, 8], [48, 8], [48, 9]]}, "99 is not between -90 and 90"),
        ({"points": "here"}, "must be a list"),
        ({"settings": {**SETTINGS, "spacing_m": None}}, "must be a number, not null"),
        ({"settings": {**SETTINGS, "camera": {**CAMERA, "side_overlap": 1}}}, "1 is not between 0 and 0.95"),
        ({"settings": 1}, "must be an object"),
        ({"start": [1]}, "must hold 2 values"),
    ],
)
def test_a_wrong_request_is_one_line(call: Call, change: dict[str, Any], what: str) -> None:
    status, body = call("/api/plans/pattern", ASKED | change)
    assert status == 400
    assert what in json.loads(body)["error"]
