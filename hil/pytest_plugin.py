"""Pytest plugin `landline`: tests with simulated aircraft, in virtual time.

    async def test_it_takes_off(vehicle):
        await vehicle.takeoff(10.0)

Fixtures: `sim` (a `hil.sim.session.SimSession`: a running aircraft and its link), `vehicle` (a connected
`controller.vehicle.vehicle.Vehicle`) and `box` (a `hil.box.in_process.InProcessBox`: the ground box's firmware between
them). Marks: `seed(n)`, `sim(**options)` with options of `hil.sim.session.session`, `box(**settings)` with settings
of the ground box, and `realtime` for the normal event loop. Options: `--landline-seed`, `--landline-autopilot`.

Async tests that use these fixtures or marks run on the virtual event loop; with the setting `landline_async = true` all
async tests do. Large modules are imported only when such a test runs, because pytest loads this file in every project.
"""

from __future__ import annotations

import inspect
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

FIXTURES = ("sim", "vehicle", "box")
MARKS = ("seed", "sim", "box", "realtime")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--landline-seed`, `--landline-autopilot` and the setting `landline_async`."""
    group = parser.getgroup("landline", "simulated aircraft")
    group.addoption(
        "--landline-seed", type=int, default=None, help="seed of all simulated aircraft; overrides marks"
    )
    group.addoption(
        "--landline-autopilot",
        choices=("ardupilot", "px4"),
        default="ardupilot",
        help="autopilot that the simulated aircraft emulate",
    )
    parser.addini("landline_async", "run all async tests in virtual time", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks, for projects with strict markers."""
    config.addinivalue_line("markers", "seed(n): the seed of this test's simulated aircraft")
    config.addinivalue_line("markers", "sim(**options): options of this test's simulated aircraft")
    config.addinivalue_line("markers", "box(**settings): the settings of this test's ground box")
    config.addinivalue_line("markers", "realtime: run on the normal event loop, for real sockets and ports")


class Pending:
    """Fixture value that exists only inside the event loop; the runner enters it after the fixtures it needs."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.seed = _seed(request)
        mark = request.node.get_closest_marker("sim")
        self.options: dict[str, Any] = {"autopilot": request.config.getoption("--landline-autopilot")}
        self.options |= mark.kwargs if mark else {}
        self.realtime = request.node.get_closest_marker("realtime") is not None
        self.value: Any = None
        self.needs: tuple[Pending, ...] = ()

    def open(self) -> AbstractAsyncContextManager[Any]:
        """Return the context manager of the value."""
        from hil.sim.session import session

        return session(clock=_clock(self.realtime), seed=self.seed, **self.options)


class PendingBox(Pending):
    """Pending ground box on the radio of `sim`."""

    def __init__(self, request: pytest.FixtureRequest, sim: Pending, folder: Path) -> None:
        super().__init__(request)
        self.needs = (sim,)
        self._sim = sim
        self._folder = folder
        mark = request.node.get_closest_marker("box")
        self._settings: dict[str, Any] = mark.kwargs if mark else {}

    def open(self) -> AbstractAsyncContextManager[Any]:
        """Return the context manager of the box."""
        from hil.box.in_process import bench_box

        return bench_box(self._folder, self._sim.value.link, clock=_clock(self.realtime), **self._settings)


class PendingVehicle(Pending):
    """Pending connection to the aircraft of `sim`, through the box where there is one."""

    def __init__(self, request: pytest.FixtureRequest, sim: Pending, box: Pending | None) -> None:
        super().__init__(request)
        self.needs = (sim, box) if box else (sim,)
        self._sim = sim
        self._box = box

    def open(self) -> AbstractAsyncContextManager[Any]:
        """Return the context manager of the connection."""
        from controller.app.connect import connect

        link = self._box.value.ground if self._box else self._sim.value.link
        return connect(link, clock=_clock(self.realtime))


@pytest.fixture
def sim(request: pytest.FixtureRequest) -> Any:
    """Simulated aircraft, running and ready to arm: `sim.aircraft`, `sim.link`, `sim.clock`, `sim.seed`."""
    return Pending(request)


@pytest.fixture
def box(request: pytest.FixtureRequest, sim: Any, tmp_path: Path) -> Any:
    """Ground box between `sim` and `vehicle`, which records into `tmp_path`.

    Use `box.pull_cable()`, `box.plug_in()`, `box.press_stop()` and `box.box`, the firmware's own object.
    """
    return PendingBox(request, sim, tmp_path)


@pytest.fixture
def vehicle(request: pytest.FixtureRequest, sim: Any) -> Any:
    """`Vehicle` connected to the aircraft of `sim`, through the ground box where the test uses `box`."""
    box = request.getfixturevalue("box") if "box" in request.fixturenames else None
    return PendingVehicle(request, sim, box)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run async tests with our fixtures or marks on the virtual loop, with the mark `realtime` on a normal one."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj) or not _is_ours(pyfuncitem):
        return None
    import asyncio

    from hil.sim.clock import run_virtual

    run = asyncio.run if pyfuncitem.get_closest_marker("realtime") else run_virtual
    run(_run(pyfuncitem))
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:  # noqa: ARG001
    """Add the command that repeats a failure with its seed."""
    report = yield
    pending = [value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Pending)]
    if report.when == "call" and report.failed and pending:
        repeat = f"repeat: pytest {item.nodeid!r} --landline-seed={pending[0].seed}"
        report.sections.append(("simulated aircraft", repeat))
    return report


def _is_ours(item: pytest.Function) -> bool:
    if item.config.getini("landline_async"):
        return True
    names = item.fixturenames
    return any(name in names for name in FIXTURES) or any(item.get_closest_marker(mark) for mark in MARKS)


async def _run(item: pytest.Function) -> None:
    """Enter the pending fixtures, each after those it needs, and run the test."""
    async with AsyncExitStack() as stack:
        for name in item.fixturenames:
            value = item.funcargs.get(name)
            if isinstance(value, Pending):
                await _enter(value, stack)
        requested = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
        arguments = {
            name: value.value if isinstance(value, Pending) else value for name, value in requested.items()
        }
        await item.obj(**arguments)


async def _enter(pending: Pending, stack: AsyncExitStack) -> None:
    if pending.value is not None:
        return
    for needed in pending.needs:
        await _enter(needed, stack)
    pending.value = await stack.enter_async_context(pending.open())


def _seed(request: pytest.FixtureRequest) -> int:
    chosen = request.config.getoption("--landline-seed")
    if chosen is not None:
        return int(chosen)
    mark = request.node.get_closest_marker("seed")
    return int(mark.args[0]) if mark else 0


def _clock(realtime: bool) -> Any:
    if realtime:
        from controller.clock import SystemClock

        return SystemClock()
    from hil.sim.clock import VirtualClock

    return VirtualClock()
