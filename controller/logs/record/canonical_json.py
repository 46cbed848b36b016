"""Canonical JSON: the one form of an object that is hashed and signed."""

from __future__ import annotations

import json
from typing import Any


def canonical(fields: dict[str, Any]) -> bytes:
    """Return JSON with sorted keys and no spaces."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
