"""Links and the web page over a broker, in a process that is not sealed: they behave as without one."""

from __future__ import annotations

import asyncio
import os
import pty
import socket
import sys
import tty
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.clock import SystemClock
from controller.errors import LinkError
from controller.guard.opener import Endpoint, Opener
from controller.guard.policy import EndpointRefused
from controller.link.base import Link
from controller.link.open import open_link, policy_for
from controller.link.udp import UdpIn
from controller.web.address import WebAddress, endpoints
from controller.web.connections import Connections
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from tests.support.seal.brokers import brokered
from tests.support.served_page import OutsideAddress, served_page, state_of

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(sys.platform != "linux", reason="the broker uses epoll and descriptors over sockets"),
]
LIMIT_S = 10
LOCAL = "127.0.0.1"


def link(url: str, opener: Opener) -> Link:
    return open_link(url, policy=replace(policy_for([url]), opener=opener), clock=SystemClock())


async def read(end: Link, length: int) -> bytes:
    data = b""
    async with asyncio.timeout(LIMIT_S):
        while len(data) < length:
            data += await end.read()
    return data


async def test_a_brokered_udp_listener_answers_all_its_senders() -> None:
    with (
        brokered(Endpoint("udpin", LOCAL)) as (opener, _),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two,
    ):
        async with link(f"udpin:{LOCAL}:0", opener) as ground:
            where = (LOCAL, int(ground.info.local.rpartition(":")[2]))
            for system, sender in enumerate((one, two), 1):
                sender.settimeout(LIMIT_S)
                frame = Encoder(address(system, 1)).pack(m.HEARTBEAT())
                sender.sendto(frame, where)
                assert await read(ground, len(frame)) == frame
            assert ground.info.peers == tuple(f"{LOCAL}:{sender.getsockname()[1]}" for sender in (one, two))
            await ground.write(b"to all")
            assert (one.recv(99), two.recv(99)) == (b"to all", b"to all")
            assert isinstance(ground, UdpIn)


async def test_a_brokered_serial_port_carries_bytes_and_returns_after_a_loss(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    port = tmp_path / "port"
    port.symlink_to(os.ttyname(slave))
    with brokered(Endpoint("serial", path=str(port), baud=57600)) as (opener, _):
        async with link(f"serial:{port}:57600", opener) as radio:
            os.write(master, b"from the air")
            assert await read(radio, 12) == b"from the air"
            await radio.write(b"up")
            assert os.read(master, 9) == b"up"
            changes: list[bool] = []
            radio.watch(lambda up, _: changes.append(up))
            os.close(slave)
            os.close(master)
            port.unlink()
            master, slave = pty.openpty()
            tty.setraw(slave)
            port.symlink_to(os.ttyname(slave))
            os.write(master, b"again")
            reading = asyncio.create_task(radio.read())
            async with asyncio.timeout(LIMIT_S):
                while changes != [False, True]:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                os.write(master, b"again")
                assert b"again" in await reading
    os.close(slave)
    os.close(master)


async def test_a_missing_serial_port_is_the_same_error_as_without_a_broker(tmp_path: Path) -> None:
    missing = tmp_path / "ttyUSB9"
    with (
        brokered(Endpoint("serial", path=str(missing), baud=57600)) as (opener, _),
        pytest.raises(LinkError, match=f"cannot open {missing}: no such serial port"),
    ):
        await link(f"serial:{missing}:57600", opener).open()


async def test_a_brokered_pseudo_terminal_works_as_a_serial_port(tmp_path: Path) -> None:
    place = tmp_path / "gcs"
    with brokered(Endpoint("pty", path=str(place))) as (opener, client):
        async with link(f"pty:{place}", opener) as end:
            assert end.info.local == str(place)
            other = os.open(place, os.O_RDWR | os.O_NOCTTY)
            await end.write(b"out")
            assert os.read(other, 9) == b"out"
            os.write(other, b"in")
            assert await read(end, 2) == b"in"
            os.close(other)
        account = client.account()
        assert account is not None
        assert (account[0]["sent_bytes"], account[0]["received_bytes"]) == (3, 2)
        assert not place.is_symlink()


async def test_a_port_in_use_is_the_same_error_as_without_a_broker() -> None:
    with socket.create_server((LOCAL, 0)) as other:
        port = other.getsockname()[1]
        with (
            brokered(Endpoint("tcpin", LOCAL, port)) as (opener, _),
            pytest.raises(LinkError, match=f"cannot use port {port}: another program uses it"),
        ):
            await link(f"tcpin:{LOCAL}:{port}", opener).open()


async def test_nothing_is_opened_that_the_broker_was_not_given() -> None:
    with brokered(Endpoint("udpin", LOCAL, 14550)) as (opener, _):
        for url in (f"udpin:{LOCAL}:14551", f"udpout:{LOCAL}:14550", f"tcp:{LOCAL}:14550", "pty:/tmp/gcs"):
            with pytest.raises(EndpointRefused):
                await link(url, opener).open()


@pytest.mark.parametrize("where", [WebAddress(LOCAL, 0, chosen=True), OutsideAddress(LOCAL, 0, chosen=True)])
async def test_the_page_knows_its_visitors_through_a_broker(
    tmp_path: Path, where: WebAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, int]] = []
    answering = Connections.answering

    def watched(self: Connections, scope: Any) -> Any:
        assert tuple(scope["client"]) in self._open
        assert scope["server"][0] == LOCAL
        seen.append(tuple(scope["client"]))
        return answering(self, scope)

    monkeypatch.setattr(Connections, "answering", watched)
    with brokered(*endpoints(where)) as (opener, _):
        async with served_page(tmp_path, where, opener=opener) as page:
            async with page.open() as (_, writer):
                mine = writer.get_extra_info("sockname")
                host = page.origin.rpartition("/")[2]
                writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                async with asyncio.timeout(LIMIT_S):
                    while mine not in seen:  # noqa: ASYNC110
                        await asyncio.sleep(0.01)
            async with page.live() as browser:
                assert (await state_of(browser))["type"] == "state"
                assert browser.local_address in seen
