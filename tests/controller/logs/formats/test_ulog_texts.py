"""Texts and events of ULogs: what both say is given once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from controller.logs.formats.contents import LoggedText
from controller.logs.formats.read import open_log
from controller.logs.formats.ulog.texts import texts_with_events

TAKEOFF, LANDING = 21054825, 26622124


def events(*rows: tuple[float, int, int]) -> dict[str, Any]:
    """Columns of the topic `event`: time in seconds, number, severity."""
    times, ids, levels = zip(*rows, strict=True)
    columns = {
        "timestamp": np.array([round(at * 1e6) for at in times], np.uint64),
        "id": np.array(ids, np.uint32),
        "event_sequence": np.arange(len(rows), dtype=np.uint16),
        "log_levels": np.array([level << 4 | level for level in levels], np.uint8),
    }
    return columns | {f"arguments[{at}]": np.zeros(len(rows), np.uint8) for at in range(25)}


def line(at_s: float, text: str, severity: int = 6) -> LoggedText:
    return LoggedText(round(at_s * 1e6), severity, text)


def test_a_text_and_its_event_are_one() -> None:
    lines = [line(1.0, "[logger] started"), line(5.0, "[commander] Takeoff detected\t")]
    found = texts_with_events(lines, events((5.001, TAKEOFF, 6), (9.0, LANDING, 6)), {})
    assert [(text.text, text.event) for text in found] == [
        ("[logger] started", ""),
        ("Takeoff detected", "commander_takeoff_detected"),
        ("Landing detected", "commander_landing_detected"),
    ]


def test_a_warning_whose_event_is_not_in_the_log_stays() -> None:
    lines = [line(5.0, "[commander] Geofence violated\t", 2)]
    found = texts_with_events(lines, events((1.0, TAKEOFF, 6)), {})
    assert [text.text for text in found] == ["Takeoff detected", "[commander] Geofence violated"]


def test_the_words_of_the_log_itself_come_first() -> None:
    table = {
        "version": 2,
        "components": {
            "1": {
                "namespace": "px4",
                "event_groups": {
                    "default": {"events": {str(TAKEOFF & 0xFFFFFF): {"name": "own", "message": "Up"}}}
                },
            }
        },
    }
    data = json.dumps(table).encode()
    found = texts_with_events([], events((1.0, TAKEOFF, 6)), {"metadata_events": [[data[:20], data[20:]]]})
    assert [(text.text, text.event) for text in found] == [("Up", "own")]
    damaged = texts_with_events([], events((1.0, TAKEOFF, 6)), {"metadata_events": [[data[:20]]]})
    assert [text.text for text in damaged] == ["Takeoff detected"]


def test_a_log_without_events_keeps_its_lines_as_they_are() -> None:
    lines = [line(2.0, "b\t"), line(1.0, "a")]
    assert texts_with_events(lines, None, {}) == lines


def test_a_real_flight_has_its_events_in_words(shared_data: Path) -> None:
    found = [text.text for text in open_log(shared_data / "logs" / "px4_square.ulg").texts()]
    assert "RTL: start return at 508 m (21 m above destination)" in found
    assert found.count("Landing detected") == 1
    assert not any("\t" in text for text in found)
