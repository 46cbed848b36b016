"""Output of the `params` commands: values with all their digits, the plan and the result of a load."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from controller.cli.common import Output, StatusLine

if TYPE_CHECKING:
    from controller.protocol.params.values import ParamValue
    from controller.protocol.state_machine import Progress
    from controller.vehicle.param_load import LoadPlan, LoadResult
    from controller.vehicle.vehicle import Vehicle


def progress_on(line: StatusLine) -> Callable[[Progress], None]:
    return lambda progress: line.show(
        f"parameters: {progress.done} of {progress.total or '?'} {progress.text}"
    )


async def listed(vehicle: Vehicle) -> dict[str, ParamValue]:
    line = StatusLine()
    values = dict(await vehicle.params.list(progress=progress_on(line)))
    line.clear()
    return values


def upper(name: str) -> str:
    """Return a name typed in lower case in upper case, as both autopilots have them."""
    return name.upper() if name.islower() else name


def shortest(value: float | int) -> float | int:
    """Return a 32-bit float with the fewest digits, for JSON: 0.2 and not 0.20000000298023224."""
    from controller.vehicle.param_numbers import number_text

    return value if isinstance(value, int) else float(number_text(value))


def show_plan(out: Output, plan: LoadPlan) -> None:
    from controller.vehicle.param_numbers import number_text

    for name, (before, value) in plan.changes.items():
        out.result(f"{name:16} {number_text(before.value)} -> {number_text(value)}")
    if plan.left:
        out.note(f"{len(plan.left)} left alone, the autopilot maintains them (--all writes them): "
                 f"{', '.join(plan.left)}")  # fmt: skip
    if not plan.changes:
        out.result("no differences to write")


def show_result(out: Output, result: LoadResult, plan: LoadPlan, *, total: int) -> None:
    for name, why in result.failed.items():
        out.note(f"cannot write {name}: {why}")
    out.emit(
        "summary",
        params=total,
        changed=len(result.changed),
        failed=[{"name": name, "why": why} for name, why in result.failed.items()],
        left=list(plan.left),
        changes={name: [shortest(old), shortest(new)] for name, (old, new) in result.changed.items()},
    )
    out.result(f"{len(result.changed)} parameters changed, {len(result.failed)} failed")


def refuse_armed(vehicle: Vehicle) -> None:
    """Refuse to load parameters into an armed aircraft. Raises SafetyRefused."""
    from controller.errors import SafetyRefused

    if vehicle.state.armed:
        raise SafetyRefused(
            "cannot load parameters: the aircraft is armed",
            where=str(vehicle),
            hint="disarm it first, or set single parameters",
        )


async def confirmed(count: int) -> bool:
    """Ask on a terminal; without one the command itself is the confirmation."""
    import asyncio
    import sys

    from controller.cli.streams import write
    from controller.cli.terminal import keys

    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with keys(lambda key: None if answer.done() else answer.set_result(key)) as keyboard:
        if not keyboard:
            return True
        write(f"write {count} parameters to the aircraft? [y/N] ", sys.stderr)
        pressed = await answer
        write("\n", sys.stderr)
        return pressed == "y"


@contextmanager
def written_so_far(
    out: Output, plan: LoadPlan, show: Callable[[Progress], None]
) -> Iterator[Callable[[Progress], None]]:
    """Context of a load: an interruption names the parameters that were written. Yields the progress function."""
    import asyncio

    names, done = list(plan.changes), 0

    def count(progress: Progress) -> None:
        nonlocal done
        done = progress.done
        show(progress)

    try:
        yield count
    except asyncio.CancelledError:
        out.note(
            f"interrupted: {done} of {len(names)} parameters were written"
            f"{': ' if done else ''}{', '.join(names[:done])}; the next one may have been; load the file again"
        )
        raise


def note_restart(out: Output, vehicle: Vehicle, changed: Iterable[str]) -> None:
    """Name the changed parameters that take effect only after a restart."""
    waiting = [name for name in changed if name in vehicle.autopilot.reboot_params]
    if waiting:
        out.note(f"restart the autopilot: until then these have no effect: {', '.join(waiting)}")
