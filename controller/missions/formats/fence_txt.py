"""Old fence files: `fence.txt` of MAVProxy and `.fen` of Mission Planner, one inclusion polygon.

Each row is latitude and longitude in degrees. The first row is the return point, the others are the corners; the
last one repeats the first corner, which some tools leave out (after pymavlink's and Mission Planner's loaders).
"""

from __future__ import annotations

from controller.missions.errors import PlanError
from controller.missions.fence import Fence, FencePoint, FencePolygon, RallyPoint
from controller.missions.formats import area_rows
from controller.missions.formats.mission_format import ReadFormat
from controller.missions.formats.text_file import decode
from controller.missions.plan import Plan, PlanSource

NAME = "fence"


def read(data: bytes, file: str) -> Plan:
    """Read the fence of a file. Raises PlanError with file:line."""
    text = decode(data, file)
    points: list[FencePoint] = []
    where = file
    for words, where in area_rows.rows(text, file):
        if len(words) != 2:
            raise PlanError(
                f"invalid fence: {len(words)} fields instead of latitude and longitude", where=where
            )
        points.append(FencePoint(*area_rows.position(words[0], words[1], where)))
    if len(points) > 3 and points[0] == points[-1] and points[1] != points[-1]:
        raise PlanError(
            "invalid fence: the first row, the return point, is repeated as the last corner",
            where=where,
            hint="a polygon file (.poly) is no fence: insert the return point as the first row",
        )
    corners = points[1:]
    if len(corners) > 1 and corners[0] == corners[-1]:
        corners.pop()
    if len(corners) < 3:
        raise PlanError(
            f"invalid fence: {len(corners)} corners, a fence polygon needs 3",
            where=where,
            hint="the first row is the return point, the others are the corners",
        )
    back = points[0]
    return Plan(
        fence=Fence((FencePolygon(tuple(corners)),), (), RallyPoint(back.lat_deg, back.lon_deg, 0.0)),
        source=PlanSource(path=file, format=NAME, text=text),
    )


def _sniff(data: bytes) -> bool:
    words = area_rows.first_row(data)
    return len(words) == 2 and all(map(area_rows.is_number, words))


FORMAT = ReadFormat(
    name=NAME,
    title="fence of MAVProxy or Mission Planner (.fen)",
    sniff=_sniff,
    read=read,
)
