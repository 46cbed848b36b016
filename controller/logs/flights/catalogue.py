"""All flights in one SQLite file, so that looking for one does not mean reading every log.

    with Catalogue(flights) as catalogue:
        catalogue.refresh()
        catalogue.find("warnings > 0 and max_alt_m > 100")

The folders are the truth: `refresh` reads what is new or changed (by size and time of its files) and forgets what
is gone; the file can be deleted at any moment. Several processes may use it at once.
"""

from __future__ import annotations

import contextlib
import math
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from controller.errors import UserError
from controller.geo import great_circle_m
from controller.logs.flights import store

FILE = "catalogue.sqlite"
# Raise it when a column is added or computed differently: older files are then made anew.
VERSION = 1
WAIT_S = 30.0
T = TypeVar("T")


class CatalogueError(UserError):
    """The question cannot be answered as it was asked."""


@dataclass(frozen=True, slots=True)
class Flight:
    """A row: times in seconds, lengths in metres, angles in degrees; None where the record does not tell.

    `warnings` are Landline's own, `aircraft_warnings` the aircraft's messages of severity warning and worse;
    `modes` are joined by commas in the order of their first use; the place is where it was when it first was armed
    with a position.
    """

    flight: str
    started_utc: str
    aircraft: str
    firmware: str
    lat_deg: float | None
    lon_deg: float | None
    duration_s: float
    armed_s: float
    modes: str
    warnings: int
    aircraft_warnings: int
    max_alt_m: float | None
    max_speed_m_s: float | None
    distance_m: float | None
    battery_used_ah: float | None
    outcome: str
    frames: int
    bytes: int
    bad_bytes: int
    events: int
    systems: str


COLUMNS = tuple(field.name for field in fields(Flight))
_SQL_TYPES = {str: "TEXT", int: "INTEGER", float: "REAL"}


def column_types() -> dict[str, str]:
    """SQL's type of each column."""
    hints = get_type_hints(Flight)
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
    """What tells that a flight's files are the ones read before: size and time of change of each."""
    parts = []
    for name in (store.FRAMES, store.EVENTS):
        try:
            found = (folder / name).stat()
        except OSError:
            parts.append("-")
        else:
            parts.append(f"{found.st_size}:{found.st_mtime_ns}")
    with contextlib.suppress(OSError):
        parts.append(f"filled {(folder / store.MERGE_INDEX).stat().st_mtime_ns}")
    return " ".join(parts)


def forget(folders: Iterable[Path]) -> None:
    """Take flights out of the catalogues beside them. Raises CatalogueError where another process keeps one busy."""
    by_place: dict[Path, list[str]] = {}
    for folder in folders:
        by_place.setdefault(folder.absolute().parent, []).append(folder.name)
    for flights, names in by_place.items():
        if (flights / FILE).is_file():
            with Catalogue(flights) as catalogue:
                catalogue.forget(names)


class Catalogue:
    """The catalogue of one folder of flights. Where the folder cannot be written, it is kept in memory only."""

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
            # A power cut may cost the catalogue, which costs nothing.
            db.execute("PRAGMA synchronous = OFF")
            # What is forgotten is overwritten: where somebody flew must not stand in the file's unused pages.
            db.execute("PRAGMA secure_delete = ON")
            if db.execute("PRAGMA user_version").fetchone() != (VERSION,):
                # The lock first, then a second look: another process may have made it meanwhile.
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
        """Do it; where the file turns out to be damaged or was taken away, do it with a new one."""
        before = self._number()
        try:
            return work()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_READONLY_DBMOVED":
                raise CatalogueError(
                    f"the catalogue is not available: {error}",
                    where=str(self.path),
                    hint="it can be deleted: it is made anew from the flights",
                ) from error
        except sqlite3.DatabaseError:
            # Unless another process has put a new one there meanwhile.
            if self._number() == before:
                self.path.unlink(missing_ok=True)
        with contextlib.suppress(AttributeError):
            self._db.close()
        if work != self._open:
            self._db = self._open()
        return work()

    def _number(self) -> int | None:
        """What tells this file from another one under its name."""
        try:
            return self.path.stat().st_ino
        except OSError:
            return None

    def refresh(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Bring it up to the folders; gives the number of flights read. `progress(done, of)` is called after each."""
        return self._guarded(lambda: self._refresh(progress))

    def _refresh(self, progress: Callable[[int, int], None] | None) -> int:
        known = dict(self._db.execute("SELECT flight, signature FROM flights"))
        folders = {folder.name: folder for folder in store.list_flights(self._flights)}
        signatures = {name: files_signature(folder) for name, folder in folders.items()}
        changed = [name for name, signature in signatures.items() if known.get(name) != signature]
        marks = ", ".join("?" * (len(COLUMNS) + 1))
        for done, name in enumerate(changed, 1):
            # Read without holding the lock; whoever comes second writes the same.
            row = describe(folders[name])
            self._db.execute(
                f"INSERT OR REPLACE INTO flights VALUES ({marks})", (*astuple(row), signatures[name])
            )
            if progress is not None:
                progress(done, len(changed))
        gone = [(name,) for name in known if name not in folders]
        if gone:
            self._db.executemany("DELETE FROM flights WHERE flight = ?", gone)
        return len(changed)

    def forget(self, names: Iterable[str]) -> None:
        """Leave no trace of these flights: they were encrypted or erased."""
        gone = [(name,) for name in names]
        self._guarded(lambda: self._db.executemany("DELETE FROM flights WHERE flight = ?", gone))

    def find(self, where: str = "", *, near: tuple[float, float, float] | None = None) -> list[Flight]:
        """The flights for which the condition holds (SQL over `COLUMNS`), the newest last; all where there is none.

        `near` is latitude and longitude in degrees and a distance in metres. Raises CatalogueError for a condition
        that is none.
        """
        return self._guarded(lambda: list(self._find(where, near)))

    def _find(self, where: str, near: tuple[float, float, float] | None) -> Iterator[Flight]:
        question = f"SELECT {', '.join(COLUMNS)} FROM flights"
        # In a line of its own, so that a comment in it ends there. A SELECT is all it can become: SQLite carries
        # out one statement.
        question += f" WHERE (\n{where}\n)" if where.strip() else ""
        try:
            rows = self._db.execute(f"{question} ORDER BY flight").fetchall()
        except (sqlite3.OperationalError, sqlite3.ProgrammingError, sqlite3.Warning) as error:
            if "locked" in str(error):
                raise
            raise CatalogueError(
                f"'{where}' cannot be asked: {error}", hint=f"a condition over {', '.join(COLUMNS)}"
            ) from error
        for row in rows:
            flight = Flight(*row)
            if near is None or _distance_m(flight, near[0], near[1]) <= near[2]:
                yield flight


def _distance_m(flight: Flight, lat_deg: float, lon_deg: float) -> float:
    if flight.lat_deg is None or flight.lon_deg is None:
        return math.inf
    return great_circle_m(flight.lat_deg, flight.lon_deg, lat_deg, lon_deg)


def describe(folder: Path) -> Flight:
    """A flight's row from its files, as far as they can be read."""
    from controller.logs.flights.catalogue_facts import facts_of

    facts: dict[str, Any] = facts_of(folder)
    return Flight(flight=folder.name, **facts)
