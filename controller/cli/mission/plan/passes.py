"""Options of lines and photos as the patterns take them."""

from __future__ import annotations

from controller.cli.mission.plan.options import JobOptions, PhotoOptions
from controller.missions.patterns.passes import PassOptions

DEFAULT_HEIGHT_M = 50.0
_DEFAULT_SPACING_M = 25.0


def pass_options(job: JobOptions, photos: PhotoOptions) -> PassOptions:
    """Return how the passes are flown. Raises PlanError."""
    spacing_m = _DEFAULT_SPACING_M if photos.spacing_m is None else photos.spacing_m
    return PassOptions(
        height_m=DEFAULT_HEIGHT_M if job.height_m is None else job.height_m,
        spacing_m=spacing_m,
        trigger_m=spacing_m if photos.trigger_m is None else photos.trigger_m,
        overshoot_m=photos.overshoot_m,
    )
