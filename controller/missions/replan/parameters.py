"""Parameters of QGroundControl's patterns, as a `.plan` file holds them.

Names, versions and meaning follow QGroundControl's loading code: SurveyComplexItem, TransectStyleComplexItem,
CameraCalc, CorridorScanComplexItem, StructureScanComplexItem, LandingComplexItem, and the enumeration AltMode.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.missions.errors import PlanError
from controller.missions.formats.json_node import JsonNode, parse
from controller.missions.item_limits import MAX_ALTITUDE_M
from controller.missions.path import Position
from controller.missions.plan import ComplexItem
from controller.missions.route.route import HeightAbove

_MOST_M = 1e5
# AltMode 3 needs the ground's heights, which QGroundControl asks a service for.
_ABOVE = {1: HeightAbove.HOME, 2: HeightAbove.SEA, 4: HeightAbove.GROUND}


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """CameraCalc: distances that follow from a camera, or that were typed."""

    spacing_m: float
    """AdjustedFootprintSide."""
    trigger_m: float
    """AdjustedFootprintFrontal; 0 for no photos."""
    distance_m: float
    """Height above the zero `above`; of a structure scan the distance to its walls."""
    above: HeightAbove | None
    """None: above the ground by heights that the file does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transects:
    """What surveys and corridors have in common."""

    camera: Camera
    turnaround_m: float
    in_turnaround: bool
    """Photos are taken on the turns too."""
    hover: bool
    refly: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyParameters:
    """Survey, versions 2 to 5."""

    transects: Transects
    corners: tuple[Position, ...]
    angle_deg: float
    entry: int
    """0 top left, 1 top right, 2 bottom left, 3 bottom right."""
    alternate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CorridorParameters:
    """CorridorScan, version 2."""

    transects: Transects
    line: tuple[Position, ...]
    width_m: float
    entry: int
    """0 as drawn, 1 at the other side, 2 at the other end, 3 both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureParameters:
    """StructureScan, version 3. Heights are m above home."""

    camera: Camera
    corners: tuple[Position, ...]
    entrance_m: float
    bottom_m: float
    top_m: float
    layers: int
    pitch_deg: float
    from_top: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingParameters:
    """fwLandingPattern, versions 1 and 2, and vtolLandingPattern, version 1. Heights have the zero `above`."""

    vtol: bool
    approach: Position
    approach_m: float
    land: Position
    land_m: float
    above: HeightAbove
    radius_m: float
    """Of the loiter, m; negative is counter-clockwise; 0 for a plain waypoint."""
    speed_m_s: float | None
    stop_photos: bool
    stop_video: bool


Parameters = SurveyParameters | CorridorParameters | StructureParameters | LandingParameters


def parameters_of(pattern: ComplexItem, file: str) -> Parameters:
    """Return the parameters of a pattern. Raises PlanError for one that is unknown, incomplete or too old."""
    node = parse(pattern.raw, file)
    where = f"{file}: {pattern.origin}"
    try:
        if pattern.kind == "survey":
            return _survey(node)
        if pattern.kind == "CorridorScan":
            return _corridor(node)
        if pattern.kind == "StructureScan":
            return _structure(node)
        if pattern.kind in ("fwLandingPattern", "vtolLandingPattern"):
            return _landing(node, vtol=pattern.kind == "vtolLandingPattern")
    except PlanError as error:
        # The text is the pattern's alone, and its lines are not those of the file.
        field = str(error.where).rpartition(": ")[2] if ": " in str(error.where) else ""
        place = f"{where}.{field}" if field else where
        raise PlanError(error.what, where=place, hint=error.hint) from None
    raise PlanError(f"cannot plan the {pattern.kind}: Landline does not know this pattern", where=where)


def _survey(node: JsonNode) -> SurveyParameters:
    version = node.version(2, 3, 4, 5)
    corners = _places(node["polygon"], least=3)
    if version < 4:
        return _old_survey(node, corners)
    alternate = node.has("flyAlternateTransects") and node["flyAlternateTransects"].boolean()
    return SurveyParameters(
        transects=_transects(node["TransectStyleComplexItem"]),
        corners=corners,
        angle_deg=node["angle"].number(-360, 360),
        entry=node["entryLocation"].integer(0, 3),
        alternate=alternate,
    )


def _old_survey(node: JsonNode, corners: tuple[Position, ...]) -> SurveyParameters:
    grid = node["grid"]
    relative = grid["relativeAltitude"].boolean()
    camera = Camera(
        spacing_m=grid["spacing"].number(0, _MOST_M),
        trigger_m=node["cameraTriggerDistance"].number(0, _MOST_M),
        distance_m=grid["altitude"].number(-MAX_ALTITUDE_M, MAX_ALTITUDE_M),
        above=HeightAbove.HOME if relative else HeightAbove.SEA,
    )
    return SurveyParameters(
        transects=Transects(
            camera=camera,
            turnaround_m=grid["turnAroundDistance"].number(0, _MOST_M),
            in_turnaround=_flag(node, "cameraTriggerInTurnaround", otherwise=True),
            hover=_flag(node, "hoverAndCapture", otherwise=False),
            refly=_flag(node, "refly90Degrees", otherwise=False),
        ),
        corners=corners,
        angle_deg=grid["angle"].number(-360, 360),
        entry=grid["entryLocation"].integer(0, 3) if grid.has("entryLocation") else 1,
        alternate=False,
    )


def _transects(node: JsonNode) -> Transects:
    version = node.version(1, 2) if node.has("version") else 1
    return Transects(
        camera=_camera(
            node["CameraCalc"], follow_terrain=version == 1 and _flag(node, "FollowTerrain", otherwise=False)
        ),
        turnaround_m=node["TurnAroundDistance"].number(0, _MOST_M),
        in_turnaround=node["CameraTriggerInTurnAround"].boolean(),
        hover=node["HoverAndCapture"].boolean(),
        refly=node["Refly90Degrees"].boolean(),
    )


def _camera(node: JsonNode, *, follow_terrain: bool) -> Camera:
    above: HeightAbove | None
    if node.has("DistanceMode"):
        above = _ABOVE.get(node["DistanceMode"].integer(0, 5))
    else:
        above = (
            HeightAbove.HOME if _flag(node, "DistanceToSurfaceRelative", otherwise=True) else HeightAbove.SEA
        )
    return Camera(
        spacing_m=node["AdjustedFootprintSide"].number(0, _MOST_M),
        trigger_m=node["AdjustedFootprintFrontal"].number(0, _MOST_M),
        distance_m=node["DistanceToSurface"].number(-MAX_ALTITUDE_M, MAX_ALTITUDE_M),
        above=None if follow_terrain else above,
    )


def _corridor(node: JsonNode) -> CorridorParameters:
    node.version(2)
    return CorridorParameters(
        transects=_transects(node["TransectStyleComplexItem"]),
        line=_places(node["polyline"], least=2),
        width_m=node["CorridorWidth"].number(0, _MOST_M),
        entry=node["EntryPoint"].integer(0, 3),
    )


def _structure(node: JsonNode) -> StructureParameters:
    node.version(3)
    return StructureParameters(
        camera=_camera(node["CameraCalc"], follow_terrain=False),
        corners=_places(node["polygon"], least=3),
        entrance_m=node["EntranceAltitude"].number(0, MAX_ALTITUDE_M),
        bottom_m=node["ScanBottomAlt"].number(-MAX_ALTITUDE_M, MAX_ALTITUDE_M),
        top_m=node["StructureHeight"].number(0, MAX_ALTITUDE_M),
        layers=node["Layers"].integer(1, 1000),
        pitch_deg=node["GimbalPitch"].number(-90, 90),
        from_top=node["StartFromTop"].boolean(),
    )


def _landing(node: JsonNode, *, vtol: bool) -> LandingParameters:
    version = node.version(1) if vtol else node.version(1, 2)
    if version == 1 and not vtol:
        relative = node["loiterAltitudeRelative"].boolean()
        if relative != node["landAltitudeRelative"].boolean():
            raise node["landAltitudeRelative"].error("approach and landing have heights of different zeros")
    else:
        relative = node["altitudesAreRelative"].boolean()
    approach = node[
        "landingApproachCoordinate" if node.has("landingApproachCoordinate") else "loiterCoordinate"
    ]
    radius_m = node["loiterRadius"].number(0, _MOST_M)
    if not _flag(node, "useLoiterToAlt", otherwise=True):
        radius_m = 0.0
    speed = _flag(node, "useDoChangeSpeed", otherwise=False)
    place, height_m = _place_with_height(approach)
    land, land_m = _place_with_height(node["landCoordinate"])
    return LandingParameters(
        vtol=vtol,
        approach=place,
        approach_m=height_m,
        land=land,
        land_m=land_m,
        above=HeightAbove.HOME if relative else HeightAbove.SEA,
        radius_m=radius_m if node["loiterClockwise"].boolean() else -radius_m,
        speed_m_s=node["finalApproachSpeed"].number(0.1, 1000) if speed else None,
        stop_photos=_flag(node, "stopTakingPhotos", otherwise=False),
        stop_video=_flag(node, "stopVideoPhotos", otherwise=False),
    )


def _flag(node: JsonNode, key: str, *, otherwise: bool) -> bool:
    return node[key].boolean() if node.has(key) else otherwise


def _places(node: JsonNode, *, least: int) -> tuple[Position, ...]:
    places = []
    for one in node.elements():
        lat, lon = one.elements(length=2)
        places.append((lat.number(-90, 90), lon.number(-180, 180)))
    if len(places) < least:
        raise node.error(f"needs {least} points, not {len(places)}")
    return tuple(places)


def _place_with_height(node: JsonNode) -> tuple[Position, float]:
    lat, lon, height = node.elements(length=3)
    return (lat.number(-90, 90), lon.number(-180, 180)), height.number(-MAX_ALTITUDE_M, MAX_ALTITUDE_M)
