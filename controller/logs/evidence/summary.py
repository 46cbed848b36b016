"""What an account says, in few numbers: what went to other machines, what was allowed, what was refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.guard.policy import is_loopback

# The broker notes so many peers of an endpoint; with as many there may have been others.
_MOST_PEERS = 16
_NETWORK = frozenset(("tcp", "tcpin", "udpin", "udpout"))


def is_outside(endpoint: Mapping[str, Any]) -> bool:
    """Return whether an endpoint's traffic may have left this machine: an address of it is not loopback."""
    if endpoint["kind"] not in _NETWORK or (endpoint["host"] and is_loopback(endpoint["host"])):
        return False
    if endpoint["kind"] in ("tcp", "udpout"):
        return True
    peers = endpoint["peers"]
    return len(peers) >= _MOST_PEERS or any(not is_loopback(str(peer[0])) for peer in peers)


def summarized(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the summary of an account.

    `outside_bytes` were sent to addresses outside this machine: payload of the endpoints, or in a recorded network
    whole packets of the run. `counted_by` says who counted. Devices (serial ports) have no address, and a number of
    their own.
    """
    endpoints = [one | {"outside": is_outside(one)} for one in fields["endpoints"]]
    recording = fields.get("recording")
    outside = sum(one["sent_bytes"] for one in endpoints if one["outside"])
    by = "broker" if fields["level"] == "kernel" else "process"
    if recording:
        outside, by = recording["run_bytes"], "recorder"
    return {
        "outside_bytes": outside,
        "outside_received_bytes": sum(one["received_bytes"] for one in endpoints if one["outside"]),
        "device_bytes": sum(one["sent_bytes"] for one in endpoints if one["kind"] == "serial"),
        "counted_by": by,
        "level": fields["level"],
        "allowed": endpoints,
        "refused": fields["refused"],
        "mechanisms": fields["mechanisms"],
    }


def headline(fields: Mapping[str, Any]) -> tuple[str, str]:
    """Return what the account shows in one sentence, and who says so."""
    found = summarized(fields)
    count = found["outside_bytes"]
    unit = "byte" if count == 1 else "bytes"
    what = f"{count:,d} {unit} went to addresses outside this machine"
    if device := found["device_bytes"]:
        what += f", {device:,d} to serial ports"
    if recording := fields.get("recording"):
        packets = recording["run_packets"]
        return (
            f"{packets:,d} {'packet' if packets == 1 else 'packets'} of the run reached the recorder",
            "no other route left its network, and the controls before and after were seen",
        )
    if fields["level"] != "kernel":
        less = "" if fields["complete"] else "; not every endpoint is counted"
        return what, f"by the process's own count: {fields['reason'] or 'it was not sealed'}{less}"
    if not fields["complete"]:
        return what, "the count is not complete: a counting process ended early"
    return what, "the kernel held the run; the broker outside the seal counted"


def origin_text(refusal: Mapping[str, Any]) -> str:
    """Return where a refused attempt came from."""
    if refusal["by"]:
        return " ← ".join(refusal["by"]) + (f" (process {refusal['pid']})" if refusal["pid"] else "")
    return str(refusal["origin"] or "unknown")
