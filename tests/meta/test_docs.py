"""The documentation against the code and against itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import ROOT

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])


def test_the_pages_made_from_the_code_are_fresh(tmp_path: Path) -> None:
    # In a process of its own: the errors' page loads everything, and other tests count what is loaded.
    code = "import sys; from docs.make import PAGES; [open(sys.argv[1] + '/' + n, 'w').write(p()) for n, p in PAGES.items()]"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for made in tmp_path.iterdir():
        kept = (ROOT / "docs" / made.name).read_text(encoding="utf-8")
        assert kept == made.read_text(encoding="utf-8"), f"docs/{made.name} is stale: run make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_a_page_speaks_of_exists(page: Path) -> None:
    import typer.main

    from controller.cli.main import app
    from docs.make import leaves

    known = {" ".join(path): command for path, command in leaves(typer.main.get_command(app))}
    groups = {name.split()[0] for name in known}
    text = page.read_text(encoding="utf-8")
    for line in re.findall(r"^(?:    |\$ )landline (.+)$", text, re.MULTILINE):
        words = line.split("   ")[0].split()
        name = words[0] if words[0] in known else " ".join(words[:2])
        if words[0] not in groups:
            raise AssertionError(f"{page.name} speaks of: landline {line}")
        assert name in known, f"{page.name} speaks of: landline {line}"
        options = {option for parameter in known[name].params for option in parameter.opts} | {
            "--help",
            "--debug",
        }
        for option in re.findall(r"(?<!\S)(--[\w-]+)", line.split("   ")[0]):
            assert option in options, f"{page.name}: landline {name} has no {option}"
