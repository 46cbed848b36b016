"""No good flight of a real autopilot is called a crash, on telemetry or on-board logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.logs.formats.read import open_log
from controller.logs.review.crash import crashes
from controller.logs.review.flight import ReviewedFlight

FOLDERS = ("logs", "reference/arducopter", "reference/arduplane", "reference/px4", "real/exchanges")
PHYSICS = "real/on_landline_physics"


@pytest.mark.parametrize("folder", [*FOLDERS, PHYSICS])
def test_no_real_landing_is_a_crash(shared_data: Path, folder: str) -> None:
    found, judged = {}, 0
    for path in sorted((shared_data / folder).rglob("*")):
        if path.suffix not in (".tlog", ".bin", ".ulg"):
            continue
        trace = ReviewedFlight(open_log(path)).trace
        judged += trace is not None
        if trace is not None and crashes(trace):
            found[path.name] = crashes(trace)[0].text
    assert found == {}
    assert judged >= 2
