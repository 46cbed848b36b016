"""Makes the attempts of a table in a process that is held in one of four ways, and says what came of each.

    python -m tests.support.seal.attempts GIVEN

GIVEN is JSON: "mode", "attempts" (name and code), and what the code refers to. Each attempt runs twice: as a plug-in,
in this process, and as a script, in a process that this one started. A line of JSON follows for each.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import errno
import fcntl  # noqa: F401  # for the table
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import urllib.request  # noqa: F401  # for the table
from collections.abc import Callable
from pathlib import Path
from typing import Any

from controller.guard.seal.syscalls import NUMBERS, number

# The system did what was asked, or would have with a network, a terminal or a driver.
REACHED = {
    *("EINPROGRESS", "ENETUNREACH", "EHOSTUNREACH", "ETIMEDOUT", "ECONNREFUSED", "EADDRNOTAVAIL", "EISCONN"),
    *("EINVAL", "ENOTTY", "EAFNOSUPPORT", "ENOENT", "EIO"),
}
CHILD = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], 80), 0.3)
except OSError as error:
    sys.exit(error.errno or 110)
"""


def tcp(family: int = socket.AF_INET) -> socket.socket:
    """Return a TCP socket that does not wait."""
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setblocking(False)
    return made


def udp(family: int = socket.AF_INET) -> socket.socket:
    """Return a UDP socket."""
    return socket.socket(family, socket.SOCK_DGRAM)


def unix() -> socket.socket:
    """Return a Unix socket."""
    return socket.socket(socket.AF_UNIX)


def broadcast() -> socket.socket:
    """Return a UDP socket that may broadcast."""
    made = udp()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    return made


def checked(result: int) -> None:
    """Raise OSError for the result of a call of the C library."""
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def libc() -> ctypes.CDLL:
    """Return the C library."""
    return ctypes.CDLL(None, use_errno=True)


def syscall(name: str, *arguments: Any) -> None:
    """Make a system call. Raises OSError."""
    assert name in NUMBERS
    words = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    checked(libc().syscall(ctypes.c_long(number(name)), *words))


def address(host: str, port: int, family: int) -> bytes:
    """Return a struct sockaddr_in."""
    return struct.pack("=H", family) + struct.pack("!H4s8x", port, socket.inet_aton(host))


def c_connect(sock: socket.socket, host: str, port: int) -> None:
    """Connect by the C library, after an earlier connection was given up."""
    with contextlib.suppress(OSError):
        checked(libc().connect(sock.fileno(), address("0.0.0.0", 0, 0), 16))
    checked(libc().connect(sock.fileno(), address(host, port, socket.AF_INET), 16))


def c_sendto(sock: socket.socket, host: str, port: int, family: int = socket.AF_INET) -> None:
    """Send by the C library."""
    checked(libc().sendto(sock.fileno(), b"x", 1, 0, address(host, port, family), 16))


def ended(code: int) -> None:
    """Raise OSError for a child's exit code, which is an error number."""
    if code:
        raise OSError(code, os.strerror(code))


def program(host: str) -> None:
    """Start a program that connects."""
    ended(subprocess.run([sys.executable, "-c", CHILD, host], check=False).returncode)


def curl(url: str) -> None:
    """Fetch a page with curl."""
    host = url.split("/")[2]
    if not shutil.which("curl"):
        command = [
            sys.executable,
            "-c",
            CHILD.replace("error.errno or 110", "28 if not error.errno else 7"),
            host,
        ]
    else:
        command = ["curl", "--silent", "--max-time", "0.3", url]
    code = subprocess.run(command, check=False).returncode
    if code:
        raise OSError(errno.ETIMEDOUT if code == 28 else 0, "failed")


def forked(host: str) -> None:
    """Fork, and execute a program that connects."""
    child = os.fork()
    if child == 0:
        try:
            os.execv(sys.executable, [sys.executable, "-c", CHILD, host])
        except PermissionError as error:
            os._exit(200 if type(error).__name__ == "EndpointRefused" else 201)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == 200:
        raise EndpointRefused
    ended(code)


def unseen(host: str) -> None:
    """Start a program as multiprocessing does."""
    from multiprocessing.util import spawnv_passfds  # type: ignore[attr-defined]

    child = spawnv_passfds(os.fsencode(sys.executable), [sys.executable, "-c", CHILD, host], [])
    ended(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


class EndpointRefused(OSError):
    """The hook refused it in a child."""


class Held:
    """How this process is held, and what its guard recorded."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given, self.seal, self.record, self.seen = given, None, None, 0
        self.ends: dict[str, socket.socket] = {}
        if given["mode"] in ("kernel", "shared"):
            self.begin()
        elif given["mode"] == "process":
            self.install()

    def begin(self) -> None:
        """Seal this process."""
        from controller.guard.opener import Endpoint
        from controller.guard.seal.begin import SealRequest, begin

        named = tuple(Endpoint(kind, "127.0.0.1", self.given[kind]) for kind in ("udpout", "tcp"))
        data = Path(self.given["data"])
        self.seal = begin(SealRequest(named, (data,), data / "tmp"))
        assert self.seal.mechanisms.namespaces.active == (self.given["mode"] == "kernel")
        self.given["other"] = self.seal._helpers[0].pid

        async def opened() -> None:
            for i, kind in enumerate(("udpout", "tcp")):
                self.ends[kind], _ = await self.seal._client.open(i)

        asyncio.run(opened())

    def install(self) -> None:
        """Install the audit hook."""
        from controller.guard.audit import install
        from controller.guard.policy import EndpointPolicy, NetTarget

        named = [NetTarget("127.0.0.1", self.given["udpout"], "udp")]
        self.record = install(EndpointPolicy().allowing(named))

    def allowed(self, kind: str) -> socket.socket:
        """Return the socket of an endpoint of the policy."""
        if kind not in self.ends:
            made = self.ends[kind] = udp() if kind == "udpout" else socket.socket()
            made.connect(("127.0.0.1", self.given[kind]))
            made.setblocking(False)
        return self.ends[kind]

    def recorded(self) -> list[dict[str, Any]]:
        """Return what was refused since the last call."""
        if self.seal is not None:
            entries = self.seal.account().refused
        elif self.record is not None:
            origins = self.record.origins
            entries = [
                {"what": what, "count": n, "by": [origins[what]]} for what, n in self.record.refused.items()
            ]
        else:
            return []
        before, self.seen = self.seen, sum(one["count"] for one in entries)
        return entries if self.seen > before else []


def outcome(attempt: Callable[[], object]) -> str:
    """Make an attempt; return what came of it in a word."""
    try:
        attempt()
    except OSError as error:
        while isinstance(error.__dict__.get("reason"), OSError):  # of urllib
            error = error.__dict__["reason"]
        if type(error).__name__ in ("EndpointRefused", "TypeError"):
            return type(error).__name__
        if isinstance(error, socket.gaierror):
            return "no name"
        if str(error) == "[Errno 0] failed":
            return "failed"
        code = "ETIMEDOUT" if isinstance(error, TimeoutError) else errno.errorcode.get(error.errno or 0, "?")
        return "done" if code in REACHED else code
    except TypeError:
        return "TypeError"
    return "done"


def space(given: dict[str, Any], allowed: Callable[[str], socket.socket]) -> dict[str, Any]:
    """Return the names that the code of an attempt may use."""
    data, outside = Path(given["data"]), Path(given["outside"])

    def moved(to: Path) -> None:
        (data / "moving").write_text("x")
        (data / "moving").rename(to)

    return globals() | {"given": given, "allowed": allowed, "data": data, "outside": outside, "moved": moved}


def script(given: dict[str, Any]) -> None:
    """Make attempts as a script does: one for each line of standard input, which has its number."""
    sockets = {kind: socket.socket(fileno=fd) for kind, fd in given["ends"].items()}
    names = space(given, sockets.__getitem__)
    for line in sys.stdin:
        code = compile(given["attempts"][int(line)]["code"], "script.py", "exec")
        print(outcome(lambda code=code: exec(code, names)), flush=True)  # type: ignore[misc]  # noqa: T201


def main(given: dict[str, Any]) -> None:
    """Make all attempts as a plug-in, then as a script."""
    held = Held(given)
    names = space(given, held.allowed)

    def say(how: str, number: int, came: str) -> None:
        found = held.recorded()
        newest = found[-1]["by"] if found else []
        print(json.dumps([how, number, came, bool(found), newest]), flush=True)  # noqa: T201

    for i, one in enumerate(given["attempts"]):
        code = compile(one["code"], "plugin.py", "exec")
        say("plugin", i, outcome(lambda code=code: exec(code, names)))  # type: ignore[misc]
    if given["mode"] == "process":
        return
    ends = {kind: held.allowed(kind).fileno() for kind in ("udpout", "tcp")}
    child = [sys.executable, "-m", "tests.support.seal.attempts", json.dumps(given | {"ends": ends})]
    with subprocess.Popen(
        child, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, pass_fds=list(ends.values())
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for i, one in enumerate(given["attempts"]):
            if not one.get("plugin_only"):
                process.stdin.write(f"{i}\n")
                process.stdin.flush()
                say("script", i, process.stdout.readline().strip())


if __name__ == "__main__":
    _given = json.loads(sys.argv[1])
    script(_given) if "ends" in _given else main(_given)
