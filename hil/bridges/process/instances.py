"""Instance numbers and ports that nobody uses, asked of the operating system."""

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
    """Whether it could be bound on this machine now."""
    transport, number = port
    kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as tried:
        try:
            tried.bind((LOOPBACK, number))
        except OSError:
            return False
    return True


def free_instance(
    ports_of: Callable[[int], Iterable[Port]], *, free: Callable[[Port], bool] = is_free
) -> int:
    """The lowest instance number all of whose ports are free. Raises ScenarioError when there is none."""
    for instance in range(MAX_INSTANCES):
        if all(free(port) for port in ports_of(instance)):
            return instance
    raise ScenarioError(
        f"the ports of {MAX_INSTANCES} instances are all taken on this machine", where="--autopilot-binary"
    )


@contextmanager
def port_taken_by(usual: str) -> Iterator[None]:
    """A port of ours that is taken is told with who usually has it, and the way to another one."""
    try:
        yield
    except PortInUse as error:
        raise LinkError(
            error.what,
            where=error.where,
            hint=f"usually {usual} has it: stop that, or take another --instance here and the same number (-i, -I) there",
        ) from None


def free_udp_port() -> int:
    """A port of the operating system's choice; it chooses another one each time."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as chosen:
        chosen.bind((LOOPBACK, 0))
        return int(chosen.getsockname()[1])
