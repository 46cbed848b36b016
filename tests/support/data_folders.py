"""Folders of small files that tests read: excerpts of recordings of real autopilots, and files of bug reports."""

from __future__ import annotations

from pathlib import Path

REAL = Path(__file__).parents[1] / "data" / "real"
CASES = Path(__file__).parents[1] / "data" / "cases"
