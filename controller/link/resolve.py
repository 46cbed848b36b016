"""Host name resolution, for allowed hosts only. No other module looks up names."""

from __future__ import annotations

import asyncio
import socket

from controller.errors import LinkError
from controller.guard.policy import EndpointPolicy, EndpointRefused, is_loopback, parse_ip


async def resolve(host: str, port: int, *, policy: EndpointPolicy, where: str) -> str:
    """Return the numeric address of `host`. Raises LinkError without one, EndpointRefused for a host not allowed."""
    if parse_ip(host) is not None:
        return host
    if is_loopback(host):
        return "127.0.0.1"
    if not policy.allows_name(host):
        raise EndpointRefused(
            f"cannot look up {host}: the host is not allowed", where=where, hint="name it with --link"
        )
    if not policy.opener.looks_up:  # a sealed run looked its hosts up before it began
        known = policy.found.of(host)
        if not known:
            raise LinkError(f"cannot look up {host}: the run is sealed", where=where, hint="start it again")
        return min(known)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port)
    except socket.gaierror as error:
        raise LinkError(
            f"cannot find host {host}: {error.strerror}",
            where=where,
            hint="check the name, or use the numeric address",
        ) from None
    address = str(found[0][4][0])
    policy.found.add(host, address)
    return address
