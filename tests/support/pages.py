"""The Markdown pages of the repository: their prose lines, links, anchors and code blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.cli import ROOT

PAGES = sorted(
    [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/results.md")]
    + [*(ROOT / "docs").rglob("*.md")]
)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of code; `line` is that of its fence, 1 is the first of the page."""

    page: Path
    line: int
    language: str
    text: str


def lines_outside_fences(page: Path) -> Iterator[tuple[int, str]]:
    fenced = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


def blocks(page: Path) -> Iterator[Block]:
    """Fenced blocks, also those indented in a list."""
    text = page.read_text(encoding="utf-8")
    for match in re.finditer(r"^( *)```(\w+)\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL):
        indent, language, body = match.groups()
        code = re.sub(f"^{indent}", "", body, flags=re.MULTILINE)
        yield Block(page, text[: match.start()].count("\n") + 1, language, code)


def links(page: Path) -> Iterator[tuple[int, str]]:
    """Targets of links and pictures that are not on another host."""
    for number, line in lines_outside_fences(page):
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
            if not re.match(r"https?:|mailto:", target):
                yield number, target


def anchors(page: Path) -> set[str]:
    """Anchors of the headings, as code hosts and the documentation site make them."""
    found: set[str] = set()
    for _, line in lines_outside_fences(page):
        heading = re.match(r"#+ +(.+)", line)
        if heading:
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1])
            slug = re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")
            unique, again = slug, 1
            while unique in found:
                unique, again = f"{slug}-{again}", again + 1
            found.add(unique)
    return found
