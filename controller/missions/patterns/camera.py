"""Camera that looks straight down: footprint, ground sampling distance, and the distances that an overlap needs."""

from __future__ import annotations

from dataclasses import dataclass

from controller.missions.errors import PlanError

#: More overlap than this is hardly a distance any more.
MOST_OVERLAP = 0.98


@dataclass(frozen=True, slots=True)
class Camera:
    """Camera with its longer image side across the flight, as it is mounted for mapping."""

    sensor_width_mm: float
    """Size of the sensor across the flight, mm."""
    sensor_height_mm: float
    """Size of the sensor along the flight, mm."""
    focal_mm: float
    """Focal length, mm; that of the lens, not the 35 mm equivalent."""
    image_width_px: int
    """Pixels across the flight."""
    image_height_px: int
    """Pixels along the flight."""
    name: str = ""
    """Name of the camera; "" for one that has none."""
    min_interval_s: float | None = None
    """Shortest time between two photos, s; None: not known."""
    trigger_delay_s: float | None = None
    """Time from the order to the exposure, s; None: not known."""
    source: str = ""
    """Where these values are from."""

    def footprint_m(self, height_m: float) -> tuple[float, float]:
        """Return the width across and the length along the flight of one photo on flat ground, m."""
        scale = height_m / self.focal_mm
        return self.sensor_width_mm * scale, self.sensor_height_mm * scale

    def gsd_cm(self, height_m: float) -> float:
        """Return the size of a pixel on the ground, cm: the larger of both directions."""
        across_m, along_m = self.footprint_m(height_m)
        return 100.0 * max(across_m / self.image_width_px, along_m / self.image_height_px)

    def height_m(self, gsd_cm: float) -> float:
        """Return the height above ground, m, at which a pixel has this size on the ground, cm."""
        return gsd_cm / self.gsd_cm(1.0)

    def spacing_m(self, height_m: float, side_overlap: float) -> float:
        """Return the distance of the lines, m, for a side overlap from 0 to 0.98. Raises PlanError."""
        _check_overlap("side", side_overlap)
        return self.footprint_m(height_m)[0] * (1.0 - side_overlap)

    def trigger_m(self, height_m: float, front_overlap: float) -> float:
        """Return the distance of the photos, m, for a front overlap from 0 to 0.98. Raises PlanError."""
        _check_overlap("front", front_overlap)
        return self.footprint_m(height_m)[1] * (1.0 - front_overlap)

    def margins_m(self, height_m: float, spacing_m: float, trigger_m: float) -> tuple[float, float]:
        """Return how far lines reach beyond the border of an area along and across them, m.

        With them a place at the border is on as many photos as the overlaps promise inside: every line whose photos
        see it, and on it every photo.
        """
        across_m, along_m = self.footprint_m(height_m)
        return along_m / 2.0 if trigger_m > 0.0 else 0.0, max(0.0, (across_m - spacing_m) / 2.0)


def _check_overlap(side: str, overlap: float) -> None:
    if not 0.0 <= overlap <= MOST_OVERLAP:
        raise PlanError(
            f"cannot plan a {side} overlap of {100.0 * overlap:g} %: the distance would be "
            f"{'nothing' if overlap >= 1.0 else 'too large' if overlap < 0.0 else 'too small'}",
            where=f"--{side}-overlap",
            hint=f"use 0 to {100.0 * MOST_OVERLAP:g}",
        )
