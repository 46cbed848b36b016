"""Views: where each photo is taken from, and the pyramid that its picture shows, in metres on a local map.

The camera is taken as a pinhole whose longer side is level, as a gimbal holds it: its axes follow from heading and
pitch alone. The size of a pixel is that across the view, so a slanted view has the size at its distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.missions.patterns.camera import Camera

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """Views of photos. `places_m` are east, north and up, shape (n, 3).

    `axes`, shape (n, 3, 3), are the unit vectors to the right of the picture, to its top, and out of the lens.
    `half_across` and `half_along` are the tangents of half the angles of view; `pixel` is the size of a pixel at a
    distance of 1.
    """

    places_m: Floats
    axes: Floats
    half_across: float
    half_along: float
    pixel: float

    def __len__(self) -> int:
        return len(self.places_m)

    def corner_rays(self) -> Floats:
        """Return the directions of the pictures' corners, shape (n, 4, 3); each is 1 long along the axis of its
        lens.
        """
        right, top, out = (self.axes[:, axis, None, :] for axis in range(3))
        signs = np.asarray([(-1.0, -1.0), (-1.0, 1.0), (1.0, 1.0), (1.0, -1.0)])
        across, along = (signs[None, :, axis, None] for axis in range(2))
        rays: Floats = out + across * self.half_across * right + along * self.half_along * top
        return rays


def views_of(places_m: Floats, headings_deg: Floats, pitches_deg: Floats, camera: Camera) -> Views:
    """Return the views of photos at places east, north and up, shape (n, 3), with directions of shape (n,)."""
    heading, pitch = np.radians(headings_deg), np.radians(pitches_deg)
    east, north, level = np.sin(heading), np.cos(heading), np.zeros_like(heading)
    flat, steep = np.cos(pitch), np.sin(pitch)
    axes = np.stack(
        [
            np.stack([north, -east, level], axis=1),
            np.stack([-steep * east, -steep * north, flat], axis=1),
            np.stack([flat * east, flat * north, steep], axis=1),
        ],
        axis=1,
    )
    return Views(
        places_m,
        axes,
        camera.sensor_width_mm / camera.focal_mm / 2.0,
        camera.sensor_height_mm / camera.focal_mm / 2.0,
        camera.gsd_cm(1.0) / 100.0,
    )
