"""The audit hook: what leaves this machine unnamed is refused before it leaves, and what was opened is on record.

A hook cannot be taken out of a process again: here it is called as a function with real sockets, and installed only in
processes of their own.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from controller.guard.audit import NetworkAudit
from controller.guard.policy import EndpointPolicy, EndpointRefused, NetTarget

ROOT = Path(__file__).parents[3]


@pytest.fixture
def udp() -> Any:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        yield made


@pytest.fixture
def tcp() -> Any:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as made:
        yield made


def refused(audit: NetworkAudit, event: str, *arguments: Any) -> str:
    with pytest.raises(EndpointRefused) as caught:
        audit(event, arguments)
    return str(caught.value)


def test_loopback_may_be_bound_connected_and_sent_to_and_is_recorded(udp: Any, tcp: Any) -> None:
    audit = NetworkAudit(EndpointPolicy())
    audit("socket.bind", (udp, ("127.0.0.1", 0)))
    audit("socket.sendto", (udp, ("127.0.0.1", 14550)))
    audit("socket.connect", (tcp, ("::1", 5760)))
    assert audit.record.allowed == {
        "udp listening on 127.0.0.1:0 (this machine)": 1,
        "send udp to 127.0.0.1:14550 (this machine)": 1,
        "connect tcp to [::1]:5760 (this machine)": 1,
    }
    assert (audit.record.outside, audit.record.refused) == ([], {})


@pytest.mark.parametrize("event", ["socket.connect", "socket.sendto", "socket.sendmsg"])
@pytest.mark.parametrize("host", ["8.8.8.8", "192.168.1.1", "2001:db8::1", "255.255.255.255"])
def test_an_unnamed_connection_is_refused(udp: Any, event: str, host: str) -> None:
    audit = NetworkAudit(EndpointPolicy())
    line = refused(audit, event, udp, (host, 53))
    assert "it was not named (a safety check); name it exactly" in line
    assert len(audit.record.refused) == 1
    assert audit.record.allowed == {}


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.168.1.1"])
def test_an_unnamed_listener_is_refused(tcp: Any, host: str) -> None:
    assert "listening on" in refused(NetworkAudit(EndpointPolicy()), "socket.bind", tcp, (host, 5760))


def test_only_named_endpoints_are_allowed(udp: Any, tcp: Any) -> None:
    audit = NetworkAudit(EndpointPolicy().allowing([NetTarget("192.168.4.1", 14550, "udp")]))
    audit("socket.connect", (udp, ("192.168.4.1", 14550)))
    assert audit.record.outside == ["connect udp to 192.168.4.1:14550"]
    refused(audit, "socket.connect", udp, ("192.168.4.1", 14551))
    refused(audit, "socket.connect", tcp, ("192.168.4.1", 14550))


def test_a_refused_send_stays_refused_and_an_allowed_one_is_checked_once(udp: Any) -> None:
    audit = NetworkAudit(EndpointPolicy())
    for _ in range(3):
        refused(audit, "socket.sendto", udp, ("8.8.8.8", 53))
        audit("socket.sendto", (udp, ("127.0.0.1", 1)))
    assert list(audit.record.refused.values()) == [3]
    assert list(audit.record.allowed.values()) == [1]


def test_only_a_named_listener_may_answer_its_senders() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        # Loopback stands in for a network's address, so that the test binds nothing outside.
        audit = NetworkAudit(EndpointPolicy().allowing([NetTarget("127.0.0.1", port, "udp", listen=True)]))
        audit("socket.sendto", (listener, ("192.168.4.1", 14550)))
        assert audit.record.outside == ["answer udp to 192.168.4.1:14550"]
        refused(audit, "socket.sendto", other, ("192.168.4.2", 14550))


@pytest.mark.parametrize("event", ["socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"])
def test_names_are_looked_up_only_when_named(event: str) -> None:
    audit = NetworkAudit(EndpointPolicy().allowing([NetTarget("drone.local", 5760, "tcp")]))
    audit(event, ("drone.local", 5760))
    for harmless in (None, "", "127.0.0.1", "8.8.8.8", b"::1", "localhost"):
        audit(event, (harmless, 80))
    assert "looking up the name example.com" in refused(audit, event, "example.com", 80)


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("subprocess.Popen", ("/usr/bin/curl", ["curl", "http://x"], None, None)),
        ("subprocess.Popen", (["curl", "http://x"], ["curl"], None, None)),
        ("os.system", (b"curl http://x",)),
        ("os.exec", ("/usr/bin/curl", ["curl"], None)),
        ("os.posix_spawn", ("/usr/bin/curl", ["curl"], {})),
        ("os.spawn", (0, "/usr/bin/curl", ["curl"], None)),
    ],
)
def test_a_program_is_started_only_when_named(event: str, arguments: tuple[Any, ...]) -> None:
    assert "starting the program curl" in refused(NetworkAudit(EndpointPolicy()), event, *arguments)
    NetworkAudit(EndpointPolicy(programs=frozenset({"curl"})))(event, arguments)


def test_sockets_with_unsupported_address_families_are_refused() -> None:
    audit = NetworkAudit(EndpointPolicy())
    audit("socket.__new__", (None, socket.AF_INET, socket.SOCK_DGRAM, 0))
    audit("socket.__new__", (None, -1, -1, 0))
    refused(audit, "socket.__new__", None, socket.AF_INET, socket.SOCK_RAW, 1)
    refused(audit, "socket.__new__", None, 17, socket.SOCK_DGRAM, 0)  # AF_PACKET


def in_a_process_of_its_own(code: str) -> Any:
    """Run `code` after installing the hook; `tell(x)` returns x as JSON."""
    head = """
    import asyncio, json, socket, subprocess, sys
    from controller.guard.audit import install
    from controller.guard.policy import EndpointPolicy
    def tell(x): sys.stdout.write(json.dumps(x))
    record = install(EndpointPolicy())
    """
    script = textwrap.dedent(head) + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_the_installed_hook_stops_every_connection_of_a_real_process() -> None:
    outcome = in_a_process_of_its_own(
        """
        import urllib.request
        ways = {
            "tcp": lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
            "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
            "dns": lambda: socket.getaddrinfo("example.com", 80),
            "web": lambda: urllib.request.urlopen("http://example.com", timeout=1),
            "program": lambda: subprocess.run(["true"]),
            "listen": lambda: socket.socket().bind(("0.0.0.0", 0)),
        }
        told = {}
        for name, way in ways.items():
            try:
                way()
                told[name] = "went out"
            except OSError as error:
                told[name] = type(getattr(error, "reason", error)).__name__
        tell([told, sorted(record.refused)])
        """
    )
    told, record = outcome
    assert told == dict.fromkeys(["tcp", "udp", "dns", "web", "program", "listen"], "EndpointRefused")
    assert len(record) == 5  # looking up example.com was tried twice


def test_the_installed_hook_allows_asyncio_and_links_on_loopback() -> None:
    received, refused_lines = in_a_process_of_its_own(
        """
        from controller.clock import SystemClock
        from controller.link.open import open_link, policy_for
        async def main():
            clock, policy = SystemClock(), policy_for([])
            async with open_link("udpin:127.0.0.1:0", policy=policy, clock=clock) as a:
                async with open_link(f"udpout:{a.info.local}", policy=policy, clock=clock) as b:
                    await b.write(b"there")
                    there = await a.read()
                    await a.write(b"back")
                    return [there.decode(), (await b.read()).decode()]
        left, right = socket.socketpair()
        left.close(); right.close()
        received = asyncio.run(main())
        tell([received, record.refused])
        """
    )
    assert (received, refused_lines) == (["there", "back"], {})


def test_importing_the_guard_installs_nothing() -> None:
    code = "import sys, controller.guard.audit, socket; socket.socket().bind(('0.0.0.0', 0))"
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=False).returncode == 0
