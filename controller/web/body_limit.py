"""Bodies of requests: their size and their time are limited while they are read."""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive

# A body must arrive at this rate or faster, after the first seconds.
FIRST_S = 10.0
SLOWEST_BYTES_S = 20_000.0


def limited(request: Request, max_bytes: int) -> Receive:
    """Return the receiving function of a request whose body ends at `max_bytes` (413) or when it is too slow (408)."""
    received, began_s, ended = 0, asyncio.get_running_loop().time(), False

    async def receive() -> Message:
        nonlocal received, ended
        if ended:
            # A handler waits for the end of the connection.
            return await request.receive()
        _check_size(max(received, _announced(request)), max_bytes)
        try:
            async with asyncio.timeout_at(began_s + FIRST_S + received / SLOWEST_BYTES_S):
                message = await request.receive()
        except TimeoutError:
            raise HTTPException(408, "cannot read the body: it arrives too slowly") from None
        received += len(message.get("body", b""))
        ended = not message.get("more_body", False)
        _check_size(received, max_bytes)
        return message

    return receive


def _announced(request: Request) -> int:
    text = request.headers.get("content-length", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise HTTPException(413, f"cannot read the body: it has more than {max_bytes} bytes")
