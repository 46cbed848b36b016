"""SQL queries over all flights, run by DuckDB in this process on the flights' Parquet files.

    SELECT flight, max(abs(roll)) FROM ATTITUDE GROUP BY flight

There is a view for each message type over all flights, with `flight` (the folder's name) and `utc` (a timestamp)
beside the message's own fields, the `series_...` of all logs, `events`, `params`, and `flights`, which is the
catalogue. Only SELECT statements are run, and no extension is ever loaded or downloaded.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.errors import UserError
from controller.logs.flights import catalogue, store
from controller.logs.flights.catalogue import Catalogue
from controller.logs.query.parquet_tables import ColumnsError, TableFiles, existing_tables, write_tables
from controller.logs.query.tables import PARAMETERS, SERIES
from controller.near_names import near_names

FLIGHTS = "flights"
Progress = Callable[[str, int, int], None]
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
}
# Columns that the views add to those of the message.
ADDED = ("flight", "utc")
_FILE = "landline_file"


class QueryError(UserError):
    """A statement that is not a SELECT, or that names an unknown table or column."""


@dataclass
class QueryResult:
    """Names of the columns, and the rows as they are fetched; `problems` are flights that it does not include, `notes`
    lines about those it does."""

    columns: list[str]
    rows: Iterator[tuple[Any, ...]]
    problems: list[str]
    notes: list[str]


class FlightQueries:
    """Runs queries over a folder of flights. `progress(what, done, of)` reports long preparations."""

    def __init__(self, flights: Path, *, progress: Progress | None = None) -> None:
        self._flights = flights
        self._progress = progress
        self.problems: list[str] = []
        self.notes: list[str] = []

    def tables(self) -> dict[str, int]:
        """Rows by table over all flights."""
        totals: dict[str, int] = {FLIGHTS: len(store.list_flights(self._flights))}
        for found in self._all_tables({SERIES}):
            for name, rows in found.tables.items():
                totals[name] = totals.get(name, 0) + rows
        return dict(sorted(totals.items()))

    def run(self, sql: str) -> QueryResult:
        """Run one SELECT statement. Raises QueryError."""
        import duckdb

        db = duckdb.connect(":memory:", config=_SETTINGS)
        try:
            self._check(duckdb, db, sql)
            # Results larger than memory go to the system's temporary folder, not to the current one.
            db.execute("SET temp_directory = ?", [str(Path(tempfile.gettempdir()) / "landline-duckdb")])
            named = _names(duckdb, db, sql)
            if named - {FLIGHTS}:
                self._views(db, named)
            if FLIGHTS in named:
                db.register(FLIGHTS, self._catalogue())
            db.execute("SET enable_external_access = false")
            db.execute("SET lock_configuration = true")
            result = db.execute(sql)
        except duckdb.Error as error:
            db.close()
            raise self._error(error) from error
        except BaseException:
            db.close()
            raise
        names = [column[0] for column in result.description or []]
        return QueryResult(names, _fetch_rows(duckdb, db, self._flights), self.problems, self.notes)

    @staticmethod
    def _check(duckdb: Any, db: Any, sql: str) -> None:
        statements = db.extract_statements(sql)
        if len(statements) != 1:
            raise QueryError(f"cannot run {len(statements)} statements at once: give one", where="sql")
        # Not EXPLAIN either: EXPLAIN ANALYZE runs the statement that it is given.
        if statements[0].type != duckdb.StatementType.SELECT:
            kind = str(statements[0].type).rpartition(".")[2]
            raise QueryError(
                f"cannot run {kind}: flights are read-only", where="sql", hint="begin with SELECT"
            )

    def _all_tables(self, wanted: Collection[str]) -> list[TableFiles]:
        """The tables of all flights; those wanted (in lower case) are written where they are missing."""
        folders = store.list_flights(self._flights)
        found = {folder: existing_tables(folder) for folder in folders}
        missing = [
            folder for folder, existing in found.items() if existing is None or not existing.complete(wanted)
        ]
        if self._progress is not None and missing:
            self._progress("reading logs", 0, len(missing))
        # More threads than cores wait for each other: only a part of the work is done outside the interpreter's lock.
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for done, (folder, written) in enumerate(
                zip(
                    missing,
                    pool.map(lambda folder: self._tables_of(folder, wanted, found[folder]), missing),
                    strict=True,
                ),
                1,
            ):
                found[folder] = written
                if self._progress is not None:
                    self._progress("reading logs", done, len(missing))
        sealed = len(store.all_flights(self._flights)) - len(folders)
        if sealed:
            self.problems.append(
                f"{sealed} encrypted flight{'' if sealed == 1 else 's'}: decrypt them with landline logs decrypt"
            )
        existing = [files for files in found.values() if files is not None]
        self.problems += [problem for files in existing for problem in files.problems]
        self.notes += [f"{files.folder.parent.name}: {line}" for files in existing for line in files.notes]
        return existing

    def _tables_of(
        self, folder: Path, wanted: Collection[str], existing: TableFiles | None
    ) -> TableFiles | None:
        try:
            return write_tables(folder, wanted, existing)
        except ColumnsError as error:
            self.problems.append(str(error))
            return None

    def _views(self, db: Any, named: set[str]) -> None:
        """Create the views that a query names."""
        files: dict[str, list[str]] = {}
        for found in self._all_tables(named):
            for name in found.tables:
                if name.lower() in named:
                    files.setdefault(name, []).extend(map(str, found.paths(name)))
        # The only files that it can open once other access is disabled: a SELECT can contain a COPY.
        db.execute("SET allowed_paths = ?", [[path for paths in files.values() for path in paths]])
        for name, paths in files.items():
            db.execute(_view(name, paths, timed=name != PARAMETERS))

    def _error(self, error: Any) -> UserError:
        unknown = re.search(r"Table with name \S+ does not exist", str(error))
        return _query_error(error, list(self.tables()) if unknown else [], self._flights)

    def _catalogue(self) -> Any:
        import pyarrow as pa

        with Catalogue(self._flights) as known:
            known.refresh(self._step)
            rows = known.find()
        columns = {name: [getattr(row, name) for row in rows] for name in catalogue.COLUMNS}
        return pa.table(columns, schema=_catalogue_schema(pa))

    def _step(self, done: int, of: int) -> None:
        if self._progress is not None:
            self._progress("reading flights", done, of)


def _names(duckdb: Any, db: Any, sql: str) -> set[str]:
    """The tables that a query may name, in lower case; the database has no views yet."""
    try:
        names = db.get_table_names(sql)
    except duckdb.BinderException:
        # It cannot bind unknown tables: then every word may be one.
        names = re.findall(r"\w+", sql)
    return {name.lower() for name in names}


def _view(name: str, paths: list[str], *, timed: bool) -> str:
    """The view of a message over all flights; its columns are matched by name across versions of the message."""
    files = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    utc = f"make_timestamp(time_us) AS {ADDED[1]}, " if timed else ""
    return (
        f'CREATE VIEW "{name}" AS SELECT parse_path({_FILE})[-3] AS {ADDED[0]}, {utc}* EXCLUDE ({_FILE}) '
        f"FROM read_parquet([{files}], union_by_name = true, filename = '{_FILE}')"
    )


def _catalogue_schema(pa: Any) -> Any:
    kinds = {"TEXT": pa.string(), "INTEGER": pa.int64(), "REAL": pa.float64()}
    return pa.schema([(name, kinds[kind]) for name, kind in catalogue.column_types().items()])


def _query_error(error: Any, known: list[str], flights: Path) -> UserError:
    lines = [line for line in str(error).splitlines() if line]
    missing = re.search(r"Table with name (\S+) does not exist", lines[0]) if lines else None
    hint = None
    if missing and not store.list_flights(flights):
        hint = f"there are no flights in {flights}"
    elif missing:
        near = near_names(missing[1], known, most=3, least=0.5)
        hint = f"perhaps {' or '.join(near)}" if near else "landline logs sql --tables names them all"
    elif near_columns := next((line for line in lines if line.startswith("Candidate bindings: ")), None):
        hint = f"perhaps {near_columns.partition(': ')[2]}"
    what = (
        f"unknown table '{missing[1]}'"
        if missing
        else f"cannot run the query: {lines[0].rstrip('!.')}"
        if lines
        else "the query failed"
    )
    return QueryError(what, where="sql", hint=hint)


def _fetch_rows(duckdb: Any, db: Any, flights: Path) -> Iterator[tuple[Any, ...]]:
    try:
        while rows := db.fetchmany(1000):
            yield from rows
    except duckdb.Error as error:
        raise _query_error(error, [], flights) from error
    finally:
        db.close()
