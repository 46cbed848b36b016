"""What a run did: how it was held, what went through each endpoint, and what was refused."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Level = Literal["kernel", "process only"]


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One mechanism of the seal: whether it holds this run, and what it does or why it does not."""

    name: str
    active: bool
    detail: str

    def __str__(self) -> str:
        return f"{self.name}: {self.detail}" if self.active else f"no {self.name}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Account:
    """Evidence of one run. `endpoints` and `refused` come from the broker and the witness, outside the seal.

    `complete` is false where one of them had ended before it was asked.
    """

    level: Level
    reason: str
    mechanisms: tuple[Mechanism, ...] = ()
    endpoints: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    complete: bool = True

    def json(self) -> str:
        """Return it as JSON text."""
        system = {
            "kernel": platform.release(),
            "machine": platform.machine(),
            "python": platform.python_version(),
        }
        return json.dumps(asdict(self) | {"system": system}, indent=2, ensure_ascii=False)
