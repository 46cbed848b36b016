"""Logs that the operator drops on the page: into a temporary file, never into a record."""

from __future__ import annotations

import asyncio
import shutil

from starlette.requests import ClientDisconnect, Request

from controller.errors import UserError
from controller.web.flights.places import Places, printable

MOST_BYTES = 4 << 30
# Left for the record of the running flight.
_LEFT_BYTES = 1 << 30


async def receive_log(request: Request, places: Places, title: str) -> str:
    """Receive a log; return its name in addresses. Raises UserError, one line, and leaves nothing behind then."""
    path = await asyncio.to_thread(places.new_upload, title)
    try:
        with path.open("wb") as file:
            async for part in request.stream():
                if shutil.disk_usage(path.parent).free - len(part) < _LEFT_BYTES:
                    raise UserError(
                        f"cannot open '{printable(title)}': the disk of temporary files is nearly full",
                        hint="open it by its path instead",
                    )
                await asyncio.to_thread(file.write, part)
    except (ClientDisconnect, OSError) as error:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise UserError(f"cannot open '{printable(title)}': {error or 'the page went away'}") from None
    except BaseException:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise
    return await asyncio.to_thread(places.opened, title, path)
