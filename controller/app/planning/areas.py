"""The area or line of a job: one shape of a file, chosen by its name."""

from __future__ import annotations

from pathlib import Path

from controller.missions.errors import PlanError
from controller.missions.formats.text_file import read_bytes
from controller.missions.patterns.keep_out import KeepOut
from controller.missions.patterns.local_map import LocalMap
from controller.missions.shapes.beside import with_files_beside
from controller.missions.shapes.reader import read_shapes
from controller.missions.shapes.shape import MOST_CORNERS, Shape, ShapeFile


def read_area(path: Path, name: str | None = None) -> Shape:
    """Return the area of a KML, KMZ, GPX or GeoJSON file.

    Raises PlanError where it has none, several, or one that is not whole.
    """
    return _checked(_only(path, "area", name), path)


def read_line(path: Path, name: str | None = None) -> Shape:
    """Return the line of such a file. Raises PlanError where it has none, or several."""
    return _only(path, "line", name)


def read_areas(path: Path) -> tuple[Shape, ...]:
    """Return all areas of such a file. Raises PlanError for a file that cannot be read."""
    return tuple(one for one in _read(path).shapes if one.kind == "area")


def read_keep_out(path: Path, buffer_m: float) -> KeepOut:
    """Return all areas and lines of such a file, to stay away from.

    Raises PlanError where it has none, and where it holds anything that could not be taken as it is: nothing that
    the operator drew may be flown over.
    """
    found = _read(path)
    areas = tuple(_checked(one, path).points for one in found.shapes if one.kind == "area")
    lines = tuple(one.points for one in found.shapes if one.kind == "line")
    if found.notes:
        raise PlanError(
            f"cannot keep out of all that the file holds: {found.notes[0]}",
            where=str(path),
            hint=f"draw areas and lines of {MOST_CORNERS} corners or fewer",
        )
    if not areas and not lines:
        raise PlanError("cannot plan: the file has no area and no line to keep out of", where=str(path))
    return KeepOut(areas, lines, buffer_m)


def _read(path: Path) -> ShapeFile:
    return read_shapes(with_files_beside(path, read_bytes(path)), str(path))


def _checked(area: Shape, path: Path) -> Shape:
    """Return an area whose outline and holes are whole. Raises PlanError with the place where they are not."""
    from shapely import Polygon
    from shapely.validation import explain_validity

    on_earth = LocalMap.around(area.points)
    outline = Polygon(
        on_earth.all_to_map(area.points), [on_earth.all_to_map(hole) for hole in area.holes if len(hole) > 2]
    )
    if outline.is_valid:
        return area
    reason, _, at = explain_validity(outline).partition("[")
    east_m, north_m = (float(one) for one in at.rstrip("]").split())
    lat_deg, lon_deg = on_earth.to_earth((east_m, north_m))
    crossed = "self-intersection" in reason.lower()
    what = "crosses itself" if crossed else f"is not whole ({reason.strip().lower()})"
    raise PlanError(
        f"cannot plan: the outline of the area {what} at {lat_deg:.6f}, {lon_deg:.6f}",
        where=str(path),
        hint="move its corners",
    )


def _only(path: Path, kind: str, name: str | None) -> Shape:
    found = [one for one in _read(path).shapes if one.kind == kind]
    if name is not None:
        found = [one for one in found if one.name == name]
    if len(found) == 1:
        return found[0]
    if not found:
        named = f" named {name}" if name is not None else ""
        raise PlanError(
            f"cannot plan: the file has no {kind}{named}", where=str(path), hint=f"draw one {kind} in it"
        )
    names = ", ".join(one.name for one in found[:5])
    raise PlanError(
        f"cannot choose the {kind}: the file has {len(found)}: {names}{', ...' if len(found) > 5 else ''}",
        where=str(path),
        hint="give --name NAME",
    )
