"""System calls and constants of Linux that Python does not have, through the C library.

The numbers are those of the kernel's headers: asm/unistd_64.h (x86_64), asm-generic/unistd.h (aarch64), linux/prctl.h,
linux/capability.h, linux/securebits.h, linux/sched.h, linux/sockios.h.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from typing import Any

# (x86_64, aarch64); -1 where an architecture lacks the call.
NUMBERS: dict[str, tuple[int, int]] = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "ioctl": (16, 29),
    "clone": (56, 220),
    "clone3": (435, 435),
    "prctl": (157, 167),
    "capset": (126, 91),
    "seccomp": (317, 277),
    "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "unshare": (272, 97),
    "setns": (308, 268),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "acct": (163, 89),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "syslog": (103, 116),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "iopl": (172, -1),
    "ioperm": (173, -1),
    "uselib": (134, -1),
    "modify_ldt": (154, -1),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "mq_open": (240, 180),
    "mq_timedsend": (242, 182),
    "setrlimit": (160, 164),
    "prlimit64": (302, 261),
}
ARCHITECTURES = ("x86_64", "aarch64")

PR_CAPBSET_DROP, PR_SET_SECCOMP, PR_SET_SECUREBITS, PR_SET_NO_NEW_PRIVS = 24, 22, 28, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, PR_SET_PTRACER = 47, 4, 0x59616D61
# NOROOT, NO_SETUID_FIXUP, NO_CAP_AMBIENT_RAISE, each with its lock.
SECUREBITS = 0b11_00_11_11
CAPABILITY_VERSION_3 = 0x20080522
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
SO_DOMAIN = 39


def architecture() -> str:
    """Return "x86_64" or "aarch64". Raises OSError for others."""
    machine = os.uname().machine
    if machine not in ARCHITECTURES or ctypes.sizeof(ctypes.c_void_p) != 8:
        raise OSError(f"the seal knows no system calls of {machine}")
    return machine


def number(name: str, machine: str | None = None) -> int:
    """Return the number of a system call, of this machine by default."""
    return NUMBERS[name][ARCHITECTURES.index(machine or architecture())]


def name_of(number: int, machine: str) -> str:
    """Return the name of a system call, or its number."""
    index = ARCHITECTURES.index(machine)
    return next(
        (name for name, numbers in NUMBERS.items() if numbers[index] == number), f"system call {number}"
    )


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: Any) -> int:
    """Make a system call. Raises OSError."""
    return _checked(_libc().syscall(ctypes.c_long(number(name)), *map(_word, arguments)), name)


def prctl(option: int, second: int = 0, third: int = 0) -> int:
    """Change an attribute of this process. Raises OSError."""
    return _checked(_libc().prctl(option, *map(ctypes.c_ulong, (second, third, 0, 0))), f"prctl {option}")


def unshare(flags: int) -> None:
    """Move this process to new namespaces. Raises OSError."""
    _checked(_libc().unshare(flags), "unshare")


def _word(argument: Any) -> Any:
    return ctypes.c_long(argument) if isinstance(argument, int) else argument


def _checked(result: int, name: str) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result
