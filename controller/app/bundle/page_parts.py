"""Packages of the web page, from npm's lock: `python -m controller.app.bundle.page_parts` writes the list of the wheel.

npm's lock itself is not part of the wheel. A test fails when the list is stale.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from controller.app.bundle.sbom import PAGE_COMPONENTS

NPM_LOCK = Path(__file__).parents[2] / "web" / "ui" / "package-lock.json"


def page_parts(lock: dict[str, Any]) -> list[dict[str, Any]]:
    """Return name, version, licence, SHA-512 and use of each package of an npm lock (version 3), sorted.

    `shipped` is whether the page may contain it; the others only build or check the page. Raises ValueError for a
    package without a SHA-512 hash.
    """
    parts = {}
    for place, row in lock["packages"].items():
        if not place:
            continue
        name = place.rpartition("node_modules/")[2]
        algorithm, _, digest = row.get("integrity", "").partition("-")
        if algorithm != "sha512":
            raise ValueError(f"no SHA-512 hash of {place}")
        parts[name, row["version"]] = {
            "name": name,
            "version": row["version"],
            "license": row.get("license", ""),
            "sha512": base64.b64decode(digest, validate=True).hex(),
            "shipped": not row.get("dev", False),
        }
    return [parts[key] for key in sorted(parts)]


def page_text(lock: dict[str, Any]) -> str:
    """Return the list as text, one package a line."""
    rows = ",\n".join(json.dumps(row) for row in page_parts(lock))
    return f"[\n{rows}\n]\n"


if __name__ == "__main__":
    PAGE_COMPONENTS.write_text(page_text(json.loads(NPM_LOCK.read_text(encoding="utf-8"))), encoding="utf-8")
