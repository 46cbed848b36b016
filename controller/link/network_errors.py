"""The system's error numbers as one line that says what to do."""

from __future__ import annotations

import errno

from controller.errors import LandlineError, LinkError

# Windows numbers the same things from 10000 on.
_WSA = 10_000


class PortInUse(LinkError):
    """Another program has the port; who knows which it usually is may say so."""


def _is(error: OSError, *names: str) -> bool:
    numbers = {getattr(errno, name) for name in names if hasattr(errno, name)}
    return error.errno in numbers or getattr(error, "winerror", None) in numbers | {n + _WSA for n in numbers}


def network_error(error: OSError, *, where: str, port: int, listening: bool) -> LandlineError:
    """What a failed bind or connect means to the person who asked for it."""
    if isinstance(error, LandlineError):  # the guard's refusal speaks for itself
        return error
    if _is(error, "EADDRINUSE"):
        return PortInUse(
            f"port {port} is in use by another program",
            where=where,
            hint="close it (another ground station?) or choose another port",
        )
    if _is(error, "EACCES", "EPERM"):
        hint = (
            "ports below 1024 need administrator rights, choose a higher one"
            if port < 1024
            else "a firewall forbids it"
        )
        return LinkError(f"not permitted to use port {port}", where=where, hint=hint)
    if _is(error, "EADDRNOTAVAIL"):
        return LinkError(
            "this machine does not have that address",
            where=where,
            hint="use one of its own addresses, 127.0.0.1 for this machine alone, 0.0.0.0 for all networks",
        )
    if _is(error, "ECONNREFUSED"):
        return LinkError(
            "nobody listens there", where=where, hint="start the other program first, or check the port"
        )
    if _is(error, "ENETUNREACH", "EHOSTUNREACH", "ETIMEDOUT"):
        return LinkError(
            "no way to that address", where=where, hint="is the network connected, and the address right?"
        )
    what = "cannot listen" if listening else "cannot connect"
    return LinkError(f"{what}: {error.strerror or error}", where=where)
