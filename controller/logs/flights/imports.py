"""Flights of other programs in the folder of flights: each file unchanged in a folder of its own, with its hash.

    flights/20240315T091824Z-Mavic-3/import.txt     the file, unchanged
                                     import.json    its name, SHA-256 and format, and what was not carried over

A folder is made whole under a hidden name and then renamed: the process can be killed at any moment.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from controller.clock import SystemClock, iso_utc
from controller.errors import LandlineError, UserError
from controller.logs.flights import store
from controller.logs.formats.read import no_message, open_log
from controller.logs.formats.registry import format_of_file, imported_endings
from controller.logs.series.track import flown_track
from controller.logs.series.view import span_of

_COPY = "import"  # and the file's ending
_UNFINISHED = ".import-"
# Folders that a killed process left behind are removed after that time; a running one may use younger ones.
_ABANDONED_S = 3_600
_BLOCK_BYTES = 1 << 20
_HEAD_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class FileImport:
    """What became of one file: `left` is a file in a folder that is no record of a flight. `flight` is the folder's
    name, `why` the reason for a failure; `facts` are those of import.json."""

    path: Path
    state: Literal["imported", "known", "failed", "left"]
    flight: str = ""
    why: str = ""
    facts: dict[str, Any] | None = None


def import_files(
    sources: Iterable[Path], flights: Path, *, utc_offset_s: int | None = None
) -> Iterator[FileImport]:
    """Import files, and those in folders; a file whose hash is known already is skipped, a broken one reported.

    `utc_offset_s` is that of the times in files that do not name their zone, seconds east of UTC. Raises UserError
    for a source that does not exist, before the first file, and for a folder of flights that cannot be written.
    """
    sources = list(sources)
    for source in sources:
        if not source.exists():
            raise UserError("cannot import: no such file or folder", where=str(source), hint="check the path")
    try:
        flights.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(flights)
    except OSError as error:
        raise UserError(f"cannot write flights: {error.strerror}", where=str(flights)) from error
    known = known_hashes(flights)
    for path, named in _files(sources, flights):
        yield _imported(path, named, flights, known, utc_offset_s)


def known_hashes(flights: Path) -> dict[str, str]:
    """The flights of this folder that were imported, by the SHA-256 of their files."""
    found = {}
    for folder in sorted(flights.glob(f"[!.]*/{store.IMPORT}")):
        facts = store.read_import(folder.parent)
        if "sha256" in facts:
            found[str(facts["sha256"])] = folder.parent.name
    return found


def _files(sources: Iterable[Path], flights: Path) -> Iterator[tuple[Path, bool]]:
    """The files to look at, and whether each was named itself."""
    own, endings = flights.resolve(), imported_endings()
    for source in sources:
        if not source.is_dir():
            yield source, True
            continue
        for place, folders, names in os.walk(source):
            here = Path(place)
            folders[:] = sorted(
                name for name in folders if not name.startswith(".") and (here / name).resolve() != own
            )
            for name in sorted(names):
                if not name.startswith(".") and Path(name).suffix.lower() in endings:
                    yield here / name, False


def _imported(
    path: Path, named: bool, flights: Path, known: dict[str, str], utc_offset_s: int | None
) -> FileImport:
    try:
        log_format = format_of_file(path)
        if log_format is None or not log_format.imported:
            return _not_of_a_flight(path, named)
        digest = _sha256(path)
        if digest in known:
            return FileImport(path, "known", known[digest])
        name, facts = _take(path, flights, digest, utc_offset_s)
    except LandlineError as error:
        return FileImport(path, "failed", why=str(error))
    except OSError as error:
        return FileImport(path, "failed", why=f"{path}: cannot import: {error.strerror or error}")
    known[digest] = name
    return FileImport(path, "imported", name, facts=facts)


def _not_of_a_flight(path: Path, named: bool) -> FileImport:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    error = no_message(path, head)
    # Any text or subtitle may lie in a folder; a table may be a flight in another language.
    failed = named or (error.hint is not None and "columns" in error.hint)
    return FileImport(path, "failed" if failed else "left", why=str(error))


def _take(path: Path, flights: Path, digest: str, utc_offset_s: int | None) -> tuple[str, dict[str, Any]]:
    """Copy a file into a folder of its own. Return the folder's name, and the facts of the import."""
    made = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=flights))
    try:
        copy = made / f"{_COPY}{path.suffix.lower()}"
        if _copied(path, copy) != digest:
            raise UserError(
                "cannot import: the file changed meanwhile", where=str(path), hint="import it again"
            )
        facts: dict[str, Any] = {
            "file": copy.name,
            "name": path.name,
            "sha256": digest,
            "bytes": copy.stat().st_size,
            "utc_offset_s": utc_offset_s,
        }
        _write(made, facts)
        try:
            log = open_log(copy)
            view = log.series()
        except UserError as error:
            where = (error.where or "").replace(str(copy), str(path)) or str(path)
            raise UserError(error.what, where=where, hint=error.hint) from error
        span_us = span_of(log.times_us(view), "utc")
        if span_us is None:
            raise UserError("cannot import: no possible time in it", where=str(path))
        track, counts = flown_track(view), log.counts
        facts |= {
            "format": log.format.name,
            "title": log.format.title,
            "imported_utc": iso_utc(SystemClock().utc_us()),
            "begin_utc": iso_utc(span_us[0]),
            "duration_s": round((span_us[1] - span_us[0]) / 1e6, 3),
            "distance_m": None if track is None else round(track.length_m, 1),
            "photos": counts.get("photos", 0),
            "videos": counts.get("videos", 0),
            "model": log.identity.model,
            "serial": log.identity.serial,
            "firmware": log.identity.firmware,
            "notes": list(log.problems),
        }
        _write(made, facts)
        vehicle = log.identity.model or log.format.name
        return _placed(made, flights, store.flight_name(span_us[0], vehicle), digest), facts
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _placed(made: Path, flights: Path, name: str, digest: str) -> str:
    """Give the folder its name; a second flight in the same second gets a number.

    Another process may have imported the same file meanwhile, under the same name: that one stays, and its name is
    returned.
    """
    number = 1
    while True:
        place = flights / (name if number == 1 else f"{name}-{number}")
        if store.read_import(place).get("sha256") == digest:
            return place.name
        if place.exists():
            number += 1
            continue
        try:
            made.rename(place)
        except OSError:
            if not place.exists():
                raise
        else:
            return place.name


def _write(folder: Path, facts: dict[str, Any]) -> None:
    with (folder / store.IMPORT).open("w", encoding="utf-8") as file:
        json.dump(facts, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())


def _copied(path: Path, target: Path) -> str:
    """Copy a file and return the SHA-256 of the copy."""
    digest = hashlib.sha256()
    with path.open("rb") as source, target.open("wb") as copy:
        while block := source.read(_BLOCK_BYTES):
            digest.update(block)
            copy.write(block)
        copy.flush()
        os.fsync(copy.fileno())
    shutil.copystat(path, target)
    # Of a medium that is read-only.
    target.chmod(0o644)
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove_abandoned(flights: Path) -> None:
    now_s = SystemClock().utc_us() / 1e6
    for folder in flights.glob(f"{_UNFINISHED}*"):
        if now_s - folder.stat().st_mtime > _ABANDONED_S:
            shutil.rmtree(folder, ignore_errors=True)
