"""Distributions of the project: the wheel and the sdist hold the built page, and an installed wheel needs no Node."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.web.build import STATIC
from tests.support.cli import ROOT, environment
from tests.support.source_tree import tracked_files

pytestmark = pytest.mark.slow

_BUILD = "import sys; from setuptools import build_meta; build_meta.build_{}(sys.argv[1])"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tracked files and of the built page, so that nothing is built in the tree itself."""
    if not (STATIC / "index.html").is_file():
        pytest.skip("the web page is not built: run make web")
    pytest.importorskip(
        "setuptools", minversion="70.1", reason="setuptools 70.1 builds wheels: make slow installs it"
    )
    copy = tmp_path_factory.mktemp("checkout")
    packages = ("controller", "landline", "hil", "firmware")
    for path in tracked_files():
        if len(path.parts) == 1 or path.parts[0] in packages:
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, copy / path)
    shutil.copytree(STATIC, copy / STATIC.relative_to(ROOT))
    return copy


def built(checkout: Path, what: str, to: Path) -> Path:
    """Build a "wheel" or an "sdist" as pip does; return its file."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _BUILD.format(what), str(to)],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (made,) = to.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(checkout, "wheel", tmp_path_factory.mktemp("wheel"))


def files_of_the_page() -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in STATIC.rglob("*") if path.is_file()}


def test_the_wheel_holds_the_page_and_not_its_sources(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert files_of_the_page() - names == set()
    assert [name for name in names if name.startswith("controller/web/ui/")] == []


def test_the_sdist_holds_the_built_page(checkout: Path, tmp_path: Path) -> None:
    with tarfile.open(built(checkout, "sdist", tmp_path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert files_of_the_page() - names == set()


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Path:
    """The Python of an environment that holds the wheel alone; its dependencies are this environment's."""
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    packages = Path(
        subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    )
    zipfile.ZipFile(wheel).extractall(packages)
    # A path in a .pth file is searched, but the .pth files in it, such as those of an editable install, are not read.
    (packages / "dependencies.pth").write_text(
        "\n".join(path for path in sys.path if "site-packages" in path)
    )
    return python


@pytest.fixture
def page_of_the_wheel(installed: Path, tmp_path: Path) -> Iterator[str]:
    """The address of `landline gcs` from the wheel, with no Node on the path."""
    env = {**environment(tmp_path), "PATH": os.defpath.replace("/usr/bin", "")}
    env.pop("PYTHONPATH", None)
    arguments = ["gcs", "--link", "udpin:127.0.0.1:0", "--web", "127.0.0.1:0", "--json"]
    with subprocess.Popen(
        [installed, "-m", "controller.cli.main", *arguments],
        cwd=tmp_path,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["web"]
        finally:
            process.kill()


def test_an_installed_wheel_serves_the_page_without_node(installed: Path, page_of_the_wheel: str) -> None:
    where = subprocess.run(
        [installed, "-c", "import controller; print(controller.__file__)"],
        cwd=installed.parent,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert Path(where.strip()).is_relative_to(installed.parents[1])
    with urllib.request.urlopen(page_of_the_wheel, timeout=30) as answer:
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert b"<script" in answer.read()
