"""Camera as its maker describes it; with a focal length it is a camera that patterns plan with."""

from __future__ import annotations

import math
from dataclasses import dataclass

from controller.missions.errors import PlanError
from controller.missions.patterns.camera import Camera


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraModel:
    """Camera of the table or of a file. A value that its source does not give is None.

    `sensor_mm` and `image_px` are width and height, the longer side first. `focal_mm` is the range of the lens, twice
    the same for a fixed one. `also` are other names, `source` says where the values are from.
    """

    name: str
    also: tuple[str, ...] = ()
    sensor_mm: tuple[float, float] | None = None
    focal_mm: tuple[float, float] | None = None
    image_px: tuple[int, int] | None = None
    min_interval_s: float | None = None
    trigger_delay_s: float | None = None
    source: str = ""
    note: str = ""

    @property
    def is_zoom(self) -> bool:
        """Whether its focal length changes."""
        return self.focal_mm is not None and self.focal_mm[0] != self.focal_mm[1]

    def camera(self, *, focal_mm: float | None = None, portrait: bool = False) -> Camera:
        """Return the camera for planning; `portrait` mounts it with the longer side along the flight.

        A zoom is taken at its shortest focal length unless `focal_mm` is given. Raises PlanError for a value that is
        not known, and for a focal length that the lens does not have.
        """
        if self.sensor_mm is None or self.image_px is None:
            missing = "sensor size" if self.sensor_mm is None else "image size"
            raise PlanError(
                f"cannot plan with the camera {self.name}: its {missing} is not known",
                where="--camera",
                hint="give a camera file with it",
            )
        sensor_mm, image_px = self.sensor_mm, self.image_px
        if portrait:
            sensor_mm, image_px = sensor_mm[::-1], image_px[::-1]
        return Camera(
            *sensor_mm,
            self._focal_mm(focal_mm),
            *image_px,
            name=self.name,
            min_interval_s=self.min_interval_s,
            trigger_delay_s=self.trigger_delay_s,
            source=self.source,
        )

    def _focal_mm(self, wanted_mm: float | None) -> float:
        if self.focal_mm is None and wanted_mm is None:
            raise PlanError(
                f"cannot plan with the camera {self.name}: its lens is not known",
                where="--camera",
                hint="give --focal-mm",
            )
        if wanted_mm is None:
            assert self.focal_mm is not None
            return self.focal_mm[0]
        if not 0.1 <= wanted_mm <= 10_000.0:
            raise PlanError(f"invalid value '{wanted_mm:g}'", where="--focal-mm", hint="use 0.1 to 10000 mm")
        if self.focal_mm is not None:
            from_mm, to_mm = self.focal_mm
            if not (from_mm <= wanted_mm <= to_mm or math.isclose(wanted_mm, from_mm)):
                lens = f"{from_mm:g} to {to_mm:g} mm" if self.is_zoom else f"{from_mm:g} mm"
                raise PlanError(
                    f"the lens of the camera {self.name} has {lens}, not {wanted_mm:g} mm",
                    where="--focal-mm",
                    hint="leave it out, or give a camera file",
                )
        return wanted_mm
