"""Witness of a sealed run: answers the system calls that the seal's filter puts before it, and records refused ones.

    python -I -S witness.py SOCKET_FD MACHINE ISOLATED > record.json

It gets the filter's descriptor on the socket, and one request there, {"record": true}, for the record so far. It lets a
call pass whose address is on this machine; it refuses (EPERM) every other, and notes the call, its address and the
processes that made it. The network namespace is the barrier, not this program: an address that changes after it was
read leads nowhere. Where the witness has ended, the kernel refuses every such call. It ends with the sealed processes.
"""

import ctypes
import errno
import json
import os
import select
import socket
import struct
import sys
from contextlib import suppress
from typing import Any

if sys.platform != "win32":
    import fcntl

# linux/seccomp.h: SECCOMP_IOCTL_NOTIF_RECV, _SEND; struct seccomp_notif (id, pid, flags, data), seccomp_notif_resp.
RECEIVE, SEND, CONTINUE = 0xC0502100, 0xC0182101, 1
NOTIFICATION, ANSWER = struct.Struct("QIIiI7Q"), struct.Struct("QqiI")
PR_SET_DUMPABLE, POLLIN, UNIX, MOST_RECORDS, MOST_ADDRESSES, ADDRESS_BYTES = 4, 1, 1, 150, 64, 128
# Where the address stands: family not given (bind and send take it for IPv4), IPv4, IPv6.
PLACES = {0: slice(4, 8), 2: slice(4, 8), 10: slice(8, 24)}
# Numbers of the calls that pass with an address on this machine.
CALLS = {
    "x86_64": {42: "connect", 49: "bind", 44: "sendto", 46: "sendmsg", 307: "sendmmsg"},
    "aarch64": {203: "connect", 200: "bind", 206: "sendto", 211: "sendmsg", 269: "sendmmsg"},
}


class Witness:
    """The record, and the answers."""

    def __init__(self, machine: str, *, isolated: bool) -> None:
        self._names, self._isolated = CALLS[machine], isolated
        self._refused: dict[Any, dict[str, Any]] = {}
        self.record: dict[str, Any] = {"refused": [], "unrecorded": 0}

    def serve(self, own: socket.socket, listener: int) -> None:
        """Answer until the last sealed process has ended."""
        poll = select.poll()
        poll.register(listener, POLLIN)
        poll.register(own, POLLIN)
        while True:
            for fd, events in poll.poll():
                if fd != listener:
                    with suppress(OSError):
                        if own.recv(4096) and own.send(json.dumps(self.record).encode()):
                            continue
                    poll.unregister(own)  # children of the sealed process may live on
                elif events & POLLIN:
                    self._answer(listener)
                else:
                    return

    def _answer(self, listener: int) -> None:
        with suppress(OSError):  # the process is gone
            notified = fcntl.ioctl(listener, RECEIVE, bytes(NOTIFICATION.size))
            mark, pid, _, number, _, _, *arguments = NOTIFICATION.unpack(notified)
            answer = (0, CONTINUE) if self._judge(pid, number, arguments) else (-errno.EPERM, 0)
            fcntl.ioctl(listener, SEND, ANSWER.pack(mark, 0, *answer))

    def _judge(self, pid: int, number: int, arguments: list[int]) -> bool:
        name = self._names.get(number)
        if name is None:
            self._note(pid, f"system call {number}", " ".join(f"{word:#x}" for word in arguments[:3]))
            return False
        try:
            addresses = read_addresses(pid, name, arguments)
        except OSError:  # the system forbids reading its memory; in the namespace it can reach nothing
            self._note(pid, name, "an address that the witness may not read", refused=not self._isolated)
            return self._isolated
        told = [described(one, name, isolated=self._isolated) for one in addresses]
        for text in (outside := [text for text, local in told if not local]):
            self._note(pid, name, text)
        return not outside

    def _note(self, pid: int, call: str, what: str, *, refused: bool = True) -> None:
        key = (call, what, *(by := processes(pid)))
        if key not in self._refused and len(self._refused) >= MOST_RECORDS:
            self.record["unrecorded"] += 1
            return
        one = {"call": call, "what": what, "by": by, "pid": pid, "count": 0, "refused": refused}
        self._refused.setdefault(key, one)["count"] += 1
        self.record["refused"] = list(self._refused.values())


def read_addresses(pid: int, name: str, arguments: list[int]) -> list[bytes]:
    """Return the socket addresses of a call, from the memory of the process that makes it. Raises OSError."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:  # noqa: PTH123
        if not name.endswith("msg"):
            at, length = arguments[4:6] if name == "sendto" else arguments[1:3]
            return [os.pread(memory.fileno(), min(length, ADDRESS_BYTES), at)]
        found = [b""] if name == "sendmmsg" and arguments[2] > MOST_ADDRESSES else []
        for i in range(min(arguments[2], MOST_ADDRESSES) if name == "sendmmsg" else 1):
            # struct msghdr is 56 bytes, struct mmsghdr 64; both begin with the address and its length.
            at, length = struct.unpack("QI", os.pread(memory.fileno(), 12, arguments[1] + 64 * i))
            if at and length:
                found.append(os.pread(memory.fileno(), min(length, ADDRESS_BYTES), at))
        return found


def described(address: bytes, call: str, *, isolated: bool) -> tuple[str, bool]:
    """Return a socket address as text, and whether a call with it stays on this machine."""
    family = int.from_bytes(address[:2], sys.byteorder) if len(address) >= 2 else -1
    if family == socket.AF_UNSPEC and call == "connect":  # it disconnects
        return "no address", True
    if family == UNIX:
        return f"Unix socket {address[2:].rstrip(bytes(1))!r}", False
    ip = address[PLACES.get(family, slice(0))]
    if len(ip) not in (4, 16):
        return f"an address of family {family}", False
    if ip[:12] == bytes(10) + b"\xff\xff":  # IPv4 in IPv6
        ip = ip[12:]
    form, kind = ("{}:{}", socket.AF_INET) if len(ip) == 4 else ("[{}]:{}", socket.AF_INET6)
    text = form.format(socket.inet_ntop(kind, ip), int.from_bytes(address[2:4], "big"))
    if not any(ip):  # to listen there is to listen everywhere; an isolated run has its loopback alone
        return f"{text} (any address)", isolated or call != "bind"
    return text, ip[0] == 127 if len(ip) == 4 else ip == bytes(15) + b"\x01"


def processes(pid: int) -> list[str]:
    """Return the command lines of a process and of those that started it, as far as they are sealed."""
    found: list[str] = []
    with suppress(OSError):
        while len(found) < 4:
            with open(f"/proc/{pid}/cmdline", "rb") as words, open(f"/proc/{pid}/status", "rb") as file:  # noqa: PTH123
                line, status = words.read(200).replace(b"\0", b" "), file.read(4096)
            if b"Seccomp:\t2" not in status:
                break
            found.append(line.decode("utf-8", "replace").strip())
            pid = int(status.partition(b"PPid:")[2].split()[0])
    return found


if __name__ == "__main__":
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # no other process may trace this one
    request = socket.socket(fileno=int(sys.argv[1]))
    witness = Witness(sys.argv[2], isolated=sys.argv[3] == "isolated")
    for descriptor in socket.recv_fds(request, 16, 1)[1]:
        witness.serve(request, descriptor)
    json.dump(witness.record, sys.stdout)
