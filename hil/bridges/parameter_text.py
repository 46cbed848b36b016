"""Parameter values as text for the start of an autopilot's binary."""

from __future__ import annotations


def number_text(value: float) -> str:
    """Return whole numbers with all digits, as PX4 reads no exponent for INT32; others with nine digits."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**32 else f"{value:.9g}"
