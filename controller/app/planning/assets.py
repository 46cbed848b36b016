"""Assets of a job: the part of a line that is ordered."""

from __future__ import annotations

from pathlib import Path

from controller.missions.assets.asset import Asset, chosen
from controller.missions.assets.reader import read_assets
from controller.missions.errors import PlanError
from controller.missions.formats.text_file import read_bytes


def read_ordered(path: Path, order: str | None) -> tuple[tuple[Asset, ...], tuple[str, ...]]:
    """Return the assets of a file that an order names, all for None, and notes of the reader. Raises PlanError."""
    found, notes = read_assets(read_bytes(path), str(path))
    if order is None:
        return found, notes
    try:
        return chosen(found, order), notes
    except PlanError as error:
        raise PlanError(error.what, where=error.where or str(path), hint=error.hint) from None
