"""Assets of a line from CSV, or from the points of KML, KMZ and GeoJSON."""

from __future__ import annotations

from controller.missions.assets.asset import Asset, number_in
from controller.missions.assets.names import clean
from controller.missions.errors import PlanError
from controller.missions.formats.paths.points_csv import LATITUDE, LONGITUDE, key
from controller.missions.formats.table import Row, Table, read_table
from controller.missions.shapes.reader import MAX_BYTES, is_shapes, read_shapes

MOST_ASSETS = 10_000
#: Height of an asset above its foot, m.
_LOWEST_M, _HIGHEST_M = 0.1, 1000.0
#: Headers by what they hold, without case, units and punctuation.
_COLUMNS = {
    "name": "name id nr no number nummer tower towerno mast mastnr mastnummer pole asset bezeichnung",
    "km": "km kilometre kilometer chainage kilometrierung kilometerstein",
    "lat": " ".join(LATITUDE),
    "lon": " ".join(LONGITUDE),
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
        assets, notes = _read_csv(data, file)
    if not assets:
        raise PlanError(
            "cannot read the assets: the file has no point", where=file, hint="one for each tower"
        )
    if len(assets) > MOST_ASSETS:
        raise PlanError(f"cannot read the assets: more than {MOST_ASSETS}", where=file)
    return tuple(assets), notes


def _read_csv(data: bytes, file: str) -> tuple[list[Asset], tuple[str, ...]]:
    table = read_table(data, file)
    columns = _columns(table, file)
    unused = [clean(one) for one in table.columns if one and one.lower() not in columns.values()]
    assets = [_asset(row, columns) for row in table.rows]
    return assets, (f"columns not used: {', '.join(unused)}",) if unused else ()


def _columns(table: Table, file: str) -> dict[str, str]:
    """Return the name of each column that is known, by its meaning."""
    found: dict[str, str] = {}
    for column in table.columns:
        meaning = _MEANINGS.get(key(column))
        if meaning in found:
            raise PlanError(f"invalid table: two columns of the {meaning}", where=file, hint="keep one")
        if meaning:
            found[meaning] = column.lower()
    missing = [one for one in ("lat", "lon") if one not in found]
    if "name" not in found and "km" not in found:
        missing.insert(0, "name or km")
    if missing:
        raise PlanError(
            f"cannot read the assets: no column {' and '.join(missing)}; the table has {table.shown_columns}",
            where=file,
            hint="name the columns name, lat, lon and height_m in its first line",
        )
    return found


def _asset(row: Row, columns: dict[str, str]) -> Asset:
    lat_deg = row.number(columns["lat"], -90.0, 90.0)
    lon_deg = row.number(columns["lon"], -180.0, 180.0)
    height = columns.get("height", "")
    height_m = row.number(height, _LOWEST_M, _HIGHEST_M) if row.text(height) else None
    name = clean(row.text(columns.get("name", "")))
    if name:
        return Asset("tower", name, lat_deg, lon_deg, height_m, number_in(name))
    if "km" not in columns:
        raise PlanError(
            "invalid row: the asset has no name", where=row.where, hint="write its number or name"
        )
    km = row.number(columns["km"], 0.0, 1e6)
    return Asset("km", f"{km:g}", lat_deg, lon_deg, height_m, km)
