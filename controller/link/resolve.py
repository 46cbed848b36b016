"""Host names to addresses, for named hosts only; one place, so that a look-up never happens by the way."""

from __future__ import annotations

import asyncio
import socket

from controller.errors import LinkError
from controller.guard.policy import EndpointPolicy, EndpointRefused, is_loopback, parse_ip


async def resolve(host: str, port: int, *, policy: EndpointPolicy, where: str) -> str:
    """The numeric address of `host`. Raises LinkError when there is none, EndpointRefused when nobody named it."""
    if parse_ip(host) is not None:
        return host
    if is_loopback(host):
        return "127.0.0.1"
    if not policy.allows_name(host):
        raise EndpointRefused(f"the host {host} was not named", where=where, hint="name it with --link")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port)
    except socket.gaierror as error:
        raise LinkError(
            f"no such host: {host} ({error.strerror})",
            where=where,
            hint="check the name, or write the address in numbers",
        ) from None
    address = str(found[0][4][0])
    policy.remember(host, address)
    return address
