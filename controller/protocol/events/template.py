"""Message templates of MAVLink events: arguments, escapes and tags replaced by plain text.

    {2}   {1:.1}   {1:.1m_v}      the second argument; the first one with one decimal, or with a unit
    \\<                            the character itself
    <param>NAME</param>   <a href="...">text</a>   <profile name="dev">only for developers</profile>

Source: the README of mavlink/libevents.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# m_v is a vertical distance, m a horizontal one.
_UNITS = {"m": "m", "m_v": "m", "m/s": "m/s", "m^2": "m²", "C": "°C"}
_PARTS = re.compile(
    r"""
    \\(?P<escaped>.)
    | \{(?P<argument>\d+)(?::(?:\.(?P<decimals>\d+))?)?(?P<unit>m_v|m/s|m\^2|m|C)?\}
    | <(?P<tag>[a-z]+)(?:\s[a-z]+="(?P<attribute>[^"]*)")?>(?P<content>.*?)</(?P=tag)>
    """,
    re.VERBOSE | re.DOTALL,
)
PROFILE = "normal"


def render(template: str, arguments: Sequence[str | int | float]) -> str:
    """Return the text of a template. Arguments are the values to show; what a template does not define stays as it is.

    Developers' notes are left out.
    """
    return _substituted(template, arguments).strip()


def _substituted(template: str, arguments: Sequence[str | int | float]) -> str:
    def replaced(found: re.Match[str]) -> str:
        if found["escaped"] is not None:
            return found["escaped"]
        if found["argument"] is not None:
            at = int(found["argument"]) - 1
            if not 0 <= at < len(arguments):
                return found[0]
            return _shown(arguments[at], found["decimals"]) + _unit(found["unit"])
        return _tag(found, arguments)

    return _PARTS.sub(replaced, template)


def _tag(found: re.Match[str], arguments: Sequence[str | int | float]) -> str:
    content = _substituted(found["content"], arguments)
    match found["tag"]:
        case "param":
            return content
        case "a":
            url = found["attribute"]
            return f"{content} ({url})" if url and url != content else content
        case "profile":
            profile = found["attribute"] or ""
            shown = profile[1:] != PROFILE if profile.startswith("!") else profile == PROFILE
            return content if shown else ""
        case _:
            return ""


def _shown(value: str | int | float, decimals: str | None) -> str:
    if isinstance(value, str):
        return value
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _unit(unit: str | None) -> str:
    return f" {_UNITS[unit]}" if unit else ""
