"""The folder of flights and the log file that the arguments of a command name."""

from __future__ import annotations

from pathlib import Path


def folder_of(flights: Path | None) -> Path:
    """Return the folder of flights that `--flights` names, or Landline's own. Raises UserError if it does not exist."""
    from controller.errors import UserError
    from controller.logs.flights.store import flights_folder

    if flights is not None and not flights.is_dir():
        reason = "not a folder" if flights.exists() else "no such folder"
        raise UserError(
            f"cannot read flights: {reason}",
            where=str(flights),
            hint="--flights takes the folder that holds the flights' folders",
        )
    return flights or flights_folder()


def log_file(name: str) -> Path | None:
    """Return the log file of that name, or None if the name can only be a flight.

    Raises UserError for a file that is missing or is not a regular file.
    """
    from controller.errors import UserError
    from controller.logs.formats.registry import endings, listed_endings

    path = Path(name)
    if path.is_file():
        return path
    if path.exists() and not path.is_dir():
        raise UserError(
            "cannot read log: not a file", where=name, hint=f"use a {listed_endings()} file, or a flight"
        )
    if path.suffix.lower() in endings() and not path.is_dir():
        raise UserError(
            "cannot read log: no such file",
            where=name,
            hint="check the path; type a flight's name without an ending",
        )
    return None
