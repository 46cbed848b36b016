"""Link URLs: parser, with a suggestion for typing errors.

    serial:/dev/ttyUSB0:57600   udpin:HOST:PORT   udpout:HOST:PORT   tcp:HOST:PORT   tcpin:HOST:PORT
    tlog:FILE   pty:NAME

Also accepted are the forms of other programs: `udp:` (listen), `scheme://`, `/dev/ttyACM0,115200`, `COM3`, a .tlog
file.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, NoReturn

from controller.errors import UserError
from controller.guard.policy import LocalTarget, NetTarget, Target, parse_ip
from controller.near_names import near_names

Kind = Literal["serial", "udpin", "udpout", "tcp", "tcpin", "tlog", "pty"]
_KINDS: dict[str, Kind] = {
    "serial": "serial",
    "udp": "udpin",  # pymavlink's udp: listens
    "udpin": "udpin",
    "udpout": "udpout",
    "tcp": "tcp",
    "tcpout": "tcp",
    "tcpin": "tcpin",
    "tlog": "tlog",
    "pty": "pty",
}
SPELLINGS = {
    "serial": "serial:/dev/ttyUSB0:57600",
    "udpin": "udpin:127.0.0.1:14550",
    "udpout": "udpout:127.0.0.1:14550",
    "tcp": "tcp:127.0.0.1:5760",
    "tcpin": "tcpin:127.0.0.1:5760",
    "tlog": "tlog:flight.tlog",
    "pty": "pty:/tmp/landline",
}
# Links without an endpoint: a recording, and the memory of this process.
WITHOUT_ENDPOINT = frozenset({"memory", "tlog"})
DEFAULT_BAUD = 57600  # factory setting of telemetry radios; a USB port ignores it
DEFAULT_HOST = "127.0.0.1"
_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")


@dataclass(frozen=True, slots=True)
class Impairment:
    """Impairment of a link, applied to each direction. Probabilities are 0 to 1 per frame; rate 0 is unlimited."""

    loss: float = 0.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    rate_bps: float = 0.0
    dup: float = 0.0
    reorder: float = 0.0
    seed: int = 0

    @property
    def harmless(self) -> bool:
        """Whether it changes nothing."""
        return replace(self, seed=0) == Impairment()


@dataclass(frozen=True, slots=True)
class LinkUrl:
    """Parsed link URL. `host` and `port` of a network link, `path` of a serial device, pseudo-terminal or file.

    `sign` is the name of a signing key; with `sign_up` only sent frames are signed, and received ones are not verified.
    """

    kind: Kind
    host: str = ""
    port: int = 0
    path: str = ""
    baud: int = 0
    impairment: Impairment = Impairment()
    sign: str = ""
    sign_up: bool = False

    @property
    def listens(self) -> bool:
        """Whether the link waits for incoming connections or datagrams."""
        return self.kind in ("udpin", "tcpin")

    @property
    def target(self) -> Target:
        """Endpoint for the check by the endpoint policy."""
        if self.kind in ("udpin", "udpout", "tcp", "tcpin"):
            return NetTarget(self.host, self.port, "udp" if self.kind[0] == "u" else "tcp", self.listens)
        kinds: dict[str, Literal["serial", "pty", "file"]] = {
            "serial": "serial",
            "pty": "pty",
            "tlog": "file",
        }
        return LocalTarget(kinds[self.kind], self.path)

    def __str__(self) -> str:
        if self.host:
            place = f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        else:
            place = f"{self.path}:{self.baud}" if self.kind == "serial" else self.path
        options = [
            f"{option.name}={getattr(self.impairment, option.name):g}"
            for option in fields(Impairment)
            if getattr(self.impairment, option.name) != option.default
        ]
        if self.sign:
            options.append(f"{'sign_up' if self.sign_up else 'sign'}={self.sign}")
        return f"{self.kind}:{place}{'?' if options else ''}{'&'.join(options)}"


def parse(text: str) -> LinkUrl:
    """Parse a link URL. Raises UserError with the problem and the nearest valid spelling."""
    text = text.strip()
    body, question, options = text.partition("?")
    scheme, colon, rest = body.partition(":")
    kind = _KINDS.get(scheme.lower())
    if kind is None or not colon:
        url = _bare(text, body) or _unknown(text, scheme if colon else body)
    else:
        rest = rest.removeprefix("//")
        if kind == "serial":
            url = _serial(text, rest)
        elif kind in ("tlog", "pty"):
            url = _path(text, kind, rest)
        else:
            url = _net(text, kind, rest)
    return _with_options(text, url, options) if question else url


def _wrong(text: str, what: str, hint: str) -> NoReturn:
    raise UserError(f"invalid link URL: {what}", where=f"'{text}'", hint=hint)


def _unknown(text: str, scheme: str) -> NoReturn:
    near = near_names(scheme, SPELLINGS, least=0.5)
    if near:
        _wrong(text, f"no link kind '{scheme}'", f"did you mean '{near[0]}', as in {SPELLINGS[near[0]]}?")
    _wrong(
        text, f"no link kind '{scheme}'", f"write for example {SPELLINGS['udpin']} or {SPELLINGS['serial']}"
    )


def _bare(text: str, body: str) -> LinkUrl | None:
    """Parse the forms without a scheme: a device with or without baud rate, a log file."""
    if body.lower().endswith(".tlog"):
        return _path(text, "tlog", body)
    if body.startswith("/dev/") or re.fullmatch(r"(\\\\\.\\)?COM\d+([:,].*)?", body, re.IGNORECASE):
        return _serial(text, body)
    return None


def _path(text: str, kind: Literal["tlog", "pty"], path: str) -> LinkUrl:
    if not path and kind == "tlog":
        _wrong(text, "no file name", f"write {SPELLINGS[kind]}")
    return LinkUrl(kind, path=path)


def _serial(text: str, rest: str) -> LinkUrl:
    device, separator, baud = rest.rpartition("," if "," in rest else ":")
    if not separator:
        device, baud = rest, str(DEFAULT_BAUD)
    if not device:
        _wrong(text, "no serial device", f"write {SPELLINGS['serial']}")
    if not baud.isdecimal() or not 0 < int(baud) <= 20_000_000:
        _wrong(text, f"'{baud}' is not a baud rate", f"write serial:{device}:{DEFAULT_BAUD}")
    return LinkUrl(
        "serial", path=device.upper() if device.lower().startswith("com") else device, baud=int(baud)
    )


def _net(text: str, kind: Kind, rest: str) -> LinkUrl:
    spelling = SPELLINGS[kind]
    rest = rest.removesuffix("/")
    if rest.startswith("["):
        host, bracket, port = rest[1:].partition("]")
        if not bracket or ":" not in host or parse_ip(host) is None:
            _wrong(text, f"'{rest}' is not an IPv6 address", f"write {kind}:[::1]:14550")
        if not port.startswith(":"):
            _wrong(text, "no port", f"write {kind}:[{host}]:14550")
        port = port[1:]
    elif rest.isdecimal():
        host, port = "", rest
    else:
        host, colon, port = rest.rpartition(":")
        if not colon:
            _wrong(text, "no port", f"write {kind}:{rest or DEFAULT_HOST}:{spelling.rpartition(':')[2]}")
        if ":" in host:
            _wrong(
                text,
                "more than one port, or IPv6 without brackets",
                f"write {kind}:[{host}]:{port} or {spelling}",
            )
    lowest = 0 if kind in ("udpin", "tcpin") else 1  # 0: the system chooses a port
    if not port.isdecimal() or not lowest <= int(port) <= 65535:
        _wrong(text, f"'{port}' is not a port (1 to 65535)", f"write {spelling}")
    host = host or DEFAULT_HOST
    if parse_ip(host) is None and (not _HOST_NAME.fullmatch(host) or re.fullmatch(r"[\d.]+", host)):
        _wrong(text, f"'{host}' is neither an address nor a host name", f"write {spelling}")
    return LinkUrl(kind, host=host, port=int(port))


_RANGES: dict[str, tuple[float, float, str]] = {
    "loss": (0, 1, "0 to 1"),
    "dup": (0, 1, "0 to 1"),
    "reorder": (0, 1, "0 to 1"),
    "delay_ms": (0, 600_000, "0 to 600000"),
    "jitter_ms": (0, 600_000, "0 to 600000"),
    "rate_bps": (1, 1e12, "1 or more"),
    "seed": (0, 2**63, "a whole number"),
    "baud": (1, 20_000_000, "1 to 20000000"),
}


def _with_options(text: str, url: LinkUrl, options: str) -> LinkUrl:
    numbers: dict[str, Any] = {}
    for option in filter(None, options.split("&")):
        name, _, value = option.partition("=")
        if name in ("sign", "sign_up"):
            if not re.fullmatch(r"[A-Za-z0-9_.-]+", value):
                _wrong(
                    text,
                    f"option {name} without the name of a key",
                    f"write {name}=KEYNAME (letters, digits, - and _)",
                )
            url = replace(url, sign=value, sign_up=name == "sign_up")
            continue
        if name not in _RANGES:
            near = near_names(name, [*_RANGES, "sign", "sign_up"], least=0.5)
            hint = (
                f"did you mean '{near[0]}'?"
                if near
                else f"use one of {', '.join([*_RANGES, 'sign', 'sign_up'])}"
            )
            _wrong(text, f"no option '{name}'", hint)
        if name == "baud" and url.kind != "serial":
            _wrong(text, f"option baud on a {url.kind} link", "only serial links have a baud rate")
        numbers[name] = _number(text, name, value)
    baud = numbers.pop("baud", url.baud)
    return replace(url, baud=baud, impairment=Impairment(**numbers))


def _number(text: str, name: str, value: str) -> float:
    low, high, allowed = _RANGES[name]
    try:
        number = int(value) if name in ("seed", "baud") else float(value)
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        _wrong(text, f"{name}={value}", f"{name} is {allowed}")
    return number
