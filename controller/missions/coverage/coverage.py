"""Coverage of a job: what its photos, planned or flown, show of the ground and of the panels of an object."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.missions.coverage.figures import TIMES, Figures, Gap, photos_by_asset
from controller.missions.coverage.gaps import connected
from controller.missions.coverage.ground import Floats, Grid, Seen, extent_m, see_ground
from controller.missions.coverage.panels import panel_cells, see_panel
from controller.missions.coverage.target import Target
from controller.missions.coverage.views import Views, views_of
from controller.missions.errors import PlanError
from controller.missions.patterns.local_map import LocalMap
from controller.missions.route.photos import Photos

#: Heights of the ground at latitudes and longitudes, degrees; they have the zero of the photos' heights.
GroundHeights = Callable[[Floats, Floats], Floats]
_MOST_CELLS, _FEW_CELLS = 1_200_000, 10_000
_CELLS_A_PHOTO = 14  # along the shorter side of a picture
_PANEL_CELLS = 6_000
# A place farther away than so many times the height is too small in a slanted picture to count.
_REACH_HEIGHTS = 4.0
_LEAST_REACH_M = 30.0
_MOST_GAPS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Ground or panel as cells: what photos show of each that is `inside`. `corner_m` is that of row 0, column 0.

    The columns of the ground go east and its rows north; those of a panel go along it and up. A cell is `cell_m`
    wide.
    """

    name: str
    corner_m: tuple[float, float]
    cell_m: float
    cell_area_m2: float
    inside: NDArray[np.bool_]
    seen: Seen
    places_m: Callable[[float, float], tuple[float, float, float]]
    """East, north and up, m, of a row and a column."""


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """What photos show. The first surface is the ground where the job has an area, or no panels."""

    figures: Figures
    surfaces: tuple[Surface, ...]
    on_earth: LocalMap
    views: Views
    target: Target

    @property
    def ground(self) -> Surface | None:
        """The ground, where the job is to show it."""
        return next((one for one in self.surfaces if one.name == "ground"), None)


def cover(
    photos: Photos,
    target: Target,
    *,
    ground: GroundHeights | None = None,
    needed: int = 2,
    reach_m: float | None = None,
    cell_m: float | None = None,
) -> Coverage:
    """Return what photos show of what they are to show; without `ground` it is flat at height 0.

    Without an area and panels it is the ground that they show. Raises PlanError where there is no photo, or too much
    ground.
    """
    if not len(photos):
        raise PlanError("cannot make the coverage: there are no photos")
    on_earth = LocalMap.around(list(zip(photos.lats_deg.tolist(), photos.lons_deg.tolist(), strict=True))[:1])
    places = np.column_stack([on_earth.arrays_to_map(photos.lats_deg, photos.lons_deg), photos.heights_m])
    views = views_of(places, photos.headings_deg, photos.pitches_deg, target.camera)
    surfaces: list[Surface] = []
    remarks: list[str] = []
    if target.outline or not target.panels:
        surfaces.append(_ground(views, target, on_earth, ground, reach_m, cell_m))
        if not target.outline:
            remarks.append("the job has no area: its coverage is of the ground that the photos show")
    surfaces += _panels(views, target, on_earth, reach_m, cell_m)
    return Coverage(
        _figures(surfaces, photos, on_earth, needed, remarks), tuple(surfaces), on_earth, views, target
    )


def _ground(
    views: Views,
    target: Target,
    on_earth: LocalMap,
    ground: GroundHeights | None,
    reach_m: float | None,
    cell_m: float | None,
) -> Surface:
    import shapely

    below_m = np.zeros(len(views))
    if ground is not None:
        below_m = _known(ground(*on_earth.arrays_to_earth(views.places_m[:, :2])), "below a photo")
    heights_m = views.places_m[:, 2] - below_m
    reach = reach_m or max(_LEAST_REACH_M, _REACH_HEIGHTS * float(heights_m.max()))
    rings = [np.asarray(on_earth.all_to_map(ring)) for ring in target.outline]
    if rings:
        west, south = rings[0].min(axis=0)
        east, north = rings[0].max(axis=0)
    else:
        reached = extent_m(views, reach, float(below_m.min()), float(below_m.max()))
        west, south = reached[:, :2].min(axis=0)
        east, north = reached[:, 2:].max(axis=0)
    side_m = 2.0 * max(float(np.median(heights_m)), 1.0) * min(views.half_across, views.half_along)
    extent_m2 = max((east - west) * (north - south), 1.0)
    # Small areas have smaller cells, for the sake of the shape of gaps; large ones have larger cells.
    fine_m = min(side_m / _CELLS_A_PHOTO, math.sqrt(extent_m2 / _FEW_CELLS))
    cell = cell_m or max(fine_m, math.sqrt(extent_m2 / _MOST_CELLS))
    rows, columns = max(1, math.ceil((north - south) / cell)), max(1, math.ceil((east - west) / cell))
    if rows * columns > 4 * _MOST_CELLS:
        raise PlanError(
            f"cannot make the coverage: the area has {rows * columns:,} cells of {cell:g} m",
            hint="use larger cells",
        )
    grid = Grid(float(west), float(south), cell, np.zeros((rows, columns), dtype=np.float32))
    x, y = (axis.reshape(-1) for axis in np.meshgrid(*grid.centers_m()))
    if ground is not None:
        heights = _known(ground(*on_earth.arrays_to_earth(np.column_stack([x, y]))), "of the area")
        grid = Grid(grid.west_m, grid.south_m, cell, heights.reshape(rows, columns).astype(np.float32))
    seen = see_ground(grid, views, reach)
    if rings:
        area = shapely.Polygon(rings[0], rings[1:])
        shapely.prepare(area)
        inside = shapely.contains_xy(area, x, y).reshape(rows, columns)
    else:
        inside = seen.counts > 0

    def place_m(row: float, column: float) -> tuple[float, float, float]:
        up = float(grid.heights_m[int(row), int(column)])
        return grid.west_m + (column + 0.5) * cell, grid.south_m + (row + 0.5) * cell, up

    return Surface("ground", (grid.west_m, grid.south_m), cell, cell**2, inside, seen, place_m)


def _known(heights_m: Floats, where: str) -> Floats:
    if np.isnan(heights_m).any():
        raise PlanError(f"cannot make the coverage: the terrain has no height {where}", hint="add its raster")
    return heights_m


def _panels(
    views: Views, target: Target, on_earth: LocalMap, reach_m: float | None, cell_m: float | None
) -> Iterator[Surface]:
    sides = []
    for panel in target.panels:
        ends = (panel.corner, panel.along, panel.up)
        sides.append(
            [np.asarray((*on_earth.to_map((one.lat_deg, one.lon_deg)), one.height_m)) for one in ends]
        )
    crosses = [np.cross(along - corner, up - corner) for corner, along, up in sides]
    areas = [float(np.linalg.norm(one)) for one in crosses]
    if not sum(areas) > 0.0:
        return
    cell = cell_m or max(0.05, math.sqrt(sum(areas) / _PANEL_CELLS))
    middles = np.asarray([(along + up) / 2.0 for _, along, up in sides])
    apart = np.linalg.norm(views.places_m[:, None, :] - middles[None, :, :], axis=2).min(axis=1)
    reach = reach_m or max(_LEAST_REACH_M, 3.0 * float(np.median(apart)))
    for panel, (corner, along, up), cross, area in zip(target.panels, sides, crosses, areas, strict=True):
        if area == 0.0:
            continue
        cells, rows, columns = panel_cells(corner, along, up, cell)
        seen = see_panel(cells, cross / area, views, reach)
        at = cells.reshape(rows, columns, 3)

        def place_m(row: float, column: float, at: Floats = at) -> tuple[float, float, float]:
            east, north, height = at[int(row), int(column)].tolist()
            return east, north, height

        shaped = Seen(
            seen.counts.reshape(rows, columns),
            seen.best_m.reshape(rows, columns),
            seen.worst_m.reshape(rows, columns),
        )
        inside = np.ones((rows, columns), dtype=bool)
        yield Surface(panel.name, (0.0, 0.0), cell, area / (rows * columns), inside, shaped, place_m)


def _figures(
    surfaces: list[Surface], photos: Photos, on_earth: LocalMap, needed: int, remarks: list[str]
) -> Figures:
    none: list[Floats] = [np.zeros(0)]
    counts = np.concatenate([*none, *(one.seen.counts[one.inside] for one in surfaces)])
    areas = np.concatenate([*none, *(np.full(one.inside.sum(), one.cell_area_m2) for one in surfaces)])
    best = np.concatenate([*none, *(one.seen.best_m[one.inside] for one in surfaces)])[counts > 0]
    worst = np.concatenate([*none, *(one.seen.worst_m[one.inside] for one in surfaces)])[counts > 0]
    total = float(areas.sum())
    gaps = sorted(
        (gap for one in surfaces for gap in _gaps(one, on_earth, needed)), key=lambda gap: -gap.area_m2
    )
    return Figures(
        area_m2=round(total, 1),
        cell_m=round(max((one.cell_m for one in surfaces), default=0.0), 3),
        photos=len(photos),
        needed=needed,
        seen={
            times: round(100.0 * float(areas[counts >= times].sum()) / total, 2) if total else 0.0
            for times in sorted({*TIMES, needed})
        },
        gsd_best_cm=_cm(best.min()) if len(best) else 0.0,
        gsd_median_cm=_cm(np.median(best)) if len(best) else 0.0,
        gsd_worst_cm=_cm(best.max()) if len(best) else 0.0,
        gsd_spread=round(float(np.median(worst / best)), 3) if len(best) else 0.0,
        gap_count=len(gaps),
        gap_area_m2=round(sum(gap.area_m2 for gap in gaps), 1),
        gaps=tuple(gaps[:_MOST_GAPS]),
        assets=photos_by_asset(photos.assets),
        remarks=tuple(remarks),
    )


def _cm(size_m: float) -> float:
    return round(100.0 * float(size_m), 3)


def _gaps(surface: Surface, on_earth: LocalMap, needed: int) -> Iterator[Gap]:
    for cells, row, column in connected(surface.inside & (surface.seen.counts < needed)):
        east, north, up = surface.places_m(row, column)
        lat_deg, lon_deg = on_earth.to_earth((east, north))
        height_m = None if surface.name == "ground" else round(up, 1)
        area_m2 = round(cells * surface.cell_area_m2, 1)
        yield Gap(surface.name, area_m2, round(lat_deg, 7), round(lon_deg, 7), height_m)
