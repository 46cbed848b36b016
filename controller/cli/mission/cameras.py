"""`landline mission cameras`: the table of cameras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.common import Output
from controller.cli.mission.options import Json

if TYPE_CHECKING:
    from controller.missions.cameras import CameraModel

CAMERAS_EXAMPLE = "Example: landline mission cameras sony"


def cameras(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="List only cameras whose name has this in it.")
    ] = None,
    json: Json = False,
) -> int:
    """List the cameras that a job can be planned for, with the source of their values."""
    from controller.missions.cameras import find_camera, known_cameras

    found = known_cameras()
    if name is not None:
        inside = [one for one in found if name.casefold() in " ".join((one.name, *one.also)).casefold()]
        found = tuple(inside) or (find_camera(name),)
    out = Output(json)
    for model in found:
        out.emit(
            "camera",
            name=model.name,
            also=list(model.also),
            sensor_mm=model.sensor_mm,
            focal_mm=model.focal_mm,
            image_px=model.image_px,
            min_interval_s=model.min_interval_s,
            trigger_delay_s=model.trigger_delay_s,
            source=model.source,
            note=model.note,
        )
        out.result(_line(model))
    out.emit("summary", cameras=len(found))
    out.note("- means that the source does not give it; --json has the sources")
    return 0


def _line(model: CameraModel) -> str:
    sensor = "-" if model.sensor_mm is None else "{:g} x {:g} mm".format(*model.sensor_mm)
    image = "-" if model.image_px is None else "{} x {}".format(*model.image_px)
    interval = "-" if model.min_interval_s is None else f"{model.min_interval_s:g} s"
    return f"{model.name:<34}  {sensor:<18}  {_lens(model):<16}  {image:<12}  {interval:<6}"


def _lens(model: CameraModel) -> str:
    if model.focal_mm is None:
        return "-"
    return "{:g} to {:g} mm".format(*model.focal_mm) if model.is_zoom else f"{model.focal_mm[0]:g} mm"
