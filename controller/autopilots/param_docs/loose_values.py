"""Values of files whose writers are not strict: a number may be a text, a field may be missing or of another type."""

from __future__ import annotations

import math
from typing import Any

from controller.autopilots.param_docs.docs import Number

_MOST_TEXT = 20_000


def text(value: object) -> str:
    """Return a text with its lines joined as the writer separated them, "" for anything else."""
    if not isinstance(value, str):
        return ""
    return "\n".join(" ".join(line.split()) for line in value[:_MOST_TEXT].strip().splitlines())


def number(value: object) -> Number | None:
    """Return a finite number, also one that is written as a text; None for anything else."""
    if isinstance(value, str):
        try:
            value = int(value, 0)
        except ValueError:
            try:
                value = float(value)
            except ValueError:
                return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def rows(value: object) -> list[dict[str, Any]]:
    """Return the objects of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def yes(value: object) -> bool:
    """Return whether a flag is set, as true or as the text "True"."""
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")
