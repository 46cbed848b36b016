"""The changelog keeps its form: versions with dates, known sections, short lines."""

from __future__ import annotations

import re
from itertools import pairwise

from tests.support.cli import ROOT

TEXT = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
SECTIONS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
MOST_WORDS = 20
MOST_LINES = 40


def entries() -> list[str]:
    """The entries, each in one line."""
    joined = re.sub(r"\n  (?=\S)", " ", TEXT)
    return re.findall(r"^- (.+)$", joined, re.MULTILINE)


def test_versions_have_dates_and_fall() -> None:
    heads = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
    assert heads[0] == "[Unreleased]"
    found = [re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d{2}-\d{2})", head) for head in heads[1:]]
    assert found
    assert all(found), heads
    versions = [tuple(map(int, one.groups()[:3])) for one in found if one]
    assert all(newer > older for newer, older in pairwise(versions))


def test_the_newest_version_is_that_of_the_package() -> None:
    from controller import __version__

    newest = re.findall(r"^## \[(\d.+?)\]", TEXT, re.MULTILINE)[0]
    assert newest == __version__


def test_sections_are_those_of_keep_a_changelog() -> None:
    for version in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]:
        found = re.findall(r"^### (.+)$", version, re.MULTILINE)
        assert set(found) <= set(SECTIONS), version[:40]
        assert len(found) == len(set(found)), version[:40]
        assert sorted(found, key=SECTIONS.index) == found, version[:40]


def test_an_entry_is_a_sentence_of_at_most_twenty_words() -> None:
    assert entries()
    for entry in entries():
        assert len(entry.split()) <= MOST_WORDS, entry
        assert entry.endswith("."), entry


def test_a_version_has_few_enough_entries_to_be_read() -> None:
    for version in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]:
        assert len(re.findall(r"^- ", version, re.MULTILINE)) < MOST_LINES, version[:40]
