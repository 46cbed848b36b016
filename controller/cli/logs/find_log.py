"""What a command is pointed at: a folder of flights, and in it a flight by its name, or a log file anywhere."""

from __future__ import annotations

from pathlib import Path


def folder_of(flights: Path | None) -> Path:
    """The folder of flights:

    the one named, or Landline's own. Raises UserError where one was named that is not there.
    """
    from controller.errors import UserError
    from controller.logs.flights.store import flights_folder

    if flights is not None and not flights.is_dir():
        what = "it is no folder of flights" if flights.exists() else "there is no such folder"
        raise UserError(
            what, where=str(flights), hint="--flights names the folder that holds the flights' folders"
        )
    return flights or flights_folder()


def log_file(word: str) -> Path | None:
    """The log file that is meant; None where the word can only be a flight. Raises UserError for a file that is no
    log, or not there.
    """
    from controller.errors import UserError
    from controller.logs.formats.registry import endings, listed_endings

    path = Path(word)
    if path.is_file():
        return path
    if path.exists() and not path.is_dir():
        raise UserError("it is no log file", where=word, hint=f"a {listed_endings()} file, or a flight")
    if path.suffix.lower() in endings() and not path.is_dir():
        raise UserError(
            "there is no such file", where=word, hint="check the path; a flight is named without an ending"
        )
    return None
