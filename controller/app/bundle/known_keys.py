"""Keys of bundles that were made or installed here, one a line: trust on first use."""

from __future__ import annotations

from pathlib import Path

FILE = "known-bundle-keys"


def remembered(folder: Path) -> frozenset[str]:
    """Return the public keys whose bundles were made or installed by this user; none where there is no file."""
    try:
        return frozenset((folder / FILE).read_text(encoding="ascii").split())
    except FileNotFoundError:
        return frozenset()


def remember(folder: Path, key: str) -> None:
    """Add a public key to the file in `folder`. Raises OSError."""
    if key not in remembered(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (folder / FILE).open("a", encoding="ascii") as file:
            file.write(f"{key}\n")
