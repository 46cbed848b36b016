"""Deliberate faults in the guard, each in a copy of the sources: the tests of the guard fail for each."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controller.guard.mutants import BROKER, FILTER, HOOK, MUTANTS, RUN, SEALED
from tests.support.seal.sealed import skip_where_the_kernel_cannot
from tests.support.source_tree import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.realtime,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the seal"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the sources and of the guard's tests."""
    skip_where_the_kernel_cannot()
    root = tmp_path_factory.mktemp("copy")
    skipped = shutil.ignore_patterns("static", "ui", "__pycache__", "test_mutations.py", "test_mutants.py")
    for folder in ("controller", "landline", "hil", "tests/support", "tests/controller/guard"):
        shutil.copytree(ROOT / folder, root / folder, ignore=skipped)
    for name in ("setup.cfg", "pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / name, root / name)
    yield root
    shutil.rmtree(root)


def run_tests(root: Path, selected: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"),
            *("--rootdir", str(root), f"tests/controller/guard/{selected}"),
        ],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize("selected", [SEALED, HOOK, FILTER, RUN, BROKER])
def test_the_copy_itself_passes(copy: Path, selected: str) -> None:
    done = run_tests(copy, selected)
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


@pytest.mark.parametrize(("file", "original", "mutant", "selected"), MUTANTS)
def test_a_fault_in_the_guard_is_found(
    copy: Path, file: str, original: str, mutant: str, selected: str
) -> None:
    path = copy / "controller" / "guard" / file
    text = path.read_text(encoding="utf-8")
    assert text.count(original) == 1
    try:
        path.write_text(text.replace(original, mutant), encoding="utf-8")
        done = run_tests(copy, selected)
    finally:
        path.write_text(text, encoding="utf-8")
    assert done.returncode == 1, done.stdout
    assert "1 failed" in done.stdout
