"""IP packets of a recording: what each is, in words, and the pcap file that keeps them whole.

The formats are those of RFC 791 (IPv4), RFC 8200 (IPv6), RFC 4443 and 3810 (ICMPv6, MLDv2), and of the pcap file of
libpcap with the link type RAW, which begins each packet with its IP header.
"""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass
from typing import Literal

Origin = Literal["run", "kernel", "control"]

PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
_PCAP_PACKET = struct.Struct("<IIII")
_FIRST_BYTES = 64
_PROTOCOLS = {1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP", 58: "ICMPv6", 132: "SCTP", 136: "UDP-Lite"}
_EXTENSIONS = frozenset((0, 43, 60))  # hop by hop, routing, destination: each tells its own length
_FRAGMENT = 44
# ICMPv6 that the kernel sends by itself: multicast listener reports, router and neighbour solicitation.
_ROUTER_SOLICITATION, _NEIGHBOUR_SOLICITATION, _LISTENER_REPORT = 133, 135, 143
# Groups that the kernel joins by itself: all nodes, all routers, and those of its own addresses.
_OWN_GROUPS = tuple(
    map(ipaddress.ip_network, ("ff01::1/128", "ff02::1/128", "ff02::2/128", "ff02::1:ff00:0/104"))
)


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet. Ports are 0 where the protocol has none, or a fragment does not have them.

    `length` is that of the whole packet in bytes, `first_bytes` its beginning in hexadecimal.
    """

    utc_us: int
    protocol: str
    source: str
    target: str
    source_port: int
    target_port: int
    length: int
    first_bytes: str
    origin: Origin = "run"

    def __str__(self) -> str:
        ends = [
            (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
            for host, port in ((self.source, self.source_port), (self.target, self.target_port))
        ]
        return f"{self.protocol} {ends[0]} -> {ends[1]}, {self.length} bytes"


def read_packet(data: bytes, utc_us: int, tokens: frozenset[bytes] = frozenset()) -> Packet:
    """Return what a packet is. One with a token of `tokens` at its end is a control's; a broken one is "unknown"."""
    try:
        protocol, source, target, start = _header(data)
    except (IndexError, ValueError):
        protocol, source, target, start = -1, "", "", len(data)
    ports = data[start : start + 4] if protocol in (6, 17, 132, 136) and start >= 0 else b""
    source_port, target_port = struct.unpack("!HH", ports) if len(ports) == 4 else (0, 0)
    origin: Origin = "run"
    if any(data.endswith(token) for token in tokens):
        origin = "control"
    elif protocol == 58 and start >= 0 and _is_kernels(data[start:]):
        origin = "kernel"
    return Packet(
        utc_us,
        "unknown" if protocol < 0 else _PROTOCOLS.get(protocol, f"protocol {protocol}"),
        source,
        target,
        source_port,
        target_port,
        len(data),
        data[:_FIRST_BYTES].hex(),
        origin,
    )


def _header(data: bytes) -> tuple[int, str, str, int]:
    """Return protocol, addresses, where the content begins (-1 in a later fragment). Raises IndexError, ValueError."""
    version = data[0] >> 4
    if version == 4:
        source, target = (str(ipaddress.IPv4Address(data[at : at + 4])) for at in (12, 16))
        later = int.from_bytes(data[6:8], "big") & 0x1FFF
        return data[9], source, target, -1 if later else 4 * (data[0] & 0xF)
    if version != 6:
        raise ValueError(f"IP version {version}")
    source, target = (str(ipaddress.IPv6Address(data[at : at + 16])) for at in (8, 24))
    protocol, start = data[6], 40
    while protocol in _EXTENSIONS or protocol == _FRAGMENT:
        if protocol == _FRAGMENT:
            if int.from_bytes(data[start + 2 : start + 4], "big") & 0xFFF8:
                return data[start], source, target, -1
            protocol, start = data[start], start + 8
        else:
            protocol, start = data[start], start + 8 + 8 * data[start + 1]
    return protocol, source, target, start


def _is_kernels(message: bytes) -> bool:
    """Return whether the kernel sends this ICMPv6 by itself; a report of a group that a program joined is the run's."""
    kind = message[0] if message else -1
    if kind != _LISTENER_REPORT:
        return kind in (_ROUTER_SOLICITATION, _NEIGHBOUR_SOLICITATION)
    groups, at = [], 8
    for _ in range(int.from_bytes(message[6:8], "big")):
        groups.append(message[at + 4 : at + 20])
        at += (
            20
            + 16 * int.from_bytes(message[at + 2 : at + 4], "big")
            + 4 * message[at + 1 : at + 2].ljust(1, b"\0")[0]
        )
    return bool(groups) and all(len(group) == 16 and _is_own(group) for group in groups)


def _is_own(group: bytes) -> bool:
    return any(ipaddress.IPv6Address(group) in network for network in _OWN_GROUPS)


def pcap_record(data: bytes, utc_us: int) -> bytes:
    """Return a packet as the pcap file has it."""
    seconds, micros = divmod(utc_us, 1_000_000)
    return _PCAP_PACKET.pack(seconds, micros, len(data), len(data)) + data
