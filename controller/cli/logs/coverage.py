"""`landline logs coverage`: what the photos of a flight show, and their signed list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.common import Output
from controller.cli.logs.find_log import folder_of
from controller.cli.logs.shared import Flight, Flights, Json, counted
from controller.cli.photo_options import Seen
from controller.cli.terrain_options import FlatOutside, TerrainDatum, TerrainFiles, terrain_settings

if TYPE_CHECKING:
    from controller.logs.photos.folder import FolderPhotos
    from controller.missions.plan import Plan

EXAMPLE = "Example: landline logs coverage last --photos DCIM/100MEDIA/ --out coverage.png"


def coverage(
    flight: Flight,
    photos: Annotated[
        Path | None,
        typer.Option(
            "--photos",
            metavar="FOLDER",
            help="Photos of the flight, with their own places or with times (default: the record's camera messages).",
        ),
    ] = None,
    target: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Picture to write, or its cells: .png, .svg or .geojson."),
    ] = None,
    seen: Seen = 2,
    terrain: TerrainFiles = None,
    terrain_datum: TerrainDatum = None,
    flat_outside: FlatOutside = False,
    evidence: Annotated[
        bool,
        typer.Option(
            "--evidence",
            help="Sign a list of the photos' SHA-256, assets and places into the flight's record.",
        ),
    ] = False,
    flights: Flights = None,
    json: Json = False,
) -> int:
    """Tell what the photos of a planned job show, planned and flown.

    The flight's plan must be one that was planned with `--camera`. The ground is that
    of `--terrain`, else of the terrain it was planned over, else level at home.
    """
    from dataclasses import replace

    from controller.app.planning.coverage import check_picture, save_coverage
    from controller.app.planning.over_ground import terrain_under
    from controller.errors import UserError
    from controller.logs.flights import store
    from controller.logs.flights.find import find_flight
    from controller.logs.formats.read import open_log
    from controller.logs.photos.coverage import coverage_of_flight
    from controller.logs.photos.folder import photos_of_folder
    from controller.logs.photos.photo_list import write_photo_list
    from controller.missions.coverage.planned import photos_of_plan

    out = Output(json)
    if target is not None:
        check_picture(target)
    if evidence and photos is None:
        raise UserError(
            "cannot list photos: no folder is given", where="--evidence", hint="give --photos FOLDER"
        )
    settings = terrain_settings(terrain, terrain_datum, flat_outside=flat_outside)
    folder = find_flight(folder_of(flights), flight)
    plan = _plan_of(folder)
    log = open_log(store.flight_log(folder))
    view = log.series()
    listed: FolderPhotos | None = None
    if photos is not None:
        planned = None if plan is None else photos_of_plan(plan)[0]
        listed = photos_of_folder(photos, store.flight_log(folder), view, planned)
        for path, why in listed.unplaced.items():
            out.note(f"{path.name}: no position: {why}")
    ground = None
    if settings is not None and plan is not None:
        ground, remarks = terrain_under(plan, settings)
        for remark in remarks:
            out.note(remark)
    given = None if listed is None else (listed.photos, str(photos))
    found = coverage_of_flight(plan, log, view, photos=given, terrain=ground, needed=seen)
    if found is None and (listed is None or not evidence or target is not None):
        raise UserError(
            "cannot make the coverage: the flight's plan does not say what its photos are to show",
            where=str(folder),
            hint="plan the job with landline mission plan --camera NAME",
        )
    if found is not None and listed is None and found.flown is None:
        raise UserError(
            "cannot make the coverage: the record has no camera message with a position",
            where=str(folder),
            hint="give --photos FOLDER",
        )
    signed = ""
    if listed is not None and evidence:
        signed = str(write_photo_list(folder, listed))
    if found is not None and found.flown is not None and target is not None:
        save_coverage(found.flown, target, f"Coverage: {found.target.pattern}, flown")
    for name, one in () if found is None else (("planned", found.planned), ("flown", found.flown)):
        if one is not None:
            for line in replace(one.figures, assets={}).lines():
                out.result(f"{name}: {line}")
            if name == "flown":
                for asset, count in one.figures.assets.items():
                    out.result(f"{asset}: {counted(count, 'photo')}")
    for remark in () if found is None else found.remarks:
        out.note(remark)
    if signed:
        assert listed is not None
        out.result(f"{counted(len(listed.files), 'photo')} listed and signed: {signed}")
    out.emit("summary", **({} if found is None else found.as_json()), list=signed)
    return 0


def _plan_of(folder: Path) -> Plan | None:
    """Return the plan of a flight, None for a flight without one. Raises PlanError."""
    from controller.logs.flights import store
    from controller.missions.files import open_plan

    path = store.latest_version(folder, store.MISSION)
    return open_plan(path) if path.is_file() else None
