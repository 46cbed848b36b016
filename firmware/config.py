"""The box's settings: one JSON file, checked whole before any of it is used, with the last good one to fall back on.

A wrong file never half applies: the first thing wrong is named (`radios[0].baud: 12 is not in 1200..4000000`), the last good
file is used, and without one the defaults, which bridge and nothing else.
"""

import json

from firmware.core.files import Files
from firmware.core.plain import Any

MISSING: Any = ("missing",)

# A setting is (type, default, limits): limits are a range of numbers, or the choices of a text.
_PORT: dict[str, Any] = {
    "port": (str, MISSING, None),
    "baud": (int, 57600, (1200, 4_000_000)),
    "rate_bytes_per_s": (int, -1, (-1, 1_000_000)),  # -1: what the baud rate gives; 0: no budget
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
        "button_pin": (int, -1, (-1, 64)),  # of the button that is held to confirm
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
        "laptop": (str, "", None),  # 64 hexadecimal digits; a file of the box, never sent
        "laptop_next": (
            str,
            "",
            None,
        ),  # while the laptop's key changes: taken as well, and alone once it was used
        "aircraft": (str, "", None),
        "operator": (str, "", None),  # public, for updates
    },
    "recorder": {
        "path": (str, "", None),
        "blocks": (int, 16_384, (2, 1_000_000)),
        "buffers": (int, 3, (2, 16)),
    },
    "lights": {
        "link": (int, -1, (-1, 64)),
        "laptop": (int, -1, (-1, 64)),
        "record": (int, -1, (-1, 64)),
        "fault": (int, -1, (-1, 64)),
    },
}
DEFAULT_TEXT = '{"version": 1, "laptop": {"port": "default"}, "radios": [{"port": "default"}]}'


class ConfigError(ValueError):
    """One line: where, and what is wrong."""


def parse(text: str) -> dict[str, Any]:
    """The whole configuration, defaults filled in. Raises ConfigError."""
    try:
        given = json.loads(text)
    except (ValueError, RuntimeError) as error:
        raise ConfigError("not JSON: " + str(error)) from None
    config = _section("", SETTINGS, given)
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


def _check_keys(config: dict[str, Any]) -> None:
    for name, key in config["keys"].items():
        if key and (len(key) != 64 or any(c not in "0123456789abcdefABCDEF" for c in key)):
            raise ConfigError("keys." + name + ": must be 64 hexadecimal digits")
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
    """The budget of a port: ten bits a byte, unless stated."""
    rate = port["rate_bytes_per_s"]
    return int(port["baud"] // 10 if rate < 0 else rate)


def with_changes(text: str, changes: dict[str, Any]) -> str:
    """The file `text` with settings put in by path, as `dead_man.hold_ms`. Raises ConfigError when that makes it wrong."""
    given = json.loads(text)
    for path, value in changes.items():
        place = given
        names = path.split(".")
        for name in names[:-1]:
            place = place.setdefault(name, {})
        place[names[-1]] = value
    changed = json.dumps(given)
    parse(changed)
    return changed


class Settings:
    """The configuration in files: `load` on start, `keep` once the box has run well with it, `store` a new one."""

    def __init__(self, files: Files, name: str = "config.json", good: str = "config.good.json") -> None:
        self._files = files
        self._name = name
        self._good = good
        self.problem = ""
        self.text = ""

    def load(self) -> dict[str, Any]:
        """The newest configuration that is right; `problem` says what was wrong with a newer one."""
        for name in (self._name, self._good):
            try:
                text = self._files.read(name)
                config = parse(text)
            except OSError:
                self.problem = self.problem or name + ": cannot be read"
            except ConfigError as error:
                self.problem = self.problem or name + ": " + str(error)
            else:
                self.text = text
                return config
        self.text = DEFAULT_TEXT
        return parse(DEFAULT_TEXT)

    def keep(self) -> None:
        """What is running is good."""
        try:
            if self._files.read(self._good) == self.text:
                return
        except OSError:
            pass
        self._files.replace(self._good, self.text)

    def store(self, text: str) -> None:
        """Take a new configuration for the next start. Raises ConfigError and changes nothing if it is wrong."""
        parse(text)
        self._files.replace(self._name, text)

    def change(self, changes: dict[str, Any]) -> None:
        """Put single settings into what is running, and take that at the next start. Raises ConfigError."""
        text = with_changes(self.text, changes)
        self.store(text)
        self.text = text
