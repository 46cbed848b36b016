"""Body of a request: read up to a limit, then taken apart field by field; a wrong one gets one line and has no effect.

fields = await json_body(request)
name = fields.text("name", most=80)
fields.end()
"""

from __future__ import annotations

from starlette.requests import Request

from controller.app.typed_fields import Fields
from controller.errors import UserError

MOST_JSON_BYTES = 256 * 1024


class BodyTooLarge(UserError):
    """A body is larger than the call takes."""


async def body_bytes(request: Request, *, most_bytes: int) -> bytes:
    """Return the body; it is never held beyond `most_bytes`. Raises BodyTooLarge."""
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told[:20]) > most_bytes:
        raise _too_large(most_bytes)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most_bytes:
            raise _too_large(most_bytes)
        parts.append(part)
    return b"".join(parts)


async def json_body(request: Request, *, most_bytes: int = MOST_JSON_BYTES, of: str = "request") -> Fields:
    """Return the fields of a JSON object. Raises BodyTooLarge, UserError."""
    return Fields.parse(await body_bytes(request, most_bytes=most_bytes), of=of)


def _too_large(most_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"cannot read the request: it is larger than {most_bytes / 1024:.0f} kB")
