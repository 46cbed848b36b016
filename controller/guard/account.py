"""What a run did: how it was held, what went through each endpoint, and what was refused."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Level = Literal["kernel", "process only"]


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One mechanism of the seal: whether it holds this run, and what it does or why it does not.

    `checked` is what the run itself saw of it in the kernel's files after the start, "" where it did not look.
    """

    name: str
    active: bool
    detail: str
    checked: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.detail}" if self.active else f"no {self.name}: {self.detail}"


_NAMES = {"namespaces": "network namespace", "landlock": "Landlock"}


def holders(mechanisms: Iterable[Mechanism]) -> list[str]:
    """Return the names of the mechanisms that hold a run in one text, then each that does not with its reason."""
    listed = list(mechanisms)
    active = ", ".join(_NAMES.get(one.name, one.name) for one in listed if one.active)
    return [text for text in (active, *(str(one) for one in listed if not one.active)) if text]


@dataclass(frozen=True, slots=True)
class Account:
    """Evidence of one run. In a sealed run `endpoints` and `refused` come from the broker and the witness, outside
    the seal; otherwise the process counted them itself.

    `complete` is false where one of those that count had ended before it was asked.
    """

    level: Level
    reason: str
    mechanisms: tuple[Mechanism, ...] = ()
    endpoints: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    complete: bool = True

    def fields(self) -> dict[str, Any]:
        """Return it for a JSON file: endpoints and refusals in the form that docs/egress.md describes."""
        return {
            "level": self.level,
            "reason": self.reason,
            "mechanisms": [asdict(one) for one in self.mechanisms],
            "endpoints": [endpoint_fields(one) for one in self.endpoints],
            "refused": [refusal_fields(one) for one in self.refused],
            "complete": self.complete,
        }

    def json(self) -> str:
        """Return it as JSON text."""
        return json.dumps(self.fields(), indent=2, ensure_ascii=False)


def counted_by_process(
    url: str,
    *,
    received_bytes: int,
    sent_bytes: int,
    received_frames: int,
    sent_frames: int,
    peers: Iterable[str] = (),
    dropped: int = 0,
) -> dict[str, Any]:
    """Return an entry of `Account.endpoints` from the statistics of a link in the process, which are its own word.

    `url` is a link's URL; its packets are frames of MAVLink.
    """
    return {
        "endpoint": url.partition("?")[0],
        "counted_by": "process",
        "packets_are": "frames",
        "peers": [_host_and_port(peer) for peer in peers],
        "received_packets": received_frames,
        "received_bytes": received_bytes,
        "sent_packets": sent_frames,
        "sent_bytes": sent_bytes,
        "dropped": dropped,
    }


def refused_by_hook(refused: Mapping[str, int], origins: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the refusals of the audit hook as entries of `Account.refused`.

    `refused` counts each line; `origins` has the file:line that made it, where that is known.
    """
    return [
        {"source": "audit hook", "what": line, "count": count, "origin": origins.get(line, "")}
        for line, count in refused.items()
    ]


def endpoint_fields(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an endpoint of the broker's account, or of this process, in the one form of the file."""
    named = entry["endpoint"]
    if isinstance(named, str):
        kind, _, rest = named.partition(":")
        host, port = _host_and_port(rest) if kind in _NETWORK else ("", 0)
        path = "" if kind in _NETWORK else rest
    else:
        kind, host, port, path = (named[key] for key in ("kind", "host", "port", "path"))
        place = path or (f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        named = f"{kind}:{place}"
    return {
        "endpoint": named,
        "kind": kind,
        "host": host,
        "port": int(port),
        "path": path,
        "counted_by": entry.get("counted_by", "broker"),
        "packets_are": entry.get("packets_are") or ("datagrams" if kind.startswith("udp") else "reads"),
        "peers": [[str(host), int(port)] for host, port in entry.get("peers", ())],
        **{name: int(entry.get(name, 0)) for name in COUNTS},
    }


def refusal_fields(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a refusal of the witness, or of the audit hook, in the one form of the file."""
    return {
        "source": entry.get("source", "witness"),
        "call": entry.get("call", ""),
        "what": entry["what"],
        "count": int(entry.get("count", 1)),
        "pid": entry.get("pid"),
        "by": list(entry.get("by", ())),
        "origin": entry.get("origin", ""),
        "refused": bool(entry.get("refused", True)),
    }


_NETWORK = frozenset(("tcp", "tcpin", "udpin", "udpout"))
COUNTS = (
    "opened",
    "received_packets",
    "received_bytes",
    "sent_packets",
    "sent_bytes",
    "dropped",
    "malformed",
)


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port) if port.isdecimal() else 0
