"""`landline gcs`: a live view for a terminal."""

from __future__ import annotations

EXAMPLE = "Example: landline gcs --link udpin:127.0.0.1:14550"


def gcs() -> int:
    """Watch an aircraft and command it."""
    return 0
