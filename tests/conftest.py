"""Fixtures and settings for all tests: repeatable fuzzing, a data folder of their own, compiled kernels, shared data.

Async tests run in virtual time by Landline's own plugin (`landline_async`).
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.kernels import compile_kernels

# The same cases in each run, however busy the machine; `pytest --hypothesis-profile=default` looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")

# Compiled modules are kept, whatever the environment says: each worker would rewrite the assertions of all tests again,
# and each process that a test starts would compile hundreds of modules.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shell lets its background jobs ignore Ctrl-C, and nohup a hang-up; processes that tests start must not inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)

ROOT = Path(__file__).parent.parent


def _keep_files_in_memory() -> None:
    """Put the temporary files of the tests, and of the processes that they start, into memory where there is room.

    The recorder syncs what it writes: on a busy disk the tests would wait for it half of their time.
    """
    memory = Path("/dev/shm")
    if "TMPDIR" in os.environ or not os.access(memory, os.W_OK):
        return
    if shutil.disk_usage(memory).free > 4e9:
        os.environ["TMPDIR"] = str(memory)
        tempfile.tempdir = None


_keep_files_in_memory()


def pytest_configure(config: pytest.Config) -> None:
    """Compile the simulator's kernels before several workers start: each would compile them for itself."""
    if getattr(config.option, "numprocesses", None) and not config.option.collectonly:
        compile_kernels()


@pytest.fixture(scope="session", autouse=True)
def _data_folder_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the tests out of the user's data folder, and the workers out of each other's."""
    os.environ["LANDLINE_HOME"] = str(tmp_path_factory.mktemp("landline-home"))
    os.environ["LANDLINE_CONFIG"] = str(tmp_path_factory.mktemp("landline-config"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that read recordings, so that `-m recorded` runs them on the stand-ins too."""
    for item in items:
        if {"shared_data", "recordings"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.recorded)


_SHARED = ROOT.parent / "shared" / "data"


def _recordings_are_here() -> bool:
    return _SHARED.is_dir() and os.environ.get("LANDLINE_TEST_DATA") != "stand-ins"


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Return the folder of real missions and flights; skip a test that needs them whole where they are absent."""
    if not _recordings_are_here():
        pytest.skip("needs the whole recordings, which are not beside this checkout")
    return _SHARED


@pytest.fixture(scope="session")
def shared_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of real missions and flights beside the checkout, or of their stand-ins where it is absent.

    LANDLINE_TEST_DATA=stand-ins chooses the stand-ins. They hold every kind of message of the recordings, thinned to
    a few a second; see `tests/data/make_stand_ins.py`.
    """
    if _recordings_are_here():
        return _SHARED
    copies = tmp_path_factory.mktemp("stand-ins")
    with tarfile.open(ROOT / "tests" / "data" / "stand_ins.tar.xz") as archive:
        # Python 3.11 has the filter from 3.11.4 on; the archive is our own.
        safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(copies, **safe)
    return copies
