"""Control core of a rover: estimator and `hil.autopilot.rover.core.RoverCore`."""

from __future__ import annotations

from hil.airframes.load import Airframe
from hil.autopilot.control import layout as ap
from hil.autopilot.control.estimator_types import Vector3, vector3
from hil.autopilot.control.python_control_loop import PythonControlLoop
from hil.autopilot.control.setpoints import GoTo, Setpoint
from hil.autopilot.rover.core import RoverCore, RoverState
from hil.frames import to_euler
from hil.geodesy import Home


class RoverControlLoop(PythonControlLoop):
    """Control core with left and right wheel as actuators; 0.5 stands."""

    def _init_core(self, airframe: Airframe, home: Home) -> None:
        super()._init_core(airframe, home)
        self.core = RoverCore(airframe)

    def command(self, setpoint: Setpoint) -> None:
        """Follow a setpoint from now on."""
        self.core.command(setpoint)

    def _steer(self) -> None:
        est = self._est
        state = RoverState(
            pos_ned=vector3(est, ap.EP),
            vel_ned=vector3(est, ap.EV),
            euler_rad=to_euler(*est[ap.EQ : ap.EQ + 4].tolist()),
            turn_rad_s=float(est[ap.RATES + 2]),
        )
        self.core.step(state, armed=self.armed)
        self._ctl[ap.LANDED] = float(self.core.stands)
        self.drive(self.core.wheels)

    @property
    def vtol_state(self) -> int:
        """MAV_VTOL_STATE: undefined."""
        return 0

    @property
    def throttle(self) -> float:
        """Commanded speed as a fraction of full speed, 0..1."""
        return abs(self.core.throttle)

    @property
    def setpoint_ned(self) -> Vector3:
        """Target of the setpoint, or the present position."""
        to = self.core.setpoint
        return to.pos_ned if isinstance(to, GoTo) else vector3(self._est, ap.EP)
