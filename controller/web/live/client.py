"""One page that is open: what is to be sent to it, newest states first in line, however slowly it reads."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from starlette.websockets import WebSocket

from controller.app.typed_fields import Fields
from controller.errors import UserError
from controller.logs.record.event_file import plain_json

Json = dict[str, Any]
# A page that does not read for so long is closed: it gets everything anew when it connects again.
MAX_WAITING = 2000
MOST_CHARACTERS = 4000


class TooSlow(Exception):
    """The page does not read its messages."""


class Client:
    """A connected page. States wait merged by aircraft, so that a slow page gets the newest; other messages wait in
    order."""

    def __init__(self, name: str, socket: WebSocket) -> None:
        self.name = name
        self.role = "pilot"
        self._socket = socket
        self._messages: deque[Json] = deque()
        self._states: dict[str, Json] = {}
        self._news = asyncio.Event()

    def send(self, message: Json) -> None:
        """Send a message after those that wait."""
        self._messages.append(message)
        self._news.set()

    def send_state(self, aircraft: str, groups: Json) -> None:
        """Send groups of an aircraft's state; they replace those that still wait."""
        self._states.setdefault(aircraft, {}).update(groups)
        self._news.set()

    async def write(self) -> None:
        """Write to the page until it is closed. Raises TooSlow."""
        while True:
            await self._news.wait()
            self._news.clear()
            if len(self._messages) > MAX_WAITING:
                raise TooSlow
            while self._messages:
                await self._write(self._messages.popleft())
            if self._states:
                states, self._states = self._states, {}
                await self._write(
                    {"type": "state", "states": [{"id": one, **groups} for one, groups in states.items()]}
                )

    async def _write(self, message: Json) -> None:
        await self._socket.send_text(plain_json(message).decode())

    async def read(self) -> Fields | UserError:
        """Return the next message of the page, or why it cannot be read. Raises WebSocketDisconnect."""
        try:
            text = await self._socket.receive_text()
        except KeyError:
            return UserError("invalid message: it must be text")
        if len(text) > MOST_CHARACTERS:
            return UserError(f"invalid message: {len(text)} characters, at most {MOST_CHARACTERS}")
        try:
            return Fields.parse(text)
        except UserError as error:
            return error
