"""Ground under an aircraft: level, or a plane fitted to the terrain below it every 20 ms."""

from __future__ import annotations

import math
from collections.abc import Iterator

from controller.terrain.raster import Raster
from hil.frames import ned_to_body
from hil.geodesy import Home
from hil.physics import state as ps
from hil.sensors.suite import SLOW_STEPS
from hil.world.terrain import Terrain


class Ground:
    """Ground below one aircraft; `standing_m` is the height of its centre of mass when it stands at home.

    Raises ScenarioError for a home outside the raster.
    """

    def __init__(self, home: Home, standing_m: float, raster: Raster | None) -> None:
        self._terrain = None if raster is None else Terrain(raster, home)
        self._below_m = standing_m
        if self._terrain is not None:
            plane = self._terrain.plane(0.0, 0.0)
            self._below_m = standing_m * math.sqrt(1.0 + plane.falls_n**2 + plane.falls_e**2)

    def down_m(self, north_m: float, east_m: float) -> float:
        """Return NED down of the ground at a position; at home it is the height of the centre of mass, not 0."""
        return self._below_m + (0.0 if self._terrain is None else self._terrain.down_m(north_m, east_m))

    def standing(self, inputs: ps.Array, *, heading_rad: float) -> ps.Array:
        """Return the state of an aircraft standing at home, aligned with the slope; writes the ground to `inputs`."""
        inputs[ps.GROUND_D] = self._below_m
        state = ps.level_state(heading_rad=heading_rad)
        self.update(0, state, inputs)
        north, east = inputs[ps.SLOPE], inputs[ps.SLOPE + 1]
        level = 1.0 / math.sqrt(1.0 + north * north + east * east)
        w = math.sqrt(0.5 * (1.0 + level))
        x, y = east * level / (2.0 * w), -north * level / (2.0 * w)
        c, s = math.cos(0.5 * heading_rad), math.sin(0.5 * heading_rad)
        attitude = w * c, x * c + y * s, y * c - x * s, w * s
        state[ps.QUAT : ps.QUAT + 4] = attitude
        # The ground supports it before the first step, or the first accelerometer sample would show free fall.
        state[ps.SPECIFIC : ps.SPECIFIC + 3] = ned_to_body(*attitude, 0.0, 0.0, -inputs[ps.GRAVITY])
        return state

    def update_steps(self, after_step: int, until_step: int) -> Iterator[int]:
        """Yield the steps at which to update the ground, and the last; independent of how time is advanced."""
        if self._terrain is not None:
            yield from range((after_step // SLOW_STEPS + 1) * SLOW_STEPS, until_step, SLOW_STEPS)
        if until_step > after_step:
            yield until_step

    def update(self, step: int, state: ps.Array, inputs: ps.Array) -> None:
        """Write the plane of the terrain below the aircraft to `inputs`, if this step is an update step."""
        if self._terrain is None or step % SLOW_STEPS:
            return
        plane = self._terrain.plane(float(state[ps.POS]), float(state[ps.POS + 1]))
        inputs[ps.GROUND_D] = self._below_m + plane.down_m
        inputs[ps.SLOPE : ps.SLOPE + 2] = plane.falls_n, plane.falls_e
        inputs[ps.ANCHOR : ps.ANCHOR + 2] = plane.north_m, plane.east_m
