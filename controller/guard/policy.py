"""Endpoint policy: allows loopback, serial ports, pseudo-terminals, files, and the endpoints that the operator named.

A named endpoint must match exactly: host, port, transport, and listening or sending. Binding to 0.0.0.0 opens this
machine to its networks and is therefore allowed only if the operator names 0.0.0.0.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from controller.errors import SafetyRefused
from controller.guard.opener import Opener
from controller.guard.process import RULES

Transport = Literal["udp", "tcp"]
LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost"})


class EndpointRefused(SafetyRefused, PermissionError):
    """The operator has not named this endpoint outside this machine.

    Also an OSError, so that libraries treat it as a missing network.
    """


@dataclass(frozen=True, slots=True)
class NetTarget:
    """Network endpoint: `host` is a name or a numeric address, without brackets."""

    host: str
    port: int
    transport: Transport
    listen: bool = False

    def __post_init__(self) -> None:
        # Normalize an address to the system's spelling, without the interface name.
        address = parse_ip(self.host)
        object.__setattr__(self, "host", self.host.lower() if address is None else str(address))

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.transport} {'listening on' if self.listen else 'to'} {host}:{self.port}"


@dataclass(frozen=True, slots=True)
class LocalTarget:
    """Endpoint on this machine without a network: a serial port, a pseudo-terminal, a file, memory."""

    kind: Literal["serial", "pty", "file", "memory"]
    path: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.path}".strip()


Target = NetTarget | LocalTarget


def parse_ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address of a numeric host, or None for a name.

    An IPv4-mapped IPv6 address returns the IPv4 address.
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def is_loopback(host: str) -> bool:
    """Return whether traffic to this host stays on this machine."""
    address = parse_ip(host)
    return host.lower() in LOCAL_NAMES if address is None else address.is_loopback


class FoundAddresses:
    """Addresses that were found for the names of hosts: what a run learns, apart from its policy, which is fixed."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._of = {host: {address} for host, address in known.items()}

    def add(self, host: str, address: str) -> None:
        """Add an address of `host`: it is allowed wherever a policy names the host."""
        self._of.setdefault(host.lower(), set()).add(address)

    def of(self, host: str) -> Collection[str]:
        """Return the addresses that were found for `host`; none where it was not looked up."""
        return self._of.get(host.lower(), ())


@dataclass(frozen=True, slots=True)
class EndpointPolicy:
    """Endpoints that the process may open. Links check it, and the audit hook enforces it.

    `programs` are the names of the programs that may be started (child processes are out of the audit hook's reach),
    `devices` the serial ports that the audit hook lets be opened.
    `opener` opens the endpoints: in this process, or by the broker of a sealed run. `found` are the addresses of named
    hosts; a policy made from this one shares them.
    """

    named: frozenset[NetTarget] = frozenset()
    programs: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    opener: Opener = field(default_factory=lambda: RULES.opener)
    found: FoundAddresses = field(default_factory=lambda: FoundAddresses(RULES.resolved))

    def check(self, target: Target) -> None:
        """Raise EndpointRefused if `target` is outside this machine and was not named."""
        if not self.allows(target):
            raise EndpointRefused(
                f"cannot open {target}: it is outside this machine and was not named",
                hint="name it exactly, for example with --link, or use a loopback address",
            )

    def allows(self, target: Target) -> bool:
        """Return whether the endpoint may be opened."""
        if isinstance(target, LocalTarget) or is_loopback(target.host) or target in self.named:
            return True
        return any(
            target.host in self.found.of(named.host)
            and (target.port, target.transport, target.listen) == (named.port, named.transport, named.listen)
            for named in self.named
        )

    def allows_name(self, host: str) -> bool:
        """Return whether this host name may be resolved: a DNS query already reveals the connection to others."""
        return (
            is_loopback(host) or parse_ip(host) is not None or any(n.host == host.lower() for n in self.named)
        )

    def allows_program(self, program: str) -> bool:
        """Return whether this program may be started."""
        return program in self.programs

    def allows_device(self, path: str) -> bool:
        """Return whether this serial port may be opened: named by this path, or by a link to the same device."""
        return path in self.devices or any(
            os.path.realpath(path) == os.path.realpath(named) for named in self.devices
        )

    def may_answer_from(self, host: str, port: int) -> bool:
        """Return whether a UDP socket bound here is an allowed listener, which may answer its senders."""
        return any(
            n.listen
            and n.transport == "udp"
            and n.port in (port, 0)
            and host in (n.host, *self.found.of(n.host))
            for n in self.named
        )

    def allowing(self, targets: Iterable[Target]) -> EndpointPolicy:
        """Return a policy that also allows these endpoints."""
        named = list(targets)
        nets = {target for target in named if isinstance(target, NetTarget)}
        ports = {
            target.path for target in named if isinstance(target, LocalTarget) and target.kind == "serial"
        }
        return replace(self, named=self.named | nets, devices=self.devices | ports)
