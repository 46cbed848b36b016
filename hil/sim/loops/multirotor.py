"""One simulated vehicle with its autopilot core: power it on, arm it, command it, let time pass, look at it.

The arrays live here; the work is done by the compiled `hil.sim.loops.multirotor_kernel`. One seed, one flight, bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from numpy.typing import NDArray

from hil.airframes.load import Airframe
from hil.autopilot.control import layout as ap
from hil.autopilot.control.control_loop import ControlLoop
from hil.faults.schedule import Fault
from hil.geodesy import Home
from hil.sensors.rangefinder import Range
from hil.sim.loops.multirotor_kernel import advance
from hil.sim.plant.divergence_check import WatchedValues
from hil.sim.plant.held_rangefinder import HeldRangefinder
from hil.sim.plant.plant import Plant
from hil.world.raster import Raster


class MultirotorSim(Plant, ControlLoop):
    """A plant with the emulated autopilot's core inside the same compiled loop."""

    def __init__(
        self,
        airframe: Airframe,
        home: Home,
        *,
        seed: int,
        wind_ned: tuple[float, float, float] = (0.0, 0.0, 0.0),
        gust_m_s: float = 0.0,
        turbulence_m_s: float = 0.0,
        roughness_m: float | None = None,
        warmer_k: float = 0.0,
        terrain: Raster | None = None,
        faults: Iterable[Fault] = (),
    ) -> None:
        super().__init__(
            airframe,
            home,
            seed=seed,
            wind_ned=wind_ned,
            gust_m_s=gust_m_s,
            turbulence_m_s=turbulence_m_s,
            roughness_m=roughness_m,
            warmer_k=warmer_k,
            terrain=terrain,
            faults=faults,
        )
        self._held_range = HeldRangefinder(seed=seed)
        self._begin(airframe, home)

    @property
    def range_found(self) -> Range | None:
        """What a rangefinder that looks down says."""
        return self._held_range.read(self)

    def _step_until(self, step: int) -> None:
        advance(
            step, self._clock, self._state, self._inputs, self._params, self._wind,
            self._errors, self._records, self._streams, self._readings,
            self._raw, self._held, self._faults, self._health,
            self._est, self._cov, self._work, self._past, self._ctl, self._tune, self._matrix,
        )  # fmt: skip

    @property
    def _all_finite(self) -> bool:
        ctl, est = self._ctl, self._est
        control = ctl[ap.OUT : ap.OUT + self.airframe.rotor_count].sum() + ctl[ap.THRUST] + ctl[ap.Q_SP]
        return super()._all_finite and math.isfinite(control + est[ap.EQ] + est[ap.EP])

    @property
    def _changing_arrays(self) -> tuple[NDArray[Any], ...]:
        return (*super()._changing_arrays, self._est, self._cov, self._past, self._ctl)

    @property
    def _control_values(self) -> tuple[WatchedValues, ...]:
        est, ctl = self._est, self._ctl
        return (
            WatchedValues("the estimator", "attitude part", est, ap.EQ, 4),
            WatchedValues("the estimator", "position axis", est, ap.EP, 3),
            WatchedValues("the position controller", "wanted force axis", ctl, ap.F_SP, 3),
            WatchedValues("the position controller", "wanted attitude part", ctl, ap.Q_SP, 4),
            WatchedValues("the position controller", "thrust", ctl, ap.THRUST),
            WatchedValues("the attitude controller", "moment about axis", ctl, ap.MOMENT, 3),
            WatchedValues("the mixer", "the duty of motor", ctl, ap.OUT, self.airframe.rotor_count),
        )
