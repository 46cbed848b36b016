"""Assets of a line from CSV, or from the points of KML, KMZ and GeoJSON."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence

from controller.missions.assets.asset import Asset, number_in
from controller.missions.assets.names import clean
from controller.missions.errors import PlanError
from controller.missions.shapes.reader import MAX_BYTES, is_shapes, read_shapes
from controller.missions.shapes.shape import place

MOST_ASSETS = 10_000
_SEPARATORS = (";", "\t", ",")
_HIGHEST_M = 1000.0
#: Headers by what they hold, without case, units and punctuation.
_COLUMNS = {
    "name": "name id nr no number nummer tower towerno mast mastnr mastnummer pole asset bezeichnung",
    "km": "km kilometre kilometer chainage kilometrierung kilometerstein",
    "lat": "lat latitude latdeg breite breitengrad geographischebreite",
    "lon": "lon lng long longitude londeg länge laenge längengrad laengengrad geographischelänge geographischelaenge",
    "height": "height heightm towerheight höhe hoehe höhem hoehem masthöhe masthoehe",
}
_MEANINGS = {header: meaning for meaning, headers in _COLUMNS.items() for header in headers.split()}


def read_assets(data: bytes, file: str) -> tuple[tuple[Asset, ...], tuple[str, ...]]:
    """Return the assets of a file in its order, and notes on what was not taken; `file` is its name for errors.

    Raises PlanError.
    """
    if len(data) > MAX_BYTES:
        raise PlanError(f"cannot read the assets: larger than {MAX_BYTES // 1024**2} MiB", where=file)
    if is_shapes(data):
        found = read_shapes(data, file)
        assets = [
            Asset("tower", name or str(index), *position, None, number_in(name) if name else float(index))
            for index, (name, position) in enumerate(found.points, start=1)
        ]
        notes: tuple[str, ...] = ()
    else:
        assets, notes = _read_csv(_text(data), file)
    if not assets:
        raise PlanError(
            "cannot read the assets: the file has no point", where=file, hint="one for each tower"
        )
    if len(assets) > MOST_ASSETS:
        raise PlanError(f"cannot read the assets: more than {MOST_ASSETS}", where=file)
    return tuple(assets), notes


def _text(data: bytes) -> str:
    """Return the text of a CSV file; spreadsheets write UTF-8, UTF-16, or Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _read_csv(text: str, file: str) -> tuple[list[Asset], tuple[str, ...]]:
    lines = text.splitlines()
    number = next((index for index, line in enumerate(lines) if line.strip()), None)
    if number is None:
        raise PlanError("cannot read the assets: the file is empty", where=file)
    separator = max(_SEPARATORS, key=lines[number].count)
    rows = csv.reader(lines[number:], delimiter=separator)
    assets: list[Asset] = []
    try:
        headers = next(rows)
        columns = _columns(headers, f"{file}:{number + 1}")
        for row in rows:
            where = f"{file}:{number + rows.line_num}"
            if any(one.strip() for one in row):
                assets.append(_asset(row, columns, where))
            if len(assets) > MOST_ASSETS:
                break
    except csv.Error as error:
        raise PlanError(f"invalid CSV: {error}", where=f"{file}:{number + rows.line_num}") from None
    unused = [
        clean(one) for index, one in enumerate(headers) if index not in columns.values() and one.strip()
    ]
    return assets, (f"columns not used: {', '.join(unused)}",) if unused else ()


def _columns(headers: Sequence[str], where: str) -> dict[str, int]:
    """Return the index of each column that is known."""
    found: dict[str, int] = {}
    for index, header in enumerate(headers):
        word = "".join(one for one in header.split("[")[0].split("(")[0].casefold() if one.isalnum())
        meaning = _MEANINGS.get(word)
        if meaning in found:
            raise PlanError(f"invalid CSV: two columns of the {meaning}", where=where, hint="keep one")
        if meaning:
            found[meaning] = index
    missing = [one for one in ("lat", "lon") if one not in found]
    if "name" not in found and "km" not in found:
        missing.insert(0, "name or km")
    if missing:
        seen = ", ".join(clean(one) or "(empty)" for one in headers[:12])
        raise PlanError(
            f"invalid CSV: no column for {' and '.join(missing)}; its columns are {seen}"[:300],
            where=where,
            hint="name them name, lat, lon and height_m in the first line",
        )
    return found


def _asset(row: Sequence[str], columns: dict[str, int], where: str) -> Asset:
    def cell(meaning: str) -> str:
        index = columns.get(meaning, len(row))
        return row[index].strip() if index < len(row) else ""

    def value(meaning: str) -> float:
        return _number(cell(meaning), meaning, where)

    lat_deg, lon_deg = place(value("lat"), value("lon"), where)
    height_m = value("height") if cell("height") else None
    if height_m is not None and not 0.0 < height_m <= _HIGHEST_M:
        raise PlanError(f"invalid height of {height_m:g} m", where=where, hint="it is that above the foot")
    name = clean(cell("name"))
    if name:
        return Asset("tower", name, lat_deg, lon_deg, height_m, number_in(name))
    km = value("km")
    return Asset("km", f"{km:g}", lat_deg, lon_deg, height_m, km)


def _number(text: str, what: str, where: str) -> float:
    # A comma is decimal: where it separates the columns, a number has none, or was in quotes.
    plain = text.replace(",", ".") if "." not in text else text
    try:
        value = float(plain) if plain.isascii() and "_" not in plain else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise PlanError(
            f"invalid {what} {text[:30]!r}", where=where, hint="write a number in degrees or metres"
        )
    return value
