"""Lock of the Python packages: exact versions and SHA-256 hashes, in pip's own format.

`python.lock` has what an installed Landline needs, on every platform; `docs/howto/install-without-a-network.md` says
how it is renewed. It names no index: a hash identifies a file wherever it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from controller.errors import UserError

LOCK = Path(__file__).parent / "python.lock"
_PIN = re.compile(r"([A-Za-z0-9][\w.-]*)==([\w.!+-]+)\s*(?:;\s*(.*))?")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pin:
    """One version of a package; `hashes` are the SHA-256 of its files, `marker` says where it is installed."""

    name: str
    version: str
    marker: str
    hashes: frozenset[str]

    def line(self) -> str:
        """Return the pin in pip's format."""
        marker = f" ; {self.marker}" if self.marker else ""
        return " \\\n".join(
            [
                f"{self.name}=={self.version}{marker}",
                *(f"    --hash=sha256:{one}" for one in sorted(self.hashes)),
            ]
        )


def normal(name: str) -> str:
    """Return a package's name in the index's form: lower case, hyphens."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parse_lock(text: str, where: str) -> list[Pin]:
    """Return the pins of a lock. Raises UserError for a line that is no pin with hashes."""
    pins = []
    for line in text.replace("\\\n", " ").splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        pin, *options = re.split(r"\s+(?=--)", line)
        found = _PIN.fullmatch(pin.strip())
        hashes = [_HASH.fullmatch(option.strip()) for option in options]
        if found is None or not hashes or not all(hashes):
            raise UserError(f"invalid lock: '{line[:60]}' is no version with SHA-256 hashes", where=where)
        name, version, marker = found.groups()
        pins.append(
            Pin(normal(name), version, (marker or "").strip(), frozenset(one[1] for one in hashes if one))
        )
    return pins


def read_lock(path: Path = LOCK) -> list[Pin]:
    """Return the pins of a lock file. Raises UserError."""
    return parse_lock(path.read_text(encoding="utf-8"), str(path))


def write_lock(pins: Iterable[Pin]) -> str:
    """Return the pins as text that `pip install --require-hashes -r` reads."""
    return "".join(f"{pin.line()}\n" for pin in sorted(pins, key=lambda pin: (pin.name, pin.version)))
