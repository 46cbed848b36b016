"""Catalogue: the facts of all flights in one SQLite file, so that a search does not read every log.

    with Catalogue(flights) as catalogue:
        catalogue.refresh()
        catalogue.find("warnings > 0 and max_alt_m > 100")

The flights' folders are the source: `refresh` reads new and changed flights (by size and time of their files) and
removes deleted ones. The catalogue file can be deleted at any time. Several processes may use it at once.
"""

from __future__ import annotations

import contextlib
import math
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from controller.errors import UserError
from controller.geo import great_circle_m
from controller.logs.flights import store

FILE = "catalogue.sqlite"
# Increase it when a column is added or computed differently: older files are then rebuilt.
VERSION = 6
WAIT_S = 30.0
T = TypeVar("T")


class CatalogueError(UserError):
    """The catalogue cannot be read, or a search condition is invalid."""


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """Row of the catalogue, with None for values that the record does not have.

    Times are in seconds, lengths in metres, angles in degrees. `flown_utc` is the real time; `started_utc` of a
    simulated flight is the simulated one. `warnings` are Landline's own, `aircraft_warnings` the
    aircraft's STATUSTEXT messages of severity warning and worse; `modes` are joined by commas in the order of their
    first use; the position is the first one while armed. `flight_time_s` is the time in the air by the aircraft's clock
    and `wall_time_s` the real time, as the fly procedure recorded them. `crash` describes the crash at the
    end, as the review judges it; empty without one. `serial` is the aircraft's serial number where the log names it as
    a text, `source` the file that a flight of another program was imported from, with its format.
    """

    flight: str
    flown_utc: str
    started_utc: str
    simulated: int
    aircraft: str
    firmware: str
    lat_deg: float | None
    lon_deg: float | None
    duration_s: float
    armed_s: float
    flight_time_s: float | None
    wall_time_s: float | None
    modes: str
    warnings: int
    aircraft_warnings: int
    max_alt_m: float | None
    max_speed_m_s: float | None
    distance_m: float | None
    battery_used_ah: float | None
    outcome: str
    crash: str
    frames: int
    bytes: int
    bad_bytes: int
    events: int
    systems: str
    serial: str
    source: str


COLUMNS = tuple(field.name for field in fields(CatalogueRow))
_SQL_TYPES = {str: "TEXT", int: "INTEGER", float: "REAL"}


def column_types() -> dict[str, str]:
    """Return the SQL type of each column."""
    hints = get_type_hints(CatalogueRow)
    return {
        name: next(sql for kind, sql in _SQL_TYPES.items() if hints[name] in (kind, kind | None))
        for name in COLUMNS
    }


def _schema() -> str:
    columns = [
        f"{name} {kind}{' PRIMARY KEY' if name == 'flight' else ''}" for name, kind in column_types().items()
    ]
    return f"CREATE TABLE flights ({', '.join(columns)}, signature TEXT)"


def files_signature(folder: Path) -> str:
    """Return the sizes and change times of a flight's files, to see whether they were read before."""
    parts = []
    for name in (store.flight_log(folder).name, store.EVENTS):
        try:
            found = (folder / name).stat()
        except OSError:
            parts.append("-")
        else:
            parts.append(f"{found.st_size}:{found.st_mtime_ns}")
    with contextlib.suppress(OSError):
        parts.append(f"filled {(folder / store.MERGE_INDEX).stat().st_mtime_ns}")
    return " ".join(parts)


def remove_flights(folders: Iterable[Path]) -> None:
    """Remove flights from the catalogues of their folders.

    Raises CatalogueError if another process keeps one locked.
    """
    by_place: dict[Path, list[str]] = {}
    for folder in folders:
        by_place.setdefault(folder.absolute().parent, []).append(folder.name)
    for flights, names in by_place.items():
        if (flights / FILE).is_file():
            with Catalogue(flights) as catalogue:
                catalogue.remove(names)


class Catalogue:
    """The catalogue of one folder of flights; in memory only if the folder is read-only."""

    def __init__(self, flights: Path) -> None:
        self._flights = flights
        self.path = flights / FILE
        self._db: sqlite3.Connection = self._guarded(self._open)

    def __enter__(self) -> Catalogue:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def _open(self) -> sqlite3.Connection:
        if not self._flights.is_dir() or not os.access(self._flights, os.W_OK):
            return self._prepared(sqlite3.connect(":memory:"))
        return self._prepared(sqlite3.connect(self.path, timeout=WAIT_S, isolation_level=None))

    @staticmethod
    def _prepared(db: sqlite3.Connection) -> sqlite3.Connection:
        try:
            # A power cut may lose the catalogue, which can be rebuilt.
            db.execute("PRAGMA synchronous = OFF")
            # Overwrite deleted rows: positions of erased flights must not stay in unused pages of the file.
            db.execute("PRAGMA secure_delete = ON")
            if db.execute("PRAGMA user_version").fetchone() != (VERSION,):
                # Lock, then check again: another process may have made the table in the meantime.
                db.execute("BEGIN IMMEDIATE")
                if db.execute("PRAGMA user_version").fetchone() != (VERSION,):
                    db.execute("DROP TABLE IF EXISTS flights")
                    db.execute(_schema())
                    db.execute(f"PRAGMA user_version = {VERSION}")
                db.execute("COMMIT")
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _guarded(self, work: Callable[[], T]) -> T:
        """Run `work`; if the file is damaged or was deleted, run it again with a new file."""
        before = self._inode()
        try:
            return work()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_READONLY_DBMOVED":
                raise CatalogueError(
                    f"cannot use the catalogue: {error}",
                    where=str(self.path),
                    hint="delete the file; it is rebuilt from the flights",
                ) from error
        except sqlite3.DatabaseError:
            # Unless another process has replaced the file in the meantime.
            if self._inode() == before:
                self.path.unlink(missing_ok=True)
        with contextlib.suppress(AttributeError):
            self._db.close()
        if work != self._open:
            self._db = self._open()
        return work()

    def _inode(self) -> int | None:
        """Return the number that identifies the file."""
        try:
            return self.path.stat().st_ino
        except OSError:
            return None

    def refresh(
        self, progress: Callable[[int, int], None] | None = None, *, skip: Collection[str] = ()
    ) -> int:
        """Update the catalogue from the folders. Return the number of flights read.

        `progress(done, total)` is called before the first, which may be large, and after each. `skip` names flights
        that are not read, as one that is being recorded.
        """
        return self._guarded(lambda: self._refresh(progress, skip))

    def _refresh(self, progress: Callable[[int, int], None] | None, skip: Collection[str]) -> int:
        known = dict(self._db.execute("SELECT flight, signature FROM flights"))
        folders = {folder.name: folder for folder in store.list_flights(self._flights)}
        signatures = {name: files_signature(folder) for name, folder in folders.items()}
        changed = [
            name
            for name, signature in signatures.items()
            if known.get(name) != signature and name not in skip
        ]
        marks = ", ".join("?" * (len(COLUMNS) + 1))
        if progress is not None and changed:
            progress(0, len(changed))
        for done, name in enumerate(changed, 1):
            # Read without holding the lock; a second process writes the same row.
            row = read_catalogue_row(folders[name])
            self._db.execute(
                f"INSERT OR REPLACE INTO flights VALUES ({marks})", (*astuple(row), signatures[name])
            )
            if progress is not None:
                progress(done, len(changed))
        removed = [(name,) for name in known if name not in folders]
        if removed:
            self._db.executemany("DELETE FROM flights WHERE flight = ?", removed)
        return len(changed)

    def remove(self, names: Iterable[str]) -> None:
        """Remove flights that were encrypted or erased, without a trace in the file."""
        removed = [(name,) for name in names]
        self._guarded(lambda: self._db.executemany("DELETE FROM flights WHERE flight = ?", removed))

    def find(self, where: str = "", *, near: tuple[float, float, float] | None = None) -> list[CatalogueRow]:
        """Return the flights that match an SQL condition over `COLUMNS` (all without one), the last one flown last.

        `near` is latitude and longitude in degrees and a distance in metres. Raises CatalogueError for an invalid
        condition.
        """
        return self._guarded(lambda: list(self._find(where, near)))

    def _find(self, where: str, near: tuple[float, float, float] | None) -> Iterator[CatalogueRow]:
        question = f"SELECT {', '.join(COLUMNS)} FROM flights"
        # On a line of its own, so that a comment in the condition ends there. SQLite runs one statement only: a
        # SELECT.
        question += f" WHERE (\n{where}\n)" if where.strip() else ""
        try:
            rows = self._db.execute(f"{question} ORDER BY flown_utc, flight").fetchall()
        except (sqlite3.OperationalError, sqlite3.ProgrammingError, sqlite3.Warning) as error:
            if "locked" in str(error):
                raise
            raise CatalogueError(
                f"invalid condition '{where}': {error}", hint=f"use the columns {', '.join(COLUMNS)}"
            ) from error
        for row in rows:
            flight = CatalogueRow(*row)
            if near is None or _distance_m(flight, near[0], near[1]) <= near[2]:
                yield flight


def _distance_m(flight: CatalogueRow, lat_deg: float, lon_deg: float) -> float:
    if flight.lat_deg is None or flight.lon_deg is None:
        return math.inf
    return great_circle_m(flight.lat_deg, flight.lon_deg, lat_deg, lon_deg)


def read_catalogue_row(folder: Path) -> CatalogueRow:
    """Return a flight's row from its files, as far as they can be read."""
    from controller.logs.flights.catalogue_facts import flight_facts

    facts: dict[str, Any] = flight_facts(folder)
    return CatalogueRow(flight=folder.name, **facts)
