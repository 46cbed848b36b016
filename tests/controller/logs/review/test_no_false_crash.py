"""No good flight of a real autopilot is called a crash, on telemetry or on-board logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.logs.formats.read import open_log
from controller.logs.review.crash import crashes
from controller.logs.review.flight import ReviewedFlight

FOLDERS = ("logs", "reference/arducopter", "reference/arduplane", "reference/px4", "real/exchanges")
PHYSICS = "real/on_landline_physics"


def crashed_in(folder: Path) -> tuple[dict[str, str], int]:
    """The logs below a folder that are called crashes, and the number of those that were judged."""
    found, judged = {}, 0
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".tlog", ".bin", ".ulg"):
            continue
        trace = ReviewedFlight(open_log(path)).trace
        judged += trace is not None
        if trace is not None and crashes(trace):
            found[path.name] = crashes(trace)[0].text
    return found, judged


@pytest.mark.parametrize("folder", [*FOLDERS, PHYSICS])
def test_no_real_landing_is_a_crash(shared_data: Path, folder: str) -> None:
    found, judged = crashed_in(shared_data / folder)
    assert found == {}
    assert judged >= 2


def test_no_landing_in_an_excerpt_of_a_recording_is_a_crash() -> None:
    found, judged = crashed_in(Path(__file__).parents[3] / "data" / "real")
    assert found == {}
    assert judged >= 4
