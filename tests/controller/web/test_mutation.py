"""The guards of the web server, each broken on purpose: a test must fail then."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.support.source_tree import ROOT

# Module, original, faulty code, file and test that must fail.
MUTANTS = {
    "any host": ("headers", "if own is None:", "if False:", "access", "another_host"),
    "the first of two hosts": ("headers", "if len(named) == 1 else", "if named else", "access", "two_hosts"),
    "any origin": ("headers", "if origins != [own] and", "if False and", "access", "from_another_origin"),
    "changes without an origin": (
        "headers",
        "and not (is_reading and not origins)",
        "and origins",
        "access",
        "from_another_origin",
    ),
    "embedding": ("headers", "in _FOREIGN and", "in () and", "access", "embeds_no_file"),
    "framing": ("headers", "; frame-ancestors 'none'", "", "access", "forbids_framing"),
    "any role": ("access", "if have >= role:", "if True:", "access", "needs_the_role"),
    "any body type": ("access", "if kind not in _BODY_TYPES:", "if False:", "access", "a_form_can_send"),
    "undeclared routes": ("app", "if missing:", "if False:", "access", "without_a_declared_role"),
    "observers command": (
        "live.commands",
        "if client.visitor.role < Role.PILOT:",
        "if False:",
        "access",
        "an_observer_sees",
    ),
    "the cookie acts": ("login", "if method in _READING:", "if True:", "access", "cookie_without_the_key"),
    "any key": (
        "login",
        "if hmac.compare_digest(key.encode(), session.key.encode()):",
        "if key:",
        "access",
        "cookie_without_the_key",
    ),
    "no pauses": ("login", "if tries and self._pauses else", "if False else", "login", "longer_pauses"),
    "a user shuts out others": (
        "login",
        "if tries and self._pauses else",
        "if tries else",
        "login",
        "one_user_shuts_out",
    ),
    "guessing in a pause": ("session_routes", "if pause_s:", "if False:", "login", "during_a_pause"),
    "a cookie for scripts": (
        "session_routes",
        "httponly=True,\n            samesite",
        "samesite",
        "login",
        "reads_only",
    ),
    "a cookie for other sites": (
        "session_routes",
        'httponly=True,\n            samesite="strict"',
        'httponly=True,\n            samesite="lax"',
        "login",
        "reads_only",
    ),
    "logging out by the cookie": (
        "session_routes",
        "if session is not None and visitor_of(request) != NOT_LOGGED_IN:",
        "if session is not None:",
        "login",
        "logs_nobody_out",
    ),
    "endless sessions": ("login", "if len(self._sessions) > MAX_SESSIONS:", "if False:", "login", "bounded"),
    "endless bodies": ("body_limit", "    received += ", "    received = ", "bodies", "grows_beyond"),
    "large bodies of observers": (
        "access",
        "min(needs.max_body, OBSERVER_MAX_BODY)",
        "needs.max_body",
        "bodies",
        "no_large_body",
    ),
    "dripping bodies": ("body_limit", "began_s + FIRST_S", "1e9 + began_s", "bodies", "drips"),
    "a page that hangs": (
        "live.client",
        "asyncio.timeout(MAX_WRITE_S)",
        "asyncio.timeout(1e6)",
        "bad_pages",
        "stops",
    ),
    "endless waiting messages": (
        "live.client",
        "if len(self._messages) >= MAX_WAITING:",
        "if False:",
        "bad_pages",
        "is_bounded",
    ),
    "floods": ("live.limits", "if self._left < 1.0:", "if False:", "bad_pages", "flood"),
    "endless floods": (
        "live.client",
        "if self._rate.refused > MAX_REFUSED:",
        "if False:",
        "bad_pages",
        "that_floods",
    ),
    "endless pages": ("live.limits", ">= MAX_PAGES_OF_ONE:", ">= 10**9:", "bad_pages", "of_one_browser"),
    "observers take all room": ("live.limits", ">= limit:", ">= 10**9:", "bad_pages", "leave_room"),
    "hidden bugs": (
        "live.feed",
        "not isinstance(end, WebSocketDisconnect):",
        "False:",
        "bad_pages",
        "bug_in_a_handler",
    ),
    "every bug ends the feed": (
        "live.feed",
        'self._on_bug(error, "states for the pages")',
        "raise",
        "bad_pages",
        "bug_in_the_feed",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", MUTANTS)
def test_a_guard_that_is_broken_fails_a_test(fault: str) -> None:
    module, original, faulty, file, test = MUTANTS[fault]
    mutant = json.dumps([f"controller.web.{module}", original, faulty])
    done = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-x",
                "-p",
                "tests.support.mutated",
                "-p",
                "no:cacheprovider",
            ),
            *(f"tests/controller/web/test_{file}.py", "-k", test),
        ],
        cwd=ROOT,
        env={**os.environ, "LANDLINE_MUTANT": mutant},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1, f"{done.stdout[-2000:]}{done.stderr[-500:]}"
    assert "1 failed" in done.stdout
