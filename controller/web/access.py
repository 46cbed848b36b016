"""Declarations of the routes: each one says whether an observer may use it, or only a pilot.

    Route("/api/plans/check", observer(check), methods=["POST"])
    Route("/api/params/set", pilot(set_one, max_body=10_000), methods=["POST"])

`web_app` refuses a route without a declaration. The declaration also limits the size of the body while it is read.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from controller.web.body_limit import limited

T = TypeVar("T")
DEFAULT_MAX_BODY = 1 << 20
# Whatever a route takes from pilots: many large bodies at once would use up this machine's memory.
OBSERVER_MAX_BODY = 2 << 20
_VISITOR = "landline.visitor"
_READING = frozenset({"GET", "HEAD"})
_BODY_TYPES = frozenset({"application/json", "application/octet-stream"})


class Role(IntEnum):
    """What a visitor of the page may do; a higher role may also do what the lower ones may."""

    ANYONE = 0
    """Only the files of the page and the login."""
    OBSERVER = 1
    """Read everything, change nothing."""
    PILOT = 2
    """Command aircraft, change plans, parameters and files."""

    @property
    def word(self) -> str:
        """The name in messages: "observer", "pilot"."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser that logged in. `id` stays the same over reloads and tabs, for as long as the run; it is no secret.

    `address` is the other end of the connection, for the operators: "this machine" or a numeric address.
    """

    id: str
    role: Role
    address: str


NOT_LOGGED_IN = Visitor("", Role.ANYONE, "")


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a route needs: the least role, and the largest body in bytes."""

    role: Role
    max_body: int = DEFAULT_MAX_BODY


def visitor_of(connection: HTTPConnection) -> Visitor:
    """Return the visitor who makes this request, or opened this WebSocket."""
    visitor = connection.scope.get(_VISITOR, NOT_LOGGED_IN)
    assert isinstance(visitor, Visitor)
    return visitor


def may_transmit(request: Request) -> bool:
    """Return whether an answer may cost the link to the aircraft something: nothing is sent for an observer."""
    return visitor_of(request).role >= Role.PILOT


def let_in(scope: Any, visitor: Visitor) -> None:
    """Note the visitor of a request, for `visitor_of`."""
    scope[_VISITOR] = visitor


def was_let_in(scope: Any) -> bool:
    """Return whether a request comes from a visitor who logged in."""
    visitor = scope.get(_VISITOR, NOT_LOGGED_IN)
    return isinstance(visitor, Visitor) and visitor.role > Role.ANYONE


def anyone(handler: Callable[..., Awaitable[T]], *, max_body: int = DEFAULT_MAX_BODY) -> Callable[..., Any]:
    """Declare that a route needs no login."""
    return _declared(handler, Declaration(Role.ANYONE, max_body))


def observer(handler: Callable[..., Awaitable[T]], *, max_body: int = DEFAULT_MAX_BODY) -> Callable[..., Any]:
    """Declare that every visitor who logged in may use a route."""
    return _declared(handler, Declaration(Role.OBSERVER, max_body))


def pilot(handler: Callable[..., Awaitable[T]], *, max_body: int = DEFAULT_MAX_BODY) -> Callable[..., Any]:
    """Declare that only a pilot may use a route."""
    return _declared(handler, Declaration(Role.PILOT, max_body))


def _declared(handler: Callable[..., Awaitable[T]], needs: Declaration) -> Callable[..., Any]:
    @functools.wraps(handler)
    async def guarded(connection: HTTPConnection) -> T | None:
        problem = _missing_role(connection, needs.role)
        if isinstance(connection, WebSocket):
            if problem:
                await connection.close(1008, problem)
                return None
            return await handler(connection)
        if problem:
            raise HTTPException(403 if visitor_of(connection).role else 401, problem)
        assert isinstance(connection, Request)
        _check_body_type(connection)
        is_pilot = visitor_of(connection).role >= Role.PILOT
        most = needs.max_body if is_pilot else min(needs.max_body, OBSERVER_MAX_BODY)
        return await handler(Request(connection.scope, limited(connection, most)))

    guarded.declaration = needs  # type: ignore[attr-defined]
    return guarded


def _missing_role(connection: HTTPConnection, role: Role) -> str:
    have = visitor_of(connection).role
    if have >= role:
        return ""
    if have == Role.ANYONE:
        return "cannot answer: not logged in; open the address that Landline printed"
    return f"cannot do this as {have.word}: only a {role.word} can; log in with the {role.word}'s code"


def _check_body_type(request: Request) -> None:
    """Refuse the content types that a form of another site can send."""
    if request.method in _READING or request.method == "DELETE":
        return
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _BODY_TYPES:
        raise HTTPException(415, f"cannot read a body of type {kind[:80]!r}; send application/json")


def declaration_of(route: BaseRoute) -> Declaration | None:
    """Return what the route declares, None for a route without a declaration."""
    if isinstance(route, Mount):
        found = getattr(route.app, "declaration", None)
    elif isinstance(route, Route | WebSocketRoute):
        found = getattr(route.endpoint, "declaration", None)
    else:
        return None
    return found if isinstance(found, Declaration) else None


def undeclared(routes: Iterable[BaseRoute]) -> list[str]:
    """Return the paths of the routes that declare no role."""
    return [str(getattr(route, "path", route)) for route in routes if declaration_of(route) is None]
