"""Free instance numbers and ports on this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Literal

from controller.errors import LinkError
from controller.link.network_errors import PortInUse
from hil.errors import ScenarioError

LOOPBACK = "127.0.0.1"
MAX_INSTANCES = 250
Port = tuple[Literal["tcp", "udp"], int]


def is_free(port: Port) -> bool:
    """Return whether the port can be bound on this machine now."""
    transport, number = port
    kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind((LOOPBACK, number))
        except OSError:
            return False
    return True


def free_instance(
    ports_of: Callable[[int], Iterable[Port]], *, free: Callable[[Port], bool] = is_free
) -> int:
    """Return the lowest instance number whose ports are all free. Raises ScenarioError when there is none."""
    for instance in range(MAX_INSTANCES):
        if all(free(port) for port in ports_of(instance)):
            return instance
    raise ScenarioError(
        f"no free instance: the ports of all {MAX_INSTANCES} are in use on this machine",
        where="--autopilot-binary",
    )


@contextmanager
def port_owner_hint(usual: str) -> Iterator[None]:
    """Add the usual owner of the port, and how to use another one, to the error of a port in use."""
    try:
        yield
    except PortInUse as error:
        raise LinkError(
            error.what,
            where=error.where,
            hint=f"usually {usual} uses it: stop that,"
            " or use another --instance here and the same number (-i, -I) there",
        ) from None


def free_udp_port() -> int:
    """Return a free UDP port chosen by the operating system."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind((LOOPBACK, 0))
        return int(bound.getsockname()[1])
