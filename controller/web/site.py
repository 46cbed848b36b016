"""Everything about one web server that its application must know: names, logins, and where bugs go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from controller.web.login import Logins


@dataclass(frozen=True, slots=True)
class Site:
    """A web server. `origins` are served, as a browser writes them; `secure` is true with TLS.

    `on_bug(error, about)` reports an exception of a handler and returns the line for the page.
    """

    origins: frozenset[str]
    logins: Logins
    secure: bool
    on_bug: Callable[[Exception, str], str]
