"""Options of lines and photos as the patterns take them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from controller.cli.mission.plan.options import JobOptions, PhotoOptions
from controller.errors import UserError
from controller.missions.patterns.passes import PassOptions

if TYPE_CHECKING:
    from controller.missions.patterns.camera import Camera

DEFAULT_HEIGHT_M = 50.0
_DEFAULT_SPACING_M = 25.0
_FRONT_OVERLAP = 75.0
_SIDE_OVERLAP = 65.0


def pass_options(job: JobOptions, photos: PhotoOptions) -> PassOptions:
    """Return how the passes are flown. Raises PlanError or UserError."""
    camera = camera_of(photos)
    height_m = height_of(job, photos, camera)
    if camera is None:
        spacing_m = _DEFAULT_SPACING_M if photos.spacing_m is None else photos.spacing_m
        trigger_m = spacing_m if photos.trigger_m is None else photos.trigger_m
    else:
        spacing_m, trigger_m = _distances(photos, camera, height_m)
    margins_m = (0.0, 0.0)
    if camera is not None and photos.margin:
        margins_m = camera.margins_m(height_m, spacing_m, trigger_m)
    return PassOptions(
        height_m=height_m,
        spacing_m=spacing_m,
        trigger_m=trigger_m,
        overshoot_m=photos.overshoot_m,
        camera=camera,
        hover=photos.hover,
        margin_along_m=margins_m[0],
        margin_aside_m=margins_m[1],
        speed_m_s=job.speed_m_s,
    )


def camera_of(photos: PhotoOptions) -> Camera | None:
    """Return the camera of the options, None without one. Raises PlanError or UserError."""
    from controller.missions.cameras import find_camera, read_camera

    if photos.camera is None:
        for name in ("gsd_cm", "front_overlap", "side_overlap", "focal_mm"):
            if getattr(photos, name) is not None:
                option = f"--{name.replace('_', '-')}"
                raise UserError(f"cannot use {option} without a camera", where=option, hint="give --camera")
        return None
    if photos.camera.lower().endswith(".toml"):
        model = read_camera(Path(photos.camera))
    else:
        model = find_camera(photos.camera)
    return model.camera(focal_mm=photos.focal_mm, portrait=photos.portrait)


def height_of(job: JobOptions, photos: PhotoOptions, camera: Camera | None) -> float:
    """Return the height of the flight, m: as given, or that of the pixel size. Raises UserError."""
    if photos.gsd_cm is None or camera is None:
        return DEFAULT_HEIGHT_M if job.height_m is None else job.height_m
    if job.height_m is not None:
        raise UserError(
            "cannot use both --gsd-cm and --height-m", where="--gsd-cm", hint="each gives the height"
        )
    if not (math.isfinite(photos.gsd_cm) and 0.001 <= photos.gsd_cm <= 1000.0):
        raise UserError(f"invalid value '{photos.gsd_cm:g}'", where="--gsd-cm", hint="use 0.001 to 1000 cm")
    return camera.height_m(photos.gsd_cm)


def _distances(photos: PhotoOptions, camera: Camera, height_m: float) -> tuple[float, float]:
    """Return the distances of lines and photos, m, of a camera."""
    for distance, overlap in (("spacing_m", "side_overlap"), ("trigger_m", "front_overlap")):
        if getattr(photos, distance) is not None and getattr(photos, overlap) is not None:
            words = [f"--{name.replace('_', '-')}" for name in (distance, overlap)]
            raise UserError(f"cannot use both {words[0]} and {words[1]}", where=words[0], hint="give one")
    side = _SIDE_OVERLAP if photos.side_overlap is None else photos.side_overlap
    front = _FRONT_OVERLAP if photos.front_overlap is None else photos.front_overlap
    spacing_m, trigger_m = photos.spacing_m, photos.trigger_m
    return (
        camera.spacing_m(height_m, side / 100.0) if spacing_m is None else spacing_m,
        camera.trigger_m(height_m, front / 100.0) if trigger_m is None else trigger_m,
    )
