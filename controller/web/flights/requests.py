"""Helpers of the review's calls: fields of a JSON body, and work that ends when the page goes away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request

from controller.errors import UserError

T = TypeVar("T")


async def json_object(request: Request) -> dict[str, Any]:
    """Return the body as a JSON object. Raises UserError."""
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise UserError("cannot read the call: its body is no JSON object")
    return body


def text_field(body: dict[str, Any], name: str) -> str:
    """Return a text of the body, without spaces around it. Raises UserError."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > 4096:
        raise UserError(f"cannot read the call: '{name}' is no text")
    return value.strip()


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
    await request.body()
    while (await request.receive())["type"] != "http.disconnect":
        pass
