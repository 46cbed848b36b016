"""The page of mission file formats: what each one keeps of a plan, found by asking the formats themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from controller.missions.formats.mission_format import MissionFormat
    from controller.missions.plan import Plan, PlanItem

KEPT, REFUSED = "kept", "refused"
_FRAMES = "of each item's frame: above home, the ground or mean sea level"
READING = {
    "plan": (_FRAMES, "nothing; patterns keep their outline"),
    "wpl": (_FRAMES, "nothing"),
    "litchi": (
        "`altitudemode` 0 above the take-off, 1 above the ground; feet are converted",
        "heading mode, path mode, cruising speed and finish action, which are not in the file; camera pitch between "
        "waypoints; a curve becomes a radius of acceptance",
    ),
    "kml": (
        "`absolute` above mean sea level (EGM96), `relativeToGround` above the ground; `clampToGround` is refused",
        "areas, pictures and links; points beside a line with heights; several lines are refused",
    ),
    "gpx": (
        "`ele` above mean sea level; a way without it is refused",
        "times; waypoints beside a route or track; several of these are refused",
    ),
    "geojson": (
        "above the ellipsoid, converted by the geoid EGM96, or what `height_above` says",
        "areas; points beside a line with heights; nothing of a file that Landline has written",
    ),
    "wpml": (
        "above the start, mean sea level (EGM96), the ellipsoid (converted) or the ground, as the file says",
        "each part that no MAVLink command does",
    ),
    "ugcs": (
        "`altitudeType` AGL above the ground, AMSL or WGS84 above mean sea level, as UgCS says",
        "failsafes, emergency return altitude, curves; actions without a published description; lines of an area scan "
        "are planned anew; several routes are refused",
    ),
    "fence": ("none", "nothing"),
    "rally": ("above home", "break altitude and landing direction"),
    "points": (
        "by the column: `height_agl`, `height_home`, `height_amsl`, `height_ellipsoid` (converted by EGM96)",
        "all columns but places, heights and names",
    ),
}
"""What the heights of a file are above, and what reading it leaves out, by the name of its format."""


def mission_formats_page() -> str:
    """Return the page of all formats: what is read, and what each of them keeps."""
    from controller.missions.formats.registry import FORMATS, READ_ONLY

    lines = [
        "# Mission file formats\n",
        "Generated from the code by `make docs`: each format was asked what it loses of a plan with the part of the",
        "row. `landline mission convert` names each loss with its item, the reason and what flies instead;",
        "`--strict` refuses a loss. How to bring missions over is in",
        "[Missions from other programs](howto/missions-from-other-programs.md).\n",
        "## Read\n",
        "The content of a file tells its format, not its name. A choice of the reader is told as a note, a part that",
        "no item can hold as a loss.\n",
        "| format | heights are | left out |\n|---|---|---|",
        *(f"| {one.title} | {' | '.join(READING[one.name])} |" for one in (*FORMATS, *READ_ONLY)),
        "",
        "## Written\n",
        "The ending of the name chooses the format. `lost` is told by the conversion; other words are what is",
        "written instead.\n",
        f"| part of a plan | {' | '.join(f'{one.title} (`{one.endings[0]}`)' for one in FORMATS)} |",
        f"|---|{'---|' * len(FORMATS)}",
    ]
    for name, plan in parts():
        cells = " | ".join(cell(one, plan) for one in FORMATS)
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines) + "\n"


def cell(format_: MissionFormat, plan: Plan) -> str:
    """Return what a format makes of the part by which a plan differs from a plain way."""
    from controller.missions.errors import PlanError
    from controller.missions.formats.registry import losses

    try:
        usual = {(loss.what, loss.why) for loss in losses(plain_way(), format_)}
        lost = [loss for loss in losses(plan, format_) if (loss.what, loss.why) not in usual]
        format_.write(plan)
    except PlanError:
        return REFUSED
    if not lost:
        return KEPT
    return "; ".join(dict.fromkeys(loss.instead or "lost" for loss in lost))


def plain_way() -> Plan:
    """Return three waypoints above a known home, which every format holds."""
    from controller.missions.plan import Home, Plan

    return Plan(items=tuple(_waypoint(n) for n in range(3)), home=Home(47.3977, 8.5456, 488.0))


def parts() -> Sequence[tuple[str, Plan]]:
    """Return the rows: the plain way with one part more, and the name of that part."""
    from controller.missions.commands import CMD
    from controller.missions.fence import Fence, FenceCircle, FencePoint, RallyPoint

    way = plain_way()
    at = {"lat_deg": 47.4, "lon_deg": 8.55, "alt_m": 30.0}
    circle = FenceCircle(FencePoint(47.4, 8.55), 500.0, inclusion=True)
    ground, sea = (replace(way, items=tuple(_waypoint(n, frame) for n in range(3))) for frame in (10, 0))
    return (
        ("places, and heights above home of known altitude", way),
        ("heights above home of unknown altitude", replace(way, home=None)),
        ("heights above the ground", ground),
        ("heights above mean sea level", sea),
        ("heights above mean sea level, home unknown", replace(sea, home=None)),
        ("take-off and return", _with(way, _order(CMD.NAV_RETURN_TO_LAUNCH), first=_take_off())),
        ("landing at a place", _with(way, _order(CMD.NAV_LAND, **at))),
        (
            "hold of 5 s at a waypoint",
            replace(way, items=(replace(way.items[0], param1=5.0), *way.items[1:])),
        ),
        (
            "radius of 8 m at a waypoint",
            replace(way, items=(replace(way.items[0], param2=8.0), *way.items[1:])),
        ),
        ("spline waypoint", _with(way, _order(CMD.NAV_SPLINE_WAYPOINT, **at))),
        ("circles around a place", _with(way, _order(CMD.NAV_LOITER_TURNS, 2.0, **at))),
        ("speed", _with(way, _order(CMD.DO_CHANGE_SPEED, 1.0, 6.0, -1.0))),
        ("photo at a waypoint", _with(way, _order(CMD.IMAGE_START_CAPTURE, 0.0, 0.0, 1.0))),
        ("photos by distance", _with(way, _order(CMD.DO_SET_CAM_TRIGG_DIST, 20.0, 0.0, 1.0))),
        ("photos by time", _with(way, _order(CMD.IMAGE_START_CAPTURE, 0.0, 3.0))),
        ("video", _with(way, _order(CMD.VIDEO_START_CAPTURE))),
        ("camera pitch", _with(way, _order(CMD.DO_MOUNT_CONTROL, -45.0, alt_m=2.0))),
        ("nose heading", _with(way, _order(CMD.CONDITION_YAW, 90.0))),
        ("point of interest", _with(way, _order(CMD.DO_SET_ROI_LOCATION, **at))),
        ("servo or relay", _with(way, _order(CMD.DO_SET_RELAY, 0.0, 1.0))),
        ("jump to an item", _with(way, _order(CMD.DO_JUMP, 1.0, 2.0))),
        ("geofence", replace(way, fence=Fence(circles=(circle,)))),
        ("rally points", replace(way, rally=(RallyPoint(47.4, 8.55, 30.0),))),
        ("planned speeds, kind of vehicle", replace(way, hover_speed_m_s=5.0, vehicle_type=2)),
    )


def _waypoint(index: int, frame: int = 3) -> PlanItem:
    from controller.missions.commands import CMD
    from controller.missions.plan import PlanItem

    height_m = 520.0 if frame == 0 else 30.0
    place = {"lat_deg": 47.398 + index / 1000, "lon_deg": 8.546, "alt_m": height_m}
    return PlanItem(command=int(CMD.NAV_WAYPOINT), frame=frame, param4=math.nan, **place)


def _take_off() -> PlanItem:
    from controller.missions.commands import CMD
    from controller.missions.plan import PlanItem

    return PlanItem(command=int(CMD.NAV_TAKEOFF), param4=math.nan, alt_m=30.0)


def _order(command: Any, *params: float, **place: float) -> PlanItem:
    from controller.missions.plan import PlanItem

    values = (*params, 0.0, 0.0, 0.0, 0.0)[:4]
    named = dict(zip(("param1", "param2", "param3", "param4"), values, strict=True))
    return PlanItem(command=int(command), frame=3 if "lat_deg" in place else 2, **named, **place)


def _with(way: Plan, item: PlanItem, *, first: PlanItem | None = None) -> Plan:
    """Return the way with an item behind its second waypoint, or behind all where another stands before it."""
    if first is not None:
        return replace(way, items=(first, *way.items, item))
    return replace(way, items=(*way.items[:2], item, *way.items[2:]))
