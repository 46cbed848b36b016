"""Control core of a fixed-wing aircraft: estimator and `hil.autopilot.plane.core.PlaneCore`."""

from __future__ import annotations

import math

from hil.airframes.load import Airframe
from hil.autopilot.control import layout as ap
from hil.autopilot.control.estimator_types import Vector3, vector3
from hil.autopilot.control.python_control_loop import PythonControlLoop
from hil.autopilot.control.setpoints import FlyLine, GoTo, Loiter, Setpoint
from hil.autopilot.plane.core import STEP_S, PlaneCore, PlaneState
from hil.frames import to_euler
from hil.geodesy import Home

WIND_S = 5.0  # time constant of the wind estimate


class PlaneControlLoop(PythonControlLoop):
    """Control core with actuators in the order lifting rotors, propeller, surfaces; a surface's neutral is 0.5."""

    def _init_core(self, airframe: Airframe, home: Home) -> None:
        super()._init_core(airframe, home)
        self.plane = PlaneCore(airframe)
        self._wind_ne = (0.0, 0.0)

    def command(self, setpoint: Setpoint) -> None:
        """Follow a setpoint from now on."""
        self.plane.command(setpoint)

    def _steer(self) -> None:
        self.plane.step(self._plane_state(), armed=self.armed)
        self._ctl[ap.LANDED] = float(not self.plane.airborne)
        self._drive()

    def _drive(self) -> None:
        self.drive((*self._rotors(), self.plane.throttle if self.armed else 0.0, *self.plane.surfaces))

    def _rotors(self) -> tuple[float, ...]:
        """Return the duties of the lifting rotors."""
        return ()

    def _plane_state(self) -> PlaneState:
        est = self._est
        return PlaneState(
            pos_ned=vector3(est, ap.EP),
            vel_ned=vector3(est, ap.EV),
            euler_rad=to_euler(*est[ap.EQ : ap.EQ + 4].tolist()),
            rates_frd=vector3(est, ap.RATES),
            airspeed_m_s=self._airspeed_m_s(),
        )

    def _airspeed_m_s(self) -> float:
        """Return the pitot tube's airspeed; without one, a synthetic airspeed from ground speed and wind estimate."""
        indicated = self.indicated_airspeed_m_s
        north, east, _ = vector3(self._est, ap.EV)
        if indicated is None:
            return math.hypot(north - self._wind_ne[0], east - self._wind_ne[1])
        if self.plane.airborne:
            yaw = to_euler(*self._est[ap.EQ : ap.EQ + 4].tolist())[2]
            blend = STEP_S / WIND_S
            wind_n, wind_e = self._wind_ne
            self._wind_ne = (
                wind_n + blend * (north - indicated * math.cos(yaw) - wind_n),
                wind_e + blend * (east - indicated * math.sin(yaw) - wind_e),
            )
        return indicated

    # --- state ---

    @property
    def vtol_state(self) -> int:
        """MAV_VTOL_STATE: undefined."""
        return 0

    @property
    def throttle(self) -> float:
        """Throttle of the propeller, 0..1."""
        return self.plane.throttle

    @property
    def wanted_roll_pitch_rad(self) -> tuple[float, float]:
        """Roll and pitch of the setpoint of the surfaces."""
        return self.plane.roll_setpoint_rad, self.plane.pitch_setpoint_rad

    @property
    def setpoint_ned(self) -> Vector3:
        """Target of the setpoint, or the present position."""
        to = self.plane.setpoint
        match to:
            case FlyLine():
                return to.end_ned
            case Loiter():
                return to.centre_ned
            case GoTo():
                return to.pos_ned
        return vector3(self._est, ap.EP)
