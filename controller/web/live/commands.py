"""Commands of the pages: each names its aircraft and its order, and is checked here before the aircraft gets it."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import Any

from controller.app.gcs import named_orders
from controller.app.gcs.aircraft import AircraftSession
from controller.app.gcs.control import ControlChange, Controls, Page
from controller.app.gcs.session import GcsSession, SessionEvent
from controller.app.typed_fields import Fields
from controller.errors import LandlineError, UserError
from controller.web.access import Role
from controller.web.live.aircraft_news import aircraft_id
from controller.web.live.client import Client
from controller.web.live.late import MOST_LATE_FRAME_S, refuse_late
from controller.web.plans.staged import StagedPlans
from controller.web.setup.joystick import Joysticks
from controller.wire.address import Address

Json = dict[str, Any]
# A request that comes again, after a lost connection or twice, is answered and not done a second time.
REQUESTS_KEPT = 5000
NEWS_KEPT = 50
REQUEST_CHARACTERS = 80
_KINDS = ("act", "joystick", "take_control", "give_control", "keep_control", "release_control")


class Commands:
    """Takes the messages of the pages; what comes of an order is an event of the session, for every page.

    `on_control(aircraft)` is called when another page has control of an aircraft, or asks for it.
    """

    def __init__(
        self, session: GcsSession, on_control: Callable[[Address], None], staged: StagedPlans
    ) -> None:
        self.controls = Controls()
        self.joysticks = Joysticks(self._check_joystick)
        self.recent: deque[Json] = deque(maxlen=NEWS_KEPT)
        """Latest news of orders, for a page that has just opened or was away."""
        self._session = session
        self._on_control = on_control
        self._staged = staged
        self._asked: OrderedDict[tuple[str, str], Json | None] = OrderedDict()

    def receive(self, client: Client, message: Fields | LandlineError) -> None:
        """Process one message of a page; a wrong one is answered with an error and has no other effect."""
        request = None
        try:
            if isinstance(message, LandlineError):
                raise message
            kind = message.text("type", most=40)
            if kind == "seen":
                client.seen()
                return
            if "request" in message:
                request = message.text("request", most=REQUEST_CHARACTERS)
            if client.visitor.role < Role.PILOT:
                raise UserError("cannot do this as observer: only a pilot can")
            if kind not in _KINDS:
                raise UserError(f"invalid message: the type {kind!r} is unknown")
            asked_s = message.number("t_s", -1e12, 1e12)
            now_s = self._session.clock.now()
            if kind == "act":
                self._act(client, message, asked_s)
            elif kind == "joystick":
                if not message.flag("end", default=False):
                    refuse_late(asked_s, now_s, "fly with the joystick", most_s=MOST_LATE_FRAME_S)
                self.joysticks.receive(client, message, self.aircraft(message.text("aircraft", most=20)))
            else:
                if kind in ("take_control", "give_control"):
                    refuse_late(asked_s, now_s, kind.replace("_", " "))
                self._control(client, kind, message)
        except LandlineError as error:
            client.send({"type": "error", "request": request, "error": str(error)})

    # Orders

    def _act(self, client: Client, message: Fields, asked_s: float) -> None:
        request = message.text("request", most=REQUEST_CHARACTERS)
        one = self.aircraft(message.text("aircraft", most=20))
        name = message.text("name", most=40)
        values = message.fields("args")
        message.end()
        key = (client.name, request)
        if key in self._asked:
            news = self._asked[key]
            if news is not None:
                client.send(news)
            return
        if name in self._staged.orders:
            order = self._staged.order(name, values, aircraft_id(one.vehicle.address))
        else:
            order = named_orders.order(name, values, one.vehicle)
        refuse_late(asked_s, self._session.clock.now(), order.title)
        self._take_free(one.vehicle.address, client.page)
        self.controls.check(one.vehicle.address, client.name, order.title)
        self._asked[key] = None
        while len(self._asked) > REQUESTS_KEPT:
            self._asked.popitem(last=False)
        one.run(order, client.operator(request))

    def news(self, event: SessionEvent) -> Json | None:
        """Return the `action` message of an event about an order, None for other events."""
        fields = event.fields
        if event.kind != "action" or event.aircraft is None or "order" not in fields:
            return None
        news: Json = {
            "type": "action",
            "action": {
                "request": fields["request"],
                "aircraft": aircraft_id(event.aircraft),
                "name": fields["order"],
                "words": fields["words"],
                "outcome": fields["outcome"],
                "why": fields["why"],
                "client": fields["client"],
                "client_name": fields["by"],
                "utc": event.utc,
            },
        }
        key = (fields["client"], fields["request"])
        if key in self._asked:
            self._asked[key] = news
        self.recent.append(news["action"])
        return news

    def _check_joystick(self, client: Client, one: AircraftSession) -> None:
        self.controls.check(one.vehicle.address, client.name, "fly with the joystick")

    # Control

    def _take_free(self, address: Address, page: Page) -> None:
        """Give a page that commands a free aircraft the control of it, so that the others see it."""
        if self.controls.control(address).holder is None:
            change = self.controls.take(address, page, self._session.clock.now())
            self._tell_control([change] if change else [])

    def _control(self, client: Client, kind: str, message: Fields) -> None:
        address = self.aircraft(message.text("aircraft", most=20)).vehicle.address
        page, controls, now = client.page, self.controls, self._session.clock.now()
        change: ControlChange | None
        if kind == "take_control":
            force = message.flag("force", default=False)
            message.end()
            change = controls.take(address, page, now, force=force)
        elif kind == "give_control":
            to = message.text("to", most=40)
            message.end()
            change = controls.give(address, page, to)
        else:
            message.end()
            change = (
                controls.keep(address, page) if kind == "keep_control" else controls.release(address, page)
            )
        self._tell_control([change] if change else [])
        self._on_control(address)

    def tick(self) -> None:
        """Free the aircraft of pages that are gone for too long."""
        self._tell_control(self.controls.tick(self._session.clock.now()))

    def back(self, page: Page) -> None:
        """Note that a page is connected again."""
        self._tell_control(self.controls.back(page))

    def left(self, page: Page, *, closed: bool) -> None:
        """Withdraw what a page has asked and was not sent yet; a page that was `closed` gives control back."""
        self.joysticks.left(page)
        for one in self._session.aircraft.values():
            one.orders.withdraw(page.client, "the connection to the page ended before it was sent")
        if closed:
            self._tell_control(self.controls.closed(page))
        else:
            self.controls.gone(page, self._session.clock.now())

    def check_control(self, page: Page, aircraft: str, title: str) -> AircraftSession:
        """Return the aircraft for a call that does `title`, such as "upload the plan".

        Raises SafetyRefused where the page has no control of it, UserError for an unknown aircraft.
        """
        one = self.aircraft(aircraft)
        self._take_free(one.vehicle.address, page)
        self.controls.check(one.vehicle.address, page.client, title)
        return one

    def _tell_control(self, changes: Iterable[ControlChange]) -> None:
        for change in changes:
            pages = {"page": change.page.name, "other": change.other.name if change.other else ""}
            self._session.tell(
                "note", change.text, about=change.aircraft, name="control", how=change.how, **pages
            )
            self._on_control(change.aircraft)

    def aircraft(self, name: str) -> AircraftSession:
        """Return the aircraft of this name. Raises UserError."""
        for address, one in self._session.aircraft.items():
            if aircraft_id(address) == name:
                return one
        raise UserError(f"invalid message: there is no aircraft {name!r}")
