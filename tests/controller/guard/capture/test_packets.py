"""Packets of a recording: what each is, and which the kernel sends by itself."""

from __future__ import annotations

import socket
import struct

import pytest

from controller.guard.capture.packets import PCAP_HEADER, Packet, pcap_record, read_packet

OWN, OTHER = "2001:db8:ffff::1", "2001:db8::1"


def ipv4(protocol: int, content: bytes, *, offset: int = 0, options: bytes = b"") -> bytes:
    words = 5 + len(options) // 4
    head = struct.pack("!BBHHHBBH", 0x40 | words, 0, 4 * words + len(content), 1, offset, 64, protocol, 0)
    return head + socket.inet_aton("198.51.100.1") + socket.inet_aton("192.0.2.1") + options + content


def ipv6(first: int, content: bytes, *, target: str = OTHER) -> bytes:
    ends = (socket.inet_pton(socket.AF_INET6, host) for host in (OWN, target))
    return struct.pack("!IHBB", 6 << 28, len(content), first, 64) + b"".join(ends) + content


def ports(source: int, target: int) -> bytes:
    return struct.pack("!HH", source, target) + bytes(4)


def report(*groups: str) -> bytes:
    """A multicast listener report of version 2."""
    records = b"".join(b"\x04\0\0\0" + socket.inet_pton(socket.AF_INET6, group) for group in groups)
    return bytes((143, 0, 0, 0, 0, 0)) + struct.pack("!H", len(groups)) + records


def seen(data: bytes) -> tuple[str, str, int, int]:
    packet = read_packet(data, 0)
    return packet.protocol, packet.target, packet.source_port, packet.target_port


def test_protocol_addresses_and_ports_are_read() -> None:
    assert seen(ipv4(17, ports(5000, 53))) == ("UDP", "192.0.2.1", 5000, 53)
    assert seen(ipv4(6, ports(5000, 443), options=bytes(8))) == ("TCP", "192.0.2.1", 5000, 443)
    assert seen(ipv4(1, bytes(8))) == ("ICMP", "192.0.2.1", 0, 0)
    assert seen(ipv6(17, ports(1, 2))) == ("UDP", OTHER, 1, 2)
    assert seen(ipv4(99, bytes(8)))[0] == "protocol 99"


def test_headers_before_the_content_of_ipv6_are_passed_over() -> None:
    hop_by_hop = bytes((17, 1)) + bytes(14)
    assert seen(ipv6(0, hop_by_hop + ports(7, 9))) == ("UDP", OTHER, 7, 9)
    first_fragment = bytes((17, 0, 0, 1)) + bytes(4)
    assert seen(ipv6(44, first_fragment + ports(7, 9))) == ("UDP", OTHER, 7, 9)


def test_a_later_fragment_has_no_ports() -> None:
    assert seen(ipv4(17, ports(5000, 53), offset=100)) == ("UDP", "192.0.2.1", 0, 0)
    later_fragment = bytes((17, 0)) + struct.pack("!H", 1400) + bytes(4)
    assert seen(ipv6(44, later_fragment + ports(7, 9))) == ("UDP", OTHER, 0, 0)


@pytest.mark.parametrize("data", [b"", b"\x45", b"\x60" + bytes(20), b"\x10" + bytes(40), ipv6(0, b"")])
def test_a_broken_packet_is_still_listed_as_the_runs(data: bytes) -> None:
    packet = read_packet(data, 0)
    assert (packet.protocol, packet.origin, packet.length) == ("unknown", "run", len(data))


@pytest.mark.parametrize(
    ("message", "origin"),
    [
        (bytes((133,)) + bytes(7), "kernel"),  # router solicitation
        (bytes((135,)) + bytes(23), "kernel"),  # neighbour solicitation
        (report("ff02::1:ff00:1"), "kernel"),
        (report("ff02::1", "ff02::1:ff12:3456"), "kernel"),
        (report("ff02::fb"), "run"),  # a program joined the group of mDNS
        (report("ff02::1", "ff02::fb"), "run"),
        (report(), "run"),
        (bytes((128,)) + bytes(7), "run"),  # an echo request
        (b"", "run"),
    ],
)
def test_only_what_the_kernel_sends_by_itself_is_the_kernels(message: bytes, origin: str) -> None:
    assert read_packet(ipv6(58, message, target="ff02::16"), 0).origin == origin


def test_a_control_is_known_by_its_token() -> None:
    tokens = frozenset((bytes(range(16)),))
    assert read_packet(ipv4(17, ports(1, 9) + bytes(range(16))), 0, tokens).origin == "control"
    assert read_packet(ipv4(17, ports(1, 9) + bytes(16)), 0, tokens).origin == "run"


def test_a_packet_in_one_line() -> None:
    packet = Packet(0, "UDP", "198.51.100.1", OTHER, 5000, 53, 60, "45")
    assert str(packet) == "UDP 198.51.100.1:5000 -> [2001:db8::1]:53, 60 bytes"


def test_the_pcap_file_has_whole_packets_with_their_times() -> None:
    data = ipv4(17, ports(1, 2))
    file = PCAP_HEADER + pcap_record(data, 1_500_000_250_000)
    magic, major, minor, _, _, _, link = struct.unpack_from("<IHHiIII", file)
    assert (magic, major, minor, link) == (0xA1B2C3D4, 2, 4, 101)
    assert struct.unpack_from("<IIII", file, 24) == (1_500_000, 250_000, len(data), len(data))
    assert file[40:] == data
