"""Login: codes, cookies, pauses after wrong tries; no code in the record."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.web.access import Role
from controller.web.codes import CLICKED_LETTERS, TYPED_LETTERS, new_code, normalized
from controller.web.login import MAX_SESSIONS, Logins
from tests.support.web import CODES, COOKIE, Answer, Web, web_station


async def log_in(web: Web, code: str, client: str = "127.0.0.1", **headers: str) -> Answer:
    return await web.call(
        "POST", "/api/session", {"code": code}, {"cookie": "", "x-landline-key": "", **headers}, client=client
    )


def test_a_code_has_the_letters_that_are_told_apart_and_its_bits() -> None:
    typed, clicked = new_code(TYPED_LETTERS), new_code(CLICKED_LETTERS)
    assert [len(part) for part in typed.split("-")] == [4, 4, 4]
    assert len(clicked) == CLICKED_LETTERS
    assert set(typed + clicked) <= set("0123456789abcdefghjkmnpqrstvwxyz-")
    assert new_code(TYPED_LETTERS) != typed
    assert normalized(" ABCD-efgh 0oiL ") == "abcdefgh0011"


async def test_a_code_logs_in_with_its_role_and_the_cookie_reads_only(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web:
        for role in (Role.PILOT, Role.OBSERVER):
            answer = await log_in(web, CODES[role].upper().replace("-", " "))
            assert answer.status == 200
            assert answer.json["role"] == role.word
            kept = answer.headers["set-cookie"].lower()
            assert kept.startswith(f"{COOKIE}=")
            assert {"httponly", "samesite=strict", "path=/"} <= {part.strip() for part in kept.split(";")}
            assert "expires" not in kept
            assert "max-age" not in kept
            assert "secure" not in kept


async def test_with_tls_the_cookie_is_for_tls_only(tmp_path: Path) -> None:
    async with web_station(tmp_path, outside=True) as web:
        assert "; secure" in (await log_in(web, CODES[Role.PILOT])).headers["set-cookie"].lower()


async def test_the_page_asks_who_it_is(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web:
        assert (await web.get("/api/session")).json["role"] == "pilot"
        assert (await web.get("/api/session", x_landline_key="")).json == {"role": None}
        assert (await web.get("/api/session", cookie="")).json == {"role": None}
        assert (await web.get("/api/session")).headers["cache-control"] == "no-store"


async def test_a_second_login_of_a_browser_keeps_its_name(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web:
        browser = web.browser(Role.PILOT)
        again = await log_in(web, CODES[Role.PILOT], cookie=f"{COOKIE}={browser.cookie}")
        assert (again.json["visitor"], again.json["key"]) == (browser.visitor.id, browser.key)
        other = await log_in(web, CODES[Role.PILOT])
        assert other.json["visitor"] != browser.visitor.id


async def test_after_logging_out_cookie_and_key_are_worth_nothing(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web:
        assert (await web.delete("/api/session")).json == {"role": None}
        assert (await web.get("/api/session")).json == {"role": None}
        assert (await web.post("/api/plans/check", {})).status == 401


async def test_the_cookie_alone_logs_nobody_out(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web:
        await web.delete("/api/session", x_landline_key="")
        assert (await web.get("/api/session")).json["role"] == "pilot"


async def test_wrong_codes_get_longer_and_longer_pauses(tmp_path: Path) -> None:
    async with web_station(tmp_path, outside=True) as web:
        clock = web.session.clock
        for _ in range(5):
            assert (await log_in(web, "wrong", "192.0.2.7")).status == 401
        pauses, wrong = [], 5
        while wrong < 14:
            answer = await log_in(web, "wrong", "192.0.2.7")
            if answer.status == 429:
                began = clock.now()
                await web.until(lambda: not web.site.logins.pause_s("192.0.2.7"), 100)
                pauses.append(round(clock.now() - began))
            else:
                wrong += 1
        assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_during_a_pause_the_right_code_is_not_looked_at_and_others_log_in(tmp_path: Path) -> None:
    async with web_station(tmp_path, outside=True) as web:
        for _ in range(5):
            await log_in(web, "wrong", "192.0.2.7")
        answer = await log_in(web, CODES[Role.PILOT], "192.0.2.7")
        assert (answer.status, answer.headers["retry-after"]) == (429, "1")
        assert answer.error == "cannot log in: too many wrong codes; try again in 1 s"
        assert (await log_in(web, CODES[Role.PILOT], "192.0.2.8")).status == 200


async def test_on_this_machine_one_user_shuts_out_no_other(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web:
        for _ in range(200):
            assert (await log_in(web, "wrong")).status == 401
        assert (await log_in(web, CODES[Role.PILOT])).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"code": 5}',
        b'{"code": null}',
        b"\xff",
        b"[" * 900,
        b'{"code": "' + b"x" * 2000 + b'"}',
    ],
    ids=lambda body: repr(body[:12]),
)
async def test_a_login_of_the_wrong_shape_is_one_line(tmp_path: Path, body: bytes) -> None:
    async with web_station(tmp_path) as web:
        answer = await web.post("/api/session", body)
        assert answer.status in (400, 401, 413)
        assert answer.error.startswith("cannot ")


def test_sessions_and_addresses_are_bounded() -> None:
    logins = Logins(CODES, cookie=COOKIE, pauses=True, now=lambda: 0.0, tell=lambda _: None)
    first = logins.log_in(CODES[Role.PILOT], "192.0.2.1")
    assert first is not None
    for at in range(MAX_SESSIONS):
        logins.log_in(CODES[Role.OBSERVER], f"host {at}")
    assert logins.session_of(first.cookie) is None
    for at in range(5000):
        logins.log_in("wrong", f"host {at}")
    assert len(logins._tries) <= 1000


def test_a_session_that_is_used_is_not_the_one_that_is_dropped() -> None:
    logins = Logins(CODES, cookie=COOKIE, pauses=True, now=lambda: 0.0, tell=lambda _: None)
    first = logins.log_in(CODES[Role.PILOT], "192.0.2.1")
    assert first is not None
    for at in range(2 * MAX_SESSIONS):
        logins.log_in(CODES[Role.OBSERVER], f"host {at}")
        assert logins.session_of(first.cookie) is first


async def test_logins_and_wrong_codes_are_told_and_no_secret_is(tmp_path: Path) -> None:
    told: list[str] = []
    logins = Logins(CODES, cookie=COOKIE, pauses=True, now=lambda: 0.0, tell=told.append)
    session = logins.log_in(CODES[Role.PILOT], "192.0.2.1")
    assert session is not None
    for _ in range(5):
        logins.log_in("wrong", "192.0.2.9")
    assert told == [
        "visitor-1 logged in as pilot, from 192.0.2.1",
        "5 wrong codes for the web page, from 192.0.2.9",
    ]
    secrets = (CODES[Role.PILOT], session.cookie, session.key)
    assert not [secret for secret in secrets if secret in "".join(told) + repr(session.visitor)]
