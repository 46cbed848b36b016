"""Address of the web page: this machine alone, or one numeric address of it that the operator names."""

from __future__ import annotations

from dataclasses import dataclass

from controller.errors import UserError
from controller.guard.opener import ClientQueue, Endpoint, Opener
from controller.guard.policy import LOCAL_NAMES, EndpointRefused, NetTarget, is_loopback, parse_ip

HOST, PORT = "127.0.0.1", 8484
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class WebAddress:
    """Where the page is served. `chosen` is false for the default, whose port may be replaced by a free one."""

    host: str = HOST
    port: int = PORT
    chosen: bool = False

    @property
    def outside(self) -> bool:
        """Whether other machines can reach it: then it has TLS, and codes for pilots and observers."""
        return not is_loopback(self.host)

    @property
    def target(self) -> NetTarget:
        """Endpoint for the endpoint policy."""
        return NetTarget(self.host, self.port, "tcp", listen=True)

    def __str__(self) -> str:
        return f"{_bracketed(self.host)}:{self.port}"

    @property
    def scheme(self) -> str:
        """The scheme of its URL: "http" on this machine, else "https"."""
        return "https" if self.outside else "http"

    def url(self, port: int) -> str:
        """Return the URL of the page, with the port that it got."""
        return f"{self.scheme}://{_authority(self.scheme, _bracketed(self.host), port)}/"

    def origins(self, port: int) -> frozenset[str]:
        """Return the origins that are served, as a browser writes them."""
        names = {_bracketed(self.host)} | (set() if self.outside else {"localhost"})
        return frozenset(f"{self.scheme}://{_authority(self.scheme, name, port)}" for name in names)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _authority(scheme: str, host: str, port: int) -> str:
    return host if port == _DEFAULT_PORTS[scheme] else f"{host}:{port}"


def parse_address(text: str) -> WebAddress:
    """Parse HOST:PORT, an IPv6 address in brackets. Raises UserError."""
    host, _, port = text.strip().rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if is_bracketed else host
    if not host or (":" in host) != is_bracketed or not _is_port(port):
        raise UserError(
            "invalid address of the web page", where=text, hint="give HOST:PORT, [IPv6]:PORT, or none"
        )
    if host.lower() in LOCAL_NAMES:
        host = HOST
    address = parse_ip(host)
    if address is None or "%" in host:
        raise UserError(
            "cannot serve the web page at a name",
            where=text,
            hint="give a numeric address of this machine, such as 192.168.1.5:8484",
        )
    if address.is_unspecified:
        raise UserError(
            "cannot serve the web page at every address of this machine",
            where=text,
            hint="give the one address that the other device reaches it at, such as 192.168.1.5:8484",
        )
    return WebAddress(str(address), int(port), chosen=True)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535


def endpoints(address: WebAddress) -> tuple[Endpoint, ...]:
    """Return what `listen` may open there: for the default port also a free one."""
    ports = (address.port,) if address.chosen else (address.port, 0)
    return tuple(Endpoint("tcpin", address.host, port) for port in ports)


async def listen(address: WebAddress, opener: Opener) -> ClientQueue:
    """Listen there; for the default port, where it is in use, at a free one. Raises UserError, EndpointRefused."""
    try:
        return await opener.queue_tcp(address.host, address.port)
    except EndpointRefused:
        raise
    except OSError as error:
        if not address.chosen:
            return await opener.queue_tcp(address.host, 0)
        raise UserError(
            f"cannot serve the web page: {error.strerror or error}",
            where=str(address),
            hint="give another address of this machine with --web HOST:PORT",
        ) from None
