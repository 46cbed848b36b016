"""Life of the orders to one aircraft: asked, accepted, done, refused or unconfirmed, each an event of the session.

asked        the checks passed, and the order is being sent
accepted     the aircraft has accepted the last command of it (COMMAND_ACK)
done         telemetry shows it, or the aircraft has accepted what telemetry cannot show
refused      by the aircraft, a safety check, or a newer order; the reason has the aircraft's own words
unconfirmed  no answer came, or telemetry does not show it: the aircraft may have done it
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from controller.app.gcs.orders import NotSeen, Order
from controller.autopilots.procedures import SendCommand
from controller.errors import LandlineError, LinkError, SafetyRefused
from controller.logs.record.event_file import EventKind
from controller.vehicle.vehicle import Vehicle

Outcome = Literal["asked", "accepted", "done", "refused", "unconfirmed"]


class Tell(Protocol):
    """Records an event and shows it to the operator."""

    def __call__(self, kind: EventKind, text: str, /, **fields: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator: the terminal, or a page.

    `name` is for people and the record, `client` names the page in messages, `request` is the page's own number.
    """

    name: str = "terminal"
    request: str = ""
    client: str = "terminal"
    role: str = "pilot"


TERMINAL = Operator()


@dataclass(eq=False, slots=True)
class _Running:
    order: Order
    operator: Operator
    task: asyncio.Task[None] | None = None
    sent: bool = False
    left: str = ""

    def cancel(self, why: str) -> None:
        """End it with a reason."""
        self.left = why
        if self.task is not None:
            self.task.cancel()


class OrderRunner:
    """Runs the orders to one aircraft; `begin(name, work)` starts a task of the session."""

    def __init__(
        self, vehicle: Vehicle, tell: Tell, begin: Callable[[str, Coroutine[Any, Any, None]], None]
    ) -> None:
        self._vehicle = vehicle
        self._tell = tell
        self._begin = begin
        self._running: list[_Running] = []
        vehicle.watch_commands(self._on_command)

    def run(self, order: Order, operator: Operator = TERMINAL) -> None:
        """Send the order now, or refuse it now."""
        try:
            order.check(self._vehicle)
            self._refuse_second(order)
        except LandlineError as error:
            self._tell_outcome(order, operator, "refused", error)
            return
        running = _Running(order, operator, sent=order.goes_on)
        self._running.append(running)
        self._tell_outcome(order, operator, "asked")
        self._begin(f"order {order.name}", self._run(running))

    def withdraw(self, client: str, why: str) -> None:
        """Cancel the orders of an operator who has left, as long as nothing of them was sent."""
        for one in self._running:
            if one.operator.client == client and not one.sent:
                one.cancel(why)

    def interrupt(self, why: str) -> None:
        """Cancel every order: nothing more of it is sent, and what was sent may have been done."""
        for one in self._running:
            one.cancel(why)

    def _refuse_second(self, order: Order) -> None:
        """Refuse an order that would have to wait for another one: none is kept for later."""
        other = next((one.order for one in self._running if not one.order.urgent), None)
        if other is not None and not order.urgent:
            raise SafetyRefused(
                f"cannot {order.title}: {other.title} is in progress",
                hint="wait until it ends; pause, return, land and disarm end it at once",
            )

    async def _run(self, running: _Running) -> None:
        order, operator = running.order, running.operator
        running.task = asyncio.current_task()
        try:
            if running.left:
                raise SafetyRefused(running.left)
            remark = await order.run(self._vehicle)
        except asyncio.CancelledError:
            if not running.left:
                raise
            outcome: Outcome = "unconfirmed" if running.sent else "refused"
            self._tell_outcome(order, operator, outcome, SafetyRefused(running.left))
        except LandlineError as error:
            unconfirmed = isinstance(error, NotSeen) or (isinstance(error, LinkError) and running.sent)
            self._tell_outcome(order, operator, "unconfirmed" if unconfirmed else "refused", error)
        else:
            self._tell_outcome(order, operator, "done", remark or "")
        finally:
            self._running.remove(running)

    def _on_command(self, command: SendCommand, accepted: bool) -> None:  # noqa: ARG002
        task = asyncio.current_task()
        running = next((one for one in self._running if one.task is task), None)
        if running is None:
            return
        running.sent = True
        if accepted:
            self._tell_outcome(running.order, running.operator, "accepted")

    def _tell_outcome(
        self, order: Order, operator: Operator, outcome: Outcome, why: LandlineError | str = ""
    ) -> None:
        reason = f" ({why})" if why and outcome == "done" else f": {why}" if why else ""
        shown = {"asked": " ...", "accepted": ": accepted", "done": ": done"}.get(outcome, "")
        by = "" if operator == TERMINAL else f"{operator.name}: "
        fields: dict[str, Any] = {"exit_code": why.exit_code} if isinstance(why, LandlineError) else {}
        self._tell(
            "action",
            f"{by}{order.title}{shown}{reason}",
            name=order.title,
            outcome=outcome,
            order=order.name,
            words=order.words,
            why=str(why),
            by=operator.name,
            client=operator.client,
            role=operator.role,
            request=operator.request,
            **fields,
        )
