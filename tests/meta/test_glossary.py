"""Names of files and classes use the glossary's terms, not the words that it rules out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.support.cli import ROOT


def ruled_out() -> set[tuple[str, ...]]:
    """The words of the glossary's last column, those of two words as pairs."""
    words: set[tuple[str, ...]] = set()
    for line in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 4 and cells[0] != "term" and not cells[0].startswith("-"):
            words |= {tuple(word.split()) for word in cells[3].split(", ") if word}
    return words


def names() -> Iterator[tuple[str, str]]:
    """(place, name) of every module, folder and class."""
    for room in ("controller", "hil", "firmware", "landline"):
        for path in sorted((ROOT / room).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            for part in path.relative_to(ROOT).with_suffix("").parts[1:]:
                yield place, part
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    yield place, node.name


def words_of(name: str) -> list[str]:
    """`FrameRoute` and `frame_routes` as frame, route: lower case, without the plural."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name.replace("ArduPilot", "Ardupilot"))
    return [part.lower().removesuffix("s") if len(part) > 3 else part.lower() for part in parts]


def test_no_file_and_no_class_has_a_name_that_the_glossary_rules_out() -> None:
    bad = {tuple(words_of("_".join(word))): " ".join(word) for word in ruled_out()}
    assert len(bad) > 20
    found = set()
    for place, name in names():
        words = words_of(name)
        for word, spelled in bad.items():
            runs = [tuple(words[at : at + len(word)]) for at in range(len(words))]
            if word in runs:
                found.add(f"{place}: {name} ({spelled})")
    assert found == set()


def test_every_term_is_defined_once() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| .+? \| .+? \|.*\|$", text, re.MULTILINE)
    terms = [term for row in rows if row != "term" for term in row.split(", ")]
    assert len(terms) > 60
    assert len(terms) == len(set(terms))
