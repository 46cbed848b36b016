"""Landline's ground station: everything that flies an aircraft from a laptop, and nothing that phones home."""

from typing import Any

__version__ = "0.1.0"
__all__ = ["connect"]


def __getattr__(name: str) -> Any:
    # Loaded on first use: `landline --help` must not pay for the whole station.
    if name == "connect":
        from controller.app.connect import connect

        return connect
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
