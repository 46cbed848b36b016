"""Schema and parser of the settings: one JSON text, validated completely before any of it is used.

The first error is reported with its path (`radios[0].baud: 12 is not in 1200..4000000`). `settings.py` handles the
file.
"""

import json

from firmware.core.compat import Any

MISSING: Any = ("missing",)

# A setting is (type, default, limits); limits are a range of numbers or the choices of a string.
_PORT: dict[str, Any] = {
    "port": (str, MISSING, None),
    "baud": (int, 57600, (1200, 4_000_000)),
    "rate_bytes_per_s": (int, -1, (-1, 1_000_000)),  # -1: from the baud rate; 0: unlimited
    "name": (str, "", None),
}
_RULE: dict[str, Any] = {
    "direction": (str, MISSING, ("up", "down", "both")),
    "allow": (bool, MISSING, None),
    "system": (int, 0, (0, 255)),
    "component": (int, 0, (0, 255)),
    "target": (int, -1, (-1, 255)),
    "first_message": (int, 0, (0, 0xFFFFFF)),
    "last_message": (int, 0xFFFFFF, (0, 0xFFFFFF)),
}
SETTINGS: dict[str, Any] = {
    "version": (int, MISSING, (1, 1)),
    "system": (int, 254, (1, 255)),
    "component": (int, 191, (1, 255)),
    "laptop": _PORT,
    "radios": [_PORT, 1, 2],
    "uplink": (str, "best", ("best", "all")),
    "downlink": (str, "merge", ("merge", "best")),
    "unknown_messages": (str, "pass", ("pass", "drop")),
    "raw_bytes": (str, "drop", ("pass", "drop")),
    "queue_bytes": (int, 2048, (600, 65_536)),
    "dead_man": {
        "enabled": (bool, True, None),
        "silent_ms": (int, 5000, (1500, 600_000)),
        "hold_ms": (int, 30_000, (0, 3_600_000)),
        "action": (str, "none", ("none", "return", "land")),
    },
    "emergency_stop": {
        "pin": (int, -1, (-1, 64)),
        "active_low": (bool, True, None),
        "hold_ms": (int, 1000, (0, 10_000)),
        "action": (str, "land", ("terminate", "disarm", "land", "return")),
        "button_pin": (int, -1, (-1, 64)),  # the return-or-land button
        "button_hold_ms": (int, 2000, (1000, 10_000)),
        "button_action": (str, "return", ("return", "land")),
    },
    "firewall": {
        "default": (str, "allow", ("allow", "refuse")),
        "locked": (bool, False, None),
        "sign": (bool, False, None),
        "rules": [_RULE, 0, 32],
    },
    "keys": {
        "laptop": (str, "", None),  # 64 hexadecimal digits; stays on the box
        "laptop_next": (str, "", None),  # during a key change: accepted too, and alone once it was used
        "aircraft": (str, "", None),
        "operator": (str, "", None),  # public key that verifies updates
    },
    "recorder": {
        "path": (str, "", None),
        "blocks": (int, 16_384, (2, 1_000_000)),
        "buffers": (int, 3, (2, 16)),
    },
    "card": {  # SPI pins; -1: the board's defaults
        "sck": (int, -1, (-1, 64)),
        "mosi": (int, -1, (-1, 64)),
        "miso": (int, -1, (-1, 64)),
        "cs": (int, -1, (-1, 64)),
    },
    "lights": {
        "link": (int, -1, (-1, 64)),
        "laptop": (int, -1, (-1, 64)),
        "record": (int, -1, (-1, 64)),
        "fault": (int, -1, (-1, 64)),
    },
}
# Baud rates that MicroPython's unix port supports.
SPEEDS = (9600, 57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000)
# Ports without a baud rate.
_FAST = ("usb", "console", "udpin", "udpout")


class ConfigError(ValueError):
    """Invalid settings; the message is one line with the path and the reason."""


def parse(text: str) -> dict[str, Any]:
    """Return the whole configuration with defaults. Raises ConfigError."""
    try:
        given = json.loads(text)
    except (ValueError, RuntimeError) as error:
        raise ConfigError("not JSON: " + str(error)) from None
    config = _section("", SETTINGS, given)
    if config["laptop"]["port"] == "default":
        config["laptop"]["port"] = "console"
    _check_ports(config)
    check_pins(pins_of(config))
    _check_keys(config)
    return config


def _section(where: str, settings: dict[str, Any], given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ConfigError((where or "the file") + ": must be an object")
    for name in given:
        if name not in settings:
            raise ConfigError(_join(where, name) + ": there is no such setting")
    return {
        name: _value(_join(where, name), kind, given.get(name, MISSING)) for name, kind in settings.items()
    }


def _value(where: str, kind: Any, given: Any) -> Any:
    if isinstance(kind, dict):
        if given is MISSING and any(isinstance(k, tuple) and k[1] is MISSING for k in kind.values()):
            raise ConfigError(where + ": is missing")
        return _section(where, kind, {} if given is MISSING else given)
    if isinstance(kind, list):
        return _list(where, kind, [] if given is MISSING else given)
    type_, default, limits = kind
    if given is MISSING:
        if default is MISSING:
            raise ConfigError(where + ": is missing")
        return default
    if not isinstance(given, type_) or (type_ is int and isinstance(given, bool)):
        raise ConfigError(
            where + ": must be " + {int: "a whole number", str: "a text", bool: "true or false"}[type_]
        )
    if type_ is int and limits and not limits[0] <= given <= limits[1]:
        raise ConfigError(f"{where}: {given} is not in {limits[0]}..{limits[1]}")
    if type_ is str and limits and given not in limits:
        raise ConfigError(where + ": must be one of " + ", ".join(limits))
    return given


def _list(where: str, kind: Any, given: Any) -> list[Any]:
    entry, least, most = kind
    if not isinstance(given, list) or not least <= len(given) <= most:
        raise ConfigError(f"{where}: must be a list of {least} to {most}")
    return [_section(f"{where}[{i}]", entry, value) for i, value in enumerate(given)]


def _join(where: str, name: Any) -> str:
    return where + "." + str(name) if where else str(name)


def _check_ports(config: dict[str, Any]) -> None:
    taken: dict[str, str] = {}
    named = [("laptop", config["laptop"])]
    named += [(f"radios[{i}]", radio) for i, radio in enumerate(config["radios"])]
    for where, port in named:
        wrong = _port_fault(port["port"], port["baud"])
        if wrong:
            raise ConfigError(where + wrong)
        name = ":".join(port["port"].split(":")[:2]) if port["port"][:5] == "uart:" else port["port"]
        if name in taken:
            raise ConfigError(f"{where}.port: {name} is {taken[name]}'s already")
        if name not in ("default", "memory"):
            taken[name] = where


def _port_fault(port: str, baud: int) -> str:
    """Return the error of a port on any board, or "". Each board checks its own limits itself."""
    kind, _, rest = port.partition(":")
    if kind == "uart":
        parts = rest.split(":")
        right = len(parts) in (1, 3) and all(_is_number(part) for part in parts)
    elif kind in ("udpin", "udpout"):
        host, _, number = rest.rpartition(":")
        right = host != "" and _is_number(number) and 0 < int(number) < 65536
    elif kind in ("serial", "pty"):
        path, _, end = rest.rpartition(":")
        if path and _is_number(end):
            return f".port: {port}: the speed goes into baud, not behind the path"
        if baud not in SPEEDS:
            return f".baud: a terminal's is one of {', '.join(str(speed) for speed in SPEEDS)}, not {baud}"
        right = rest != ""
    else:  # `memory` is used by in-process simulation
        right = port in ("default", "console", "usb", "memory")
    return (
        ""
        if right
        else (
            f".port: {port} is no port: uart:N, uart:N:TX:RX, usb, console, pty:PATH, serial:PATH, udpin:HOST:PORT, "
            "udpout:HOST:PORT or default"
        )
    )


def _is_number(text: str) -> bool:
    return 0 < len(text) < 8 and all(c in "0123456789" for c in text)


def pins_of(config: dict[str, Any]) -> list[tuple[str, int]]:
    """Return every assigned pin, as (setting, pin)."""
    found = [("card." + name, pin) for name, pin in config["card"].items()]
    found += [("lights." + name, pin) for name, pin in config["lights"].items()]
    for name, value in config["emergency_stop"].items():
        if name == "pin" or name[-4:] == "_pin":
            found.append(("emergency_stop." + name, value))
    for where, port in [("laptop", config["laptop"])] + [("radios", radio) for radio in config["radios"]]:
        parts = port["port"].split(":")
        if parts[0] == "uart":
            found += [(where + " " + port["port"], int(pin)) for pin in parts[2:]]
    return [(where, pin) for where, pin in found if pin >= 0]


def check_pins(pins: list[tuple[str, int]]) -> None:
    """Check that no pin is assigned twice. Raises ConfigError."""
    taken: dict[int, str] = {}
    for where, pin in pins:
        if pin in taken:
            raise ConfigError(f"{where}: pin {pin} is {taken[pin]}'s already")
        taken[pin] = where


def check_key(name: str, key: str) -> None:
    """Check the format of a key. Raises ConfigError."""
    if len(key) != 64 or any(c not in "0123456789abcdefABCDEF" for c in key):
        raise ConfigError("keys." + name + ": must be 64 hexadecimal digits")


def _check_keys(config: dict[str, Any]) -> None:
    for name, key in config["keys"].items():
        if key:
            check_key(name, key)
    firewall = config["firewall"]
    if firewall["locked"] and not config["keys"]["laptop"]:
        raise ConfigError("firewall.locked: needs keys.laptop, or nothing could ever go up")
    if firewall["sign"] and not config["keys"]["aircraft"]:
        raise ConfigError("firewall.sign: needs keys.aircraft")
    if config["raw_bytes"] == "pass" and (
        firewall["locked"] or firewall["rules"] or firewall["default"] != "allow"
    ):
        raise ConfigError(
            "raw_bytes: pass would carry pieces of frames past the firewall; drop them, or have no rules"
        )


def rate_bytes_per_s(port: dict[str, Any]) -> int:
    """Return the rate limit of a port: a tenth of the baud rate unless set; 0 (none) for USB and UDP."""
    rate = port["rate_bytes_per_s"]
    if rate < 0:
        rate = 0 if port["port"].partition(":")[0] in _FAST else port["baud"] // 10
    return int(rate)
