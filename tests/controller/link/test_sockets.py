"""Real sockets on loopback, on ports that the system chooses: UDP and TCP in both directions, and all errors."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest

from controller.clock import SystemClock
from controller.errors import LandlineError, LinkError
from controller.guard.opener import RECEIVE_BUFFER_BYTES
from controller.link.base import Link
from controller.link.open import open_link, policy_for
from controller.link.udp import PEER_SILENT_S, UdpIn, UdpOut
from controller.link.url import parse
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.framer import Framer

pytestmark = pytest.mark.realtime

LIMIT_S = 10


def link(url: str) -> Link:
    return open_link(url, policy=policy_for([url]), clock=SystemClock())


async def until(condition: Callable[[], bool]) -> None:
    """Run the event loop until the condition holds."""
    async with asyncio.timeout(LIMIT_S):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0)


async def read(end: Link) -> bytes:
    async with asyncio.timeout(LIMIT_S):
        return await end.read()


async def read_all(end: Link, length: int) -> bytes:
    got = b""
    while len(got) < length:
        got += await read(end)
    return got


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
async def test_udp_works_both_ways_and_the_listener_reports_port_and_peer(host: str) -> None:
    async with link(f"udpin:{host}:0") as ground:
        assert ground.write_now(b"nobody is there to hear this")
        async with link(f"udpout:{ground.info.local}") as aircraft:
            await aircraft.write(b"one")
            await aircraft.write(b"two")
            assert [await read(ground), await read(ground)] == [b"one", b"two"]
            await ground.write(b"back")
            assert await read(aircraft) == b"back"
            assert ground.info.peers == (aircraft.info.local,)


@pytest.mark.parametrize("url", ["udpin:127.0.0.1:0", "udpout:127.0.0.1:9"])
async def test_a_udp_link_has_a_receive_buffer_for_bursts(url: str) -> None:
    async with link(url) as end:
        assert isinstance(end, UdpIn | UdpOut)
        opened = end._transport.get_extra_info("socket")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            most = plain.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == most


async def test_a_udp_listener_answers_all_peers_and_does_not_mix_their_frames() -> None:
    encoders = [Encoder(address(1, 1)), Encoder(address(2, 1))]
    async with link("udpin:127.0.0.1:0") as ground:
        where = ground.info.local
        async with link(f"udpout:{where}") as first, link(f"udpout:{where}") as second:
            framer = Framer()
            frames = []
            await first.write(encoders[0].pack(m.HEARTBEAT()))
            await second.write(encoders[1].pack(m.HEARTBEAT()))
            frames += framer.feed(await read(ground)) + framer.feed(await read(ground))
            # A frame in pieces, another sender's between them.
            whole = encoders[0].pack(m.ATTITUDE(roll=1))
            await first.write(whole[:9])
            await second.write(encoders[1].pack(m.ATTITUDE(roll=2)))
            frames += framer.feed(await read(ground))
            await first.write(whole[9:])
            frames += framer.feed(await read(ground))
            assert [frame.system for frame in frames] == [1, 2, 2, 1]
            await ground.write(b"to all")
            assert [await read(first), await read(second)] == [b"to all", b"to all"]


async def test_a_silent_udp_peer_gets_no_data_while_another_is_active() -> None:
    class SlowClock(SystemClock):
        seconds = 0.0

        def now(self) -> float:
            return self.seconds

    clock = SlowClock()
    url = "udpin:127.0.0.1:0"
    async with UdpIn(parse(url), policy=policy_for([url]), clock=clock) as ground:
        where = ground.info.local
        async with link(f"udpout:{where}") as old, link(f"udpout:{where}") as new:
            await old.write(b"x")
            await read(ground)
            clock.seconds = PEER_SILENT_S + 1
            await ground.write(b"still the only one")
            assert await read(old) == b"still the only one"
            await new.write(b"y")
            await until(lambda: ground.info.peers == (new.info.local,))


async def test_udp_to_a_closed_port_waits_for_a_listener() -> None:
    async with link("udpin:127.0.0.1:0") as gone:
        where = gone.info.local
    async with link(f"udpout:{where}") as aircraft:
        await aircraft.write(b"into nothing")
        await asyncio.sleep(0)
        async with link(f"udpin:{where}") as ground:
            await aircraft.write(b"refused before")
            await aircraft.write(b"hello")
            assert b"hello" in (await read(ground), await read(ground))


async def test_tcp_works_both_ways_with_several_clients() -> None:
    async with link("tcpin:127.0.0.1:0") as server:
        where = server.info.local
        async with link(f"tcp:{where}") as first, link(f"tcp:{where}") as second:
            await until(lambda: len(server.info.peers) == 2)
            await server.write(b"to all")
            assert [await read(first), await read(second)] == [b"to all", b"to all"]
            raw = Encoder(address(7, 1)).pack(m.HEARTBEAT())
            await second.write(raw)
            assert await read(server) == raw
        await until(lambda: server.info.peers == ())
        async with link(f"tcp:{where}") as third:
            await third.write(raw)
            assert await read(server) == raw


async def test_a_tcp_link_reconnects_when_the_other_side_returns() -> None:
    server = link("tcpin:127.0.0.1:0")
    await server.open()
    where = server.info.local
    async with link(f"tcp:{where}") as client:
        changes: list[bool] = []
        client.watch(lambda up, _why: changes.append(up))
        reading = asyncio.ensure_future(read(client))
        await until(lambda: len(server.info.peers) == 1)
        await server.close()
        await until(lambda: changes == [False])
        async with link(f"tcpin:{where}") as again:
            await until(lambda: len(again.info.peers) == 1)
            await again.write(b"back")
            assert await reading == b"back"
        assert changes == [False, True]


async def test_a_busy_tcp_reader_makes_the_sender_wait_and_loses_nothing() -> None:
    size = 8_000_000
    async with link("tcpin:127.0.0.1:0") as server, link(f"tcp:{server.info.local}") as client:

        async def send() -> None:
            for _ in range(size // 10_000):
                await client.write(bytes(10_000))

        async with asyncio.TaskGroup() as group:
            group.create_task(send())
            assert len(await read_all(server, size)) == size


async def error_of(url: str) -> LandlineError:
    with pytest.raises(LandlineError) as caught:
        async with link(url):
            pass
    return caught.value


@pytest.mark.parametrize("kind", ["udpin", "tcpin"])
async def test_a_port_in_use_is_an_error_with_a_hint(kind: str) -> None:
    async with link(f"{kind}:127.0.0.1:0") as first:
        url = f"{kind}:{first.info.local}"
        error = await error_of(url)
        port = url.rpartition(":")[2]
        assert str(error) == (
            f"{url}: cannot use port {port}: another program uses it (the link); "
            "close it (another ground station?) or choose another port"
        )
        assert error.exit_code == 3


async def test_a_refused_tcp_connection_is_an_error_with_a_hint() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = await error_of(f"tcp:127.0.0.1:{unused.getsockname()[1]}")
    assert "cannot connect: connection refused (the link); start the other program first" in str(error)


async def test_a_foreign_address_is_an_error_with_a_hint() -> None:
    error = await error_of("udpin:192.0.2.77:14550")  # an address for documentation (RFC 5737)
    assert "the address does not belong to this machine (the link); use one of its addresses" in str(error)


async def test_an_unknown_host_is_an_error_with_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_such_host(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    # The machine's own resolver would ask a network that a test must not need.
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", no_such_host)
    error = await error_of("udpout:no-such-drone.invalid:14550")
    assert isinstance(error, LinkError)
    assert (
        "cannot find host no-such-drone.invalid: Name or service not known (the link); check the name"
        in str(error)
    )


async def test_writing_to_a_closed_link_is_a_link_error() -> None:
    for url in ("udpin:127.0.0.1:0", "tcpin:127.0.0.1:0"):
        closed = link(url)
        async with closed:
            pass
        assert await read(closed) == b""
        with pytest.raises(LinkError, match="the link is closed"):
            await closed.write(b"x")
