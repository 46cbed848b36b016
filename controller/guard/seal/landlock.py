"""Landlock: this process and all it starts write only below the folders it names. Reading is not restricted.

Rights and structures are those of linux/landlock.h. The version of the interface (ABI) says which of them a kernel has:
1 files, 2 moving between folders, 3 truncating, 4 TCP ports (not used here), 5 device commands, 6 signals and abstract
sockets outside the seal, 7 logging. Not covered by any of them: access rights, times and attributes of files.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from controller.guard.seal import syscalls as s

CREATE_RULESET_VERSION, RULE_PATH_BENEATH = 1, 1
WRITE_FILE, REMOVE_DIR, REMOVE_FILE = 1 << 1, 1 << 4, 1 << 5
MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = (1 << n for n in range(6, 13))
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
SCOPE_ABSTRACT_UNIX_SOCKET, SCOPE_SIGNAL = 1 << 0, 1 << 1

DEVICES = ("/dev/null", "/dev/zero", "/dev/tty")
_FILE_RIGHTS = WRITE_FILE | TRUNCATE | IOCTL_DEV


def abi() -> int:
    """Return the version of Landlock in this kernel. Raises OSError where it has none, or it is switched off."""
    return s.call("landlock_create_ruleset", None, 0, CREATE_RULESET_VERSION)


def handled_rights(version: int) -> int:
    """Return the rights that are refused outside the folders: all that write, of this version."""
    rights = WRITE_FILE | REMOVE_DIR | REMOVE_FILE
    rights |= MAKE_CHAR | MAKE_DIR | MAKE_REG | MAKE_SOCK | MAKE_FIFO | MAKE_BLOCK | MAKE_SYM
    for since, right in ((2, REFER), (3, TRUNCATE), (5, IOCTL_DEV)):
        if version >= since:
            rights |= right
    return rights


def folder_rights(version: int) -> int:
    """Return the rights below a folder that may be written: no devices and no sockets."""
    return handled_rights(version) & ~(MAKE_CHAR | MAKE_BLOCK | MAKE_SOCK | IOCTL_DEV)


def device_rights(version: int) -> int:
    """Return the rights on a device or a file that may be written."""
    return handled_rights(version) & _FILE_RIGHTS


def ruleset(version: int) -> bytes:
    """Return the ruleset's attributes, as long as this version knows them."""
    scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL if version >= 6 else 0
    attributes = struct.pack("QQQ", handled_rights(version), 0, scoped)
    return attributes[: 24 if version >= 6 else 16 if version >= 4 else 8]


def restrict(folders: Iterable[Path], devices: Iterable[str] = DEVICES) -> int:
    """Allow writing below `folders` and to `devices` alone, from now on. Return the version. Raises OSError.

    A folder that does not exist gets no right. Call it with one thread, and no_new_privs set.
    """
    version = abi()
    attributes = ruleset(version)
    rules = s.call("landlock_create_ruleset", ctypes.c_char_p(attributes), len(attributes), 0)
    try:
        for path in folders:
            rights = folder_rights(version) if path.is_dir() else device_rights(version)
            _allow(rules, str(path), rights)
        for device in devices:
            _allow(rules, device, device_rights(version))
        s.call("landlock_restrict_self", rules, 0)
    finally:
        os.close(rules)
    return version


def _allow(rules: int, path: str, rights: int) -> None:
    with suppress(FileNotFoundError):
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            rule = struct.pack("=Qi", rights, place)
            s.call("landlock_add_rule", rules, RULE_PATH_BENEATH, ctypes.c_char_p(rule), 0)
        finally:
            os.close(place)


def why_not(error: OSError) -> str:
    """Return the reason why this kernel has no Landlock, in words."""
    if error.errno == errno.ENOSYS:
        return "this kernel has no Landlock (it came with Linux 5.13)"
    if error.errno == errno.EOPNOTSUPP:
        return "Landlock is switched off in this kernel (boot parameter lsm=)"
    return str(error.strerror or error)
