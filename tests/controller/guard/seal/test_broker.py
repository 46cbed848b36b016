"""The broker as a process, with real sockets, terminals and pipes: what it opens, moves, counts and refuses."""

from __future__ import annotations

import json
import os
import pty
import socket
import struct
import subprocess
import sys
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.guard.broker import DATA, HEADER, PEER
from controller.guard.opener import Endpoint
from tests.support.seal.brokers import broker_process

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(sys.platform != "linux", reason="the broker uses epoll and descriptors over sockets"),
]

LIMIT_S = 10.0
LOCAL = "127.0.0.1"


class Started:
    """A broker, and the sealed side of its control socket."""

    def __init__(self, control: socket.socket, process: subprocess.Popen[bytes]) -> None:
        self.control = control
        self.process = process
        self.requests = 0
        self.ends: list[socket.socket] = []

    def ask(self, **message: Any) -> tuple[dict[str, Any], socket.socket | None]:
        self.requests += 1
        self.control.send(json.dumps({"request": self.requests, **message}).encode())
        data, descriptors, _, _ = socket.recv_fds(self.control, 1 << 20, 1)
        answer = json.loads(data)
        assert answer["request"] == self.requests
        if not descriptors:
            return answer, None
        end = socket.socket(fileno=descriptors[0])
        end.settimeout(LIMIT_S)
        self.ends.append(end)
        return answer, end

    def open(self, number: int = 0) -> tuple[socket.socket, tuple[str, int]]:
        answer, end = self.ask(open=number)
        assert end is not None, answer
        assert answer["opened"] == number
        return end, (answer["local"][0], answer["local"][1])

    def count(self, number: int = 0) -> dict[str, Any]:
        account: dict[str, Any] = self.ask(account=True)[0]["account"][number]
        return account

    def last_account(self) -> list[dict[str, Any]]:
        self.control.close()
        output, _ = self.process.communicate(timeout=LIMIT_S)
        account: list[dict[str, Any]] = json.loads(output)
        return account


@contextmanager
def broker(*endpoints: Endpoint) -> Iterator[Started]:
    with broker_process(*endpoints) as (process, control):
        control.settimeout(LIMIT_S)
        started = Started(control, process)
        try:
            yield started
        finally:
            for end in started.ends:
                end.close()


def read(end: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        more = end.recv(length - len(data))
        assert more, f"closed after {data!r}"
        data += more
    return data


def records(message: bytes) -> list[tuple[int, int, bytes]]:
    found, start = [], 0
    while start < len(message):
        kind, number, length = HEADER.unpack_from(message, start)
        begin = start + HEADER.size
        found.append((kind, number, message[begin : begin + length]))
        start = begin + length
    return found


def udp() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((LOCAL, 0))
    made.settimeout(LIMIT_S)
    return made


def test_a_tcp_endpoint_is_a_stream_both_ways() -> None:
    with (
        socket.create_server((LOCAL, 0)) as server,
        broker(Endpoint("tcp", LOCAL, server.getsockname()[1])) as started,
    ):
        end, local = started.open()
        client, peer = server.accept()
        with client, end:
            assert peer == local
            end.sendall(b"to the vehicle")
            assert read(client, 14) == b"to the vehicle"
            client.sendall(b"back")
            assert read(end, 4) == b"back"
            client.shutdown(socket.SHUT_WR)
            assert end.recv(1) == b""
            assert client.recv(1) == b""
        counted = started.count()
        assert (counted["sent_bytes"], counted["received_bytes"]) == (14, 4)


def test_a_slow_reader_stops_the_sender_and_loses_nothing() -> None:
    data = os.urandom(3_000_000)
    with (
        socket.create_server((LOCAL, 0)) as server,
        broker(Endpoint("tcp", LOCAL, server.getsockname()[1])) as started,
    ):
        end, _ = started.open()
        client, _ = server.accept()
        client.settimeout(0.2)
        sent = 0
        with client, end:
            try:
                while sent < 200_000_000:
                    sent += client.send(data[sent % len(data) :])
            except TimeoutError:
                pass
            assert sent < 200_000_000
            assert read(end, sent) == (data * (sent // len(data) + 1))[:sent]


def test_a_refused_connection_is_an_answer_with_its_error_number() -> None:
    with udp() as unused, broker(Endpoint("tcp", LOCAL, unused.getsockname()[1])) as started:
        answer, end = started.ask(open=0)
        assert end is None
        assert (answer["failed"], answer["errno"]) == (0, 111)


def test_a_udp_listener_names_each_sender_and_answers_only_them() -> None:
    with broker(Endpoint("udpin", LOCAL, 0)) as started, udp() as first, udp() as second:
        end, local = started.open()
        with end:
            first.sendto(b"one", local)
            got = records(end.recv(1 << 16))
            assert [kind for kind, _, _ in got] == [PEER, DATA]
            assert json.loads(got[0][2]) == list(first.getsockname())
            number = got[1][1]
            assert got[1][2] == b"one"
            second.sendto(b"two", local)
            other = records(end.recv(1 << 16))[1][1]
            end.send(HEADER.pack(DATA, number, 3) + b"for" + HEADER.pack(DATA, other, 5) + b"other")
            assert (first.recv(99), second.recv(99)) == (b"for", b"other")
            end.send(HEADER.pack(DATA, 77, 4) + b"none" + HEADER.pack(DATA, 0, 4) + b"none")
            end.send(HEADER.pack(DATA, number, 4) + b"last")
            assert first.recv(99) == b"last"
        counted = started.count()
        assert (counted["received_packets"], counted["sent_packets"], counted["dropped"]) == (2, 3, 2)
        assert counted["peers"] == [list(first.getsockname()), list(second.getsockname())]


def test_udpout_sends_to_its_one_address_and_hears_only_it() -> None:
    with udp() as vehicle, udp() as stranger, broker(Endpoint("udpout", *vehicle.getsockname())) as started:
        end, local = started.open()
        with end:
            end.send(b"".join(HEADER.pack(DATA, 0, 1) + bytes([i]) for i in range(5)))
            assert b"".join(vehicle.recv(9) for _ in range(5)) == bytes(range(5))
            stranger.sendto(b"not for you", local)
            vehicle.sendto(b"answer", local)
            assert records(end.recv(1 << 16)) == [(DATA, 0, b"answer")]


def test_many_datagrams_arrive_in_one_message_and_in_order() -> None:
    with broker(Endpoint("udpin", LOCAL, 0)) as started, udp() as vehicle:
        end, local = started.open()
        with end:
            for i in range(2000):
                vehicle.sendto(struct.pack("!I", i), local)
                if i % 50 == 49:
                    messages = 0
                    got: list[bytes] = []
                    while len(got) < 50:
                        got += [data for kind, _, data in records(end.recv(1 << 18)) if kind == DATA]
                        messages += 1
                    assert got == [struct.pack("!I", n) for n in range(i - 49, i + 1)]


@pytest.mark.parametrize(
    "record",
    [
        b"\0",
        HEADER.pack(DATA, 0, 9) + b"short",
        HEADER.pack(PEER, 0, 1) + b"x",
        HEADER.pack(DATA, 60_000, 1) + b"x",
        HEADER.pack(7, 0, 0),
    ],
)
def test_a_malformed_record_closes_that_endpoint_alone(record: bytes) -> None:
    with (
        udp() as vehicle,
        broker(Endpoint("udpout", *vehicle.getsockname()), Endpoint("udpin", LOCAL, 0)) as started,
    ):
        end, _ = started.open(0)
        other, local = started.open(1)
        end.send(record)
        assert end.recv(1) == b""
        vehicle.sendto(b"still here", local)
        assert records(other.recv(1 << 16))[-1][2] == b"still here"
        assert started.count(0)["malformed"] == 1


def test_a_listener_gives_a_stream_for_each_client_with_its_address() -> None:
    with broker(Endpoint("tcpin", LOCAL, 0)) as started:
        clients, where = started.open()
        with clients, socket.create_connection(where, timeout=LIMIT_S) as browser:
            data, descriptors, _, _ = socket.recv_fds(clients, 4096, 1)
            assert json.loads(data) == {"peer": list(browser.getsockname()), "local": list(where)}
            with socket.socket(fileno=descriptors[0]) as end:
                browser.sendall(b"GET /")
                assert read(end, 5) == b"GET /"
                end.sendall(b"page" * 100_000)
            assert read(browser, 400_000) == b"page" * 100_000
            assert browser.recv(1) == b""


def test_opening_again_closes_the_one_before_and_frees_its_port() -> None:
    with udp() as unused:
        port = unused.getsockname()[1]
    with broker(Endpoint("udpin", LOCAL, port)) as started:
        for _ in range(5):
            end, local = started.open()
            assert local == (LOCAL, port)
        end.close()
        end, _ = started.open()
        end.close()


def test_a_port_in_use_is_an_answer_and_free_later() -> None:
    with udp() as other:
        port = other.getsockname()[1]
        with broker(Endpoint("udpin", LOCAL, port)) as started:
            assert started.ask(open=0)[0]["errno"] == 98
            other.close()
            started.open()[0].close()


def test_a_serial_port_is_raw_exclusive_and_of_any_baud_rate() -> None:
    master, slave = pty.openpty()
    path = os.ttyname(slave)
    with broker(Endpoint("serial", path=path, baud=420_000)) as started:
        end, _ = started.open()
        os.write(master, b"\x03\xfe\r\n\x11")
        assert read(end, 5) == b"\x03\xfe\r\n\x11"
        end.sendall(b"\xfd\r\n")
        assert os.read(master, 9) == b"\xfd\r\n"
        os.close(slave)
        os.close(master)
        assert end.recv(1) == b""
        answer, _ = started.ask(open=0)
        assert answer["errno"] in (2, 5)


def test_a_serial_port_of_another_program_is_refused() -> None:
    import fcntl

    master, slave = pty.openpty()
    fcntl.flock(slave, fcntl.LOCK_EX)
    with broker(Endpoint("serial", path=os.ttyname(slave), baud=57600)) as started:
        assert started.ask(open=0)[0]["errno"] == 11
    os.close(slave)
    os.close(master)


def test_a_pseudo_terminal_has_its_link_until_it_is_closed(tmp_path: Path) -> None:
    link = tmp_path / "gcs"
    with broker(Endpoint("pty", path=str(link))) as started:
        end, local = started.open()
        assert local[0] == str(link)
        reader = os.open(link, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(reader)
        end.sendall(b"frame")
        assert os.read(reader, 9) == b"frame"
        os.write(reader, b"answer")
        assert read(end, 6) == b"answer"
        os.close(reader)
        end.close()
        started.count()
        assert not link.is_symlink()


def test_a_pseudo_terminal_that_is_not_read_loses_data_and_blocks_nothing(tmp_path: Path) -> None:
    with broker(Endpoint("pty", path=str(tmp_path / "gcs"))) as started:
        end, _ = started.open()
        for _ in range(100):
            end.sendall(bytes(10_000))
        end.close()
        assert started.count()["dropped"] > 0


def test_the_end_of_the_sealed_side_ends_the_broker_with_its_account() -> None:
    with broker(Endpoint("udpin", LOCAL, 0)) as started, udp() as vehicle:
        end, local = started.open()
        vehicle.sendto(b"12345", local)
        end.recv(1 << 16)
        account = started.last_account()
        assert (account[0]["received_packets"], account[0]["received_bytes"]) == (1, 5)
        with udp() as again:
            again.close()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as same:
            same.bind(local)


def test_a_request_for_another_endpoint_ends_the_broker() -> None:
    for request in ({"open": 1}, {"open": -1}, {"open": True}, {"open": "0"}, {"open": None}, {"close": 0}):
        with broker(Endpoint("udpin", LOCAL, 0)) as started:
            started.control.send(json.dumps({"request": 1, **request}).encode())
            assert started.control.recv(1) == b""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_any_bytes_on_the_control_socket_end_the_broker_or_are_answered(data: bytes) -> None:
    with broker() as started:
        started.control.send(data or b"x")
        started.control.shutdown(socket.SHUT_WR)
        started.control.recv(1 << 16)
        _, errors = started.process.communicate(timeout=LIMIT_S)
        assert errors == b""


def test_any_records_leave_the_broker_alive() -> None:
    with udp() as vehicle:
        to = vehicle.getsockname()
        with broker(
            Endpoint("udpout", *to), Endpoint("udpin", LOCAL, 0), Endpoint("tcpin", LOCAL, 0)
        ) as started:

            @settings(max_examples=200, deadline=None)
            @given(st.integers(0, 2), st.lists(st.binary(min_size=1, max_size=60), max_size=4))
            def fuzz(number: int, messages: list[bytes]) -> None:
                end, _ = started.open(number)
                with end:
                    for message in messages:
                        try:
                            end.send(message)
                        except (BrokenPipeError, ConnectionResetError):
                            break

            fuzz()
            assert started.count(0)["malformed"] > 0
            assert started.process.poll() is None


@pytest.mark.parametrize("kind", ["tcp", "udpout", "udpin"])
def test_a_name_is_never_looked_up(kind: str) -> None:
    with broker(Endpoint(kind, "localhost", 1)) as started:  # type: ignore[arg-type]
        answer, end = started.ask(open=0)
        assert end is None
        assert answer["failed"] == 0
