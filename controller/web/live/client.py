"""One page that is open: what is to be sent to it, newest states first in line, however slowly it reads."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from starlette.websockets import WebSocket

from controller.app.gcs.control import Page
from controller.app.gcs.order_runner import Operator
from controller.app.typed_fields import Fields
from controller.errors import UserError
from controller.web.access import Visitor
from controller.web.live.limits import MAX_REFUSED, MESSAGES_A_SECOND, MessageRate
from controller.web.live.snapshot import Fragment, encoded

Json = dict[str, Any]
# A page that does not read so many messages, or nothing for so long, is closed: it gets everything anew when it
# connects again.
MAX_WAITING = 2000
MOST_CHARACTERS = 4000
MAX_WRITE_S = 10.0
REPLACED = 4000
SLEPT = 4001
SEEN = '{"type":"seen"}'
# States on the way to a page that confirms them. The buffers of the network hold some seconds of states, and a page
# behind a slow network would show them late.
MOST_UNSEEN = 4


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

    States wait merged by aircraft, so that a slow page gets the newest; other messages wait in order. `now()` is the
    clock of the states.
    """

    def __init__(self, page: Page, socket: WebSocket, visitor: Visitor, now: Callable[[], float]) -> None:
        self.page = page
        """Its names, for messages and for people."""
        self.visitor = visitor
        """Who opened it: role, and an id that is the same for all pages of one browser."""
        self._socket = socket
        self._now = now
        self._messages: deque[str] = deque()
        self._states: dict[str, dict[str, Fragment]] = {}
        self._news = asyncio.Event()
        self._unseen: int | None = None
        self._rate = MessageRate(asyncio.get_running_loop().time())
        self._end: BadPage | None = None

    @property
    def role(self) -> str:
        """ "pilot" or "observer"."""
        return self.visitor.role.word

    @property
    def name(self) -> str:
        """Name of the page in messages."""
        return self.page.client

    def operator(self, request: str) -> Operator:
        """Return the operator at this page for one of its requests."""
        return Operator(self.page.name, request, self.page.client, self.role)

    def send(self, message: Json) -> None:
        """Send a message after those that wait."""
        self.send_text(encoded(message))

    def send_text(self, text: str) -> None:
        """Send a message that is JSON already."""
        if len(self._messages) >= MAX_WAITING:
            self._end = self._end or _too_slow()
            self._news.set()
            return
        self._messages.append(text)
        self._news.set()

    def send_state(self, aircraft: str, groups: dict[str, Fragment]) -> None:
        """Send groups of an aircraft's state; they replace those that still wait."""
        waiting = self._states.get(aircraft)
        if waiting is None:
            self._states[aircraft] = dict(groups)
        else:
            waiting.update(groups)
        self._news.set()

    def seen(self) -> None:
        """Note that the page has shown a message with states; a page that says so is never flooded."""
        self._unseen = max(0, (self._unseen or 0) - 1)
        self._news.set()

    def replace(self) -> None:
        """End the connection, because the page has connected again."""
        self.end(REPLACED, "this page has connected again")

    def end(self, code: int, why: str) -> None:
        """End the connection; what waits is not sent any more."""
        self._end = self._end or BadPage(code, why)
        self._news.set()

    async def write(self) -> None:
        """Write to the page until it is closed. Raises BadPage."""
        while True:
            await self._news.wait()
            self._news.clear()
            if self._end is not None:
                raise self._end
            while self._messages:
                await self._write(self._messages.popleft())
            if self._states and (self._unseen is None or self._unseen < MOST_UNSEEN):
                if self._unseen is not None:
                    self._unseen += 1
                await self._write(self._states_text())

    async def _write(self, text: str) -> None:
        try:
            async with asyncio.timeout(MAX_WRITE_S):
                await self._socket.send_text(text)
        except TimeoutError:
            raise _too_slow() from None

    def _states_text(self) -> str:
        now, states = self._now(), self._states
        self._states = {}
        shown = (
            f'{{"id":"{one}",{",".join(f"{chr(34)}{name}{chr(34)}:{part.at(now)}" for name, part in groups.items())}}}'
            for one, groups in states.items()
        )
        return f'{{"type":"state","t_s":{now:.3f},"states":[{",".join(shown)}]}}'

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
            if text == SEEN and self._unseen:
                # One for each message of ours, which has its own rate.
                self.seen()
                continue
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
