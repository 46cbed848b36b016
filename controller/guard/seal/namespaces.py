"""A user and network namespace of its own for this process: loopback and nothing else, and no capability.

`unshare` moves one thread: call it while the process has only one.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path

from controller.guard.seal import syscalls as s

if sys.platform != "win32":
    import fcntl
    import resource

CAP_SETFCAP = 31  # linux/capability.h


def why_not(error: OSError) -> str:
    """Return the reason why this process got no namespaces, in words."""
    if error.errno == errno.ENOSPC:
        return "this machine allows no user namespaces (user.max_user_namespaces)"
    if error.errno == errno.EPERM and os.geteuid() == 0 and not _effective() & 1 << CAP_SETFCAP:
        return (
            "this process is root without the capability CAP_SETFCAP, which root needs for a user namespace"
        )
    if error.errno in (errno.EPERM, errno.EACCES):
        return "this machine forbids user namespaces (a container, a chroot, or AppArmor)"
    if error.errno in (errno.EINVAL, errno.ENOSYS):
        return "this kernel has no user namespaces"
    return error.strerror or str(error)


def only_thread() -> bool:
    """Return whether this process has one thread."""
    return len(list(Path("/proc/self/task").iterdir())) == 1


def enter() -> None:
    """Enter new namespaces with the same user, loopback up. Raises OSError; then the process must end."""
    user, group = os.geteuid(), os.getegid()
    s.unshare(s.CLONE_NEWUSER | s.CLONE_NEWNET)
    map_user(user, group)
    loopback_up()


def map_user(user: int, group: int, *, inside: int | None = None) -> None:
    """Make the user and the group from outside those of the new user namespace. Raises OSError.

    `inside` is the user's number there, where it is to be another one.
    """
    # A group may be mapped without rights in the parent only where setgroups is refused from then on.
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user if inside is None else inside} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")


def loopback_up() -> None:
    """Set the loopback device up. Raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        interface_up(any_socket, "lo")


def interface_up(any_socket: socket.socket, interface: str) -> None:
    """Set an interface up. Raises OSError."""
    name = interface.encode().ljust(16, b"\0")
    request = fcntl.ioctl(any_socket, s.SIOCGIFFLAGS, struct.pack("16sH14x", name, 0))
    flags = struct.unpack_from("H", request, 16)[0]
    fcntl.ioctl(any_socket, s.SIOCSIFFLAGS, struct.pack("16sH14x", name, flags | s.IFF_UP))


def drop_capabilities() -> None:
    """Give up every capability, and the ways to get one back: for this process and all it starts. Raises OSError."""
    s.prctl(s.PR_CAP_AMBIENT, s.PR_CAP_AMBIENT_CLEAR_ALL)
    held = _effective()
    for capability in range(_last_capability() + 1):
        if held & 1 << 8:  # CAP_SETPCAP; without it there is nothing to drop but what exec could give
            s.prctl(s.PR_CAPBSET_DROP, capability)
    if held & 1 << 8:
        s.prctl(s.PR_SET_SECUREBITS, s.SECUREBITS)
    header = struct.pack("Ii", s.CAPABILITY_VERSION_3, 0)
    s.call("capset", ctypes.c_char_p(header), ctypes.c_char_p(bytes(24)))
    s.prctl(s.PR_SET_NO_NEW_PRIVS, 1)


def no_memory_image() -> None:
    """Have the kernel make no memory image of this process when it crashes: a collector outside could send it.

    A limit of 1 byte is the only one at which the kernel does not start the collector of kernel.core_pattern either
    (core(5), fs/coredump.c). The filter keeps the limit. A hard limit of 0 cannot be raised, and stays.
    """
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (1, 1))


def _last_capability() -> int:
    return int(Path("/proc/sys/kernel/cap_last_cap").read_text(encoding="ascii"))


def _effective() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(status.partition("CapEff:")[2].split()[0], 16)
