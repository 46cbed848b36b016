"""Shared by all tests: the folder of real data, and fuzzing that gives the same cases each time.

Async tests run in virtual time by Landline's own plugin (`landline_async`).
"""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from hypothesis import settings

# A test that passes here passes everywhere; `pytest --hypothesis-profile=default` looks for new cases.
settings.register_profile("same", derandomize=True)
settings.load_profile("same")

# A shell in the background has its children ignore Ctrl-C, nohup a lost terminal; what is started here must not inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real missions and flights that do not belong to the repository; a test that needs them is skipped where they are absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder of real missions and flights is not beside this checkout")
    return folder
