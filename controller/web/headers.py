"""Guard of the web server: only its own name and origin are served, and every answer forbids other hosts.

A page of another site that the operator has open must not reach the aircraft: the `Host` header must be one of the
server's own names (a DNS name that was rebound to this machine has another), and a request that changes something, or
opens the WebSocket, must come from the server's own origin.
"""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controller.web.access import Role, Visitor, let_in

_READING = frozenset({"GET", "HEAD"})
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class OwnOriginOnly:
    """ASGI middleware: refuses other hosts and origins, adds the security headers.

    `hosts` are the values of the `Host` header that are served: name and port.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        why = self._refusal(scope)
        if why and scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": why})
        elif why:
            await JSONResponse({"error": why}, 403, SECURITY_HEADERS)(scope, receive, send)
        else:
            let_in(scope, Visitor("visitor-1", Role.PILOT, "this machine"))
            await self._app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host not in self._hosts:
            return f"cannot answer for the host {host[:100]!r}: open the address that Landline printed"
        origin = headers.get("origin")
        must_be_own = scope["type"] == "websocket" or scope["method"] not in _READING
        if (origin is None and not must_be_own) or origin in (f"http://{host}", f"https://{host}"):
            return ""
        return f"cannot answer a page of {str(origin)[:100]!r}: open the address that Landline printed"


def _with_headers(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return wrapped
