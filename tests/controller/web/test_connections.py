"""The web server on a real socket: TLS, broken requests, half-open connections, its own failure, a thousand pages."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
import ssl
from contextlib import AsyncExitStack, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from controller.web import connections
from controller.web.flights.library import FlightLibrary
from controller.web.live import client as live_client
from controller.web.live.limits import MAX_PAGES_OF_ONE
from tests.support.served_page import OutsideAddress, Served, served_page, state_of
from tests.support.web import ages_s

pytestmark = pytest.mark.realtime
TLS = OutsideAddress("127.0.0.1", 0, chosen=True)


async def until(holds: Any, within_s: float = 20.0) -> None:
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_the_printed_address_logs_a_page_in_and_it_gets_states(tmp_path: Path) -> None:
    async with served_page(tmp_path) as web:
        assert web.page.url.startswith("http://127.0.0.1:")
        async with web.live() as page:
            assert page.subprotocol == "landline"
            assert json.loads(await page.recv())["role"] == "pilot"
            assert (await state_of(page))["states"][0]["id"] == "1.1"
        listening = f"tcp listening on 127.0.0.1:{web.port}"
        record = (web.folder / "events.jsonl").read_text()
        assert listening in record
        login = await web.log_in()
        secrets = (web.page.url.partition("#code=")[2], login["key"], login["cookie"].partition("=")[2])
        assert not [one for one in secrets if one in record or one in web.texts]


BROKEN = (
    b"GARBAGE\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000,
    b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: 1\r\n" % at for at in range(2_500)),
    b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/9.9\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"POST /api/session HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nZZZ\r\n",
)


async def test_a_broken_request_is_one_line_and_no_traceback(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with served_page(tmp_path, find=False) as web:
        for request in BROKEN:
            answer = await web.raw(request.replace(b"%s", b"127.0.0.1:%d" % web.port))
            assert answer.startswith(b"HTTP/1.1 4"), request[:40]
            assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"].startswith("cannot ")
        assert (await web.call("GET", "/api/session"))[0] == 200
        assert "Landline's fault" not in web.texts
    assert capfd.readouterr() == ("", "")


async def test_broken_frames_close_that_page_alone(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async with served_page(tmp_path) as web, web.live() as good:
        for frame in (
            b"\x81\x82\x00\x00\x00\x00\xff\xfe",  # text that is no UTF-8
            b"\xff\xff\xff\xff",
            b"\x81\xff" + b"\x7f" * 8 + bytes(4),  # a message of 2^63 bytes
            b"\x81\x02ab",  # without a mask
            b"\x89\xfe\x01\x00" + bytes(260),  # a ping that is too long
        ):
            async with web.live() as bad:
                bad.transport.write(frame)
                with pytest.raises(ConnectionClosed):
                    async with asyncio.timeout(10):
                        while True:
                            await bad.recv()
        assert (await state_of(good))["states"]
        assert web.aircraft.commands == []
        assert "Landline's fault" not in web.texts
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
async def test_connections_that_send_nothing_are_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE_S", 0.4)
    monkeypatch.setattr(connections, "SWEEP_S", 0.05)
    async with (
        served_page(tmp_path, find=False) as web,
        web.open() as (silent, _),
        web.open() as (dripping, drip),
        asyncio.timeout(10),
    ):

        async def send_slowly() -> None:
            for byte in b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 1000:
                drip.write(bytes([byte]))
                await asyncio.sleep(0.02)

        sending = asyncio.create_task(send_slowly())
        for reader in (silent, dripping):
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
        sending.cancel()


@pytest.mark.slow
async def test_strangers_keep_nobody_out(tmp_path: Path) -> None:
    async with served_page(tmp_path) as web, web.live() as page, AsyncExitStack() as stack:
        for _ in range(2 * connections.MAX_CONNECTIONS):
            await stack.enter_async_context(web.open())
        async with web.live() as other:
            assert (await state_of(other))["states"]
        assert (await state_of(page))["states"]


@pytest.mark.slow
async def test_a_page_that_stops_reading_is_closed_and_its_socket_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_client, "MAX_WRITE_S", 0.3)
    monkeypatch.setattr(connections, "CLOSING_S", 0.2)
    monkeypatch.setattr(connections, "SWEEP_S", 0.05)
    async with served_page(tmp_path) as web, web.live() as good:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", web.port))
        async with web.live(sock=sock, max_queue=1) as stuck:
            stuck.transport.pause_reading()
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(stuck.transport, "resume_reading", lambda: None)
                await until(lambda: _flood_with_events(web))
            assert (await state_of(good))["states"]


def _report(text: str) -> str:
    """Return the report that a text names, and delete it."""
    path = Path(text.partition("report: ")[2].splitlines()[0])
    report = path.read_text()
    path.unlink()
    return report


def _flood_with_events(web: Served) -> bool:
    """Make news for the pages; whether one page alone is left."""
    for _ in range(50):
        web.session.warn("x" * 2000)
    return len(asyncio_pages(web)) == 1


def asyncio_pages(web: Served) -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("write to page-")]


async def test_with_tls_the_certificate_has_the_printed_fingerprint(tmp_path: Path) -> None:
    async with served_page(tmp_path, TLS) as web:
        assert web.page.url.startswith("https://127.0.0.1:")
        async with web.open() as (_, writer):
            shown: ssl.SSLObject = writer.get_extra_info("ssl_object")
            der = shown.getpeercert(binary_form=True)
            assert der is not None
            printed = web.page.lines[2][1].replace(":", "").lower()
            assert hashlib.sha256(der).hexdigest() == printed
            assert shown.version() == "TLSv1.3"
        async with web.live() as page:
            assert (await state_of(page))["states"]
        kept = web.folder / "home" / "web"
        assert [oct(path.stat().st_mode & 0o777) for path in (kept, *kept.iterdir())] == ["0o700", "0o600"]


async def test_with_tls_strangers_reach_no_page_and_cost_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(connections, "HANDSHAKE_S", 0.5)
    async with served_page(tmp_path, TLS) as web, web.live() as page:
        half_open = [await asyncio.open_connection("127.0.0.1", web.port) for _ in range(20)]
        half_open[0][1].write(b"GET / HTTP/1.1\r\n\r\n")
        for reader, writer in half_open:
            async with asyncio.timeout(10):
                assert b"HTTP" not in await reader.read()
            writer.close()
        with pytest.raises(InvalidStatus, match="403"):
            await connect(
                web.origin.replace("http", "ws") + "/live", origin=web.origin, ssl=web.context, proxy=None
            )
        assert (await state_of(page))["states"]
    assert capfd.readouterr() == ("", "")


async def test_connections_of_one_address_are_limited_where_others_reach_it(tmp_path: Path) -> None:
    async with served_page(tmp_path, TLS, find=False) as web, AsyncExitStack() as stack:
        refused = 0
        for _ in range(connections.MAX_OF_ONE_ADDRESS + 20):
            try:
                await stack.enter_async_context(web.open())
            except (ConnectionError, ssl.SSLError):
                refused += 1
        assert refused == 20


async def test_when_the_server_fails_the_session_says_so_goes_on_and_starts_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served_page(tmp_path) as web:
        whole = uvicorn.Server.on_tick

        async def broken(self: uvicorn.Server, counter: int) -> bool:
            raise ZeroDivisionError("a broken server")

        monkeypatch.setattr(uvicorn.Server, "on_tick", broken)
        await until(lambda: "a broken server" in web.texts)
        assert "web page: ZeroDivisionError: a broken server (Landline's fault); report: " in web.texts
        monkeypatch.setattr(uvicorn.Server, "on_tick", whole)
        heard_s = web.session.clock.now()
        async with asyncio.timeout(20):
            while True:
                try:
                    async with web.live() as page:
                        assert (await state_of(page))["states"]
                        break
                except OSError:
                    await asyncio.sleep(0.1)
        vehicle = web.session.vehicle
        assert vehicle is not None
        assert vehicle.silent_s < 2.0
        assert web.session.clock.now() > heard_s
        assert "ZeroDivisionError" in _report(web.texts)


async def test_a_bug_in_a_call_is_one_line_with_a_report_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    async def broken(self: FlightLibrary, *, refresh: bool) -> None:
        raise ZeroDivisionError("in a call")

    monkeypatch.setattr(FlightLibrary, "listing", broken)
    async with served_page(tmp_path, find=False) as web:
        login = await web.log_in()
        status, body, _ = await web.call("GET", "/api/flights", Cookie=login["cookie"])
        assert status == 500
        line = json.loads(body)["error"]
        assert "Landline's fault" in line
        assert "Traceback" not in line
        assert "in a call" in _report(line)
        assert web.texts.count("Landline's fault") == 1
    assert capfd.readouterr() == ("", "")


def _resident_bytes() -> int:
    """Memory of this process, server and clients together."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="reads Linux's figures of memory")
async def test_a_thousand_pages_change_nothing_for_the_others_and_the_aircraft(tmp_path: Path) -> None:
    async with served_page(tmp_path) as web, web.live() as good:
        loop = asyncio.get_running_loop()
        heartbeats: list[float] = []
        ages: list[float] = []

        async def read() -> None:
            while True:
                ages.extend(ages_s(await state_of(good)))

        async def watch() -> None:
            seen = 0
            while True:
                names = [message.name for message in web.aircraft.received]
                if names.count("HEARTBEAT") > seen:
                    seen = names.count("HEARTBEAT")
                    heartbeats.append(loop.time())
                await asyncio.sleep(0.02)

        async def drain(page: ClientConnection) -> None:
            with suppress(ConnectionClosed):
                while True:
                    await page.recv()

        tasks = [asyncio.create_task(read()), asyncio.create_task(watch())]
        await asyncio.sleep(2)
        before = _resident_bytes()
        opened, reasons = 0, set[str]()
        async with AsyncExitStack() as stack:
            for _ in range(1000):
                one = AsyncExitStack()
                page = await one.enter_async_context(web.live(ping_interval=None))
                try:
                    await page.recv()
                except ConnectionClosed as closed:
                    assert closed.rcvd is not None
                    reasons.add(closed.rcvd.reason)
                    await one.aclose()
                else:
                    opened += 1
                    stack.push_async_exit(one)
                    tasks.append(asyncio.create_task(drain(page)))
            await asyncio.sleep(2)
            after = _resident_bytes()
        for task in tasks:
            task.cancel()
        assert good.close_code is None
        gaps = [later - earlier for earlier, later in pairwise(heartbeats)]
        assert opened == MAX_PAGES_OF_ONE - 1
        assert reasons == {f"this browser has {MAX_PAGES_OF_ONE} pages open already; close one of them"}
        # An aircraft acts on a ground station that is silent for five seconds.
        assert max(gaps) < 2.5
        assert max(ages) < 2.0
        assert after - before < 40e6
        assert web.aircraft.commands == []
