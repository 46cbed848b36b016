"""Flights erased by their age:

gone from the list and the catalogue at once, then from the disk; the ledger says it was policy.
"""

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

_ERASING = ".erasing-"
_STAMP = re.compile(r"(\d{8}T\d{6}Z)-")


def expired(flights: Path, *, keep_days: float, now_utc_s: float) -> list[Path]:
    """Finished flights that began more than so many days ago, by their names, encrypted ones too."""
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
    """Delete flights: each leaves the list at once, then the disk.

    Just before it goes the ledger beside the signing key tells that it was erased by policy and not taken away; one
    that the ledger does not know needs no such line. Raises SigningKeyError, before any is gone, where the key does
    not open, and OSError.
    """
    known = read_ledger(keys)
    told = {
        folder: [
            entry
            for entry in known.of(recorded_flight_name(folder))
            if entry.place == flights_folder_of(folder) and not entry.erased
        ]
        for folder in folders
    }
    key = load_key(keys, passphrase=os.environ.get(PASSPHRASE)) if any(told.values()) else None
    for folder, entries in told.items():
        if key is not None:
            for entry in entries:
                append_erased(keys, entry, key=key, utc_us=utc_us)
        leaving = folder.with_name(_ERASING + folder.name)
        folder.rename(leaving)
        catalogue.forget([folder])
        shutil.rmtree(leaving)


def finish_erasing(flights: Path) -> None:
    """Delete what an interrupted run left. Raises OSError."""
    for leaving in flights.glob(_ERASING + "*"):
        catalogue.forget([leaving.with_name(leaving.name.removeprefix(_ERASING))])
        shutil.rmtree(leaving)
