"""The pages against the code and against each other: generated pages, links, paths, commands."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.support.cli import ROOT
from tests.support.pages import PAGES, anchors, lines_outside_fences, links, name_of

each_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


def test_the_pages_made_from_the_code_are_fresh(tmp_path: Path) -> None:
    # In a process of its own: the errors' page loads everything, and other tests count what is loaded.
    code = (
        "import sys; from pathlib import Path; from docs.make import PAGES;"
        "made = {Path(sys.argv[1], name): page() for name, page in PAGES.items()};"
        "[path.parent.mkdir(exist_ok=True) for path in made];"
        "[path.write_text(text, encoding='utf-8') for path, text in made.items()]"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for made in tmp_path.rglob("*.md"):
        name = made.relative_to(tmp_path)
        kept = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert kept == made.read_text(encoding="utf-8"), f"docs/{name} is stale: run make docs"


@each_page
def test_every_link_leads_to_a_page_and_an_anchor_of_it(page: Path) -> None:
    for number, target in links(page):
        path, _, anchor = unquote(target).partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{name_of(page)}:{number} links to {target}, which does not exist"
        if anchor and file.suffix == ".md" and name_of(file) != "docs/python.md":
            assert anchor in anchors(file), f"{name_of(page)}:{number}: {path} has no heading #{anchor}"


@each_page
def test_every_file_of_the_repository_that_a_page_names_exists(page: Path) -> None:
    guides_to_new_files = page.parent.name == "contributing"
    for number, line in lines_outside_fences(page):
        for name in re.findall(
            r"`((?:landline|controller|hil|firmware|tests|docs|examples|benchmarks)/[\w./-]*)`", line
        ):
            path = ROOT / name
            there = path.exists() or (guides_to_new_files and path.parent.is_dir())
            assert there, f"{name_of(page)}:{number} names {name}, which does not exist"


@cache
def commands() -> dict[str, Any]:
    """Return the commands of the command line by their words."""
    import typer.main

    from controller.cli.main import app
    from docs.make import leaves

    return {" ".join(path): command for path, command in leaves(typer.main.get_command(app))}


@each_page
def test_every_command_a_page_shows_exists(page: Path) -> None:
    known = commands()
    text = page.read_text(encoding="utf-8")
    typed = re.findall(r"^(?: {4,}|\$ )landline (.+)$", text, re.MULTILINE)
    if page.name != "CHANGELOG.md":  # old versions had other commands
        groups = "|".join({name.split()[0] for name in known})
        typed += re.findall(rf"`landline ((?:{groups}) [^`|\n]+)`", text)
    for shown in typed:
        # A quoted argument may have options of another command.
        line = re.sub(r'"[^"]*"', "WORDS", shown)
        line = line.partition(" -- ")[0]  # what follows are the words of a script
        words = re.split(r" {3}|  #", line)[0].split()
        longest_first = (" ".join(words[:count]) for count in (3, 2, 1))
        name = next((name for name in longest_first if name in known), " ".join(words[:2]))
        assert name in known, f"{name_of(page)} shows: landline {line}"
        options = {option for parameter in known[name].params for option in parameter.opts} | {
            "--help",
            "--debug",
            "--sealed",
            "--unsealed",
            "--policy",
        }
        for option in re.findall(r"(?<!\S)(--[\w-]+)", re.split(r" {3}|  #", line)[0]):
            assert option in options, f"{name_of(page)}: landline {name} has no {option}"


def test_every_page_is_in_the_navigation_of_the_site_and_every_entry_is_a_page() -> None:
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    entries = re.findall(r"^ +- (?:.+: )?(\S+\.md)$", config.partition("\nnav:")[2], re.MULTILINE)
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")}
    outside = {"CHANGELOG.md", "CONTRIBUTING.md", "benchmarks/results.md"}
    assert len(entries) == len(set(entries))
    assert set(entries) - outside == pages, "add the page to `nav` in mkdocs.yml"
