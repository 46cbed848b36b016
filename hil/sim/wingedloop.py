"""One simulated aeroplane with its autopilot core, as `hil.sim.fastloop.FastLoop` is for rotors alone.

The estimator runs at 250 Hz in compiled code, guidance and surfaces at 50 Hz. One seed, one flight, bit for bit.
"""

from __future__ import annotations

from typing import Any

from hil.airframes.load import Airframe
from hil.autopilot import layout as ap
from hil.autopilot.plane.core import Motion, PlaneCore
from hil.autopilot.readings import Vector3, three
from hil.autopilot.setpoints import FlyLine, GoTo, Loiter, Setpoint
from hil.frames import to_euler
from hil.geodesy import Home
from hil.sim.slowloop import SlowLoop
from hil.sim.winged_plant import WingedPlant


class WingedLoop(SlowLoop, WingedPlant):
    """A winged plant and an aeroplane's core, in steps of the fast sensors."""

    def __init__(self, airframe: Airframe, home: Home, *, seed: int, **world: Any) -> None:
        super().__init__(airframe, home, seed=seed, **world)
        self.plane = PlaneCore(airframe)

    def command(self, setpoint: Setpoint) -> None:
        """Do this from now on."""
        self.plane.command(setpoint)

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
