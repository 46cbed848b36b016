"""Landline's own folders: data (flights, keys), settings, and compiled code."""

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


def run_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for the temporary files of this process."""
    return data_folder(environment) / "tmp" / str(os.getpid())


def config_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return $LANDLINE_CONFIG, or Landline's part of the platform's folder for settings.

    A sealed run never writes there: what it may use must not be its own choice.
    """
    named = environment.get("LANDLINE_CONFIG", "")
    if named:
        return Path(named).expanduser()
    import platformdirs

    return platformdirs.user_config_path("landline", appauthor=False)


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return $LANDLINE_CACHE, or Landline's part of the platform's cache folder: code that numba compiled."""
    named = environment.get("LANDLINE_CACHE", "")
    if named:
        return Path(named)
    import platformdirs

    return platformdirs.user_cache_path("landline", appauthor=False)
