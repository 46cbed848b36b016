"""Texts of the search for an aircraft: where Landline listens, and what was received while none was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from controller.autopilots.identify import identify, is_aircraft
from controller.router.endpoint import LinkEndpoint
from controller.wire import enums
from controller.wire.address import Address
from controller.wire.message import Message

_LISTENING = {"udpin": "UDP", "tcpin": "TCP"}


def listens(links: Sequence[LinkEndpoint]) -> bool:
    """Whether any of the links waits for the aircraft to send first."""
    return any(link.link.info.kind in _LISTENING for link in links)


def links_text(links: Sequence[LinkEndpoint]) -> str:
    """Describe the links: `udp:14550 (listening on UDP 0.0.0.0:14550)`."""
    found = []
    for link in links:
        info = link.link.info
        protocol = _LISTENING.get(info.kind)
        if info.kind == "memory":
            found.append("the simulator")
        else:
            found.append(f"{link.name} (listening on {protocol} {info.local})" if protocol else link.name)
    return ", ".join(found) or "no link"


def received_text(links: Sequence[LinkEndpoint], heartbeats: Mapping[Address, Message]) -> str:
    """Describe what was received: nothing, no MAVLink, or the systems that sent heartbeats."""
    if heartbeats:
        return "heartbeats came from " + ", ".join(
            sender_text(address, heartbeats[address]) for address in sorted(heartbeats)
        )
    if any(link.stats.frames_in for link in links):
        systems = sorted({system for link in links for system, _ in link.stats.sources})
        return f"messages came from system {', '.join(map(str, systems))}, and no heartbeat"
    bytes_in = sum(link.stats.bytes_in for link in links)
    return (
        f"{bytes_in} bytes were received, and no MAVLink message in them"
        if bytes_in
        else "nothing was received"
    )


def sender_text(address: Address, heartbeat: Message) -> str:
    """Describe the sender of a heartbeat: `system 1 (ArduPilot copter)`, `system 255 component 190 (GCS)`."""
    if is_aircraft(heartbeat, address):
        autopilot = identify(heartbeat)
        return f"system {address.system} ({autopilot.name} {autopilot.kind.value})"
    kind = enums.describe("MAV_TYPE", heartbeat.type)
    return f"system {address.system} component {address.component} ({kind})"


def not_found_hint(
    links: Sequence[LinkEndpoint], heartbeats: Mapping[Address, Message], system: int | None
) -> str:
    """Return the next step when no aircraft was found."""
    aircraft = sorted({one.system for one, beat in heartbeats.items() if is_aircraft(beat, one)})
    if aircraft and system is not None:
        return (
            f"give --system {aircraft[0]}" if len(aircraft) == 1 else f"give --system with one of {aircraft}"
        )
    if heartbeats or any(link.stats.frames_in for link in links):
        return "the link works: check that the aircraft is switched on and sends on this link"
    if any(link.stats.bytes_in for link in links):
        return "check the baud rate, and that the port sends MAVLink"
    if listens(links):
        return "check that the aircraft sends to this computer and port, and the firewall"
    return "check power, port, baud rate and cable"
