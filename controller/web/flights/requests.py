"""Work that ends when the page that waits for it goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request

T = TypeVar("T")


async def while_open(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Wait for work as long as the page waits for its answer; when it goes away, the work is cancelled."""
    doing = asyncio.create_task(work)
    gone = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({doing, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise HTTPException(499, "cannot answer: the page went away")
        return doing.result()
    finally:
        for task in (doing, gone):
            task.cancel()
        await asyncio.gather(doing, gone, return_exceptions=True)


async def _gone(request: Request) -> None:
    with suppress(RuntimeError):  # the handler has read it
        await request.body()
    while (await request.receive())["type"] != "http.disconnect":
        pass
