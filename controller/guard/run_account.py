"""The account of one run of the command line, from its start to its end, as one JSON object.

Note the start before the seal, finish it at the end, and hand the object to `controller.logs.evidence`, which signs
it. The object's members are described in docs/egress.md.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from controller.clock import SystemClock, iso_utc
from controller.guard.account import Account
from controller.guard.held import Held, checked
from controller.guard.process import RULES
from controller.guard.software import software

FORMAT = 1
KIND = "egress account"
HIDDEN = "(hidden)"
_SECRET = re.compile(r"pass|secret|token|pin\b|login", re.IGNORECASE)
_USER = re.compile(r"(//[^/@:\s]*):[^/@\s]*@")
_PARAMETER = re.compile(r"([?&][^=&]*(?:pass|secret|token)[^=&]*=)[^&]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RunStart:
    """The beginning of a run: the words of the command, when (us since 1970), how the process was held then."""

    command: tuple[str, ...]
    utc_us: int
    held: Held

    @classmethod
    def now(cls, command: Sequence[str]) -> RunStart:
        """Note it. Call it before the seal. `command` are the words after `landline`; secrets are left out."""
        return cls(without_secrets(command), SystemClock().utc_us(), Held.now())

    def finish(self, account: Account, *, exit_code: int | None = None) -> dict[str, Any]:
        """Return the whole account. Call it inside the seal, at the end: the mechanisms are checked here."""
        after = Held.now()
        held = replace(account, mechanisms=checked(account.mechanisms, self.held, after))
        fields = held.fields()
        lost = [
            one.name
            for one, told in zip(held.mechanisms, account.mechanisms, strict=True)
            if one != told and not one.active
        ]
        if "seccomp" in lost:
            fields |= {"level": "process only", "reason": "the check does not see the filter of system calls"}
        return {
            "format": FORMAT,
            "kind": KIND,
            "command": list(self.command),
            "started_utc": iso_utc(self.utc_us),
            "ended_utc": iso_utc(SystemClock().utc_us()),
            "pid": os.getpid(),
            "exit_code": exit_code,
            **fields,
            "software": software(since_ns=self.utc_us * 1000) | {"scripts": list(RULES.scripts)},
        }


def without_secrets(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words of a command with passwords and the like replaced."""
    found: list[str] = []
    hide = False
    for word in words:
        option, equals, _ = word.partition("=")
        is_option = word.startswith("-")
        if hide and not is_option:
            found.append(HIDDEN)
        elif is_option and equals and _SECRET.search(option):
            found.append(f"{option}={HIDDEN}")
        else:
            found.append(_PARAMETER.sub(rf"\1{HIDDEN}", _USER.sub(rf"\1:{HIDDEN}@", word)))
        hide = is_option and not equals and bool(_SECRET.search(option))
    return tuple(found)
