"""Which endpoints this process may open: loopback, serial ports, pseudo-terminals and files, and what the operator named.

"Named" is exact: host, port, transport and whether we listen or send. A wildcard bind (0.0.0.0) opens this machine to its
networks and is therefore allowed only when it was written out.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from controller.errors import SafetyRefused

Transport = Literal["udp", "tcp"]
LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost"})


class EndpointRefused(SafetyRefused, PermissionError):
    """An endpoint outside this machine that nobody named. Also an OSError, so that foreign code treats it as no network."""


@dataclass(frozen=True, slots=True)
class NetTarget:
    """A network endpoint: `host` is a name or a numeric address, without brackets."""

    host: str
    port: int
    transport: Transport
    listen: bool = False

    def __post_init__(self) -> None:
        # One spelling for one address: the system's own, without the network card's name.
        address = parse_ip(self.host)
        object.__setattr__(self, "host", self.host.lower() if address is None else str(address))

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.transport} {'listening on' if self.listen else 'to'} {host}:{self.port}"


@dataclass(frozen=True, slots=True)
class LocalTarget:
    """Something on this machine that no network carries: a serial port, a pseudo-terminal, a file, memory."""

    kind: Literal["serial", "pty", "file", "memory"]
    path: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.path}".strip()


Target = NetTarget | LocalTarget


def parse_ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address a host is written as, or None for a name. An IPv4 address inside an IPv6 one is taken out of it."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def is_loopback(host: str) -> bool:
    """Whether traffic to this host stays in this machine."""
    address = parse_ip(host)
    return host.lower() in LOCAL_NAMES if address is None else address.is_loopback


@dataclass(slots=True)
class EndpointPolicy:
    """What may be opened. One for a process: links ask it, and the audit hook enforces it.

    `programs` are the names of the programs that may be started (a child is out of the audit hook's reach).
    """

    named: frozenset[NetTarget] = frozenset()
    programs: frozenset[str] = frozenset()
    _resolved: dict[str, set[str]] = field(default_factory=dict)

    def check(self, target: Target) -> None:
        """Raises EndpointRefused when `target` is outside this machine and was not named."""
        if not self.allows(target):
            raise EndpointRefused(
                f"{target} leaves this machine and was not named",
                hint="name it exactly, for example with --link, or use a loopback address",
            )

    def allows(self, target: Target) -> bool:
        if isinstance(target, LocalTarget) or is_loopback(target.host) or target in self.named:
            return True
        return any(
            target.host in self._resolved.get(named.host, ())
            and (target.port, target.transport, target.listen) == (named.port, named.transport, named.listen)
            for named in self.named
        )

    def allows_name(self, host: str) -> bool:
        """Whether this host name may be looked up: a look-up already tells somebody else what we are about to do."""
        return (
            is_loopback(host) or parse_ip(host) is not None or any(n.host == host.lower() for n in self.named)
        )

    def allows_program(self, program: str) -> bool:
        return program in self.programs

    def answers_from(self, host: str, port: int) -> bool:
        """Whether a UDP socket bound here was named as a listener, which may answer whoever spoke to it."""
        return any(
            n.listen
            and n.transport == "udp"
            and n.port in (port, 0)
            and host in (n.host, *self._resolved.get(n.host, ()))
            for n in self.named
        )

    def remember(self, host: str, address: str) -> None:
        """`host` resolved to this address, which counts as named from now on if the host is."""
        self._resolved.setdefault(host.lower(), set()).add(address)

    def naming(self, targets: Iterable[Target]) -> EndpointPolicy:
        """A policy that allows these as well."""
        nets = {target for target in targets if isinstance(target, NetTarget)}
        return EndpointPolicy(named=self.named | nets, programs=self.programs)
