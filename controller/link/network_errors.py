"""Converts the operating system's network errors to errors with a hint."""

from __future__ import annotations

import errno

from controller.errors import LandlineError, LinkError

# Windows error numbers of sockets begin at 10000.
_WSA = 10_000


class PortInUse(LinkError):
    """Another program uses the port. Callers may catch it to name the usual program."""


def _is(error: OSError, *names: str) -> bool:
    numbers = {getattr(errno, name) for name in names if hasattr(errno, name)}
    return error.errno in numbers or getattr(error, "winerror", None) in numbers | {n + _WSA for n in numbers}


def network_error(error: OSError, *, where: str, port: int, listening: bool) -> LandlineError:
    """Return the error of a failed bind or connect."""
    if isinstance(error, LandlineError):  # refusal of the network audit
        return error
    if _is(error, "EADDRINUSE"):
        return PortInUse(
            f"cannot use port {port}: another program uses it",
            where=where,
            hint="close it (another ground station?) or choose another port",
        )
    if _is(error, "EACCES", "EPERM"):
        hint = (
            "ports below 1024 need administrator rights; choose a higher one"
            if port < 1024
            else "check the firewall"
        )
        return LinkError(f"cannot use port {port}: permission denied", where=where, hint=hint)
    if _is(error, "EADDRNOTAVAIL"):
        return LinkError(
            "cannot listen: the address does not belong to this machine",
            where=where,
            hint="use one of its addresses, 127.0.0.1 for this machine only, or 0.0.0.0 for all networks",
        )
    if _is(error, "ECONNREFUSED"):
        return LinkError(
            "cannot connect: connection refused",
            where=where,
            hint="start the other program first, or check the port",
        )
    if _is(error, "ENETUNREACH", "EHOSTUNREACH", "ETIMEDOUT"):
        return LinkError(
            "cannot connect: address not reachable", where=where, hint="check the network and the address"
        )
    what = "cannot listen" if listening else "cannot connect"
    return LinkError(f"{what}: {error.strerror or error}", where=where)
