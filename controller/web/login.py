"""Logins of this run: codes, the browsers that logged in with them, and the pauses after wrong tries.

A browser that logs in gets two secrets. The cookie goes with every request, also of pictures and downloads, and reads
only. Browsers send a cookie to every port of its host, though: another user's server on the same machine could be sent
it. Whatever acts - and the live connection - therefore also needs the key, which the page keeps in its origin's storage
and sends itself. Both end with the run.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from controller.web.access import NOT_LOGGED_IN, Role, Visitor
from controller.web.codes import normalized

KEY_HEADER = "x-landline-key"
SUBPROTOCOL = "landline"
_READING = frozenset({"GET", "HEAD"})
MAX_SESSIONS = 200
FREE_TRIES = 5
_TOLD_TRIES = frozenset({FREE_TRIES, 50, 500, 5000})
LONGEST_PAUSE_S = 60.0
_ADDRESSES_KEPT = 1000


@dataclass(slots=True)
class Session:
    """A browser that logged in; `cookie` and `key` are its secrets."""

    visitor: Visitor
    cookie: str
    key: str


@dataclass(slots=True)
class _Tries:
    """Wrong codes from one address; before `until_s` no code from it is looked at."""

    wrong: int = 0
    until_s: float = 0.0


class Logins:
    """Codes by role, and the sessions opened with them. `now` returns seconds; `tell(line)` is called for each login.

    `pauses` slows down an address after wrong codes. All users of one machine share its loopback address, and one of
    them must not shut out the others: there the length of the code alone protects it.
    """

    def __init__(
        self,
        codes: Mapping[Role, str],
        *,
        cookie: str,
        pauses: bool,
        now: Callable[[], float],
        tell: Callable[[str], None],
    ) -> None:
        self.cookie = cookie
        self._codes = {role: normalized(code).encode() for role, code in codes.items()}
        self._pauses = pauses
        self._now = now
        self._tell = tell
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._tries: OrderedDict[str, _Tries] = OrderedDict()
        self._count = 0

    def pause_s(self, address: str) -> float:
        """Return for how many seconds no code from this address is looked at."""
        tries = self._tries.get(address)
        return max(0.0, tries.until_s - self._now()) if tries and self._pauses else 0.0

    def log_in(self, code: str, address: str, *, known: Session | None = None) -> Session | None:
        """Return a session for a right code; None for a wrong one, and during a pause.

        A browser that has a session of the same role keeps it, and with it its name and its other tabs.
        """
        if self.pause_s(address):
            return None
        given, role = normalized(code)[:100].encode(), Role.ANYONE
        for one, right in self._codes.items():
            if hmac.compare_digest(given, right):
                role = one
        if role == Role.ANYONE:
            self._note_wrong(address)
            return None
        self._tries.pop(address, None)
        if known is not None and known.visitor.role == role:
            return known
        self._count += 1
        visitor = Visitor(f"visitor-{self._count}", role, address)
        session = Session(visitor, secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        self._sessions[session.cookie] = session
        if len(self._sessions) > MAX_SESSIONS:
            self._sessions.popitem(last=False)
        self._tell(f"{visitor.id} logged in as {role.word}, from {address}")
        return session

    def _note_wrong(self, address: str) -> None:
        tries = self._tries.setdefault(address, _Tries())
        self._tries.move_to_end(address)
        tries.wrong += 1
        if tries.wrong >= FREE_TRIES:
            tries.until_s = self._now() + min(LONGEST_PAUSE_S, 2.0 ** (tries.wrong - FREE_TRIES))
        if tries.wrong in _TOLD_TRIES:
            self._tell(f"{tries.wrong} wrong codes for the web page, from {address}")
        if len(self._tries) > _ADDRESSES_KEPT:
            self._tries.popitem(last=False)

    def log_out(self, session: Session) -> None:
        """End a session: its cookie and key are worth nothing from now on."""
        self._sessions.pop(session.cookie, None)

    def session_of(self, cookie: str) -> Session | None:
        """Return the session of a cookie, None for an unknown one."""
        session = self._sessions.get(cookie)
        if session is not None:
            self._sessions.move_to_end(cookie)
        return session

    def visitor(self, session: Session | None, key: str, method: str) -> Visitor:
        """Return the visitor of a request with this session and this key; `method` is "WEBSOCKET" for /live.

        With the cookie alone it is an observer that reads.
        """
        if session is None:
            return NOT_LOGGED_IN
        if hmac.compare_digest(key.encode(), session.key.encode()):
            return session.visitor
        if method in _READING:
            return Visitor(session.visitor.id, Role.OBSERVER, session.visitor.address)
        return NOT_LOGGED_IN
