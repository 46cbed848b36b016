"""Options that the commands for structures share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.mission.plan.options import Area as Area
from controller.cli.mission.plan.options import Line as Line
from controller.cli.photo_options import CameraName, FocalLength

if TYPE_CHECKING:
    from controller.cli.mission.plan.options import JobOptions
    from controller.missions.patterns.camera import Camera
    from controller.missions.route.route import Route

_PHOTO_M = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionOptions:
    """Distances that no leg goes below, and how the photos overlap."""

    stand_off_m: Annotated[
        float,
        typer.Option("--stand-off-m", metavar="METRES", help="Distance to keep from what is inspected, m."),
    ] = 12.0
    min_height_m: Annotated[
        float,
        typer.Option("--min-height-m", metavar="METRES", help="Lowest height of the flight, m above home."),
    ] = 5.0

    camera: CameraName = None
    focal_mm: FocalLength = None
    overlap: Annotated[
        float,
        typer.Option("--overlap", metavar="PERCENT", help="Overlap of the photos of --camera, %."),
    ] = 60.0
    photo_m: Annotated[
        float | None,
        typer.Option(
            "--photo-m", metavar="METRES", help="Largest distance of the photos, m. [5, or by --camera]"
        ),
    ] = None

    def camera_of(self) -> Camera | None:
        """Return the camera, None for none. Raises UserError."""
        from controller.cli.mission.plan.options import PhotoOptions
        from controller.cli.mission.plan.passes import camera_of

        return camera_of(PhotoOptions(camera=self.camera, focal_mm=self.focal_mm))

    def finish(self, route: Route, job: JobOptions) -> int:
        """Plan the job of a route that has this camera, as `finish` does. Raises PlanError or UserError."""
        from controller.cli.mission.plan.finish import finish

        return finish(replace(route, camera=self.camera_of()), job)

    def distances_m(self) -> tuple[float, float]:
        """Return the distances of photos across and up, m: as given, or from the camera. Raises UserError."""
        if self.photo_m is not None:
            return self.photo_m, self.photo_m
        camera = self.camera_of()
        if camera is None:
            return _PHOTO_M, _PHOTO_M
        share = self.overlap / 100.0
        return camera.spacing_m(self.stand_off_m, share), camera.trigger_m(self.stand_off_m, share)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPhotos:
    """Layers of photos on an upright surface."""

    bottom_m: Annotated[
        float, typer.Option("--bottom-m", metavar="METRES", help="Height of the lowest layer, m above home.")
    ] = 5.0
    top_m: Annotated[
        float, typer.Option("--top-m", metavar="METRES", help="Top of the structure, m above home.")
    ] = 20.0
    layer_m: Annotated[
        float | None,
        typer.Option(
            "--layer-m", metavar="METRES", help="Largest distance of the layers, m. [5, or by --camera]"
        ),
    ] = None
    pitch_deg: Annotated[
        str,
        typer.Option(
            "--pitch-deg",
            metavar="DEG",
            help="Pitch of the camera, or one for each layer from the bottom up.",
        ),
    ] = "0"
    top_first: Annotated[bool, typer.Option("--top-first", help="Fly from the top down.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TurbineSize:
    """Size and position of a wind turbine."""

    hub_m: Annotated[
        float, typer.Option("--hub-m", metavar="METRES", help="Height of the hub, m above home.")
    ] = 100.0
    blade_m: Annotated[
        float, typer.Option("--blade-m", metavar="METRES", help="Length of a blade from the hub's axis, m.")
    ] = 50.0
    yaw_deg: Annotated[
        float,
        typer.Option("--yaw-deg", metavar="DEGREES", help="Direction that the rotor faces, from north."),
    ] = 0.0
    rotor_deg: Annotated[
        float,
        typer.Option(
            "--rotor-deg", metavar="DEGREES", help="Blade A seen from the front, clockwise; 0 is up."
        ),
    ] = 0.0
    blade_pitch_deg: Annotated[
        float,
        typer.Option(
            "--blade-pitch-deg", metavar="DEGREES", help="Pitch of the blades: 90 feathered, 0 working."
        ),
    ] = 90.0
    tower_m: Annotated[
        float, typer.Option("--tower-m", metavar="METRES", help="Diameter of the tower's foot, m.")
    ] = 5.0
    overhang_m: Annotated[
        float,
        typer.Option("--overhang-m", metavar="METRES", help="From the tower's axis to the rotor's plane, m."),
    ] = 5.0
    chord_m: Annotated[
        float, typer.Option("--chord-m", metavar="METRES", help="Largest width of a blade, m.")
    ] = 4.0
