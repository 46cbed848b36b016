"""Guard of the web server: only its own name and origin are served, and every answer forbids other hosts.

A page of another site that the operator has open must not reach the aircraft: the `Host` header must be one of the
server's own names (a DNS name that was rebound to this machine has another), and a request that changes something, or
opens the WebSocket, must come from the server's own origin. Browsers also say what a request is for: another site may
open the page in a tab, and nothing else; it cannot embed it or one of its files.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_READING = frozenset({"GET", "HEAD"})
_FOREIGN = frozenset({"cross-site", "same-site"})
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    # Enforced by Chromium from version 152 on: also what no Content-Security-Policy covers, as WebRTC and navigation.
    "Connection-Allowlist": "(response-origin)",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class OwnOriginOnly:
    """ASGI middleware: refuses other hosts and origins, adds the security headers.

    `origins` are those that are served: scheme, host and port as a browser writes them.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app = app
        self._origins = {urlsplit(origin).netloc: origin for origin in origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        why = self._refusal(scope)
        if why and scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": why[:120]})
        elif why:
            await JSONResponse({"error": why}, 403, SECURITY_HEADERS)(scope, receive, send)
        else:
            await self._app(scope, receive, with_security_headers(send))

    def _refusal(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        named = headers.getlist("host")
        host = named[0].lower() if len(named) == 1 else ""
        own = self._origins.get(host)
        if own is None:
            return f"cannot answer for the host {host[:100]!r}: open the address that Landline printed"
        origins = headers.getlist("origin")
        is_reading = scope["type"] == "http" and scope["method"] in _READING
        if origins != [own] and not (is_reading and not origins):
            return f"cannot answer a page of {', '.join(origins)[:100]!r}: open the address that Landline printed"
        is_navigation = is_reading and headers.get("sec-fetch-dest") == "document"
        if headers.get("sec-fetch-site", "") in _FOREIGN and not is_navigation:
            return "cannot answer another site: open the address that Landline printed"
        return ""


def with_security_headers(send: Send) -> Send:
    """Return `send` with the security headers in each answer."""

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return wrapped
