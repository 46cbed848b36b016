"""Areas and lines of KML, KMZ, GPX and GeoJSON files, for surveys, corridors, fences and waypoints."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from controller.missions.shapes.reader import read_shapes

_MAX_NAME = 200


async def read(request: Request) -> Response:
    """Answer the shapes of a file, and what was not taken: the body is the file, `name` its name."""
    name = request.query_params.get("name", "shapes")[:_MAX_NAME]
    return JSONResponse(await asyncio.to_thread(_read, await request.body(), name))


def _read(data: bytes, name: str) -> dict[str, Any]:
    found = read_shapes(data, name)
    shapes = [
        {
            "kind": one.kind,
            "name": one.name,
            "points": [[round(lat, 7), round(lon, 7)] for lat, lon in one.points],
        }
        for one in found.shapes
    ]
    notes = list(found.notes)
    if holes := sum(len(one.holes) for one in found.shapes):
        what = "hole of an area (the area is taken without it)"
        notes.append(f"not taken: {holes} × {what}")
    return {"shapes": shapes, "notes": notes}
