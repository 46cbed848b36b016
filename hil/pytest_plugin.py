"""The pytest plugin `landline`: tests that fly simulated aircraft, in virtual time.

    async def test_it_takes_off(vehicle):
        await vehicle.takeoff(10.0)

Fixtures: `sim` (a `hil.sim.session.SimSession`: a running aircraft and its link), `vehicle` (a connected
`controller.vehicle.vehicle.Vehicle`) and `box` (a `hil.box.inside.InProcessBox`: the ground box's firmware between the two). Marks:
`seed(n)`, `sim(**options)` with options of `hil.sim.session.session`, `box(**settings)` with settings of the ground box, and
`realtime` for the normal event loop. Options: `--landline-seed`, `--landline-autopilot`.

Async tests that use these fixtures or marks run on the virtual event loop; with the setting `landline_async = true` all
async tests do. Everything heavy is imported when such a test runs, as pytest loads this file everywhere.
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
    """`--landline-seed`, `--landline-autopilot` and the setting `landline_async`."""
    group = parser.getgroup("landline", "simulated aircraft")
    group.addoption(
        "--landline-seed", type=int, default=None, help="seed of all simulated aircraft, outranks marks"
    )
    group.addoption(
        "--landline-autopilot",
        choices=("ardupilot", "px4"),
        default="ardupilot",
        help="what the aircraft pretend to be",
    )
    parser.addini("landline_async", "run all async tests in virtual time", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """The marks, so that strict projects may use them."""
    config.addinivalue_line("markers", "seed(n): the seed of this test's simulated aircraft")
    config.addinivalue_line("markers", "sim(**options): how this test's simulated aircraft is made")
    config.addinivalue_line("markers", "box(**settings): the settings of this test's ground box")
    config.addinivalue_line("markers", "realtime: runs on the normal event loop, for real sockets and ports")


class Pending:
    """A fixture's value that only exists inside the event loop: entered by the runner, in the order of need."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.seed = _seed(request)
        mark = request.node.get_closest_marker("sim")
        self.options: dict[str, Any] = {"autopilot": request.config.getoption("--landline-autopilot")}
        self.options |= mark.kwargs if mark else {}
        self.realtime = request.node.get_closest_marker("realtime") is not None
        self.value: Any = None
        self.needs: tuple[Pending, ...] = ()

    def open(self) -> AbstractAsyncContextManager[Any]:
        """The context that makes the value."""
        from hil.sim.session import session

        return session(clock=_clock(self.realtime), seed=self.seed, **self.options)


class PendingBox(Pending):
    """The ground box's firmware on the radio of `sim`."""

    def __init__(self, request: pytest.FixtureRequest, sim: Pending, folder: Path) -> None:
        super().__init__(request)
        self.needs = (sim,)
        self._sim = sim
        self._folder = folder
        mark = request.node.get_closest_marker("box")
        self._settings: dict[str, Any] = mark.kwargs if mark else {}

    def open(self) -> AbstractAsyncContextManager[Any]:
        """The box, with a cable for the laptop."""
        from hil.box.inside import bench_box

        return bench_box(self._folder, self._sim.value.link, clock=_clock(self.realtime), **self._settings)


class PendingVehicle(Pending):
    """A ground station's view of the aircraft of `sim`, through the box where there is one."""

    def __init__(self, request: pytest.FixtureRequest, sim: Pending, box: Pending | None) -> None:
        super().__init__(request)
        self.needs = (sim, box) if box else (sim,)
        self._sim = sim
        self._box = box

    def open(self) -> AbstractAsyncContextManager[Any]:
        """A connection over the session's link, or the box's."""
        from controller.app.connect import connect

        link = self._box.value.ground if self._box else self._sim.value.link
        return connect(link, clock=_clock(self.realtime))


@pytest.fixture
def sim(request: pytest.FixtureRequest) -> Any:
    """A simulated aircraft, running and ready to be armed: `sim.aircraft`, `sim.link`, `sim.clock`, `sim.seed`."""
    return Pending(request)


@pytest.fixture
def box(request: pytest.FixtureRequest, sim: Any, tmp_path: Path) -> Any:
    """The ground box between `sim` and `vehicle`: `box.pull_cable()`, `box.plug_in()`, `box.press_stop()`, `box.box`. It records
    into `tmp_path`."""
    return PendingBox(request, sim, tmp_path)


@pytest.fixture
def vehicle(request: pytest.FixtureRequest, sim: Any) -> Any:
    """A `Vehicle` connected to the aircraft of `sim`, through the ground box where the test asks for `box`."""
    box = request.getfixturevalue("box") if "box" in request.fixturenames else None
    return PendingVehicle(request, sim, box)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run the async tests that are ours: on the virtual loop, or with the mark `realtime` on a normal one."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj) or not _is_ours(pyfuncitem):
        return None
    import asyncio

    from hil.sim.clock import run_virtual

    run = asyncio.run if pyfuncitem.get_closest_marker("realtime") else run_virtual
    run(_run(pyfuncitem))
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:  # noqa: ARG001
    """A failure names its seed."""
    report = yield
    pending = [value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Pending)]
    if report.when == "call" and report.failed and pending:
        again = f"again: pytest {item.nodeid!r} --landline-seed={pending[0].seed}"
        report.sections.append(("simulated aircraft", again))
    return report


def _is_ours(item: pytest.Function) -> bool:
    if item.config.getini("landline_async"):
        return True
    names = item.fixturenames
    return any(name in names for name in FIXTURES) or any(item.get_closest_marker(mark) for mark in MARKS)


async def _run(item: pytest.Function) -> None:
    """The test, with its pending fixtures entered, each after those it needs."""
    async with AsyncExitStack() as stack:
        for name in item.fixturenames:
            value = item.funcargs.get(name)
            if isinstance(value, Pending):
                await _enter(value, stack)
        wanted = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
        arguments = {
            name: value.value if isinstance(value, Pending) else value for name, value in wanted.items()
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
