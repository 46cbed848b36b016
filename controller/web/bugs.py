"""Bugs of the web server: an exception in a handler becomes a report file and a line, never the session's end."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import suppress

from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from controller.app.bug_report import bug_line, write_bug_report
from controller.web.headers import with_security_headers

INTERNAL_ERROR = 1011
MAX_REPORTS = 20


class BugLog:
    """Writes a report file for each bug of the web server and calls `tell(line)`; the same bug once only."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._lines: dict[str, str] = {}

    def __call__(self, error: Exception, about: str) -> str:
        """Report an exception; return the line for the operators."""
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{type(error).__name__} {frames[-1].filename}:{frames[-1].lineno}" if frames else str(error)
        known = self._lines.get(place)
        if known is not None:
            return known
        where = "no report: there are many"
        if len(self._lines) < MAX_REPORTS:
            where = write_bug_report(error, about)
        line = self._lines[place] = bug_line(error, where)
        self._tell(f"web page: {line}")
        return line


class ReportBugs:
    """ASGI middleware around all others: `on_bug(error, about)` reports an exception and returns the line for the page.

    No traceback goes to the client.
    """

    def __init__(self, app: ASGIApp, on_bug: Callable[[Exception, str], str]) -> None:
        self._app = app
        self._on_bug = on_bug

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = False

        async def watched(message: Message) -> None:
            nonlocal began
            began = began or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except (ClientDisconnect, WebSocketDisconnect):
            return
        except Exception as error:
            line = self._on_bug(error, f"request: {scope.get('method', 'WEBSOCKET')} {scope['path']}")
            if scope["type"] == "websocket":
                with suppress(RuntimeError, OSError):  # the page may be gone
                    await send({"type": "websocket.close", "code": INTERNAL_ERROR, "reason": line[:120]})
            elif not began:
                answer = JSONResponse({"error": f"cannot answer: {line}"}, 500)
                await answer(scope, receive, with_security_headers(send))
