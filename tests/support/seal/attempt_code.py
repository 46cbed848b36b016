"""Names that the code of an attempt may use (see tests/controller/guard/attempts/attempts.toml).

Each attempt of a script has a process of its own: imports that take long are in the functions that need them.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl  # noqa: F401  # for the table
import os
import shutil
import socket
import struct
import subprocess
import sys
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


def by_asyncio(host: str, port: int) -> None:
    """Connect by asyncio."""
    import asyncio

    asyncio.run(asyncio.wait_for(asyncio.open_connection(host, port), 0.3))


def by_urllib(url: str) -> None:
    """Fetch a page by urllib."""
    import urllib.request

    urllib.request.urlopen(url, timeout=0.3)


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


def nc(host: str) -> None:
    """Connect with nc."""
    command = [shutil.which("nc") or "", "-w", "1", host, "80"]
    if not command[0]:
        command = [sys.executable, "-c", CHILD, host]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise OSError(0, "failed")


def dbus(path: str) -> None:
    """Log in to a D-Bus service, as its clients do."""
    with unix() as bus:
        bus.settimeout(5)
        bus.connect(path)
        bus.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
        if not bus.recv(200).startswith(b"OK "):
            raise OSError(errno.EPROTO, "no service of D-Bus")


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
