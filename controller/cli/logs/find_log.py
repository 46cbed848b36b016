"""What a command is pointed at: a folder of flights, and in it a flight by its name, or a log file anywhere."""

from __future__ import annotations

from pathlib import Path

LOG_ENDINGS = (".tlog", ".bin", ".ulg")


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

    path = Path(word)
    if path.is_file():
        return path
    if path.exists() and not path.is_dir():
        raise UserError("it is no log file", where=word, hint="a .tlog, .bin or .ulg file, or a flight")
    if path.suffix.lower() in LOG_ENDINGS and not path.is_dir():
        raise UserError(
            "there is no such file", where=word, hint="check the path; a flight is named without an ending"
        )
    return None
