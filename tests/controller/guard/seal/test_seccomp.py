"""The seal's filter, run by a small interpreter of the kernel's instructions: each call has its verdict."""

from __future__ import annotations

import errno
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.guard.seal import seccomp
from controller.guard.seal.seccomp import ALLOW, AUDIT_ARCH, ERRNO, KILL_PROCESS, NOTIFY, Instruction, program
from controller.guard.seal.syscalls import ARCHITECTURES, NUMBERS, number

STREAM, DGRAM, RAW, SEQPACKET = 1, 2, 3, 5
NONBLOCK_CLOEXEC = 0o4000 | 0o2000000
UNIX, INET, INET6, NETLINK, PACKET, BLUETOOTH, VSOCK = 1, 2, 10, 16, 17, 31, 40
MOST_INSTRUCTIONS = 4096


def run(code: list[Instruction], call: int, *arguments: int, arch: int) -> int:
    """Run the filter as the kernel does, on little-endian memory."""
    words = [argument & (1 << 64) - 1 for argument in (*arguments, *[0] * (6 - len(arguments)))]
    data = struct.pack("<iIQ6Q", call, arch, 0, *words)
    at = accumulator = 0
    while True:
        one = code[at]
        at += 1
        match one.code:
            case 0x20:
                assert one.operand % 4 == 0
                accumulator = struct.unpack_from("<I", data, one.operand)[0]
            case 0x15:
                at += one.true if accumulator == one.operand else one.false
            case 0x45:
                at += one.true if accumulator & one.operand else one.false
            case 0x54:
                accumulator &= one.operand
            case 0x05:
                at += one.operand
            case 0x06:
                return one.operand
            case other:
                raise AssertionError(f"the kernel knows no instruction {other:#x} here")


@pytest.fixture(params=ARCHITECTURES)
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def verdict(machine: str, name: str, *arguments: int, internet: bool = True) -> int:
    code = program(machine, internet=internet)
    return run(code, number(name, machine), *arguments, arch=AUDIT_ARCH[machine])


@pytest.mark.parametrize(
    ("name", "arguments", "wanted"),
    [
        ("socket", (INET, STREAM, 0), ALLOW),
        ("socket", (INET, DGRAM | NONBLOCK_CLOEXEC, 17), ALLOW),
        ("socket", (INET6, STREAM, 6), ALLOW),
        ("socket", (1 << 32 | INET, STREAM, 0), ALLOW),  # the kernel reads 32 bits
        ("socket", (1 << 32 | NETLINK, STREAM, 0), NOTIFY),
        ("socket", (INET, RAW, 0), NOTIFY),
        ("socket", (INET, RAW, 1), NOTIFY),
        ("socket", (INET, RAW | NONBLOCK_CLOEXEC, 255), NOTIFY),
        ("socket", (INET, DGRAM, 1), NOTIFY),  # ping
        ("socket", (INET, STREAM, 262), NOTIFY),  # MPTCP
        ("socket", (INET, STREAM, 132), NOTIFY),  # SCTP
        ("socket", (INET, SEQPACKET, 0), NOTIFY),
        *(
            ("socket", (family, DGRAM, 0), NOTIFY)
            for family in (0, UNIX, NETLINK, PACKET, BLUETOOTH, VSOCK, 44)
        ),
        ("socketpair", (UNIX, STREAM, 0), ALLOW),
        ("socketpair", (UNIX, SEQPACKET | NONBLOCK_CLOEXEC, 0), ALLOW),
        ("socketpair", (UNIX, DGRAM, 0), NOTIFY),
        ("socketpair", (INET, STREAM, 0), NOTIFY),
        ("connect", (3, 0x7FFF0000, 16), NOTIFY),
        ("bind", (3, 0x7FFF0000, 16), NOTIFY),
        ("sendmsg", (3, 0x7FFF0000, 0), NOTIFY),
        ("sendmmsg", (3, 0x7FFF0000, 2, 0), NOTIFY),
        ("sendto", (3, 0x7FFF0000, 10, 0, 0, 0), ALLOW),
        ("sendto", (3, 0x7FFF0000, 10, 0, 0x7FFF0000, 16), NOTIFY),
        ("sendto", (3, 0x7FFF0000, 10, 0, 0x7F00_0000_0000, 16), NOTIFY),
        ("clone", (0x01200011,), ALLOW),  # fork
        ("clone", (0x003D0F00,), ALLOW),  # a thread
        *(("clone", (flag | 17,), NOTIFY) for flag in (0x00020000, 0x10000000, 0x20000000, 0x40000000)),
        ("clone3", (0x7FFF0000, 88), ERRNO | errno.ENOSYS),
        ("ioctl", (0, 0x5401), ALLOW),
        ("ioctl", (0, 0x5412), NOTIFY),
        ("ioctl", (0, 1 << 32 | 0x5412), NOTIFY),
        ("ioctl", (0, 0x541C), NOTIFY),
        ("prctl", (38, 1), ALLOW),
        ("setrlimit", (7, 0x7FFF0000), ALLOW),
        ("setrlimit", (4, 0x7FFF0000), NOTIFY),  # memory images of crashes
        ("prlimit64", (0, 4, 0, 0x7FFF0000), ALLOW),  # it only reads
        ("prlimit64", (0, 7, 0x7FFF0000, 0), ALLOW),
        ("prlimit64", (0, 4, 0x7FFF0000, 0), NOTIFY),
        ("prlimit64", (0, 4, 0x7F00_0000_0000, 0), NOTIFY),
        ("prlimit64", (1000, 7, 0, 0x7FFF0000), NOTIFY),  # of another process
        ("prctl", (22, 2), NOTIFY),
    ],
)
def test_each_call_has_its_verdict(machine: str, name: str, arguments: tuple[int, ...], wanted: int) -> None:
    assert verdict(machine, name, *arguments) == wanted


@pytest.mark.parametrize("name", seccomp.REFUSED)
def test_what_no_ground_station_needs_never_passes(machine: str, name: str) -> None:
    if number(name, machine) >= 0:
        assert verdict(machine, name) == NOTIFY
        assert verdict(machine, name, internet=False) == NOTIFY


@pytest.mark.parametrize("family", [UNIX, INET, INET6])
def test_without_a_network_of_its_own_no_socket_can_be_made(machine: str, family: int) -> None:
    assert verdict(machine, "socket", family, STREAM, 0, internet=False) == NOTIFY
    assert verdict(machine, "socketpair", UNIX, STREAM, 0, internet=False) == ALLOW


def test_other_architectures_and_x32_are_killed() -> None:
    for machine in ARCHITECTURES:
        code = program(machine, internet=True)
        for arch in (0x40000003, 0x40000028, 0, *(a for m, a in AUDIT_ARCH.items() if m != machine)):
            assert run(code, 0, arch=arch) == KILL_PROCESS
    x86 = program("x86_64", internet=True)
    assert run(x86, 0x40000000 | 41, INET, STREAM, arch=AUDIT_ARCH["x86_64"]) == KILL_PROCESS


@given(st.integers(0, 600), st.lists(st.integers(0, (1 << 64) - 1), min_size=6, max_size=6))
def test_calls_that_the_seal_does_not_name_pass(call: int, arguments: list[int]) -> None:
    for index, machine in enumerate(ARCHITECTURES):
        named = {numbers[index] for numbers in NUMBERS.values()}
        unnamed = {number(name, machine) for name in ("capset", "landlock_add_rule")}
        got = run(program(machine, internet=True), call, *arguments, arch=AUDIT_ARCH[machine])
        if call not in named or call in unnamed:
            assert got == ALLOW
        assert got in (ALLOW, NOTIFY, ERRNO | errno.ENOSYS)


def test_jumps_stay_inside_the_program_and_its_length_is_allowed(machine: str) -> None:
    for internet in (True, False):
        code = program(machine, internet=internet)
        assert len(code) <= MOST_INSTRUCTIONS
        assert code[-1].code == 0x06
        for at, one in enumerate(code):
            assert len(one.packed()) == 8
            if one.code in (0x15, 0x45):
                assert max(one.true, one.false) < 256
                assert at + 1 + max(one.true, one.false) < len(code)


def test_the_families_are_those_of_this_system() -> None:
    assert (socket.AF_INET, socket.AF_INET6, socket.SOCK_STREAM, socket.SOCK_DGRAM) == (2, 10, 1, 2)
