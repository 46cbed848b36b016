"""Installation: nothing runs before the verification, pip knows no index, a failure leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from controller.app.bundle.install import clean_environment, install_bundle, pip_arguments
from controller.app.bundle.known_keys import remembered
from controller.errors import UserError, VerificationFailed
from tests.support.supply.bundles import make_small


class Programs:
    """Stands in for the programs of an installation."""

    def __init__(self) -> None:
        self.started: list[Sequence[str]] = []

    def __call__(self, arguments: Sequence[str]) -> None:
        self.started.append(arguments)


@pytest.mark.parametrize("out", ["bundle", "bundle.zip"])
def test_an_installation_starts_venv_and_pip_on_verified_copies(tmp_path: Path, out: str) -> None:
    path, _, key = make_small(tmp_path, out)
    to, programs = tmp_path / "to", Programs()
    done = install_bundle(path, to, tmp_path / "here", run=programs)
    venv, pip = programs.started
    assert venv == [sys.executable, "-I", "-m", "venv", str(to / "venv")]
    assert pip == pip_arguments(done.command.with_name("python"), to)
    for option in ("--isolated", "--no-index", "--require-hashes", "--no-cache-dir"):
        assert option in pip
    assert pip[pip.index("--only-binary") + 1] == ":all:"
    assert [str(path) for path in (to / "maps").iterdir()] == [str(to / "maps/field.mbtiles")]
    assert done.data == (to / "maps",)
    assert not (to / "wheels").exists()
    assert remembered(tmp_path / "here") == {key.public_hex}


def test_a_changed_bundle_starts_no_program_and_leaves_no_folder(tmp_path: Path) -> None:
    path, _, _ = make_small(tmp_path)
    (path / "maps/field.mbtiles").write_bytes(b"x")
    programs = Programs()
    with pytest.raises(VerificationFailed, match=r"changed: maps/field\.mbtiles"):
        install_bundle(path, tmp_path / "to", tmp_path / "here", run=programs)
    assert programs.started == []
    assert not (tmp_path / "to").exists()
    assert remembered(tmp_path / "here") == frozenset()


def test_an_added_file_stops_an_installation_too(tmp_path: Path) -> None:
    path, _, _ = make_small(tmp_path)
    (path / "wheels/sitecustomize-1.0-py3-none-any.whl").write_bytes(b"x")
    programs = Programs()
    with pytest.raises(VerificationFailed, match="added: wheels/sitecustomize"):
        install_bundle(path, tmp_path / "to", tmp_path / "here", run=programs)
    assert programs.started == []


def test_a_zip_that_points_outside_writes_nothing_outside(tmp_path: Path) -> None:
    path, _, _ = make_small(tmp_path, "bundle.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../escaped", b"x")
    before = {one.name for one in tmp_path.iterdir()}
    with pytest.raises(VerificationFailed, match="could leave its folder"):
        install_bundle(path, tmp_path / "to", tmp_path / "here", run=Programs())
    assert {one.name for one in tmp_path.iterdir()} == before


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    path, _, _ = make_small(tmp_path)
    (tmp_path / "to").mkdir()
    (tmp_path / "to/mine").write_text("x")
    with pytest.raises(UserError, match="the folder is not empty"):
        install_bundle(path, tmp_path / "to", tmp_path / "here", run=Programs())
    assert (tmp_path / "to/mine").read_text() == "x"


def test_a_failing_program_leaves_no_folder(tmp_path: Path) -> None:
    path, _, _ = make_small(tmp_path)

    def fails(arguments: Sequence[str]) -> None:
        raise UserError("cannot install: pip ended with 1")

    with pytest.raises(UserError, match="pip ended with 1"):
        install_bundle(path, tmp_path / "to", tmp_path / "here", run=fails)
    assert not (tmp_path / "to").exists()


def test_the_environment_cannot_name_an_index_or_a_module() -> None:
    given = {
        "PIP_INDEX_URL": "x",
        "Pip_Extra_Index_Url": "x",
        "PYTHONPATH": "x",
        "UV_INDEX": "x",
        "HOME": "/h",
    }
    assert clean_environment(given) == {"HOME": "/h", "PIP_CONFIG_FILE": os.devnull}


@pytest.mark.slow
def test_pip_installs_the_wheels_and_the_new_python_imports_them(tmp_path: Path) -> None:
    path, _, _ = make_small(tmp_path, "bundle.zip")
    done = install_bundle(path, tmp_path / "to", tmp_path / "here")
    code = "import landline, helper; print(landline.VERSION, helper.VERSION, landline.__file__)"
    python = done.command.with_name("python")
    ran = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=True)
    version, helper, where = ran.stdout.split()
    assert (version, helper) == ("9.9", "1.2")
    assert Path(where).is_relative_to(tmp_path / "to/venv")
