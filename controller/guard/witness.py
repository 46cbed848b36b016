"""Witness of a sealed run: answers the system calls that the seal's filter puts before it, and records refused ones.

    python -I -S witness.py SOCKET_FD MACHINE ISOLATED > record.json

It gets the filter's descriptor on the socket, and one request there, {"record": true}, for the record so far. It lets a
call pass whose address is on this machine; it refuses (EPERM) every other, and notes the call, its address and the
processes that made it. The network namespace is the barrier, not this program: an address that changes after it was
read leads nowhere. Where the witness has ended, the kernel refuses every such call. It ends with the sealed processes.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import select
import signal
import socket
import struct
import sys
from contextlib import suppress
from typing import Any

# linux/seccomp.h: SECCOMP_IOCTL_NOTIF_RECV, _SEND; struct seccomp_notif (id, pid, flags, data), seccomp_notif_resp.
RECEIVE, SEND = 0xC0502100, 0xC0182101
NOTIFICATION, ANSWER = struct.Struct("QIIiI7Q"), struct.Struct("QqiI")
CONTINUE = 1
PR_SET_DUMPABLE = 4
MOST_RECORDS, MOST_ADDRESSES = 150, 64
# Numbers of the calls that pass with an address on this machine: (x86_64, aarch64).
CALLS = {
    "connect": (42, 203),
    "bind": (49, 200),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
}
ANY = "any address"
MACHINES = ("x86_64", "aarch64")


class Witness:
    """The record, and the answers."""

    def __init__(self, machine: str, *, isolated: bool) -> None:
        self._names = {numbers[MACHINES.index(machine)]: name for name, numbers in CALLS.items()}
        self._isolated = isolated
        self._record: dict[tuple[Any, ...], dict[str, Any]] = {}
        self.unrecorded = 0

    def serve(self, own: socket.socket, listener: int) -> None:
        """Answer until the last sealed process has ended."""
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        poll.register(own, select.POLLIN)
        while True:
            for fd, events in poll.poll():
                if fd != listener:
                    if not self._tell(own):
                        poll.unregister(own)  # children of the sealed process may live on
                elif events & select.POLLIN:
                    self._answer(listener)
                elif events & (select.POLLHUP | select.POLLERR | select.POLLNVAL):
                    return

    def _tell(self, own: socket.socket) -> bool:
        try:
            asked = own.recv(4096)
            if asked:
                own.send(json.dumps(self.record()).encode())
        except OSError:
            return False
        return bool(asked)

    def record(self) -> dict[str, Any]:
        """Return the refused calls, each with its count."""
        return {"refused": list(self._record.values()), "unrecorded": self.unrecorded}

    def _answer(self, listener: int) -> None:
        buffer = bytearray(NOTIFICATION.size)
        try:
            fcntl.ioctl(listener, RECEIVE, buffer)
        except OSError:  # the process is gone
            return
        mark, pid, _, number, _, _, *arguments = NOTIFICATION.unpack(buffer)
        passes = self._judge(pid, number, arguments)
        answer = ANSWER.pack(mark, 0, 0, CONTINUE) if passes else ANSWER.pack(mark, 0, -errno.EPERM, 0)
        with suppress(OSError):
            fcntl.ioctl(listener, SEND, answer)

    def _judge(self, pid: int, number: int, arguments: list[int]) -> bool:
        name = self._names.get(number)
        if name is None:
            words = " ".join(f"{word:#x}" for word in arguments[:3])
            self._note(pid, f"system call {number}", words)
            return False
        try:
            addresses = read_addresses(pid, name, arguments)
        except OSError:  # the system forbids reading its memory; in the namespace it can reach nothing
            self._note(pid, name, "an address that the witness may not read", refused=not self._isolated)
            return self._isolated
        outside = [
            text for text, local in map(described, addresses) if not local or (name == "bind" and ANY in text)
        ]
        for text in outside:
            self._note(pid, name, text)
        return not outside

    def _note(self, pid: int, call: str, what: str, *, refused: bool = True) -> None:
        chain = tuple(processes(pid))
        key = (call, what, chain)
        if key not in self._record and len(self._record) >= MOST_RECORDS:
            self.unrecorded += 1
            return
        one = self._record.setdefault(
            key, {"call": call, "what": what, "by": list(chain), "pid": pid, "count": 0, "refused": refused}
        )
        one["count"] += 1


def read_addresses(pid: int, name: str, arguments: list[int]) -> list[bytes]:
    """Return the socket addresses of a call, from the memory of the process that makes it. Raises OSError."""
    memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if name in ("connect", "bind"):
            return [os.pread(memory, min(arguments[2], 128), arguments[1])]
        if name == "sendto":
            return [os.pread(memory, min(arguments[5], 128), arguments[4])]
        count = min(arguments[2], MOST_ADDRESSES) if name == "sendmmsg" else 1
        found = []
        for i in range(count):
            # struct msghdr is 56 bytes, struct mmsghdr 64; both begin with the address and its length.
            where, length = struct.unpack("QI", os.pread(memory, 12, arguments[1] + 64 * i))
            if where and length:
                found.append(os.pread(memory, min(length, 128), where))
        if name == "sendmmsg" and arguments[2] > MOST_ADDRESSES:
            found.append(b"")
        return found
    finally:
        os.close(memory)


def described(address: bytes) -> tuple[str, bool]:
    """Return a socket address as text, and whether it is on this machine."""
    family = int.from_bytes(address[:2], sys.byteorder) if len(address) >= 2 else -1
    if family == socket.AF_UNSPEC:
        return "no address", True
    if family == socket.AF_UNIX:
        return f"Unix socket {address[2:].rstrip(bytes(1))!r}", False
    ip = address[4:8] if family == socket.AF_INET else address[8:24] if family == socket.AF_INET6 else b""
    if len(ip) not in (4, 16):
        return f"an address of family {family}", False
    if ip[:12] == bytes(10) + b"\xff\xff":  # IPv4 in IPv6
        ip = ip[12:]
    text = (
        f"[{socket.inet_ntop(socket.AF_INET6, ip)}]"
        if len(ip) == 16
        else socket.inet_ntop(socket.AF_INET, ip)
    )
    text += f":{int.from_bytes(address[2:4], 'big')}"
    if not any(ip):  # to send there is to send to this machine; to listen there is to listen everywhere
        return f"{text} ({ANY})", True
    return text, ip[0] == 127 if len(ip) == 4 else ip == bytes(15) + b"\x01"


def processes(pid: int) -> list[str]:
    """Return the command lines of a process and of those that started it, as far as they are sealed."""
    found = []
    for _ in range(4):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123
                line = file.read(200).replace(b"\0", b" ").decode("utf-8", "replace").strip()
            with open(f"/proc/{pid}/status", "rb") as file:  # noqa: PTH123
                status = file.read(4096)
        except OSError:
            break
        if b"Seccomp:\t2" not in status:
            break
        found.append(line)
        pid = int(status.partition(b"PPid:")[2].split()[0])
    return found


def main() -> None:
    """Serve the sealed processes."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # no other process may trace this one
    own = socket.socket(fileno=int(sys.argv[1]))
    _, descriptors, _, _ = socket.recv_fds(own, 16, 1)
    witness = Witness(sys.argv[2], isolated=sys.argv[3] == "isolated")
    if descriptors:
        witness.serve(own, descriptors[0])
    json.dump(witness.record(), sys.stdout)


if __name__ == "__main__":
    main()
