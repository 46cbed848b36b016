"""A network whose only way out, of IPv4 and of IPv6, is a TUN device: what is sent there can be read, and goes nowhere.

`enter` moves this process into user, network and mount namespaces of its own, without administrator rights; call it in
a child with one thread. Structures and numbers are those of linux/if_tun.h, linux/sockios.h, linux/route.h,
linux/ipv6.h, linux/ipv6_route.h and linux/mount.h.
"""

from __future__ import annotations

import ctypes
import os
import select
import socket
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from controller.clock import stopwatch_s
from controller.guard.seal import namespaces
from controller.guard.seal import syscalls as s

if sys.platform != "win32":
    import fcntl

DEVICE = "recorder"
READY_S = 5.0
# Of the ranges for documentation (RFC 5737, RFC 3849), which no network uses.
OWN_ADDRESSES = ("198.51.100.1", "2001:db8:ffff::1")
NAME_SERVERS = ("192.0.2.53", "2001:db8::53")

# The kernel lets root have user namespaces only with a capability that the recorded process gives up. So root has an
# ordinary user's number in this network: then the command gets the namespaces of its own seal.
ROOT_INSIDE = 1000

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
SIOCADDRT, SIOCSIFADDR, SIOCSIFNETMASK, SIOCGIFINDEX = 0x890B, 0x8916, 0x891C, 0x8933
RTF_UP = 0x0001
CLONE_NEWNS = 0x00020000
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 4096, 16384, 1 << 18
_TUN = Path("/dev/net/tun")
_RUN = Path("/run")
_RESOLV_CONF = Path("/etc/resolv.conf")


@dataclass(slots=True)
class Network:
    """The network: the TUN device's descriptor, and what could not be arranged, one sentence each."""

    tun: int
    notes: list[str] = field(default_factory=list)


def why_not() -> str:
    """Return why this machine cannot record a run, "" where it can. Whether namespaces work shows only `enter`."""
    if not _TUN.exists():
        return f"there is no {_TUN}; load the module tun"
    if not os.access(_TUN, os.R_OK | os.W_OK):
        return f"{_TUN} may not be opened by this user"
    return ""


def enter(keep: Iterable[Path]) -> Network:
    """Enter the network. `keep` are folders that the run needs. Raises OSError; then the process must end."""
    user, group = os.geteuid(), os.getegid()
    s.unshare(CLONE_NEWNS | s.CLONE_NEWUSER | s.CLONE_NEWNET)
    namespaces.map_user(user, group, inside=user or ROOT_INSIDE)
    namespaces.loopback_up()
    network = Network(_tun())
    try:
        _route_names(tuple(keep), network.notes)
    except OSError as error:
        network.notes.append(
            f"look-ups of names go to this machine's own servers, not to the recorder ({error.strerror})"
        )
    return network


def _tun() -> int:
    tun = os.open(_TUN, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, _named(struct.pack("H", IFF_TUN | IFF_NO_PI)))
    _quiet()
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as four,
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as six,
    ):
        fcntl.ioctl(four, SIOCSIFADDR, _named(_sockaddr(OWN_ADDRESSES[0])))
        fcntl.ioctl(four, SIOCSIFNETMASK, _named(_sockaddr("255.255.255.255")))
        namespaces.interface_up(four, DEVICE)
        _default_route_4(four)
        index = struct.unpack_from("i", fcntl.ioctl(four, SIOCGIFINDEX, _named(b"")), 16)[0]
        own = socket.inet_pton(socket.AF_INET6, OWN_ADDRESSES[1])
        fcntl.ioctl(six, SIOCSIFADDR, struct.pack("16sIi", own, 128, index))
        # struct in6_rtmsg: destination, source and gateway are ::, of length 0.
        route = struct.pack("16s16s16sIHHILIi", b"", b"", b"", 0, 0, 0, 1, 0, RTF_UP, index)
        fcntl.ioctl(six, SIOCADDRT, route)
    _until_multicast_leaves()
    return tun


def _until_multicast_leaves() -> None:
    """Wait until IPv6 has a route for multicast: the kernel makes it by itself, some time after the device is up."""
    end_s = stopwatch_s() + READY_S
    while stopwatch_s() < end_s:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe, suppress(OSError):
            probe.connect(("ff0e::1", 9))  # sends nothing
            return
        select.select([], [], [], 0.01)


def _quiet() -> None:
    """Switch IPv6 on, and the kernel's own router solicitations off, where its settings can be written."""
    for setting in ("disable_ipv6", "router_solicitations", "accept_ra"):
        with suppress(OSError):
            Path(f"/proc/sys/net/ipv6/conf/{DEVICE}/{setting}").write_text("0", encoding="ascii")


def _default_route_4(any_socket: socket.socket) -> None:
    device = ctypes.create_string_buffer(DEVICE.encode())
    anywhere = _sockaddr("0.0.0.0")
    # struct rtentry: pad, destination, gateway, mask, flags, pads, metric, device, mtu, window, rtt.
    route = struct.pack(
        "L16s16s16sHhLPhPLLH6x",
        0, anywhere, anywhere, anywhere, RTF_UP, 0, 0, 0, 1, ctypes.addressof(device), 0, 0, 0,
    )  # fmt: skip
    fcntl.ioctl(any_socket, SIOCADDRT, route)


def _named(rest: bytes) -> bytes:
    """Return a struct ifreq of the device."""
    return DEVICE.encode().ljust(16, b"\0") + rest.ljust(24, b"\0")


def _sockaddr(address: str) -> bytes:
    return struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))


def _route_names(keep: tuple[Path, ...], notes: list[str]) -> None:
    """Send look-ups of names to the recorder: another resolv.conf, and no service below /run. Raises OSError."""
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    configured = _RESOLV_CONF.resolve()
    if any(path.resolve().is_relative_to(_RUN) for path in keep):
        notes.append(
            f"services of this machine with sockets below {_RUN} can be reached: the run's files are there"
        )
        return
    _mount("tmpfs", str(_RUN), "tmpfs", MS_NOSUID | MS_NODEV)
    lines = [f"nameserver {server}" for server in NAME_SERVERS] + ["options timeout:1 attempts:1"]
    in_run = configured.is_relative_to(_RUN)
    file = configured if in_run else _RUN / "resolv.conf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([*lines, ""]), encoding="ascii")
    if not in_run:
        _mount(str(file), str(configured), None, MS_BIND)


def _mount(source: str, target: str, kind: str | None, flags: int) -> None:
    words = [None if word is None else ctypes.c_char_p(word.encode()) for word in (source, target, kind)]
    s.call("mount", *words, ctypes.c_ulong(flags), None)


def traffic() -> tuple[int, int]:
    """Return how many packets the device sent, and how many it dropped, as the kernel counted. Raises OSError."""
    for line in Path("/proc/self/net/dev").read_text(encoding="ascii").splitlines():
        name, _, numbers = line.partition(":")
        if name.strip() == DEVICE:
            words = numbers.split()
            return int(words[9]), int(words[11])
    raise OSError(0, f"the device {DEVICE} is gone")
