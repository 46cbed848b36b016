"""Commands of the pages: each names its aircraft and its order, and is checked here before the aircraft gets it."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from controller.app.gcs import orders
from controller.app.gcs.aircraft import AircraftSession
from controller.app.gcs.order_runner import Operator
from controller.app.gcs.session import GcsSession, SessionEvent
from controller.app.typed_fields import Fields
from controller.errors import LandlineError, UserError
from controller.web.access import Role
from controller.web.live.client import Client
from controller.wire.address import Address

Json = dict[str, Any]
# A request that comes again, after a lost connection or twice, is answered and not done a second time.
REQUESTS_KEPT = 5000
REQUEST_CHARACTERS = 80


class Commands:
    """Takes the messages of the pages; what comes of an order is an event of the session, for every page."""

    def __init__(self, session: GcsSession) -> None:
        self._session = session
        self._asked: OrderedDict[tuple[str, str], Json | None] = OrderedDict()

    def receive(self, client: Client, message: Fields | LandlineError) -> None:
        """Process one message of a page; a wrong one is answered with an error and has no other effect."""
        request = None
        try:
            if isinstance(message, LandlineError):
                raise message
            kind = message.text("type", most=40)
            if "request" in message:
                request = message.text("request", most=REQUEST_CHARACTERS)
            if client.visitor.role < Role.PILOT and kind != "seen":
                raise UserError("cannot do this as observer: only a pilot can")
            match kind:
                case "act":
                    self._act(client, message)
                case "seen":
                    pass
                case _:
                    raise UserError(f"invalid message: the type {kind!r} is unknown")
        except LandlineError as error:
            client.send({"type": "error", "request": request, "error": str(error)})

    def left(self, client: Client) -> None:
        """Withdraw what a closed page has asked and was not sent yet."""
        for one in self._session.aircraft.values():
            one.orders.withdraw(client.name, "the page was closed before it was sent")

    def info(self, one: AircraftSession) -> Json:
        """Return the actions that the aircraft can do, and the page that has control."""
        return {"actions": orders.available(one.vehicle.autopilot), "pilot": None, "pilot_name": ""}

    def news(self, event: SessionEvent) -> Json | None:
        """Return the `action` message of an event about an order, None for other events."""
        fields = event.fields
        if event.kind != "action" or event.aircraft is None or "order" not in fields:
            return None
        news = {
            "request": fields["request"],
            "aircraft": aircraft_id(event.aircraft),
            "name": fields["order"],
            "words": fields["words"],
            "outcome": fields["outcome"],
            "why": fields["why"],
            "client": fields["by"],
            "utc": event.utc,
        }
        if (fields["by"], fields["request"]) in self._asked:
            self._asked[fields["by"], fields["request"]] = news
        return {"type": "action", "action": news}

    def _act(self, client: Client, message: Fields) -> None:
        request = message.text("request", most=REQUEST_CHARACTERS)
        one = self._aircraft(message.text("aircraft", most=20))
        name = message.text("name", most=40)
        values = message.fields("args")
        message.end()
        key = (client.name, request)
        if key in self._asked:
            news = self._asked[key]
            if news is not None:
                client.send({"type": "action", "action": news})
            return
        order = orders.order(name, values, one.vehicle)
        self._asked[key] = None
        while len(self._asked) > REQUESTS_KEPT:
            self._asked.popitem(last=False)
        one.run(order, Operator(client.name, request))

    def _aircraft(self, name: str) -> AircraftSession:
        for address, one in self._session.aircraft.items():
            if aircraft_id(address) == name:
                return one
        raise UserError(f"invalid message: there is no aircraft {name!r}")


def aircraft_id(address: Address) -> str:
    """Return the name of an aircraft in the messages: system and component."""
    return f"{address.system}.{address.component}"
