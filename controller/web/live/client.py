"""One page that is open: what is to be sent to it, newest states first in line, however slowly it reads."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from starlette.websockets import WebSocket

from controller.app.typed_fields import Fields
from controller.errors import UserError
from controller.logs.record.event_file import plain_json
from controller.web.access import Visitor
from controller.web.live.limits import MAX_REFUSED, MESSAGES_A_SECOND, MessageRate

Json = dict[str, Any]
# A page that does not read so many messages, or nothing for so long, is closed: it gets everything anew when it
# connects again.
MAX_WAITING = 2000
MOST_CHARACTERS = 4000
MAX_WRITE_S = 10.0


class BadPage(Exception):
    """The page must be closed, with this WebSocket code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def _too_slow() -> BadPage:
    return BadPage(1013, "the page does not read its messages")


class Client:
    """A connected page of a visitor.

    States wait merged by aircraft, so that a slow page gets the newest; other messages wait in order.
    """

    def __init__(self, name: str, socket: WebSocket, visitor: Visitor) -> None:
        self.name = name
        self.visitor = visitor
        """Who opened it: role, and an id that is the same for all pages of one browser."""
        self._socket = socket
        self._messages: deque[Json] = deque()
        self._states: dict[str, Json] = {}
        self._news = asyncio.Event()
        self._rate = MessageRate(asyncio.get_running_loop().time())
        self._overrun = False

    def send(self, message: Json) -> None:
        """Send a message after those that wait."""
        if len(self._messages) < MAX_WAITING:
            self._messages.append(message)
        else:
            self._overrun = True
        self._news.set()

    def send_state(self, aircraft: str, groups: Json) -> None:
        """Send groups of an aircraft's state; they replace those that still wait."""
        self._states.setdefault(aircraft, {}).update(groups)
        self._news.set()

    async def write(self) -> None:
        """Write to the page until it is closed. Raises BadPage."""
        while True:
            await self._news.wait()
            self._news.clear()
            if self._overrun:
                raise _too_slow()
            while self._messages:
                await self._write(self._messages.popleft())
            if self._states:
                states, self._states = self._states, {}
                await self._write(
                    {"type": "state", "states": [{"id": one, **groups} for one, groups in states.items()]}
                )

    async def _write(self, message: Json) -> None:
        try:
            async with asyncio.timeout(MAX_WRITE_S):
                await self._socket.send_text(plain_json(message).decode())
        except TimeoutError:
            raise _too_slow() from None

    @property
    def role(self) -> str:
        """ "pilot" or "observer"."""
        return self.visitor.role.word

    async def read(self) -> Fields | UserError:
        """Return the next message of the page, or why it cannot be read.

        A message beyond the rate is refused and has no effect: a command is never kept for later. Raises
        WebSocketDisconnect, BadPage.
        """
        while True:
            try:
                text = await self._socket.receive_text()
            except KeyError:
                text = None
            if self._rate.allows(asyncio.get_running_loop().time()):
                return _fields(text)
            if self._rate.refused == 1:
                why = f"cannot take more than {MESSAGES_A_SECOND:.0f} messages a second: some had no effect"
                self.send({"type": "error", "request": None, "error": why})
            if self._rate.refused > MAX_REFUSED:
                raise BadPage(1008, "the page sends too many messages")
            await asyncio.sleep(0)  # the others' turn


def _fields(text: str | None) -> Fields | UserError:
    if text is None:
        return UserError("invalid message: it must be text")
    if len(text) > MOST_CHARACTERS:
        return UserError(f"invalid message: {len(text)} characters, at most {MOST_CHARACTERS}")
    try:
        return Fields.parse(text)
    except UserError as error:
        return error
