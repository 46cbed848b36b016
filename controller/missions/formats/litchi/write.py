"""A plan as Litchi CSV: a row a waypoint, with the orders around it; what has no place in a row is lost."""

from __future__ import annotations

from collections.abc import Iterable

from controller.missions.formats.litchi.columns import ACTIONS, COLUMNS, Action, Gimbal
from controller.missions.formats.litchi.read import NO_CURVE_M
from controller.missions.formats.litchi.rows import LitchiRow, way_of
from controller.missions.formats.plan_losses import way_losses
from controller.missions.formats.waypoints_txt import plain
from controller.missions.losses import ConversionLoss
from controller.missions.plan import Plan

TITLE = "Litchi CSV"
_MOST_WAYPOINTS = 99
_DEFAULT_CURVE_M = 0.2


def write(plan: Plan) -> bytes:
    """Return the plan as a Litchi CSV in metres, without the parts that `losses` lists.

    Raises PlanError for a height that cannot be given above the take-off or the ground.
    """
    rows, _ = way_of(plan)
    uses_headings = any(row.heading_deg is not None for row in rows)
    lines = [",".join(COLUMNS)]
    heading_deg = 0.0
    for row in rows:
        if row.heading_deg is not None:
            heading_deg = row.heading_deg
        lines.append(",".join(_cells(row, heading_deg if uses_headings else 0.0)))
    return ("\r\n".join(lines) + "\r\n").encode()


def losses(plan: Plan) -> Iterable[ConversionLoss]:
    """Return the parts of the plan that a Litchi CSV cannot hold."""
    rows, lost = way_of(plan)
    if len(rows) > _MOST_WAYPOINTS:
        lost.append(
            ConversionLoss(
                0,
                f"a flight of {len(rows)} waypoints",
                f"Litchi flies {_MOST_WAYPOINTS}",
                "cut it in Mission Hub",
            )
        )
    return [*lost, *way_losses(plan, TITLE)]


def _cells(row: LitchiRow, heading_deg: float) -> Iterable[str]:
    gimbal = Gimbal.LEFT_ALONE if row.poi is None else Gimbal.AT_POI
    if row.pitch_deg is not None:
        gimbal = Gimbal.INTERPOLATE
    actions = [*row.actions, *[(Action.NONE, 0.0)] * ACTIONS][:ACTIONS]
    poi = row.poi or (0.0, 0.0, 0.0, False)
    return (
        plain(row.lat_deg),
        plain(row.lon_deg),
        plain(row.height_m),
        plain(heading_deg),
        plain(row.radius_m if row.radius_m > NO_CURVE_M else _DEFAULT_CURVE_M),
        str(int(not row.clockwise)),
        str(int(gimbal)),
        plain(row.pitch_deg or 0.0),
        *(cell for kind, value in actions for cell in (str(int(kind)), plain(value))),
        str(int(row.above_ground)),
        plain(row.speed_m_s),
        *(plain(value) for value in poi[:3]),
        str(int(poi[3])),
        plain(row.every_s or -1.0),
        plain(row.every_m or -1.0),
    )
