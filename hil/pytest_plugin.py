"""The pytest plugin `landline`: tests that fly simulated aircraft, in virtual time.

    async def test_it_takes_off(vehicle):
        await vehicle.takeoff(10.0)

Fixtures: `sim` (a `hil.sim.session.Session`: a running aircraft and its link) and `vehicle` (a connected
`controller.vehicle.vehicle.Vehicle`). Marks: `seed(n)`, `sim(**options)` with options of `hil.sim.session.session`, and
`realtime` for the normal event loop. Options: `--landline-seed`, `--landline-autopilot`.

Async tests that use these fixtures or marks run on the virtual event loop; with the setting `landline_async = true` all
async tests do. Everything heavy is imported when such a test runs, as pytest loads this file everywhere.
"""

from __future__ import annotations

import inspect
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

import pytest

FIXTURES = ("sim", "vehicle")
MARKS = ("seed", "sim", "realtime")


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

    def open(self) -> AbstractAsyncContextManager[Any]:
        """The context that makes the value."""
        from hil.sim.session import session

        return session(clock=_clock(self.realtime), seed=self.seed, **self.options)


class PendingVehicle(Pending):
    """A ground station's view of the aircraft of `sim`."""

    def __init__(self, request: pytest.FixtureRequest, sim: Pending) -> None:
        super().__init__(request)
        self._sim = sim

    def open(self) -> AbstractAsyncContextManager[Any]:
        """A connection over the session's link."""
        from controller.app.connect import connect

        return connect(self._sim.value.link, clock=_clock(self.realtime))


@pytest.fixture
def sim(request: pytest.FixtureRequest) -> Any:
    """A simulated aircraft, running and ready to be armed: `sim.aircraft`, `sim.link`, `sim.clock`, `sim.seed`."""
    return Pending(request)


@pytest.fixture
def vehicle(request: pytest.FixtureRequest, sim: Any) -> Any:
    """A `Vehicle` connected to the aircraft of `sim`."""
    return PendingVehicle(request, sim)


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
    """The test, with its pending fixtures entered; `vehicle` comes after the `sim` it needs."""
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
    if isinstance(pending, PendingVehicle):
        await _enter(pending._sim, stack)
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
