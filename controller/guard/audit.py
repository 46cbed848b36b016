"""Python audit hook that enforces the endpoint policy on the whole process, including libraries and our own mistakes.

Unless the policy allows it, the hook refuses: connecting, binding and sending outside loopback, host name resolution,
raw and other special sockets, serial ports, and starting programs (child processes are out of its reach). It records
each of these events; each refusal with its origin, the nearest line of code outside the standard library. Unix sockets,
forks and libraries loaded with ctypes are only recorded.

Limits: C extensions and ctypes call the system directly, which raises no audit event; neither does the proactor event
loop of Windows (the command line therefore uses the selector loop everywhere), nor multiprocessing when it starts a
process, nor a serial port of Windows. The hook protects against accidents and against libraries that connect to the
internet, not against hostile code; that needs the seal. An audit hook cannot be removed, so the command line installs
it once; no import does.
"""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

from controller.guard.policy import EndpointPolicy, EndpointRefused, NetTarget, is_loopback, parse_ip

# Socket families with addresses that the policy can check; others are refused.
_FAMILIES = frozenset(
    int(getattr(socket, name))
    for name in ("AF_INET", "AF_INET6", "AF_UNIX", "AF_UNSPEC")
    if hasattr(socket, name)
) | {-1}
_UNSPECIFIED = ("", "0.0.0.0", "::")
# Serial ports by their names on Linux and macOS; all of them hold one of the words of the first pattern.
_MAYBE_PORT = re.compile(r"tty|serial|rfcomm|cu\.")
_PORT = re.compile(r"//?dev/(tty.|serial/|rfcomm|cu\.)")
_WINDOWS_PORT = re.compile(r"(\\\\[.?]\\)?COM\d+:?$", re.IGNORECASE)
_MOST_ORIGINS = 4
_ROOT = str(Path(__file__).parents[2]) + os.sep


@dataclass(slots=True)
class AuditRecord:
    """Evidence: opened and refused endpoints with their counts. Keys are one line each, for display.

    `origins` has the lines of code that made a refused attempt, as file:line, the first four of them.
    """

    allowed: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)

    @property
    def outside(self) -> list[str]:
        """Endpoints outside loopback that were opened because the policy allows them."""
        return [line for line in self.allowed if not line.endswith("(this machine)")]


class NetworkAudit:
    """Audit hook: `audit(event, arguments)`; also callable without installation. Raises EndpointRefused."""

    def __init__(self, policy: EndpointPolicy) -> None:
        self.record = AuditRecord()
        self._policy = policy
        # Peers already checked, because there are many small sends.
        self._known_peers: set[Any] = set()
        self._judges: dict[str, Callable[[tuple[Any, ...]], None]] = {
            "socket.__new__": self._made,
            "socket.connect": self._connect,
            "socket.bind": self._bind,
            "socket.sendto": self._send,
            "socket.sendmsg": self._send,
            "socket.getaddrinfo": self._look_up,
            "socket.gethostbyname": self._look_up,
            "socket.gethostbyaddr": self._look_up,
            "socket.getnameinfo": lambda arguments: self._look_up(arguments[0]),
            "open": self._open,
            "ctypes.dlopen": lambda arguments: self._note(f"loading the library {arguments[0]}"),
            "os.fork": lambda _: self._note("forking this process"),
            "os.forkpty": lambda _: self._note("forking this process"),
            "subprocess.Popen": self._start,
            "os.system": self._start,
            "os.exec": self._start,
            "os.posix_spawn": self._start,
            "os.spawn": lambda arguments: self._start(arguments[1:]),
            "os.startfile": self._start,
            "pty.spawn": self._start,
        }

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        judge = self._judges.get(event)
        if judge is not None:
            judge(arguments)

    def replace_policy(self, policy: EndpointPolicy) -> None:
        """Enforce the policy of the command from now on, instead of the one for its start."""
        self._policy = policy
        self._known_peers.clear()

    def _allow(self, line: str) -> None:
        self.record.allowed[line] = self.record.allowed.get(line, 0) + 1

    def _note(self, line: str) -> None:
        self._allow(f"{line} (this machine)")

    def _refuse(self, line: str, hint: str) -> None:
        self.record.refused[line] = self.record.refused.get(line, 0) + 1
        origin, known = _origin(), self.record.origins.get(line, "")
        if origin not in (before := known.split("; ")) and len(before) < _MOST_ORIGINS:
            self.record.origins[line] = f"{known}; {origin}" if known else origin
        raise EndpointRefused(f"cannot allow {line}: it was not named", hint=hint)

    def _made(self, arguments: tuple[Any, ...]) -> None:
        _, family, kind, _ = arguments
        if int(family) not in _FAMILIES or int(kind) & 0xF == socket.SOCK_RAW:
            self._refuse(
                f"a socket of family {int(family)}, type {int(kind)}",
                "use UDP, TCP or serial",
            )

    def _connect(self, arguments: tuple[Any, ...]) -> None:
        self._outward("connect", arguments[0], arguments[1])

    def _send(self, arguments: tuple[Any, ...]) -> None:
        sock, address = arguments
        if address is None:
            return  # connected, and checked at the connect
        try:
            if address in self._known_peers:
                return
        except TypeError:
            self._refuse(f"sending to {address!r}", "use an address (host, port)")
        self._outward("send", sock, address)
        self._known_peers.add(address)

    def _outward(self, verb: str, sock: Any, address: Any) -> None:
        if not isinstance(address, tuple):
            self._allow(f"{verb} to {address!r} (this machine)")  # Unix socket
            return
        host, port = _host(address), int(address[1])
        transport = "udp" if int(sock.type) & 0xF == socket.SOCK_DGRAM else "tcp"
        target = NetTarget(host, port, "udp" if transport == "udp" else "tcp")
        if is_loopback(host) or host in _UNSPECIFIED:  # connecting to 0.0.0.0 is connecting to this machine
            self._allow(f"{verb} {target} (this machine)")
        elif self._policy.allows(target):
            self._allow(f"{verb} {target}")
        elif transport == "udp" and self._policy.may_answer_from(*_own_address(sock)):
            # A listener on an allowed address may answer its senders.
            self._allow(f"answer {target}")
        else:
            self._refuse(f"{verb} {target}", "name it exactly, for example with --link")

    def _bind(self, arguments: tuple[Any, ...]) -> None:
        sock, address = arguments
        if not isinstance(address, tuple):
            self._allow(f"bind to {address!r} (this machine)")
            return
        host, port = _host(address) or "0.0.0.0", int(address[1])
        transport = "udp" if int(sock.type) & 0xF == socket.SOCK_DGRAM else "tcp"
        target = NetTarget(host, port, "udp" if transport == "udp" else "tcp", listen=True)
        if is_loopback(host):
            self._allow(f"{target} (this machine)")
        elif self._policy.allows(target):
            self._allow(str(target))
        else:
            self._refuse(
                str(target), "listen on 127.0.0.1, or name the address exactly, for example with --link"
            )

    def _look_up(self, arguments: tuple[Any, ...]) -> None:
        host = arguments[0]
        if isinstance(host, tuple):
            host = host[0]
        if isinstance(host, bytes):
            host = host.decode("ascii", "replace")
        if not host:
            return  # this machine's own addresses
        if parse_ip(host) is not None:
            return
        line = f"looking up the name {host}"
        if is_loopback(host):
            self._allow(f"{line} (this machine)")
        elif self._policy.allows_name(host):
            self._allow(line)
        else:
            self._refuse(line, "name the host, for example with --link, or use its numeric address")

    def _open(self, arguments: tuple[Any, ...]) -> None:
        path = arguments[0]
        if type(path) is not str:
            if path is None or isinstance(path, int):
                return  # a descriptor that was opened before
            path = os.fsdecode(path)
        if sys.platform == "win32":
            if not _WINDOWS_PORT.match(path):
                return
        elif not _MAYBE_PORT.search(path) or not _PORT.match(path := os.path.abspath(path)):  # noqa: PTH100
            return
        line = f"opening the serial port {path}"
        if self._policy.allows_device(path):
            self._note(line)
        else:
            self._refuse(line, "name it exactly, for example with --link")

    def _start(self, arguments: tuple[Any, ...]) -> None:
        program = arguments[0]
        if program is None or isinstance(program, list | tuple):
            program = (program or arguments[1])[0]
        name = Path(os.fsdecode(program).split(" ")[0]).name
        line = f"starting the program {name}"
        if self._policy.allows_program(name):
            self._allow(line)
        else:
            self._refuse(
                line, "the audit cannot control a child process; Landline starts programs only on request"
            )


def _host(address: tuple[Any, ...]) -> str:
    host = address[0]
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)


def _own_address(sock: Any) -> tuple[str, int]:
    try:
        own = sock.getsockname()
    except OSError:
        return "", 0
    return str(own[0]), int(own[1])


@cache
def _folders(*names: str) -> tuple[str, ...]:
    import sysconfig  # slow to load, and only for a refusal

    return tuple(sysconfig.get_path(name) + os.sep for name in names)


def _origin() -> str:
    """Return the file and line of the nearest code outside the standard library and this file."""
    packages = _folders("purelib", "platlib")
    library = (*_folders("stdlib", "platstdlib"), "<frozen ")
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        path = frame.f_code.co_filename
        if path != __file__ and (path.startswith(packages) or not path.startswith(library)):
            for root in (*packages, _ROOT):
                path = path.removeprefix(root)
            return f"{path}:{frame.f_lineno}"
        frame = frame.f_back
    return "the standard library"


def install(policy: EndpointPolicy) -> AuditRecord:
    """Enforce `policy` on this process until it ends. Call it once, at start. Returns the record of all events."""
    return enforce(policy).record


def enforce(policy: EndpointPolicy) -> NetworkAudit:
    """As `install`, and return the hook, for the start of a command whose own policy is not known yet."""
    audit = NetworkAudit(policy)
    sys.addaudithook(audit)
    return audit
