"""One simulated aeroplane with its autopilot core, as `hil.sim.fastloop.FastLoop` is for rotors alone.

The estimator runs at 250 Hz in compiled code, guidance and surfaces at 50 Hz. One seed, one flight, bit for bit.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from hil.airframes.load import Airframe
from hil.autopilot import layout as ap
from hil.autopilot.inner import InnerLoop
from hil.autopilot.plane.believe import believe
from hil.autopilot.plane.core import Motion, PlaneCore
from hil.autopilot.readings import Vector3, three
from hil.autopilot.setpoints import FlyLine, GoTo, Loiter, Setpoint
from hil.frames import to_euler
from hil.geodesy import Home
from hil.physics import state as ps
from hil.sensors.rangefinder import Range
from hil.sensors.suite import FAST_STEPS, SLOW_STEPS, STEP_S
from hil.sim.looking_down import HeldRange
from hil.sim.soundness import Watched
from hil.sim.winged_plant import WingedPlant


class WingedLoop(WingedPlant, InnerLoop):
    """A winged plant and an aeroplane's core, in steps of the fast sensors."""

    def __init__(self, airframe: Airframe, home: Home, *, seed: int, **world: Any) -> None:
        super().__init__(airframe, home, seed=seed, **world)
        self._held_range = HeldRange(seed=seed)
        self._begin_estimate(home)
        self.plane = PlaneCore(airframe)

    def command(self, setpoint: Setpoint) -> None:
        """Do this from now on."""
        self.plane.command(setpoint)

    def _step_until(self, step: int) -> None:
        while (now := int(self._clock[0])) < step:
            until = min(step, (now // FAST_STEPS + 1) * FAST_STEPS)
            super()._step_until(until)
            if not self._sound:
                return  # `advance` says what was lost
            # Thinking takes as long as the sensors' period, so that it does not matter how time is asked for.
            if until % FAST_STEPS == 0:
                slow = (until - FAST_STEPS) % SLOW_STEPS == 0
                self._think((until - FAST_STEPS) * STEP_S, slow=slow)
                if slow:
                    self._steer()

    @property
    def _moved(self) -> tuple[NDArray[Any], ...]:
        return (*super()._moved, self._est, self._cov, self._past, self._ctl, self._duty)

    @property
    def _thought(self) -> tuple[Watched, ...]:
        return (
            Watched("the estimator", "attitude part", self._est, ap.EQ, 4),
            Watched("the estimator", "position axis", self._est, ap.EP, 3),
            Watched("the propeller and surfaces", "state", self._state, ps.ROTOR, ps.MAX_ROTORS),
        )

    def _think(self, now_s: float, *, slow: bool) -> None:
        believe(now_s, slow, self._est, self._cov, self._work, self._past, self._readings)

    def _steer(self) -> None:
        self.plane.step(self._motion(), armed=self.armed)
        self._ctl[ap.LANDED] = float(not self.plane.airborne)
        self.drive((*self._rotors(), self.plane.throttle if self.armed else 0.0, *self.plane.surfaces))

    def _rotors(self) -> tuple[float, ...]:
        """Duties of what lifts."""
        return ()

    def _motion(self) -> Motion:
        est = self._est
        return Motion(
            pos_ned=three(est, ap.EP),
            vel_ned=three(est, ap.EV),
            euler_rad=to_euler(*est[ap.EQ : ap.EQ + 4].tolist()),
            rates_frd=three(est, ap.RATES),
            airspeed_m_s=self.airspeed.indicated_m_s,
        )

    # --- looking ---

    @property
    def range_found(self) -> Range | None:
        """What a rangefinder that looks down says."""
        return self._held_range.read(self)

    @property
    def throttle(self) -> float:
        """Of the propeller, 0..1."""
        return self.plane.throttle

    @property
    def motor_outputs(self) -> tuple[float, ...]:
        """Commands of rotors, propeller and surfaces, 0..1 each; a surface's middle is 0.5."""
        return tuple(self._duty[list(self.output_slots)].tolist())

    @property
    def setpoint_ned(self) -> Vector3:
        """Where it is sent, or where it is."""
        to = self.plane.setpoint
        match to:
            case FlyLine():
                return to.end_ned
            case Loiter():
                return to.centre_ned
            case GoTo():
                return to.pos_ned
        return three(self._est, ap.EP)
