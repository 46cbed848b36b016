"""Plans that a page has sent for an upload, and the orders that use them.

A plan comes as the body of a request, because it may be large; the order to upload it is a message of the live
connection like every other order, with its checks, its life and its place in the record.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from typing import Any

from controller.app.gcs import plan_orders
from controller.app.gcs.orders import Order
from controller.app.typed_fields import Fields
from controller.errors import UserError
from controller.missions.plan import Plan
from controller.protocol.state_machine import Progress

Json = dict[str, Any]
_KEPT = 8


class StagedPlans:
    """The plans that were sent last, by their ids; and how far the transfer with each aircraft is."""

    orders = ("upload_plan", "clear_mission")
    """Names of the orders."""

    def __init__(self) -> None:
        self._plans: OrderedDict[str, Plan] = OrderedDict()
        self._progress: dict[str, Progress] = {}

    def put(self, plan: Plan) -> str:
        """Keep a plan; return its id."""
        name = secrets.token_hex(8)
        self._plans[name] = plan
        while len(self._plans) > _KEPT:
            self._plans.popitem(last=False)
        return name

    def order(self, name: str, values: Fields, aircraft: str) -> Order:
        """Return the order `name` for an aircraft. Raises UserError for wrong values or a plan that is gone."""
        if name == "clear_mission":
            order = plan_orders.clear_mission(everything=values.flag("everything", default=False))
        else:
            plan = self._plans.get(values.text("plan", most=40))
            if plan is None:
                raise UserError("cannot upload the plan: it is no longer here", hint="upload it again")
            order = plan_orders.upload_plan(
                plan,
                clear_fence=values.flag("clear_fence", default=False),
                clear_rally=values.flag("clear_rally", default=False),
                progress=self.watcher(aircraft),
            )
        values.end()
        return order

    def watcher(self, aircraft: str) -> Any:
        """Return the function that notes the progress of a transfer with an aircraft."""
        self._progress.pop(aircraft, None)

        def note(progress: Progress) -> None:
            self._progress[aircraft] = progress

        return note

    def progress(self, aircraft: str) -> Json:
        """Return how far the last transfer with an aircraft is; `total` 0 while it is not known."""
        at = self._progress.get(aircraft, Progress(0, 0))
        return {"done": at.done, "total": at.total, "text": at.text}
