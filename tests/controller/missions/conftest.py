"""Fixtures of the mission tests: the folder of our sample files."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def samples() -> Path:
    """meadow.plan (survey, fence, rally), chimney.plan (a scan without items), hedge.txt (QGC WPL with comments)."""
    return Path(__file__).parents[2] / "vectors" / "missions"


@pytest.fixture(scope="session")
def cases() -> Path:
    """Files like those of public bug reports; their README says what each is."""
    return Path(__file__).parents[2] / "data" / "cases"
