"""Addresses outside this machine in text: URLs, numeric addresses, names of hosts."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

# Any scheme followed by a host, as in https://host/path; `//host/path` alone takes the scheme of the page.
_URL = re.compile(
    r"(?<![\w.+-])(?P<scheme>[a-z][a-z0-9+.-]*):\\?/\\?/(?:[\w.~%!$&*+;=-]*(?::[^@\s/\"']*)?@)?"
    r"(?P<host>\[[0-9a-f:.]+\]|[\w.-]+)",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r"[\"'`(]//(?P<host>[\w-]+(?:\.[\w-]+)+)", re.IGNORECASE)
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\.?\d)(?![\w])")
_IPV6 = re.compile(
    r"(?<![\w\])])[\"'`\[](?P<host>[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})[\"'`\]/%]", re.IGNORECASE
)
_NAME = re.compile(
    r"[\"'`@](?P<host>(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|de|eu|app|cloud|ai|cn|ru|us|uk|ch))(?=[\"'`:/])",
    re.IGNORECASE,
)
# Schemes that never leave the machine or the link to the aircraft; a host behind them is a path or a device.
_LOCAL_SCHEMES = frozenset({"file", "mftp", "serial", "pty", "memory", "replay", "data", "blob"})
_LOCAL_HOSTS = frozenset({"localhost", "host", "h", "address", "..."})


def outside_hosts(text: str) -> Iterator[tuple[str, str]]:
    """Yield (host, the text around it) for each address of `text` that may be outside this machine."""
    for pattern in (_URL, _RELATIVE, _IPV6, _NAME):
        for found in pattern.finditer(text):
            scheme = (found.groupdict().get("scheme") or "").lower()
            host = found["host"].strip("[]").rstrip(".").lower()
            if scheme not in _LOCAL_SCHEMES and not _is_local(host):
                yield host, text[max(0, found.start() - 30) : found.end() + 50]
    for found in _IPV4.finditer(text):
        if not _is_local(found[0]):
            yield found[0], text[max(0, found.start() - 30) : found.end() + 50]


def _is_local(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # A number with points that is no address (a version, 1.2.3.999), or a placeholder.
        return re.fullmatch(r"[\d.:]*", host) is not None or host in _LOCAL_HOSTS
    return address.is_loopback or address.is_unspecified
