"""The project speaks of itself alone: no machine's paths, no trackers' numbers, no registries."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
THIS = Path(__file__).relative_to(ROOT).as_posix()

FORBIDDEN = {
    "a path of somebody's machine": re.compile(r"/(work|home|root|Users)/[\w.-]+"),
    "an issue's number": re.compile(r"\bissue #?\d+\b", re.IGNORECASE),
    "a package registry's host": re.compile(
        r"pypi\.org|pythonhosted|registry\.npmjs|deb\.debian", re.IGNORECASE
    ),
    "how it was written": re.compile(
        r"\b(language model|prompt engineering|coding agent|chatbot)\b", re.IGNORECASE
    ),
}


def tracked_text_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    names = [name for name in listed.stdout.decode().split("\0") if name and name != THIS]
    return [
        ROOT / name
        for name in names
        if Path(name).suffix not in (".tlog", ".bin", ".ulg", ".png", ".kmz", ".xz")
    ]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_speaks_of(what: str) -> None:
    found = []
    for path in tracked_text_files():
        if not path.is_file():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if FORBIDDEN[what].search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []
