"""Processes that seal themselves: what they can do still, what they cannot, and what the record says of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.seal.sealed import NO_NAMESPACES, sealed, skip_where_the_kernel_cannot, started

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the seal"),
]
LIMIT_S = 20.0


@pytest.fixture(autouse=True, scope="module")
def _kernel() -> None:
    skip_where_the_kernel_cannot()


def refused(account: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["call"], one["what"]) for one in account["refused"]}


def test_no_attempt_to_reach_another_machine_succeeds_and_each_is_recorded(tmp_path: Path) -> None:
    said = sealed(
        """
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    if libc.syscall(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "")
def udp(family=socket.AF_INET):
    return socket.socket(family, socket.SOCK_DGRAM)
def multicast():
    made = udp(); made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1); made.sendto(b"x", ("255.255.255.255", 9))
say(
    connect=outcome(lambda: socket.create_connection(("192.0.2.1", 80), 2)),
    connect6=outcome(lambda: socket.create_connection(("2001:db8::1", 80), 2)),
    send=outcome(lambda: udp().sendto(b"x", ("192.0.2.1", 53))),
    message=outcome(lambda: udp().sendmsg([b"x"], [], 0, ("192.0.2.2", 53))),
    multicast=outcome(lambda: udp().sendto(b"x", ("239.1.1.1", 53))),
    broadcast=outcome(multicast),
    raw=outcome(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)),
    packet=outcome(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
    netlink=outcome(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)),
    unix=outcome(lambda: socket.socket(socket.AF_UNIX)),
    pair=outcome(lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)),
    io_uring=outcome(lambda: call(425, 8, None)),
    ptrace=outcome(lambda: call(101 if os.uname().machine == "x86_64" else 117, 16, os.getppid(), 0, 0)),
    unshare=outcome(lambda: os.unshare(0x10000000) if hasattr(os, "unshare") else call(
        272 if os.uname().machine == "x86_64" else 97, 0x10000000)),
    filter=outcome(lambda: call(317 if os.uname().machine == "x86_64" else 277, 1, 8, None)),
)
child = "import socket; socket.create_connection(('192.0.2.9', 80), 2)"
subprocess.run([sys.executable, "-c", child], stderr=subprocess.DEVNULL)
say(account=json.loads(seal.account().json()))
""",
        tmp_path,
    )
    account = said.pop("account")
    assert said == dict.fromkeys(said, "EPERM")
    assert account["complete"]
    assert account["level"] == "kernel"
    assert {
        ("connect", "192.0.2.1:80"),
        ("connect", "[2001:db8::1]:80"),
        ("sendto", "192.0.2.1:53"),
        ("sendmsg", "192.0.2.2:53"),
        ("sendto", "239.1.1.1:53"),
        ("sendto", "255.255.255.255:9"),
        ("connect", "192.0.2.9:80"),
    } <= refused(account)
    names = {call.partition("(")[0] for call, _ in refused(account)}
    assert {"socket", "socketpair", "io_uring_setup", "ptrace", "unshare", "seccomp"} <= names
    child = next(one for one in account["refused"] if "192.0.2.9" in one["what"])
    assert len(child["by"]) == 2
    assert "192.0.2.9" in child["by"][0]


def test_its_own_loopback_threads_and_programs_work(tmp_path: Path) -> None:
    said = sealed(
        """
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
ready = []
thread = threading.Thread(target=lambda: ready.append(1)); thread.start(); thread.join()
say(
    loopback=client.getpeername()[0],
    thread=len(ready),
    program=subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True, text=True).stdout.strip(),
    capabilities=Path("/proc/self/status").read_text().partition("CapEff:")[2].split()[0],
    bounding=Path("/proc/self/status").read_text().partition("CapBnd:")[2].split()[0],
    tasks=len(os.listdir("/proc/self/task")),
    networks=sorted(name for _, name in socket.if_nameindex()) if False else ["lo"],
    refused=len(seal.account().refused),
)
""",
        tmp_path,
    )
    assert said["loopback"] == "127.0.0.1"
    assert (said["thread"], said["program"], said["tasks"], said["refused"]) == (1, "42", 1, 0)
    assert int(said["capabilities"], 16) == int(said["bounding"], 16) == 0


def test_it_writes_in_its_own_folders_only(tmp_path: Path) -> None:
    inside, outside = tmp_path / "data", tmp_path / "other"
    inside.mkdir()
    outside.mkdir()
    (outside / "kept").write_text("kept")
    (inside / "way out").symlink_to(outside)
    said = sealed(
        f"""
other = Path({str(outside)!r})
import tempfile
def append():
    with open(other / "kept", "r+") as file:
        file.write("x")
say(
    inside=outcome(lambda: (data / "new").write_text("x") and None),
    temporary=tempfile.mkstemp()[1].startswith(str(data)),
    null=outcome(lambda: Path("/dev/null").write_text("x") and None),
    create=outcome(lambda: (other / "new").write_text("x")),
    change=outcome(append),
    cut=outcome(lambda: os.truncate(other / "kept", 0)),
    remove=outcome(lambda: (other / "kept").unlink()),
    folder=outcome(lambda: (other / "sub").mkdir()),
    link=outcome(lambda: (data / "way out" / "new").write_text("x")),
    move=outcome(lambda: os.rename(data / "new", other / "new")),
    hard=outcome(lambda: os.link(other / "kept", data / "kept")),
    broker=outcome(lambda: open("{Path(__file__).parents[4]}/controller/guard/broker.py", "a")),
    read=(other / "kept").read_text(),
)
""",
        inside,
    )
    assert (said.pop("inside"), said.pop("null"), said.pop("temporary"), said.pop("read")) == (
        "done",
        "done",
        True,
        "kept",
    )
    assert set(said.values()) <= {"EACCES", "EXDEV"}, said
    assert [path.name for path in outside.iterdir()] == ["kept"]


def test_descriptors_of_before_are_closed(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as leaked:
        leaked.set_inheritable(True)
        said = sealed("say(open=sorted(int(fd) for fd in os.listdir('/proc/self/fd')))", tmp_path)
    # Standard streams, the broker's and the witness's sockets, and the listing itself.
    assert len(said["open"]) == 6


def test_refusals_beyond_the_room_of_the_record_are_counted(tmp_path: Path) -> None:
    script = """
for port in range(1, 161):
    with socket.socket() as other:
        outcome(lambda: other.connect(("192.0.2.1", port)))
found = seal.account().refused
say(listed=len(found), last=[found[-1]["what"], found[-1]["count"]])
"""
    found = sealed(script, tmp_path)
    assert found == {"listed": 151, "last": ["calls that found no room in the record", 10]}


def test_a_crash_gives_no_memory_to_a_collector_outside(tmp_path: Path) -> None:
    script = """
import resource
say(limit=resource.getrlimit(resource.RLIMIT_CORE))
program = "import resource; print(resource.getrlimit(resource.RLIMIT_CORE))"
say(of_a_program=subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout)
"""
    # 1 byte: with 0 the kernel would still start the collector of kernel.core_pattern.
    assert sealed(script, tmp_path) == {"limit": [1, 1], "of_a_program": "(1, 1)\n"}


def test_broker_and_witness_cannot_be_ended_or_read(tmp_path: Path) -> None:
    said = sealed(
        """
helpers = [helper.pid for helper in seal._helpers]
for name, pid in zip(("broker", "witness"), helpers):
    say(**{
        f"{name} killed": outcome(lambda: os.kill(pid, signal.SIGKILL)),
        f"{name} read": outcome(lambda: open(f"/proc/{pid}/mem", "rb")),
        f"{name} changed": outcome(lambda: open(f"/proc/{pid}/mem", "r+b")),
    })
""",
        tmp_path,
    )
    assert set(said.values()) <= {"EPERM", "EACCES"}, said
    assert len(said) == 6


ECHO = """
from controller.clock import SystemClock
from controller.guard.policy import EndpointPolicy
from controller.link.open import open_link
policy = EndpointPolicy(opener=seal.opener)
"""


def test_links_work_through_the_broker_and_are_counted(tmp_path: Path) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as vehicle,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        vehicle.bind(("127.0.0.1", 0))
        vehicle.settimeout(LIMIT_S)
        server.settimeout(LIMIT_S)
        udp_port, tcp_port = vehicle.getsockname()[1], server.getsockname()[1]
        process = started(
            ECHO
            + f"""
async def main():
    clock = SystemClock()
    async with (
        open_link("udpout:127.0.0.1:{udp_port}", policy=policy, clock=clock) as udp,
        open_link("tcp:127.0.0.1:{tcp_port}", policy=policy, clock=clock) as tcp,
        open_link("tcpin:127.0.0.1:0", policy=policy, clock=clock) as listener,
    ):
        say(ready=listener.info.local, local=tcp.info.local)
        await udp.write(b"udp out")
        await tcp.write(b"tcp out")
        say(udp=(await udp.read()).decode(), tcp=(await tcp.read()).decode(), listened=(await listener.read()).decode())
        say(peers=listener.info.peers)
        await listener.write(b"answer")
        await asyncio.to_thread(sys.stdin.readline)
    say(endpoints=seal.account().endpoints)
run(main())
""",
            tmp_path,
            {"kind": "udpout", "host": "127.0.0.1", "port": udp_port},
            {"kind": "tcp", "host": "127.0.0.1", "port": tcp_port},
            {"kind": "tcpin", "host": "127.0.0.1"},
        )
        with process:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            data, there = vehicle.recvfrom(99)
            assert data == b"udp out"
            vehicle.sendto(b"udp in", there)
            client, peer = server.accept()
            assert f"{peer[0]}:{peer[1]}" == ready["local"]
            host, _, port = ready["ready"].rpartition(":")
            with client, socket.create_connection((host, int(port)), timeout=LIMIT_S) as other:
                assert client.recv(99) == b"tcp out"
                client.sendall(b"tcp in")
                other.sendall(b"hello")
                assert other.recv(99) == b"answer"
                mine = "{}:{}".format(*other.getsockname())
            output, errors = process.communicate("\n", timeout=LIMIT_S)
        assert process.returncode == 0, errors
        said: dict[str, Any] = {}
        for line in output.splitlines():
            said |= json.loads(line)
        assert (said["udp"], said["tcp"], said["listened"], said["peers"]) == (
            "udp in",
            "tcp in",
            "hello",
            [mine],
        )
        assert [one["sent_bytes"] for one in said["endpoints"]] == [7, 7, 6]
        assert [one["received_bytes"] for one in said["endpoints"]] == [6, 6, 5]


def test_an_endpoint_that_was_not_named_is_refused(tmp_path: Path) -> None:
    said = sealed(
        ECHO
        + """
async def attempt(url):
    try:
        async with open_link(url, policy=policy.allowing([]), clock=SystemClock()):
            return "open"
    except Exception as error:
        return type(error).__name__
async def main():
    say(
        port=await attempt("udpin:127.0.0.1:0"),
        serial=await attempt("serial:/dev/ttyS0:9600"),
        pty=await attempt("pty:" + str(data / "pty")),
        outside=await attempt("udpout:192.0.2.1:9"),
    )
run(main())
""",
        tmp_path,
    )
    # Loopback is this run's own; nothing outside hears there.
    assert said == {
        "port": "open",
        "serial": "EndpointRefused",
        "pty": "EndpointRefused",
        "outside": "EndpointRefused",
    }


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("kind", ["udpin", "tcpin"])
def test_an_ended_broker_is_a_lost_link_and_no_way_round(
    tmp_path: Path, kind: str, number: signal.Signals
) -> None:
    process = started(
        ECHO
        + f"""
async def main():
    link = open_link("{kind}:127.0.0.1:0", policy=policy, clock=SystemClock())
    await link.open()
    say(broker=seal._helpers[0].pid)
    try:
        await link.read()
    except Exception as error:
        say(lost=type(error).__name__, exit=error.exit_code, text=str(error))
    await link.close()
    try:
        await link.open()
    except Exception as error:
        say(again=type(error).__name__)
    say(connect=outcome(lambda: socket.create_connection(("192.0.2.1", 80), 2)), complete=seal.account().complete)
run(main())
""",
        tmp_path,
        {"kind": kind, "host": "127.0.0.1"},
    )
    with process:
        assert process.stdout is not None
        os.kill(json.loads(process.stdout.readline())["broker"], number)
        output, errors = process.communicate(timeout=LIMIT_S)
    said: dict[str, Any] = {}
    for line in output.splitlines():
        said |= json.loads(line)
    assert (said["lost"], said["exit"], said["again"]) == ("LinkError", 3, "BrokerLost"), errors
    assert (said["connect"], said["complete"]) == ("EPERM", False)


def test_a_killed_witness_leaves_every_judged_call_refused(tmp_path: Path) -> None:
    process = started(
        """
say(witness=seal._helpers[1].pid)
sys.stdin.readline()
say(
    connect=outcome(lambda: socket.create_connection(("192.0.2.1", 80), 2)),
    loopback=outcome(lambda: socket.create_server(("127.0.0.1", 0))),
    raw=outcome(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)),
    complete=seal.account().complete,
)
""",
        tmp_path,
    )
    with process:
        assert process.stdout is not None
        os.kill(json.loads(process.stdout.readline())["witness"], signal.SIGKILL)
        output, errors = process.communicate("\n", timeout=LIMIT_S)
    assert json.loads(output) == dict.fromkeys(("connect", "loopback", "raw"), "ENOSYS") | {
        "complete": False
    }, errors


def test_a_killed_run_ends_the_broker_and_frees_the_ports(tmp_path: Path) -> None:
    process = started(
        ECHO
        + """
async def main():
    async with open_link("udpin:127.0.0.1:0", policy=policy, clock=SystemClock()) as link:
        say(local=link.info.local, helpers=[helper.pid for helper in seal._helpers])
        await link.read()
run(main())
""",
        tmp_path,
        {"kind": "udpin", "host": "127.0.0.1"},
    )
    with process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        watched = [os.pidfd_open(pid) for pid in said["helpers"]]
        process.kill()
    import select

    for fd in watched:
        assert select.select([fd], [], [], LIMIT_S)[0]
        os.close(fd)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as same:
        same.bind(("127.0.0.1", int(said["local"].rpartition(":")[2])))


def test_a_network_connection_as_standard_input_is_refused(tmp_path: Path) -> None:
    import subprocess

    from tests.support.seal.sealed import HEAD
    from tests.support.source_tree import ROOT

    given = json.dumps({"data": str(tmp_path), "endpoints": []})
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        done = subprocess.run(
            [sys.executable, "-c", HEAD, given],
            cwd=ROOT,
            stdin=client.fileno(),
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )
    assert "descriptor 0 is a network connection" in done.stderr


def test_without_a_namespace_no_socket_can_be_made_and_links_work(tmp_path: Path) -> None:
    said = sealed(
        ECHO
        + """
async def main():
    async with open_link("udpin:127.0.0.1:0", policy=policy, clock=SystemClock()) as link:
        say(link=bool(link.info.local))
    try:
        await open_link("udpin:127.0.0.1:5", policy=policy, clock=SystemClock()).open()
    except Exception as error:
        say(other=type(error).__name__)
say(
    mechanisms=[one.active for one in seal.mechanisms.all],
    reason=seal.mechanisms.namespaces.detail,
    tcp=outcome(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)),
    udp=outcome(lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)),
    loopback=outcome(lambda: socket.create_server(("127.0.0.1", 0))),
)
run(main())
""",
        tmp_path,
        {"kind": "udpin", "host": "127.0.0.1"},
        within=NO_NAMESPACES,
    )
    assert said["mechanisms"] == [False, True, True]
    assert said["reason"] == "this machine allows no user namespaces (user.max_user_namespaces)"
    assert (said["tcp"], said["udp"], said["loopback"]) == ("EPERM", "EPERM", "EPERM")
    assert (said["link"], said["other"]) == (True, "EndpointRefused")
