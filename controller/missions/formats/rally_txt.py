"""Old rally files: `rally.txt` of MAVProxy and `.ral` of Mission Planner, one rally point a row.

A row is `RALLY`, latitude and longitude in degrees, altitude and break altitude in metres above home, landing
direction and flags. The last three are for planes that land at the point; MAVLink's rally items do not have them.
"""

from __future__ import annotations

from controller.missions import item_limits as limits
from controller.missions.errors import PlanError
from controller.missions.fence import RallyPoint
from controller.missions.formats import area_rows
from controller.missions.formats.mission_format import ReadFormat
from controller.missions.formats.text_file import decode
from controller.missions.plan import Plan, PlanSource, ReadingNote

NAME = "rally"
_MAX_M = limits.MAX_ALTITUDE_M


def read(data: bytes, file: str) -> Plan:
    """Read the rally points of a file. Raises PlanError with file:line."""
    text = decode(data, file)
    points, dropped = [], 0
    for words, where in area_rows.rows(text, file):
        if words[0].upper() != "RALLY":
            raise PlanError(
                f"invalid rally point: the row begins with {words[0][:30]!r}, not RALLY", where=where
            )
        if len(words) != 7:
            raise PlanError(
                f"invalid rally point: {len(words)} fields instead of 7",
                where=where,
                hint="check whether the file is truncated",
            )
        lat_deg, lon_deg = area_rows.position(words[1], words[2], where)
        points.append(
            RallyPoint(lat_deg, lon_deg, area_rows.number(words[3], -_MAX_M, _MAX_M, "altitude", where))
        )
        rest = [
            area_rows.number(word, -1e9, 1e9, name, where)
            for word, name in zip(words[4:], ("break altitude", "landing direction", "flags"), strict=True)
        ]
        dropped += any(rest)
    note = ReadingNote(
        f"break altitude, landing direction and flags of {dropped} rally points are left out",
        "MAVLink's rally items do not have them",
    )
    return Plan(
        rally=tuple(points),
        source=PlanSource(path=file, format=NAME, text=text),
        notes=(note,) if dropped else (),
    )


def _sniff(data: bytes) -> bool:
    words = area_rows.first_row(data)
    return bool(words) and words[0].upper() == "RALLY"


FORMAT = ReadFormat(
    name=NAME,
    title="rally points of MAVProxy or Mission Planner (.ral)",
    sniff=_sniff,
    read=read,
)
