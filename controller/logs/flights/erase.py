"""Erasing of old flights: from the list and the catalogue, then from the disk, with a signed line in the ledger."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from controller.logs.flights import catalogue, store
from controller.logs.privacy.encryption import is_finished
from controller.logs.record.chain import recorded_flight_name
from controller.logs.record.keys import PASSPHRASE, load_key
from controller.logs.record.ledger import append_erased, flights_folder_of, read_ledger

ERASING = ".erasing-"
_STAMP = re.compile(r"(\d{8}T\d{6}Z)-")


def expired(flights: Path, *, keep_days: float, now_utc_s: float) -> list[Path]:
    """Return the finished flights that began more than `keep_days` days ago, encrypted ones too.

    The start time is that in the folder's name.
    """
    limit = datetime.fromtimestamp(now_utc_s, UTC) - timedelta(days=keep_days)
    found = []
    for folder in store.all_flights(flights):
        stamp = _STAMP.match(folder.name)
        try:
            began = datetime.strptime(stamp[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if stamp else limit
        except ValueError:
            continue
        if began < limit and not folder.is_symlink() and is_finished(folder, now_utc_s):
            found.append(folder)
    return found


def erase(folders: Sequence[Path], keys: Path, *, utc_us: int) -> None:
    """Delete flights: each is first renamed, which removes it from the list, then deleted.

    Just before that a signed line in the ledger states that it was erased; a flight that is not in the ledger needs
    no line. Raises SigningKeyError before the first deletion if the signing key does not open, and OSError.
    """
    ledger = read_ledger(keys)
    entries_of = {
        folder: [
            entry
            for entry in ledger.of(recorded_flight_name(folder))
            if entry.flights_folder == flights_folder_of(folder) and not entry.erased
        ]
        for folder in folders
    }
    key = load_key(keys, passphrase=os.environ.get(PASSPHRASE)) if any(entries_of.values()) else None
    for folder, entries in entries_of.items():
        if key is not None:
            for entry in entries:
                append_erased(keys, entry, key=key, utc_us=utc_us)
        renamed = folder.with_name(ERASING + folder.name)
        folder.rename(renamed)
        catalogue.remove_flights([folder])
        shutil.rmtree(renamed)


def finish_erasing(flights: Path) -> None:
    """Delete the flights that an interrupted run had renamed. Raises OSError."""
    for renamed in flights.glob(ERASING + "*"):
        catalogue.remove_flights([renamed.with_name(renamed.name.removeprefix(ERASING))])
        shutil.rmtree(renamed)
