"""PMTiles and MBTiles: tiles at their places, metadata, and files that are broken, huge or hostile."""

from __future__ import annotations

import gzip
import json
import sqlite3
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.web.maps.library import open_map
from controller.web.maps.mbtiles import Mbtiles
from controller.web.maps.pmtiles import Pmtiles, tile_number
from controller.web.maps.source import MapError, unpacked
from tests.support.map_files import colour_tile, directory, pmtiles_bytes, varint, write_mbtiles

RED, BLUE = colour_tile(255, 0, 0), colour_tile(0, 0, 255)
TILES = {(1, 0, 0): RED, (1, 1, 1): BLUE}


def pmtiles(folder: Path, data: bytes) -> Pmtiles:
    path = folder / "a.pmtiles"
    path.write_bytes(data)
    return Pmtiles(path)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("leaves", [False, True])
def test_tiles_of_pmtiles_are_found_at_their_places(tmp_path: Path, packed: bool, leaves: bool) -> None:
    archive = pmtiles(tmp_path, pmtiles_bytes(TILES, packed=packed, leaves=leaves))
    north_west, south_east = archive.tile(1, 0, 0), archive.tile(1, 1, 1)
    assert north_west is not None and north_west.data == RED
    assert south_east is not None and south_east.data == BLUE
    assert archive.tile(1, 0, 1) is None
    assert archive.tile(7, 0, 0) is None


def test_tile_numbers_are_those_of_the_specification() -> None:
    places = [(0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0), (2, 0, 0), (12, 3423, 1763)]
    assert [tile_number(*place) for place in places] == [0, 1, 2, 3, 4, 5, 19078479]


def test_every_tile_of_a_zoom_has_a_number_of_its_own() -> None:
    numbers = {tile_number(4, x, y) for x in range(16) for y in range(16)}
    assert numbers == set(range(85, 85 + 256))


def test_what_a_map_says_about_itself_is_plain_text(tmp_path: Path) -> None:
    about = {
        "name": "Alps",
        "attribution": '<a href="x" onclick="y">&copy; Some &amp; others</a>\n<script>',
        "vector_layers": [{"id": "water"}, {"id": 7}, "x"],
    }
    info = pmtiles(tmp_path, pmtiles_bytes(TILES, bounds=(5.0, 45.0, 11.0, 48.0), metadata=about)).info
    assert (info.title, info.attribution) == ("Alps", "© Some & others")
    assert info.bounds == (5.0, 45.0, 11.0, 48.0)
    assert (info.min_zoom, info.max_zoom, info.layers) == (1, 1, ("water",))


def test_rows_of_mbtiles_count_from_the_south(tmp_path: Path) -> None:
    base = Mbtiles(write_mbtiles(tmp_path / "a.mbtiles", TILES, name="A", bounds="5,45,11,48"))
    north_west = base.tile(1, 0, 0)
    assert north_west is not None and north_west.data == RED
    assert base.tile(1, 0, 1) is None
    assert (base.info.min_zoom, base.info.max_zoom, base.info.bounds) == (1, 1, (5.0, 45.0, 11.0, 48.0))


def test_bounds_that_mbtiles_do_not_state_are_those_of_the_tiles(tmp_path: Path) -> None:
    base = Mbtiles(write_mbtiles(tmp_path / "a.mbtiles", {(2, 3, 0): RED}))
    west, south, east, north = base.info.bounds
    assert (west, east) == (90.0, 180.0)
    assert (south, north) == pytest.approx((66.51, 85.05), abs=0.01)


def test_vector_tiles_stay_packed_for_the_browser(tmp_path: Path) -> None:
    packed = gzip.compress(b"\x1a\x05tiles")
    listed = json.dumps({"vector_layers": [{"id": "water"}]})
    base = Mbtiles(write_mbtiles(tmp_path / "a.mbtiles", {(0, 0, 0): packed}, format="pbf", json=listed))
    tile = base.tile(0, 0, 0)
    assert tile is not None and (tile.gzip, tile.data, base.info.layers) == (True, packed, ("water",))


def loop() -> bytes:
    """An archive whose directory leads to itself."""
    data = pmtiles_bytes({(0, 0, 0): RED}, packed=False, leaves=True)
    leaf = directory([(0, 0, 5, 0)])
    assert len(leaf) == 5
    start = int.from_bytes(data[40:48], "little")
    return data[:start] + leaf + data[start + 5 :]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (pmtiles_bytes(TILES)[:100], "ends early"),
        (pmtiles_bytes(TILES)[:130], "ends early"),
        (b"PMTiles\x02" + pmtiles_bytes(TILES)[8:], "version 2"),
        (pmtiles_bytes(TILES, kind=5), "AVIF"),
        (pmtiles_bytes(TILES)[:97] + b"\x03" + pmtiles_bytes(TILES)[98:], "brotli"),
        (pmtiles_bytes(TILES)[:16] + b"\xff" * 8 + pmtiles_bytes(TILES)[24:], "a directory has"),
    ],
)
def test_a_broken_archive_is_refused_in_one_line(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(MapError, match=says):
        pmtiles(tmp_path, data)


def test_directories_that_lead_into_each_other_end(tmp_path: Path) -> None:
    with pytest.raises(MapError, match="lead into each other"):
        pmtiles(tmp_path, loop()).tile(0, 0, 0)


def test_a_tile_that_is_no_picture_is_not_given_to_the_browser(tmp_path: Path) -> None:
    archive = pmtiles(tmp_path, pmtiles_bytes({(0, 0, 0): b"<svg onload=alert(1)>"}))
    with pytest.raises(MapError, match="no PNG, JPEG or WebP"):
        archive.tile(0, 0, 0)


def test_data_that_unpacks_to_more_than_a_tile_is_refused() -> None:
    bomb = gzip.compress(bytes(20_000_000))
    with pytest.raises(MapError, match="more than"):
        unpacked(bomb)


def sql(path: Path, *statements: str) -> Path:
    base = sqlite3.connect(path)
    for statement in statements:
        base.execute(statement)
    base.commit()
    base.close()
    return path


@pytest.mark.parametrize(
    ("statements", "says"),
    [
        (["CREATE TABLE other (a)"], "no such table"),
        (["CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)"], "it has no tiles"),
        (
            ["CREATE TABLE tiles (a, tile_data)", "INSERT INTO tiles VALUES (1, x'89504e470d0a1a0a')"],
            "no such column",
        ),
        (
            [
                "CREATE VIEW tiles AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) "
                "SELECT i AS zoom_level, i AS tile_column, i AS tile_row, NULL AS tile_data FROM n WHERE i < 0"
            ],
            "too slow",
        ),
    ],
)
def test_a_database_of_another_kind_is_refused_in_one_line(
    tmp_path: Path, statements: list[str], says: str
) -> None:
    with pytest.raises(MapError, match=says):
        Mbtiles(sql(tmp_path / "a.mbtiles", *statements))


def test_a_truncated_database_is_refused_or_its_tile_is(tmp_path: Path) -> None:
    path = write_mbtiles(tmp_path / "a.mbtiles", {(3, x, y): RED for x in range(8) for y in range(8)})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MapError):
        base = Mbtiles(path)
        for x in range(8):
            for y in range(8):
                base.tile(3, x, y)


@given(data=st.data())
def test_no_change_of_bytes_breaks_a_reader(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp()
    kind = data.draw(st.sampled_from(["pmtiles", "mbtiles"]))
    path = folder / f"fuzz.{kind}"
    if kind == "pmtiles":
        sound = pmtiles_bytes(TILES, packed=False, leaves=data.draw(st.booleans()))
    else:
        path.unlink(missing_ok=True)
        sound = write_mbtiles(path, TILES, name="A").read_bytes()
    changed = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 8))):
        changed[data.draw(st.integers(0, min(len(changed), 400) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(changed[: data.draw(st.integers(0, len(changed)))])
    try:
        source = open_map(path)
    except MapError:
        return
    try:
        for place in [(0, 0, 0), *TILES]:
            source.tile(*place)
    except MapError:
        pass
    finally:
        source.close()


@given(st.binary(max_size=200))
def test_no_directory_breaks_its_reader(data: bytes) -> None:
    from controller.web.maps.pmtiles import parsed_directory

    for bytes_ in (data, varint(3) + data):
        try:
            numbers, runs, lengths, offsets = parsed_directory(bytes_)
        except MapError:
            continue
        assert len(numbers) == len(runs) == len(lengths) == len(offsets)


def test_a_sparse_file_of_ten_gigabytes_is_opened_and_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pmtiles"
    path.write_bytes(pmtiles_bytes(TILES))
    with path.open("r+b") as file:
        file.truncate(10_000_000_000)
    archive = Pmtiles(path)
    tile = archive.tile(1, 0, 0)
    assert tile is not None and zlib.crc32(tile.data) == zlib.crc32(RED)
