"""Prose names its actor: the words that the style page rules out stand in no docstring, comment, message or page."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.source_tree import ROOT, tracked_files

RULED_OUT = re.compile(r"\b(whoever|somebody|nobody|believes?|believed)\b", re.IGNORECASE)
ROOMS = ("landline", "controller", "hil", "firmware", "docs", "examples", "benchmarks")
QUOTES = {Path("docs/style.md"), Path("docs/glossary.md")}  # they name the words


def test_no_text_uses_a_word_that_the_style_rules_out() -> None:
    found = []
    for path in tracked_files():
        if path.suffix not in (".py", ".md") or path in QUOTES:
            continue
        if len(path.parts) > 1 and path.parts[0] not in ROOMS:
            continue
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        found += [
            f"{path.as_posix()}:{number}" for number, line in enumerate(lines, 1) if RULED_OUT.search(line)
        ]
    assert found == []
