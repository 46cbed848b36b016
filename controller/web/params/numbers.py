"""Parameter values in JSON: as text with all their digits, because a browser's number is no 32-bit integer or float."""

from __future__ import annotations

from controller.autopilots.param_docs.docs import Number
from controller.vehicle.param_numbers import number_text


def shown(value: Number) -> str:
    """Return the shortest text that reads back as the same value."""
    return number_text(value)
