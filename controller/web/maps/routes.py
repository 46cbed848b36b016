"""Routes of maps and terrain: the list, tiles, heights and uploads. Files are read in threads, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from controller.errors import UserError
from controller.guard.data_folder import data_folder
from controller.terrain.library import TerrainFile, TerrainLibrary
from controller.web.access import Role, observer, pilot, visitor_of
from controller.web.body import json_body
from controller.web.maps import hillshade
from controller.web.maps.library import MapLibrary
from controller.web.maps.source import MAX_ZOOM, MapError, Tile
from controller.web.maps.uploads import MAX_BYTES, Uploads

T = TypeVar("T")
HILLSHADE = "hillshade"
MAX_POINTS = 5000
NO_TERRAIN = "no terrain data here"
# Two readers leave the event loop, and a core, to telemetry.
_AT_ONCE = 2
_MOST_WAITING = 400


@dataclass(frozen=True, slots=True)
class MapPlaces:
    """Folders and files of maps and terrain that the operator named, beside those of the data folder."""

    maps: tuple[Path, ...] = ()
    terrain: tuple[Path, ...] = ()
    home: Path = field(default_factory=data_folder)


def map_routes(places: MapPlaces) -> list[BaseRoute]:
    """Return the routes of maps and terrain."""
    calls = _Calls(places)
    return [
        Route("/api/maps", observer(calls.list_maps)),
        Route("/api/maps", pilot(calls.upload, max_body=MAX_BYTES), methods=["POST"]),
        Route("/api/maps/{id}", pilot(calls.remove), methods=["DELETE"]),
        Route("/api/maps/terrain", observer(calls.heights), methods=["POST"]),
        Route("/maps/{id}/{z}/{x}/{y}", observer(calls.tile)),
    ]


class _Calls:
    def __init__(self, places: MapPlaces) -> None:
        maps, terrain = places.home / "maps", places.home / "terrain"
        self._library = MapLibrary(maps, places.maps)
        self._terrain = TerrainLibrary([terrain, *places.terrain])
        self._uploads = Uploads(maps, terrain)
        self._folder = maps
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0

    async def list_maps(self, request: Request) -> Response:
        """Answer the maps and terrain files, broken ones with their reasons, and how large a dropped file may be."""
        entries = await self._read(self._library.entries)
        terrain = await self._read(self._terrain.files)
        is_pilot = visitor_of(request).role >= Role.PILOT
        return _fresh(
            {
                "maps": [asdict(entry) for entry in entries],
                "terrain": [_terrain_json(file) for file in terrain],
                "hillshade": {"min_zoom": hillshade.MIN_ZOOM, "max_zoom": hillshade.MAX_ZOOM},
                "folder": str(self._folder) if is_pilot else "",
                "upload_bytes": await self._read(self._uploads.free_bytes) if is_pilot else 0,
            }
        )

    async def tile(self, request: Request) -> Response:
        """Answer a tile; 204 where the map has none, 422 with the reason where it is broken."""
        id_ = request.path_params["id"]
        z, x, y = (_number(request.path_params[name]) for name in "zxy")
        if z > MAX_ZOOM or x >= 1 << z or y >= 1 << z:
            raise HTTPException(404, "cannot answer: no such tile")
        try:
            tile = await self._read(self._tile, id_, z, x, y, unless=request.is_disconnected)
        except MapError as error:
            return JSONResponse({"error": error.what}, 422, {"Cache-Control": "no-store"})
        if tile is None:
            return Response(status_code=204, headers={"Cache-Control": "no-store"})
        headers = {"Cache-Control": "private, max-age=86400"}
        if tile.gzip:
            headers["Content-Encoding"] = "gzip"
        return Response(tile.data, media_type=tile.content_type, headers=headers)

    async def heights(self, request: Request) -> Response:
        """Answer the heights of the ground at `points`, pairs of latitude and longitude in degrees."""
        fields = await json_body(request)
        points = fields.pairs("points", most=MAX_POINTS)
        fields.end()
        lats, lons = np.array(points, dtype=np.float64).reshape(-1, 2).T
        heights, used = await self._read(self._terrain.heights_m, lats, lons)
        known = [None if np.isnan(one) else round(float(one), 2) for one in heights]
        missing = sum(one is None for one in known)
        return JSONResponse(
            {
                "heights_m": known,
                "missing": missing,
                "reason": NO_TERRAIN if missing else "",
                "files": [_terrain_json(file) for file in used],
            }
        )

    async def upload(self, request: Request) -> Response:
        """Keep a dropped file: the body is the file, `name` its name."""
        size = request.headers.get("content-length", "")
        if not (size.isascii() and size.isdigit() and len(size) < 19):
            raise UserError("cannot keep the file: its size is not announced")
        name = request.query_params.get("name", "")
        kind, kept = await self._uploads.receive(name, int(size), request.stream())
        return JSONResponse({"kind": kind, "name": kept})

    async def remove(self, request: Request) -> Response:
        """Delete a map of Landline's folder; `version` is that of the file as it was listed."""
        version = request.query_params.get("version", "")
        name = await self._read(self._library.remove, request.path_params["id"], version)
        return JSONResponse({"name": name})

    def _tile(self, id_: str, z: int, x: int, y: int) -> Tile | None:
        if id_ == HILLSHADE:
            return hillshade.hillshade_tile(self._terrain, z, x, y)
        return self._library.tile(id_, z, x, y)

    async def _read(self, read: Callable[..., T], *args: Any, unless: Callable[[], Any] | None = None) -> T:
        """Return `read(*args)`, called in a thread while few others are; not at all once the browser gave up."""
        if self._waiting >= _MOST_WAITING:
            raise HTTPException(
                503, "cannot read the map now: too many tiles are asked for", {"Retry-After": "1"}
            )
        self._waiting += 1
        try:
            async with self._at_once:
                if unless is not None and await unless():
                    raise HTTPException(499, "cannot answer: the browser closed the connection")
                return await asyncio.to_thread(read, *args)
        finally:
            self._waiting -= 1


def _fresh(content: Any) -> Response:
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise HTTPException(404, "cannot answer: no such tile")
    return int(text)


def _terrain_json(file: TerrainFile) -> dict[str, Any]:
    return {
        "name": file.path.name.encode("utf-8", "replace").decode(),
        "bounds": file.bounds,
        "datum": file.datum,
        "cell_m": None if file.cell_m is None else round(file.cell_m, 2),
        "error": file.error,
    }
