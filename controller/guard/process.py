"""What holds for this process as a whole: the command line sets it once, before a link is opened.

Libraries that make a policy of their own (`EndpointPolicy()`) get it too, so that none goes past the broker of a
sealed run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controller.guard.opener import DirectOpener, Opener


@dataclass(slots=True)
class ProcessRules:
    """How endpoints are opened, the addresses of names that were looked up before the seal, the policy as recorded.

    `described` is None outside a command. `records` are the folders of the flights that this process recorded;
    `counted` are its links' ends, with their statistics (`link`, `stats`). `scripts` are the operator's scripts that it
    ran, each with `path`, `sha256` and `changed_during_run`. `system_tmpdir` is TMPDIR before the seal gave the run a
    folder of its own; None in a run without one.
    """

    opener: Opener = field(default_factory=DirectOpener)
    resolved: dict[str, str] = field(default_factory=dict)
    described: dict[str, Any] | None = None
    records: list[Path] = field(default_factory=list)
    counted: list[Any] = field(default_factory=list)
    scripts: list[dict[str, Any]] = field(default_factory=list)
    system_tmpdir: str | None = None


RULES = ProcessRules()
