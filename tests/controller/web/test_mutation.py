"""The guards of the web server, each broken on purpose: a test must fail then."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from tests.support.mutated import mutated
from tests.support.source_tree import ROOT

# Module and function, its code (as `ast.unparse` writes it), faulty code, file and part of the name of the tests that
# must fail.
MUTANTS = {
    "any host": ("headers:_refusal", "if own is None:", "if False:", "access", "another_host"),
    "the first of two hosts": (
        "headers:_refusal",
        "if len(named) == 1 else",
        "if named else",
        "access",
        "two_hosts",
    ),
    "any origin": (
        "headers:_refusal",
        "if origins != [own] and",
        "if False and",
        "access",
        "from_another_origin",
    ),
    "changes without an origin": (
        "headers:_refusal",
        "not (is_reading and (not origins))",
        "origins",
        "access",
        "from_another_origin",
    ),
    "embedding": ("headers:_refusal", "in _FOREIGN and", "in () and", "access", "embeds_no_file"),
    "framing": ("headers:", "; frame-ancestors 'none'", "", "access", "forbids_framing"),
    "any role": ("access:_missing_role", "if have >= role:", "if True:", "access", "needs_the_role"),
    "any body type": (
        "access:_check_body_type",
        "if kind not in _BODY_TYPES:",
        "if False:",
        "access",
        "a_form_can_send",
    ),
    "undeclared routes": ("app:guarded_app", "if missing:", "if False:", "access", "without_a_declared_role"),
    "observers command": (
        "live.commands:receive",
        "if client.visitor.role < Role.PILOT:",
        "if False:",
        "access",
        "an_observer_sees",
    ),
    "the cookie acts": (
        "login:visitor",
        "if method in _READING:",
        "if True:",
        "access",
        "cookie_without_the_key",
    ),
    "any key": (
        "login:visitor",
        "if hmac.compare_digest(key.encode(), session.key.encode()):",
        "if key:",
        "access",
        "cookie_without_the_key",
    ),
    "no pauses": (
        "login:pause_s",
        "if tries and self._pauses else",
        "if False else",
        "login",
        "longer_pauses",
    ),
    "a user shuts out others": (
        "login:pause_s",
        "if tries and self._pauses else",
        "if tries else",
        "login",
        "one_user_shuts_out",
    ),
    "guessing in a pause": ("session_routes:_log_in", "if pause_s:", "if False:", "login", "during_a_pause"),
    "a cookie for scripts": (
        "session_routes:_log_in",
        "httponly=True, samesite",
        "samesite",
        "login",
        "reads_only",
    ),
    "a cookie for other sites": (
        "session_routes:_log_in",
        "samesite='strict'",
        "samesite='lax'",
        "login",
        "reads_only",
    ),
    "logging out by the cookie": (
        "session_routes:_log_out",
        "if session is not None and visitor_of(request) != NOT_LOGGED_IN:",
        "if session is not None:",
        "login",
        "logs_nobody_out",
    ),
    "endless sessions": (
        "login:log_in",
        "if len(self._sessions) > MAX_SESSIONS:",
        "if False:",
        "login",
        "bounded",
    ),
    "endless bodies": ("body_limit:receive", "received += ", "received = ", "bodies", "grows_beyond"),
    "large bodies of observers": (
        "access:guarded",
        "min(needs.max_body, OBSERVER_MAX_BODY)",
        "needs.max_body",
        "bodies",
        "no_large_body",
    ),
    "dripping bodies": ("body_limit:receive", "began_s + FIRST_S", "1e9 + began_s", "bodies", "drips"),
    "a page that hangs": (
        "live.client:_write",
        "asyncio.timeout(MAX_WRITE_S)",
        "asyncio.timeout(1e6)",
        "bad_pages",
        "stops",
    ),
    "endless waiting messages": (
        "live.client:send_text",
        "if len(self._messages) >= MAX_WAITING:",
        "if False:",
        "bad_pages",
        "is_bounded",
    ),
    "floods": ("live.limits:allows", "if self._left < 1.0:", "if False:", "bad_pages", "flood"),
    "endless floods": (
        "live.client:read",
        "if self._rate.refused > MAX_REFUSED:",
        "if False:",
        "bad_pages",
        "that_floods",
    ),
    "endless pages": (
        "live.limits:no_room",
        ">= MAX_PAGES_OF_ONE:",
        ">= 10**9:",
        "bad_pages",
        "of_one_browser",
    ),
    "observers take all room": ("live.limits:no_room", ">= limit:", ">= 10**9:", "bad_pages", "leave_room"),
    "hidden bugs": (
        "live.feed:serve",
        "not isinstance(end, WebSocketDisconnect)",
        "False",
        "bad_pages",
        "bug_in_a_handler",
    ),
    "every bug ends the feed": (
        "live.feed:_collect",
        "self._on_bug(error, 'states for the pages')",
        "raise",
        "bad_pages",
        "bug_in_the_feed",
    ),
}


def test_every_guard_to_break_is_there_and_so_is_its_test() -> None:
    problems = []
    for fault, (place, original, faulty, file, test) in MUTANTS.items():
        module, _, function = place.partition(":")
        source = (ROOT / f"controller/web/{module.replace('.', '/')}.py").read_text(encoding="utf-8")
        tests = (ROOT / f"tests/controller/web/test_{file}.py").read_text(encoding="utf-8")
        if not re.search(rf"def test_\w*{test}", tests):
            problems.append(f"{fault}: no test in test_{file}.py has {test!r} in its name")
        try:
            mutated(source, function, original, faulty)
        except ValueError as error:
            problems.append(f"{fault}: {error}")
    assert not problems, "correct these rows of MUTANTS:\n" + "\n".join(problems)


@pytest.mark.slow
@pytest.mark.parametrize("fault", MUTANTS)
def test_a_guard_that_is_broken_fails_a_test(fault: str) -> None:
    place, original, faulty, file, test = MUTANTS[fault]
    module, _, function = place.partition(":")
    mutant = json.dumps([f"controller.web.{module}", function, original, faulty])
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
