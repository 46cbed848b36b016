"""The Python blocks of the pages: complete ones run, all of them compile."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.support.cli import ROOT
from tests.support.pages import PAGES, Block, blocks, name_of

PYTHON = [block for page in PAGES for block in blocks(page) if block.language == "python"]
TESTS = [block for block in PYTHON if re.search(r"^(async )?def test_", block.text, re.MULTILINE)]


def is_fragment(block: Block) -> bool:
    """Contributing pages show lines to add to a file, which use the names of that file."""
    return name_of(block.page).startswith("docs/contributing/")


def id_of(block: Block) -> str:
    return f"{name_of(block.page)}:{block.line}"


@pytest.mark.parametrize("block", PYTHON, ids=id_of)
def test_every_block_of_python_compiles(block: Block) -> None:
    text = textwrap.dedent(block.text)
    if is_fragment(block) and text.startswith("elif "):
        text = f"if False:\n    pass\n{text}"
    ast.parse(text, filename=id_of(block))


@pytest.mark.parametrize("block", PYTHON, ids=id_of)
def test_every_block_of_python_imports_what_it_uses(block: Block) -> None:
    if is_fragment(block):
        pytest.skip("a fragment")
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821,F401", "-"],
        input=block.text,
        capture_output=True,
        text=True,
        check=False,
    )
    if "No module named ruff" in done.stderr:
        pytest.skip("ruff is not installed")
    assert done.returncode == 0, done.stdout


def test_the_tests_shown_on_pages_pass(tmp_path: Path) -> None:
    whole = [block for block in TESTS if not is_fragment(block)]
    assert whole
    for number, block in enumerate(whole):
        name = re.sub(r"\W+", "_", name_of(block.page))
        (tmp_path / f"test_{name}_{number}.py").write_text(block.text, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nlandline_async = true\n", encoding="utf-8")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            *map(str, tmp_path.glob("test_*.py")),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(whole)} passed" in done.stdout


@pytest.mark.parametrize("block", [b for b in PYTHON if b not in TESTS and not is_fragment(b)], ids=id_of)
def test_every_complete_program_of_a_page_runs(block: Block) -> None:
    # Under a name that is not __main__, programs that need an aircraft only define what they would run.
    name = "__main__" if "run_virtual(" in block.text else "page"
    code = f"import sys; exec(compile(sys.stdin.read(), {id_of(block)!r}, 'exec'), {{'__name__': {name!r}}})"
    done = subprocess.run(
        [sys.executable, "-c", code], input=block.text, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
