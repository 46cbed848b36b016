"""Calls of the map: the list, tiles, heights and dropped files."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from controller.web.access import Role
from controller.web.maps import uploads
from controller.web.maps.routes import MapPlaces, map_routes
from tests.support.map_files import colour_tile, pmtiles_bytes, write_mbtiles
from tests.support.web import Answer, Web, web_of_routes

RED = colour_tile(255, 0, 0)
GRID = (
    "ncols 4\nnrows 4\nxllcorner 8\nyllcorner 47\ncellsize 0.1\n" + "\n".join(["500 500 500 600"] * 4)
).encode()


@pytest.fixture
def web(tmp_path: Path) -> Web:
    return web_of_routes(map_routes(MapPlaces(home=tmp_path)))


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    (tmp_path / "maps").mkdir()
    return tmp_path / "maps"


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def only_map(web: Web) -> dict[str, object]:
    (one,) = (await web.get("/api/maps")).json["maps"]
    assert isinstance(one, dict)
    return one


async def test_a_map_of_the_folder_is_listed_and_its_tiles_are_served(web: Web, maps: Path) -> None:
    write_mbtiles(
        maps / "town.mbtiles", {(1, 0, 0): RED}, name="Town", attribution="<b>Us</b>", bounds="5,45,11,48"
    )
    one = await only_map(web)
    assert (one["name"], one["error"]) == ("town.mbtiles", "")
    info = one["info"]
    assert isinstance(info, dict)
    assert (info["title"], info["attribution"], info["bounds"]) == ("Town", "Us", [5.0, 45.0, 11.0, 48.0])
    tile = await web.get(f"/maps/{one['id']}/1/0/0")
    assert (tile.status, tile.headers["content-type"], tile.body) == (200, "image/png", RED)


async def test_a_missing_tile_has_no_content_and_is_not_kept(web: Web, maps: Path) -> None:
    write_mbtiles(maps / "town.mbtiles", {(1, 0, 0): RED})
    answer = await web.get(f"/maps/{(await only_map(web))['id']}/1/1/1")
    assert (answer.status, answer.body, answer.headers["cache-control"]) == (204, b"", "no-store")


async def test_a_broken_tile_is_told_and_not_kept(web: Web, maps: Path) -> None:
    write_mbtiles(maps / "town.mbtiles", {(0, 0, 0): RED, (1, 0, 0): b"broken"})
    answer = await web.get(f"/maps/{(await only_map(web))['id']}/1/0/0")
    assert (answer.status, answer.headers["cache-control"]) == (422, "no-store")
    assert "no PNG, JPEG or WebP" in answer.error


async def test_broken_files_are_listed_with_one_line_each(web: Web, maps: Path) -> None:
    (maps / "a.pmtiles").write_bytes(b"PMTiles\x03")
    (maps / "b.mbtiles").write_bytes(b"SQLite format 3\0" + b"\xff" * 200)
    (maps / "c.tif").write_bytes(b"no map")
    (maps / "d.pmtiles").write_bytes(pmtiles_bytes({(0, 0, 0): RED}))
    (maps / "e.mbtiles").mkdir()
    os.mkfifo(maps / "f.mbtiles")
    (maps / "notes.txt").write_text("not listed")
    found = {one["name"]: one["error"] for one in (await web.get("/api/maps")).json["maps"]}
    assert sorted(found) == ["a.pmtiles", "b.mbtiles", "c.tif", "d.pmtiles", "e.mbtiles", "f.mbtiles"]
    assert [name for name, error in found.items() if not error] == ["d.pmtiles"]
    assert all("\n" not in error for error in found.values())


async def test_a_link_in_the_folder_is_not_followed_but_a_named_one_is(tmp_path: Path, maps: Path) -> None:
    real = write_mbtiles(tmp_path / "real.mbtiles", {(0, 0, 0): RED})
    (maps / "link.mbtiles").symlink_to(real)
    web = web_of_routes(map_routes(MapPlaces(home=tmp_path)))
    assert "link to another place" in str((await only_map(web))["error"])
    named = web_of_routes(map_routes(MapPlaces((maps / "link.mbtiles",), home=tmp_path / "other")))
    assert (await only_map(named))["error"] == ""


@pytest.mark.parametrize(
    "path",
    [
        "/maps/..%2f..%2fetc/0/0/0",
        "/maps/000000000000/0/0/0",
        "/maps/hillshade/0/0/5",
        "/maps/hillshade/-1/0/0",
        "/maps/hillshade/99/0/0",
        f"/maps/hillshade/{'9' * 5000}/0/0",
        "/maps/hillshade/1e1/0/0",
    ],
)
async def test_a_tile_that_cannot_be_is_refused(web: Web, path: str) -> None:
    assert (await web.get(path)).status in (404, 422)


async def test_a_map_that_changes_is_read_again(web: Web, maps: Path) -> None:
    path = maps / "a.pmtiles"
    path.write_bytes(b"PMTiles\x03")
    before = await only_map(web)
    path.write_bytes(pmtiles_bytes({(0, 0, 0): RED}))
    after = await only_map(web)
    assert before["error"] and not after["error"]
    assert before["id"] == after["id"] and before["version"] != after["version"]


async def test_heights_are_null_with_the_reason_where_no_terrain_is(web: Web, tmp_path: Path) -> None:
    (tmp_path / "terrain").mkdir()
    (tmp_path / "terrain" / "a.asc").write_bytes(GRID)
    answer = (await web.post("/api/maps/terrain", {"points": [[47.2, 8.1], [10.0, 10.0]]})).json
    assert answer["heights_m"] == [500.0, None]
    assert (answer["missing"], answer["reason"]) == (1, "no terrain data here")
    assert [file["name"] for file in answer["files"]] == ["a.asc"]
    assert answer["files"][0]["datum"] == ""


@pytest.mark.parametrize(
    "points",
    [None, 7, [], [[1]], [[1, "2"]], [[1, True]], [[1, 2, 3]], [[[1], 2]], [[1e400, 2]], [[0, 0]] * 6000],
)
async def test_wrong_points_are_refused(web: Web, points: object) -> None:
    answer = await web.post("/api/maps/terrain", {"points": points})
    assert answer.status in (200, 400)
    assert points == [] or answer.error


async def test_shading_is_bright_on_slopes_to_the_light_and_clear_on_level_ground(
    web: Web, tmp_path: Path
) -> None:
    (tmp_path / "terrain").mkdir()
    rows, columns = np.mgrid[0:100, 0:100]
    heights = np.where(columns < 50, (rows + columns) * 20.0, 1000.0)
    text = "\n".join(" ".join(f"{one:.0f}" for one in row) for row in heights)
    (tmp_path / "terrain" / "a.asc").write_text(
        f"ncols 100\nnrows 100\nxllcorner 8\nyllcorner 47\ncellsize 0.001\n{text}"
    )
    tile = await web.get("/maps/hillshade/12/2139/1439")
    assert tile.status == 200
    picture = np.asarray(Image.open(io.BytesIO(tile.body)).convert("LA"))
    slope, level = picture[150:200, 40:80], picture[150:200, 200:250]
    assert slope[..., 0].min() == 255 and slope[..., 1].min() > 20
    assert level[..., 1].max() == 0
    assert (await web.get("/maps/hillshade/12/0/0")).status == 204


async def test_a_dropped_map_is_kept_under_its_name(web: Web, tmp_path: Path) -> None:
    data = pmtiles_bytes({(0, 0, 0): RED})
    answer = await web.post("/api/maps?name=my%20town.pmtiles", data)
    assert answer.json == {"kind": "map", "name": "my town.pmtiles"}
    assert (tmp_path / "maps" / "my town.pmtiles").read_bytes() == data
    assert [path.name for path in (tmp_path / "maps").iterdir()] == ["my town.pmtiles"]
    assert "there is a file of this name" in (await web.post("/api/maps?name=my%20town.pmtiles", data)).error


async def test_dropped_heights_become_terrain(web: Web, tmp_path: Path) -> None:
    assert (await web.post("/api/maps?name=a.asc", GRID)).json["kind"] == "terrain"
    assert (tmp_path / "terrain" / "a.asc").read_bytes() == GRID


def bad_names(data: bytes) -> list[tuple[str, bytes, str]]:
    return [
        ("a.exe", data, "as a map or terrain"),
        ("", data, "as a map or terrain"),
        (".pmtiles", data, "as a map or terrain"),
        ("a.pmtiles", b"#!/bin/sh", "no PMTiles"),
        ("a.pmtiles", b"", "no PMTiles"),
        ("a.pmtiles", data[:140], "ends early"),
        ("a.asc", b"ncols 1", "invalid ASCII grid"),
        ("a.hgt", b"\0" * 99, "south-west corner"),
    ]


@pytest.mark.parametrize(("name", "data", "says"), bad_names(pmtiles_bytes({(0, 0, 0): RED})))
async def test_a_dropped_file_that_is_no_map_leaves_nothing(
    web: Web, tmp_path: Path, name: str, data: bytes, says: str
) -> None:
    answer = await web.post(f"/api/maps?name={name}", data)
    assert answer.status == 400 and says in answer.error
    assert files_in(tmp_path) == []


async def test_a_name_with_folders_stays_in_the_folder(web: Web, tmp_path: Path) -> None:
    answer = await web.post("/api/maps?name=..%2f..%2fa%00b.pmtiles", pmtiles_bytes({(0, 0, 0): RED}))
    (kept,) = files_in(tmp_path)
    assert kept == tmp_path / "maps" / answer.json["name"]


async def test_a_file_larger_than_the_disk_is_refused_before_it_arrives(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads.Uploads, "free_bytes", lambda _: 10)
    answer = await web.post("/api/maps?name=a.pmtiles", pmtiles_bytes({(0, 0, 0): RED}))
    assert "the disk has room for" in answer.error


async def test_an_observer_sees_maps_and_adds_none(web: Web, maps: Path) -> None:
    (maps / "a.pmtiles").write_bytes(pmtiles_bytes({(0, 0, 0): RED}))
    web.role = Role.OBSERVER
    listed = await web.get("/api/maps")
    assert len(listed.json["maps"]) == 1 and listed.json["folder"] == ""
    assert (await web.post("/api/maps?name=b.pmtiles", b"")).status == 403


async def remove(web: Web, one: dict[str, object], version: object = None) -> Answer:
    return await web.delete(f"/api/maps/{one['id']}?version={version or one['version']}")


async def test_a_map_of_our_own_folder_is_deleted_whole_or_broken(web: Web, maps: Path) -> None:
    (maps / "a.pmtiles").write_bytes(pmtiles_bytes({(0, 0, 0): RED}))
    one = await only_map(web)
    assert one["removable"] and (await web.get(f"/maps/{one['id']}/0/0/0")).status == 200
    assert (await remove(web, one)).json == {"name": "a.pmtiles"}
    assert files_in(maps) == [] and (await web.get("/api/maps")).json["maps"] == []
    assert (await web.get(f"/maps/{one['id']}/0/0/0")).status == 422
    (maps / "b.pmtiles").write_bytes(b"PMTiles\x03")
    assert (await remove(web, await only_map(web))).status == 200
    assert files_in(maps) == []


async def test_a_map_that_the_operator_pointed_at_is_never_deleted(tmp_path: Path, maps: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path = elsewhere / "a.pmtiles"
    path.write_bytes(pmtiles_bytes({(0, 0, 0): RED}))
    (maps / "link.pmtiles").symlink_to(path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "maps").symlink_to(elsewhere)
    for places in (
        MapPlaces((path,), home=tmp_path / "none"),
        MapPlaces((elsewhere,), home=tmp_path / "none"),
        MapPlaces(home=tmp_path),
        MapPlaces(home=tmp_path / "other"),
    ):
        web = web_of_routes(map_routes(places))
        one = await only_map(web)
        assert not one["removable"]
        assert "not in Landline's folder" in (await remove(web, one)).error
    assert path.exists() and (maps / "link.pmtiles").is_symlink()


async def test_a_map_is_deleted_only_as_it_was_listed_and_by_a_pilot(web: Web, maps: Path) -> None:
    (maps / "a.pmtiles").write_bytes(pmtiles_bytes({(0, 0, 0): RED}))
    one = await only_map(web)
    assert "it has changed" in (await remove(web, one, "1-1")).error
    assert "no such map" in (await remove(web, {"id": "..%2fa.pmtiles", "version": "1"})).error
    web.role = Role.OBSERVER
    assert (await remove(web, one)).status == 403
    assert len(files_in(maps)) == 1
