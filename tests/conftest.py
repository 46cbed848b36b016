"""Shared by all tests: the folder of real data, and async tests that run in virtual time."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import Any

import pytest

from hil.sim.clock import run_virtual

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real missions and flights that do not belong to the repository; a test that needs them is skipped where they are absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder of real missions and flights is not beside this checkout")
    return folder


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run `async def` tests: on the virtual loop, or with the mark `realtime` on a normal one."""
    test: Any = pyfuncitem.obj
    if not inspect.iscoroutinefunction(test):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    run = asyncio.run if pyfuncitem.get_closest_marker("realtime") else run_virtual
    run(test(**arguments))
    return True
