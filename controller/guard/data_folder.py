"""Landline's data folder: flights, keys, settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def data_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return $LANDLINE_HOME, or the platform's folder for user data."""
    named = environment.get("LANDLINE_HOME", "")
    if named:
        return Path(named).expanduser()
    import platformdirs

    return platformdirs.user_data_path("landline", appauthor=False)
