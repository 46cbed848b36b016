"""Calls of the login: `/api/session` says who the browser is, logs it in and out."""

from __future__ import annotations

import json
import math

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from controller.app.typed_fields import is_unicode
from controller.guard.policy import is_loopback
from controller.web.access import NOT_LOGGED_IN, Visitor, anyone, let_in, visitor_of
from controller.web.login import KEY_HEADER, SUBPROTOCOL, Logins, Session

_MAX_BODY = 1000
_NO_STORE = {"Cache-Control": "no-store"}


class Identify:
    """ASGI middleware: finds out who makes a request, by cookie and key."""

    def __init__(self, app: ASGIApp, logins: Logins) -> None:
        self._app = app
        self._logins = logins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            connection = HTTPConnection(scope)
            session = _session(connection, self._logins)
            method = scope.get("method", "WEBSOCKET")
            let_in(scope, self._logins.visitor(session, _key(connection), method))
        await self._app(scope, receive, send)


def _session(connection: HTTPConnection, logins: Logins) -> Session | None:
    return logins.session_of(connection.cookies.get(logins.cookie, ""))


def _key(connection: HTTPConnection) -> str:
    if connection.scope["type"] == "websocket":
        # A browser's script can set no header there, but the list of protocols.
        offered = connection.scope.get("subprotocols", [])
        return str(offered[1]) if len(offered) == 2 and offered[0] == SUBPROTOCOL else ""
    return connection.headers.get(KEY_HEADER, "")


def peer_of(connection: HTTPConnection) -> str:
    """Return the other end of a connection for the operators: "this machine" or a numeric address."""
    host = connection.client.host if connection.client else ""
    return "this machine" if not host or is_loopback(host) else host


class SessionRoutes:
    """The calls of `/api/session`. `secure` sets the cookie for TLS only."""

    def __init__(self, logins: Logins, *, secure: bool) -> None:
        self._logins = logins
        self._secure = secure

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/api/session", anyone(self._who), methods=["GET"]),
            Route("/api/session", anyone(self._log_in, max_body=_MAX_BODY), methods=["POST"]),
            Route("/api/session", anyone(self._log_out, max_body=0), methods=["DELETE"]),
        ]

    async def _who(self, request: Request) -> Response:
        session = _session(request, self._logins)
        if session is None or self._logins.visitor(session, _key(request), "POST") == NOT_LOGGED_IN:
            return _described(NOT_LOGGED_IN)
        return _described(visitor_of(request))

    async def _log_in(self, request: Request) -> Response:
        address = peer_of(request)
        pause_s = math.ceil(self._logins.pause_s(address))
        if pause_s:
            raise HTTPException(
                429,
                f"cannot log in: too many wrong codes; try again in {pause_s} s",
                {"Retry-After": str(pause_s)},
            )
        session = self._logins.log_in(
            _code(await request.body()), address, known=_session(request, self._logins)
        )
        if session is None:
            raise HTTPException(
                401, "cannot log in: the code is wrong; the terminal shows the one of this run"
            )
        response = _described(session.visitor, key=session.key)
        response.set_cookie(
            self._logins.cookie,
            session.cookie,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="strict",
        )
        return response

    async def _log_out(self, request: Request) -> Response:
        session = _session(request, self._logins)
        if session is not None and visitor_of(request) != NOT_LOGGED_IN:
            self._logins.log_out(session)
        response = _described(NOT_LOGGED_IN)
        response.delete_cookie(
            self._logins.cookie, path="/", secure=self._secure, httponly=True, samesite="strict"
        )
        return response


def _code(body: bytes) -> str:
    try:
        code = json.loads(body)["code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        code = None
    if not isinstance(code, str) or not is_unicode(code):
        raise HTTPException(400, 'cannot log in: the body is not {"code": "..."}')
    return code


def _described(visitor: Visitor, **more: str) -> Response:
    known = {"role": visitor.role.word, "visitor": visitor.id} if visitor.role else {"role": None}
    return JSONResponse(known | more, headers=_NO_STORE)
