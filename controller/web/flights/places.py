"""Folders behind the names in the addresses of the page: flights of the store, and logs opened from a disk.

A name never leads out of the flights folder. Nothing is written into a record but `columns`, which can be made again.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from pathlib import Path

from controller.errors import UserError
from controller.logs.flights import store
from controller.logs.formats.registry import format_of_file, listed_endings
from controller.web.flights.jobs.source import Source

_COPIED = (store.FRAMES, store.ROUTES, store.EVENTS, store.MISSION, store.PARAMETERS)
_MOST_OPENED = 20


class Places:
    """Where the reviewed flights and logs are. `close` removes the copies."""

    def __init__(self, flights: Path, running: str) -> None:
        self.flights = flights
        self.running = running
        """Name of the flight that is being recorded."""
        self._opened: dict[str, Source] = {}
        self._copies: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Remove the copies and the uploaded logs."""
        if self._copies is not None:
            self._copies.cleanup()
            self._copies = None

    @property
    def copies(self) -> Path:
        """The folder of copies, which only this user can read."""
        if self._copies is None:
            self._copies = tempfile.TemporaryDirectory(prefix="landline-review-")
        return Path(self._copies.name)

    def new_folder(self, prefix: str) -> Path:
        """Return a new folder among the copies."""
        return Path(tempfile.mkdtemp(prefix=prefix, dir=self.copies))

    # Flights

    def folder_of(self, name: str) -> Path:
        """Return the folder of a flight of the store. Raises UserError, one line, for any other name."""
        plain = (
            0 < len(name) <= 255 and name == Path(name).name and not name.startswith(".") and "\0" not in name
        )
        folder = self.flights / name if plain else self.flights
        try:
            known = plain and (store.is_flight(folder) or (folder / store.ARCHIVE).is_file())
            if known:
                self._check_inside(folder)
        except (OSError, ValueError):
            known = False
        if not known:
            raise UserError(f"cannot find the flight '{printable(name)}'", hint="go back to the list")
        return folder

    def _check_inside(self, folder: Path) -> None:
        inside = self.flights.resolve()
        for path in (folder, *(folder / name for name in (*_COPIED, store.ARCHIVE))):
            if path.is_symlink() and not path.resolve().is_relative_to(inside):
                raise UserError(
                    "cannot open the flight: it is a link to a place outside the flights folder",
                    where=folder.name,
                    hint="move the flight itself into the folder",
                )

    def source(self, name: str) -> Source:
        """Return the source of a flight, or of an opened log. Raises UserError."""
        if name in self._opened:
            return self._opened[name]
        folder = self.folder_of(name)
        if name == self.running:
            return self._snapshot(folder)
        if not os.access(folder, os.W_OK):
            return self._mirror(folder)
        return Source(name, folder, store.flight_log(folder))

    def decrypted(self, name: str, folder: Path) -> Source:
        """Remember the copy of an encrypted flight that was decrypted for this session."""
        self._opened[name] = Source(name, folder, store.flight_log(folder))
        return self._opened[name]

    def is_encrypted(self, name: str) -> bool:
        """Whether a flight must be decrypted first. Raises UserError for an unknown one."""
        return name not in self._opened and (self.folder_of(name) / store.ARCHIVE).is_file()

    def refresh_snapshot(self, name: str) -> None:
        """Copy the running flight again at the next use, as it is then."""
        if name == self.running:
            shutil.rmtree(self.copies / "running", ignore_errors=True)

    def _snapshot(self, folder: Path) -> Source:
        """The running flight as it was when it was opened: its files go on growing."""
        copy = self.copies / "running"
        if not copy.is_dir():
            made = self.new_folder("copy-")
            for name in _COPIED:
                if (folder / name).is_file():
                    shutil.copyfile(folder / name, made / name)
            made.rename(copy)
        return Source(folder.name, copy, copy / store.FRAMES)

    def _mirror(self, folder: Path) -> Source:
        """A folder of links to a flight that cannot be written to, as on a disk that is read-only."""
        mirror = self.copies / f"mirror-{folder.name}"
        if not mirror.is_dir():
            mirror.mkdir()
            for path in folder.iterdir():
                if path.is_file():
                    (mirror / path.name).symlink_to(path.absolute())
        return Source(folder.name, mirror, store.flight_log(mirror))

    # Logs of a disk

    def new_upload(self, name: str) -> Path:
        """Return the path for a log that is sent, below a folder of its own."""
        suffix = Path(Path(name.replace("\\", "/")).name).suffix.lower()[:8]
        return self.new_folder("log-") / f"log{suffix}"

    def opened(self, title: str, log: Path) -> str:
        """Remember a log that was sent; return its name in addresses. Raises UserError if it is no log."""
        log_format = format_of_file(log)
        if log_format is None:
            shutil.rmtree(log.parent, ignore_errors=True)
            raise UserError(
                f"cannot open '{printable(title)}': it is no flight log",
                hint=f"use a {listed_endings()} file",
            )
        while len(self._opened) >= _MOST_OPENED:
            oldest = next(iter(self._opened))
            shutil.rmtree(self._opened.pop(oldest).folder, ignore_errors=True)
        if not log_format.table_prefix:
            # The name under which the tables find telemetry.
            log = log.rename(log.with_name(store.FRAMES))
        name = f"file-{secrets.token_hex(6)}"
        self._opened[name] = Source(printable(title), log.parent, log, single=True)
        return name

    def open_path(self, text: str) -> str:
        """Open a log of this machine where it is; return its name in addresses. Raises UserError."""
        path = Path(text).expanduser()
        if "\0" in text or not path.is_absolute():
            raise UserError("cannot open the log: give its whole path", where=printable(text))
        if path.is_dir() and store.is_flight(path):
            path = store.flight_log(path)
        if not path.is_file():
            raise UserError("cannot open the log: no such file", where=printable(text), hint="check the path")
        link = self.new_folder("log-") / f"log{path.suffix.lower()}"
        link.symlink_to(path)
        return self.opened(path.name, link)

    def title_of(self, name: str) -> str:
        """The name of a flight or log for people."""
        return self._opened[name].name if name in self._opened else name


def printable(text: str) -> str:
    """Text of a request for an error line: short, without control characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:80])
