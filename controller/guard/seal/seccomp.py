"""Seccomp filter of the seal: which system calls pass, which are put before the witness, and which never happen.

The witness answers a call of `JUDGED` by its address, and refuses every other call that is put before it. It only
records: where it ends, the kernel refuses these calls with "function not implemented". Structures and constants are
those of linux/filter.h, linux/seccomp.h and linux/audit.h.
"""

from __future__ import annotations

import ctypes
import errno
import socket
import struct
from dataclasses import dataclass

from controller.guard.seal import syscalls as s

SET_MODE_FILTER, GET_ACTION_AVAIL = 1, 2
FLAG_SPEC_ALLOW, FLAG_NEW_LISTENER, FLAG_WAIT_KILLABLE = 1 << 2, 1 << 3, 1 << 5
KILL_PROCESS, ERRNO, NOTIFY, ALLOW = 0x80000000, 0x00050000, 0x7FC00000, 0x7FFF0000
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32 = 0x40000000

# Put before the witness, which reads the address.
JUDGED = ("connect", "bind", "sendmsg", "sendmmsg")
REFUSED = (
    "seccomp",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "pidfd_getfd",
    "kcmp",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "add_key",
    "request_key",
    "keyctl",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "open_tree",
    "move_mount",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    "open_tree_attr",
    "unshare",
    "setns",
    "name_to_handle_at",
    "open_by_handle_at",
    "fanotify_init",
    "quotactl",
    "quotactl_fd",
    "acct",
    "swapon",
    "swapoff",
    "reboot",
    "syslog",
    "kexec_load",
    "kexec_file_load",
    "init_module",
    "finit_module",
    "delete_module",
    "iopl",
    "ioperm",
    "uselib",
    "modify_ldt",
    # Memory and queues that another program of this machine could empty; one that exists is used by its number.
    "shmget",
    "shmat",
    "semget",
    "semop",
    "semtimedop",
    "msgget",
    "msgsnd",
    "msgrcv",
    "mq_open",
    "mq_timedsend",
)
# Mount, cgroup, UTS, IPC, user, PID and network namespaces; a time namespace cannot be made by clone.
CLONE_NEW = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
SOCK_TYPE = 0xF
RLIMIT_CORE = 4

_LOAD, _JEQ, _JSET, _AND, _RETURN, _JUMP = 0x20, 0x15, 0x45, 0x54, 0x06, 0x05
_NR, _ARCH, _ARGUMENTS = 0, 4, 16


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of the filter: code, distances of the jumps (true, false), operand."""

    code: int
    true: int
    false: int
    operand: int

    def packed(self) -> bytes:
        """Return it as the kernel reads it."""
        return struct.pack("=HBBI", self.code, self.true, self.false, self.operand)


def program(machine: str, *, internet: bool) -> list[Instruction]:
    """Return the filter for an architecture. Without `internet` no socket of TCP or UDP can be made at all.

    `internet` is for a process in a network namespace of its own, whose only network is its own loopback.
    """
    blocks: list[list[Instruction]] = [[_load(_NR)]]
    if machine == "x86_64":
        blocks.append(_if(_JSET, X32, [_return(KILL_PROCESS)]))
    for name in (*JUDGED, *REFUSED):
        blocks.append(_for_call(name, machine, [_return(NOTIFY)]))
    blocks += [
        _for_call("clone3", machine, [_return(ERRNO | errno.ENOSYS)]),  # the C library then uses clone
        _for_call("socket", machine, _sockets(internet)),
        _for_call("socketpair", machine, _socket_pairs()),
        _for_call("sendto", machine, _sends()),
        _for_call("clone", machine, [_load_argument(0), *_if(_JSET, CLONE_NEW, [_return(NOTIFY)])]),
        _for_call("ioctl", machine, [_load_argument(1), *_one_of((TIOCSTI, TIOCLINUX), [_return(NOTIFY)])]),
        _for_call("prctl", machine, [_load_argument(0), *_one_of((s.PR_SET_SECCOMP,), [_return(NOTIFY)])]),
        _for_call("setrlimit", machine, [_load_argument(0), *_if(_JEQ, RLIMIT_CORE, [_return(NOTIFY)])]),
        _for_call("prlimit64", machine, _limits()),
        [_return(ALLOW)],
    ]
    arch = [_load(_ARCH), Instruction(_JEQ, 1, 0, AUDIT_ARCH[machine]), _return(KILL_PROCESS)]
    return arch + [one for block in blocks for one in block]


def _for_call(name: str, machine: str, then: list[Instruction]) -> list[Instruction]:
    number = s.number(name, machine)
    if number < 0:
        return []
    if then[-1].code != _RETURN or then[-1].operand != ALLOW:
        then = [*then, _return(ALLOW)] if len(then) > 1 else then
    return _if(_JEQ, number, then)


def _sockets(internet: bool) -> list[Instruction]:
    """Return the part for socket(): TCP and UDP over IPv4 and IPv6, or nothing."""
    if not internet:
        return [_return(NOTIFY)]
    return [
        _load_argument(0),
        *_unless((socket.AF_INET, socket.AF_INET6), [_return(NOTIFY)]),
        _load_argument(1),
        Instruction(_AND, 0, 0, SOCK_TYPE),
        *_unless((socket.SOCK_STREAM, socket.SOCK_DGRAM), [_return(NOTIFY)]),
        _load_argument(2),
        *_unless((0, socket.IPPROTO_TCP, socket.IPPROTO_UDP), [_return(NOTIFY)]),
    ]


def _socket_pairs() -> list[Instruction]:
    """Return the part for socketpair(): connected for good; one of datagrams could be sent from to another address."""
    return [
        _load_argument(0),
        *_unless((socket.AF_UNIX,), [_return(NOTIFY)]),
        _load_argument(1),
        Instruction(_AND, 0, 0, SOCK_TYPE),
        *_unless((socket.SOCK_STREAM, socket.SOCK_SEQPACKET), [_return(NOTIFY)]),
    ]


def _sends() -> list[Instruction]:
    """Return the part for sendto(): send() has no address, and passes."""
    return _where_given(4)


def _limits() -> list[Instruction]:
    """Return the part for prlimit(): of this process alone, and no new limit of memory images."""
    return [
        _load_argument(0),
        *_unless((0,), [_return(NOTIFY)]),
        _load_argument(1),
        *_if(_JEQ, RLIMIT_CORE, _where_given(2)),
    ]


def _where_given(index: int) -> list[Instruction]:
    """Put the call before the witness where this argument, a pointer, is not null."""
    high = _load_argument(index, high=True)
    return [_load_argument(index), *_unless((0,), [_return(NOTIFY)]), high, *_unless((0,), [_return(NOTIFY)])]


def _load(offset: int) -> Instruction:
    return Instruction(_LOAD, 0, 0, offset)


def _load_argument(index: int, *, high: bool = False) -> Instruction:
    # Little-endian: the low half of the 64 bits comes first.
    return _load(_ARGUMENTS + 8 * index + 4 * high)


def _return(verdict: int) -> Instruction:
    return Instruction(_RETURN, 0, 0, verdict)


def _if(test: int, operand: int, then: list[Instruction]) -> list[Instruction]:
    return [Instruction(test, 0, len(then), operand), *then]


def _one_of(operands: tuple[int, ...], then: list[Instruction]) -> list[Instruction]:
    """Run `then` where the loaded word is one of the operands."""
    tests = [Instruction(_JEQ, len(operands) - i, 0, operand) for i, operand in enumerate(operands)]
    return [*tests, Instruction(_JUMP, 0, 0, len(then)), *then]


def _unless(operands: tuple[int, ...], then: list[Instruction]) -> list[Instruction]:
    """Run `then` where the loaded word is none of the operands."""
    skip = len(then)
    count = len(operands)
    return [
        *(Instruction(_JEQ, count - 1 - i + skip, 0, operand) for i, operand in enumerate(operands)),
        *then,
    ]


def works() -> None:
    """Raise OSError where this kernel cannot put calls before a witness."""
    for action in (NOTIFY, KILL_PROCESS):
        s.call("seccomp", GET_ACTION_AVAIL, 0, ctypes.byref(ctypes.c_uint32(action)))


def why_not(error: OSError) -> str:
    """Return the reason why this kernel has no such filter, in words."""
    if error.errno in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
        return "this kernel cannot put system calls before a witness (it came with Linux 5.0)"
    return error.strerror or str(error)


def install(*, internet: bool) -> int:
    """Filter this thread and all it starts, from now on; return the descriptor for the witness. Raises OSError.

    no_new_privs must be set.
    """
    code = b"".join(one.packed() for one in program(s.architecture(), internet=internet))
    buffer = ctypes.create_string_buffer(code, len(code))
    filter_program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    flags = FLAG_SPEC_ALLOW | FLAG_NEW_LISTENER
    try:
        return s.call("seccomp", SET_MODE_FILTER, flags | FLAG_WAIT_KILLABLE, ctypes.c_char_p(filter_program))
    except OSError as error:
        if error.errno != errno.EINVAL:  # before Linux 5.19
            raise
    return s.call("seccomp", SET_MODE_FILTER, flags, ctypes.c_char_p(filter_program))
