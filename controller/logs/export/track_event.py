"""What happened along a track, and its texts in XML files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrackEvent:
    """A mode change or warning, with its time and the aircraft's position (degrees, metres above mean sea level)."""

    text: str
    kind: str
    time_us: int
    lat_deg: float
    lon_deg: float
    msl_m: float


def xml_text(text: str) -> str:
    """Return a text without the control characters that XML does not allow."""
    return "".join(letter for letter in text if letter >= " " or letter in "\t\n")
