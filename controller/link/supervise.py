"""Reconnection of lost links, controlled by a policy function."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from controller.errors import LandlineError, LinkError
from controller.guard.opener import BrokerLost
from controller.link.base import Link, LinkInfo

# (number of failed attempts since the link was up, last error) -> seconds to wait, or None to give up.
ReconnectPolicy = Callable[[int, LandlineError], float | None]

FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 5.0


def reconnect_with_backoff(attempt: int, error: LandlineError) -> float | None:  # noqa: ARG001
    """Retry forever: after half a second, then twice as long each time, at most five seconds."""
    return float(min(FIRST_DELAY_S * 2 ** min(attempt, 10), LONGEST_DELAY_S))


def never_reconnect(attempt: int, error: LandlineError) -> float | None:  # noqa: ARG001
    """Give up at once: for programs that handle the loss themselves."""
    return None


class SupervisedLink(Link):
    """Link created by `make`, and created again when it is lost.

    An error of the first opening is raised at once, to report a wrong name. While the link is down, `read` waits and
    `write` raises LinkError, because an outdated command must not reach an aircraft.
    """

    def __init__(self, make: Callable[[], Link], *, policy: ReconnectPolicy = reconnect_with_backoff) -> None:
        super().__init__()
        self._make = make
        self._policy = policy
        self._link = make()
        self._up = False
        self._closed = False

    @property
    def info(self) -> LinkInfo:
        return self._link.info

    async def open(self) -> None:
        await self._link.open()
        self._up = True

    async def close(self) -> None:
        self._closed, self._up = True, False
        await self._link.close()

    async def read(self) -> bytes:
        while True:
            try:
                chunk = await self._link.read()
                if chunk or self._closed:
                    return chunk
                lost = LinkError("cannot receive: the other side closed the link", where=self.info.url)
            except LinkError as error:
                lost = error
            self._up = False
            await self._link.close()
            self.changed(False, str(lost))
            await self._reopen(lost)
            self.changed(True, "reconnected")

    async def _reopen(self, error: LandlineError) -> None:
        attempt = 0
        while not self._closed:
            delay_s = self._policy(attempt, error)
            if delay_s is None:
                raise error
            await asyncio.sleep(delay_s)
            link = self._make()
            try:
                await link.open()
            except BrokerLost:
                raise  # of a sealed run: no attempt can work again
            except LandlineError as again:
                attempt, error = attempt + 1, again
                continue
            self._link, self._up = link, True
            return
        raise error

    def write_now(self, data: bytes) -> bool:
        return self._link.write_now(data)  # False when it is closed

    async def write(self, data: bytes) -> None:
        if not self._up:
            raise LinkError("cannot send: the link is down", where=self.info.url)
        await self._link.write(data)
