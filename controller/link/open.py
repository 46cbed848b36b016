"""Opens links from URLs, after a check by the endpoint policy."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from zlib import crc32

from controller.clock import Clock
from controller.guard.data_folder import data_folder
from controller.guard.policy import EndpointPolicy
from controller.link.base import Link
from controller.link.url import LinkUrl, parse


def policy_for(urls: Iterable[str | LinkUrl]) -> EndpointPolicy:
    """Return a policy that allows exactly these links. Raises UserError for an invalid URL."""
    return EndpointPolicy().allowing(_parsed(url).target for url in urls)


def _parsed(url: str | LinkUrl) -> LinkUrl:
    return url if isinstance(url, LinkUrl) else parse(url)


def open_link(url: str | LinkUrl, *, policy: EndpointPolicy, clock: Clock, keys: Path | None = None) -> Link:
    """Return the link of a URL, still closed: `async with` opens it.

    Serial ports and outgoing TCP connections reconnect automatically. `keys` is the folder of signing keys (default:
    in Landline's data folder). Raises UserError for an invalid URL or key, and EndpointRefused for an endpoint that
    `policy` does not allow.
    """
    parsed = _parsed(url)
    policy.check(parsed.target)
    link = _transport(parsed, policy, clock)
    if not parsed.impairment.harmless:
        from controller.link.impair import ImpairedLink

        link = ImpairedLink(link, parsed.impairment)
    if parsed.sign:
        from controller.link.sign import KeyFile, SignedLink

        key = KeyFile(keys or data_folder() / "keys", parsed.sign)
        link_id = crc32(str(parsed).encode()) & 0xFF
        link = SignedLink(link, key, link_id=link_id, clock=clock, up_only=parsed.sign_up)
    return link


def _transport(url: LinkUrl, policy: EndpointPolicy, clock: Clock) -> Link:
    from controller.link.supervise import SupervisedLink

    match url.kind:
        case "udpin" | "udpout":
            from controller.link.udp import UdpIn, UdpOut

            return (
                UdpIn(url, policy=policy, clock=clock) if url.kind == "udpin" else UdpOut(url, policy=policy)
            )
        case "tcp":
            from controller.link.tcp import TcpOut

            return SupervisedLink(lambda: TcpOut(url, policy=policy))
        case "tcpin":
            from controller.link.tcp import TcpIn

            return TcpIn(url, policy=policy)
        case "serial":
            from controller.link.serial import SerialLink

            return SupervisedLink(lambda: SerialLink(url, policy=policy))
        case "pty":
            from controller.link.pty import PtyLink

            return PtyLink(url, policy=policy)
        case "tlog":
            from controller.link.replay import ReplayLink

            return ReplayLink(url, clock=clock)
