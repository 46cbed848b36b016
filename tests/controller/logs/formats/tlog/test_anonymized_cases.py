"""Anonymized copies of odd telemetry logs hold the same messages at the same times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from controller.logs.formats.read import open_log
from controller.logs.privacy.anonymize_log import anonymize_log
from controller.logs.privacy.anonymize_rules import LEVELS, Level
from tests.support.data_folders import CASES


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "name", ["back10s", "control_nostep", "from1970", "gimbal_first_generic", "raw_only", "two_aircraft"]
)
def test_a_copy_of_an_odd_log_holds_the_same_messages(tmp_path: Path, name: str, level: Level) -> None:
    source = CASES / f"{name}.tlog"
    copy = tmp_path / source.name
    anonymize_log(source, copy, level)
    ours, theirs = open_log(copy), open_log(source)
    assert ours.counts == theirs.counts
    assert (ours.problems, ours.notes) == (theirs.problems, theirs.notes)
    for system in [one.system for one in theirs.all_aircraft]:
        rows, others = (log.of_system(system).first("HEARTBEAT") for log in (ours, theirs))
        assert rows is not None
        assert others is not None
        assert np.array_equal(rows.times_us, others.times_us)
