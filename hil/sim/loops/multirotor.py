"""Simulated multirotor with its autopilot core.

This class owns the arrays; the compiled `hil.sim.loops.multirotor_kernel` steps them. A seed determines the flight
bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from numpy.typing import NDArray

from controller.terrain.raster import Raster
from hil.airframes.load import Airframe
from hil.autopilot.control import layout as ap
from hil.autopilot.control.control_loop import ControlLoop
from hil.faults.schedule import Fault
from hil.geodesy import Home
from hil.sensors.rangefinder import RangeReading
from hil.sim.loops.multirotor_kernel import advance
from hil.sim.plant.divergence_check import WatchedValues
from hil.sim.plant.held_rangefinder import HeldRangefinder
from hil.sim.plant.plant import Plant


class MultirotorSim(Plant, ControlLoop):
    """Multirotor with the emulated autopilot's core in the same compiled loop."""

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
        self._init_core(airframe, home)

    @property
    def range_reading(self) -> RangeReading | None:
        """Reading of the downward rangefinder."""
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
            WatchedValues("the position controller", "force setpoint axis", ctl, ap.F_SP, 3),
            WatchedValues("the position controller", "attitude setpoint part", ctl, ap.Q_SP, 4),
            WatchedValues("the position controller", "thrust", ctl, ap.THRUST),
            WatchedValues("the attitude controller", "moment setpoint about axis", ctl, ap.MOMENT, 3),
            WatchedValues("the mixer", "the duty of motor", ctl, ap.OUT, self.airframe.rotor_count),
        )
