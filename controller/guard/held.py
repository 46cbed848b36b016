"""How this process is held, read from the kernel's own files: the check behind the mechanisms of an account."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from controller.guard.account import Mechanism


@dataclass(frozen=True, slots=True)
class Held:
    """What the kernel says of this process; empty on other systems than Linux.

    `network` and `user` name its namespaces, `status` are lines of /proc/self/status.
    """

    network: str = ""
    user: str = ""
    seccomp: str = ""
    no_new_privileges: str = ""
    capabilities: str = ""

    @classmethod
    def now(cls) -> Held:
        """Read it. A file that cannot be read leaves its part empty."""
        if sys.platform != "linux":
            return cls()
        lines = {}
        try:
            for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
                name, _, value = line.partition(":")
                lines[name] = value.strip()
        except OSError:
            pass
        return cls(
            _link("net"),
            _link("user"),
            lines.get("Seccomp", ""),
            lines.get("NoNewPrivs", ""),
            lines.get("CapEff", ""),
        )


def _link(name: str) -> str:
    try:
        return str(Path(f"/proc/self/ns/{name}").readlink())
    except OSError:
        return ""


def writes_are_refused() -> bool:
    """Return whether the kernel refuses this process a file outside its folders: its own name in /proc.

    Without Landlock every process may open that file for writing. Nothing is written.
    """
    try:
        opened = os.open("/proc/self/comm", os.O_WRONLY | os.O_CLOEXEC)
    except PermissionError:
        return True
    except OSError:
        return False
    os.close(opened)
    return False


def checked(mechanisms: Iterable[Mechanism], before: Held, after: Held) -> tuple[Mechanism, ...]:
    """Return the mechanisms with what was seen of each; one that was told active and is not seen is not active.

    `before` was read before the seal, `after` inside it. A name that is not known here stays unchecked.
    """
    return tuple(_checked(one, before, after) for one in mechanisms)


def _checked(one: Mechanism, before: Held, after: Held) -> Mechanism:
    if not one.active:
        return one
    if one.name == "namespaces":
        seen = bool(after.network) and after.network != before.network and after.user != before.user
        text = f"{after.network} and {after.user}; before {before.network} and {before.user}"
    elif one.name == "seccomp":
        seen = after.seccomp == "2" and after.no_new_privileges == "1"
        text = (
            f"Seccomp {after.seccomp or 'unknown'}, NoNewPrivs {after.no_new_privileges or 'unknown'}, "
            f"CapEff {after.capabilities or 'unknown'}"
        )
    elif one.name == "landlock":
        seen = writes_are_refused()
        text = "opening /proc/self/comm for writing was " + ("refused" if seen else "not refused")
    else:
        return one
    if seen:
        return replace(one, checked=text)
    return replace(
        one, active=False, detail=f"it was started, but the check does not see it: {text}", checked=text
    )
