"""Fixtures and settings for all tests: repeatable fuzzing, a data folder of their own, compiled kernels, shared data.

Async tests run in virtual time by Landline's own plugin (`landline_async`).
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.kernels import compile_kernels

# The same cases in each run, however busy the machine; `pytest --hypothesis-profile=default` looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")

# A shell lets its background jobs ignore Ctrl-C, and nohup a hang-up; processes that tests start must not inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)

ROOT = Path(__file__).parent.parent


def pytest_configure(config: pytest.Config) -> None:
    """Compile the simulator's kernels before several workers start: each would compile them for itself."""
    if getattr(config.option, "numprocesses", None) and not config.option.collectonly:
        compile_kernels()


@pytest.fixture(scope="session", autouse=True)
def _data_folder_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the tests out of the user's data folder, and the workers out of each other's."""
    os.environ["LANDLINE_HOME"] = str(tmp_path_factory.mktemp("landline-home"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real missions and flights beside the checkout; skip the test where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder of real missions and flights is not beside this checkout")
    return folder
