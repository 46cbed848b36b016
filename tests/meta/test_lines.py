"""Lines of prose end before column 120, so that two files fit beside each other."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support.source_tree import ROOT, tracked_files

LONGEST = 120
WHOLE = re.compile(r"\s*(\||\S*https?://\S+$|\[[^]]+\]: )")  # a table's row, an address: cannot be broken


def prose(text: str) -> Iterator[tuple[int, str]]:
    """The numbered lines of a page that are neither in a code block nor a table's row nor one address."""
    fence = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fence = not fence
        elif not fence and not line.startswith("    ") and not WHOLE.match(line):
            yield number, line


def test_what_counts_as_prose() -> None:
    page = "one\n| a | b |\n```\ncode\n```\n    code\nhttps://example.org/x\n[1]: https://example.org\ntwo\n"
    assert list(prose(page)) == [(1, "one"), (9, "two")]


@pytest.mark.parametrize("suffix", [".py", ".md"])
def test_no_line_is_longer_than_120_characters(suffix: str) -> None:
    found = []
    for path in tracked_files():
        if path.suffix != suffix:
            continue
        text = (ROOT / path).read_text(encoding="utf-8")
        lines = prose(text) if suffix == ".md" else enumerate(text.splitlines(), 1)
        found += [f"{path.as_posix()}:{number}: {len(line)}" for number, line in lines if len(line) > LONGEST]
    assert found == []
