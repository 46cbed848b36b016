"""Coverage of a flight: what its photos show, beside what those of its plan were to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from controller.errors import UserError
from controller.logs.formats.base import Log
from controller.logs.photos.flown import flown_photos
from controller.logs.series.view import SeriesView
from controller.missions.coverage.coverage import Coverage, GroundHeights, cover
from controller.missions.coverage.planned import photos_above_home, photos_of_plan, shown_ground
from controller.missions.coverage.target import Target, target_in
from controller.missions.plan import Plan
from controller.missions.route.photos import Photos
from controller.missions.route.route import HeightAbove
from controller.missions.route.terrain import Terrain


@dataclass(frozen=True, slots=True, eq=False)
class FlightCoverage:
    """Planned and flown coverage of one target. `flown` is None where the flight has no photos.

    `source` is the message or the folder that the flown photos are from.
    """

    target: Target
    planned: Coverage | None
    flown: Coverage | None
    source: str
    remarks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the figures as they are printed with --json."""
        return {
            "pattern": self.target.pattern,
            "camera": self.target.camera.name,
            "source": self.source,
            "planned": None if self.planned is None else self.planned.figures.as_json(),
            "flown": None if self.flown is None else self.flown.figures.as_json(),
            "remarks": list(self.remarks),
        }


def coverage_of_flight(
    plan: Plan | None,
    log: Log,
    view: SeriesView,
    *,
    photos: tuple[Photos, str] | None = None,
    terrain: Terrain | None = None,
    needed: int = 2,
) -> FlightCoverage | None:
    """Return the coverage of a flight whose plan says what to show; None without such a plan.

    The ground is that of `terrain`, else of the terrain that the plan was made over, else level at home. `photos` are
    those of a folder, with its name, instead of the record's. Raises PlanError for a damaged plan, SafetyRefused where
    the terrain does not cover what is shown.
    """
    target = None if plan is None else target_in(plan)
    if plan is None or target is None:
        return None
    planned, above = photos_of_plan(plan)
    flown, source = flown_photos(log, view, planned) if photos is None else photos
    remarks = []
    # The cells are the same for both, so that their shares can be compared.
    ground: GroundHeights | None = None if target.ground is None else target.ground.heights_m
    if terrain is not None:
        planned, ground = photos_above_home(planned, above, terrain), shown_ground(terrain)
    elif above is HeightAbove.GROUND:
        remarks.append("heights of the plan are above ground: the coverage takes the ground as level at home")
    elif ground is None and (target.outline or not target.panels):
        remarks.append("the coverage takes the ground as level at home: the plan was made without terrain")
    before = cover(planned, target, needed=needed, ground=ground) if len(planned) else None
    cell_m = None if before is None or target.panels else before.figures.cell_m
    after = cover(flown, target, needed=needed, cell_m=cell_m, ground=ground) if len(flown) else None
    if after is None:
        remarks.append("the record has no photos: no camera message with a position")
    return FlightCoverage(target, before, after, source, tuple(remarks))


def usable_coverage(plan: Plan | None, log: Log, view: SeriesView) -> FlightCoverage | None:
    """Return the coverage as `coverage_of_flight` does, for a report: None also where it cannot be made."""
    try:
        return coverage_of_flight(plan, log, view)
    except UserError:
        return None
