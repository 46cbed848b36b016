"""Commands of the pages: each names its aircraft, and is checked again here before the aircraft gets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from controller.app.gcs.operator_actions import OperatorAction
from controller.app.gcs.session import GcsSession
from controller.errors import LandlineError, UserError
from controller.web.live.client import Client
from controller.wire.address import Address

Json = dict[str, Any]


class Commands:
    """Takes the messages of the pages; `broadcast` tells every page of each action."""

    def __init__(self, session: GcsSession, broadcast: Callable[[Json], None]) -> None:
        self._session = session
        self._broadcast = broadcast

    def receive(self, client: Client, message: Json | None) -> None:
        """Process one message of a page; a wrong one is answered with an error and has no other effect."""
        request = message.get("request") if message else None
        try:
            self._act(client, message or {})
        except LandlineError as error:
            client.send({"type": "error", "request": request, "error": str(error)})

    def left(self, client: str) -> None:
        """A page was closed."""

    def info(self, address: Address) -> Json:  # noqa: ARG002
        """Actions that the aircraft can do, and the page that has control."""
        return {"actions": [], "pilot": None, "pilot_name": ""}

    def _act(self, client: Client, message: Json) -> None:  # noqa: ARG002
        raise UserError(f"cannot do {message.get('name')!r}: not known yet")


_ = OperatorAction
