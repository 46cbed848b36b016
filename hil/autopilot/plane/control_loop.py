"""The control core of an aeroplane: estimator and guidance (`hil.autopilot.control.control_loop.ControlLoop` is a multirotor's)."""

from __future__ import annotations

import math

from hil.airframes.load import Airframe
from hil.autopilot.control import layout as ap
from hil.autopilot.control.estimator_types import Vector3, three
from hil.autopilot.control.python_control_loop import PythonControlLoop
from hil.autopilot.control.setpoints import FlyLine, GoTo, Loiter, Setpoint
from hil.autopilot.plane.core import STEP_S, Motion, PlaneCore
from hil.frames import to_euler
from hil.geodesy import Home

WIND_S = 5.0  # the wind is believed to change no faster


class PlaneControlLoop(PythonControlLoop):
    """Drives what lifts, the propeller and the surfaces, in this order; a surface's middle is 0.5."""

    def _begin(self, airframe: Airframe, home: Home) -> None:
        super()._begin(airframe, home)
        self.plane = PlaneCore(airframe)
        self._wind_ne = (0.0, 0.0)

    def command(self, setpoint: Setpoint) -> None:
        """Do this from now on."""
        self.plane.command(setpoint)

    def _steer(self) -> None:
        self.plane.step(self._motion(), armed=self.armed)
        self._ctl[ap.LANDED] = float(not self.plane.airborne)
        self._drive()

    def _drive(self) -> None:
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
            airspeed_m_s=self._airspeed_m_s(),
        )

    def _airspeed_m_s(self) -> float:
        """The pitot tube's; without it, that through the wind as it last was, as autopilots make up theirs."""
        said = self.indicated_m_s
        north, east, _ = three(self._est, ap.EV)
        if said is None:
            return math.hypot(north - self._wind_ne[0], east - self._wind_ne[1])
        if self.plane.airborne:
            yaw = to_euler(*self._est[ap.EQ : ap.EQ + 4].tolist())[2]
            share = STEP_S / WIND_S
            wind_n, wind_e = self._wind_ne
            self._wind_ne = (
                wind_n + share * (north - said * math.cos(yaw) - wind_n),
                wind_e + share * (east - said * math.sin(yaw) - wind_e),
            )
        return said

    # --- looking ---

    @property
    def vtol_state(self) -> int:
        """MAV_VTOL_STATE: none."""
        return 0

    @property
    def throttle(self) -> float:
        """Of the propeller, 0..1."""
        return self.plane.throttle

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
