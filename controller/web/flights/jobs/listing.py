"""The list of flights for the page, from the catalogue."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from controller.logs.flights import store
from controller.logs.flights.catalogue import COLUMNS, Catalogue, CatalogueRow
from controller.web.flights.jobs.source import Progress

_NAME = re.compile(r"\d{8}T\d{6}Z-(.+)")


def refresh_catalogue(flights: Path, running: str, progress: Progress) -> int:
    """Read new and changed flights into the catalogue, without the one being recorded; return their number."""
    with Catalogue(flights) as catalogue:
        return catalogue.refresh(progress, skip={running})


def listed_flights(flights: Path, running: str) -> list[dict[str, Any]]:
    """Return every flight, the last one flown first.

    `state` is `ready`, `encrypted`, `recording` or `unread` (not in the catalogue yet); only ready ones have figures.
    """
    known: dict[str, dict[str, Any]] = {}
    if flights.is_dir():
        with Catalogue(flights) as catalogue:
            known = {row.flight: _plain(row) for row in catalogue.find()}
    rows = []
    for folder in reversed(store.all_flights(flights)):
        encrypted = (folder / store.ARCHIVE).is_file()
        row = None if encrypted or folder.name == running else known.get(folder.name)
        if row is not None:
            rows.append({**row, "state": "ready"})
            continue
        state = "encrypted" if encrypted else "recording" if folder.name == running else "unread"
        named = _NAME.fullmatch(folder.name)
        rows.append(
            {
                "flight": folder.name,
                "flown_utc": store.flown_utc(folder),
                "aircraft": named[1] if named else folder.name,
                "state": state,
            }
        )
    return rows


def _plain(row: CatalogueRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in COLUMNS}
