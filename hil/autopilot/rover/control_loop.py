"""The control core of a rover: estimator and steering (`hil.autopilot.control.control_loop.ControlLoop` is a multirotor's)."""

from __future__ import annotations

from hil.airframes.load import Airframe
from hil.autopilot.control import layout as ap
from hil.autopilot.control.estimator_types import Vector3, three
from hil.autopilot.control.python_control_loop import PythonControlLoop
from hil.autopilot.control.setpoints import GoTo, Setpoint
from hil.autopilot.rover.core import Motion, RoverCore
from hil.frames import to_euler
from hil.geodesy import Home


class RoverControlLoop(PythonControlLoop):
    """Drives the left and the right wheel; 0.5 stands."""

    def _begin(self, airframe: Airframe, home: Home) -> None:
        super()._begin(airframe, home)
        self.core = RoverCore(airframe)

    def command(self, setpoint: Setpoint) -> None:
        """Do this from now on."""
        self.core.command(setpoint)

    def _steer(self) -> None:
        est = self._est
        motion = Motion(
            pos_ned=three(est, ap.EP),
            vel_ned=three(est, ap.EV),
            euler_rad=to_euler(*est[ap.EQ : ap.EQ + 4].tolist()),
            turn_rad_s=float(est[ap.RATES + 2]),
        )
        self.core.step(motion, armed=self.armed)
        self._ctl[ap.LANDED] = float(self.core.stands)
        self.drive(self.core.wheels)

    @property
    def vtol_state(self) -> int:
        """MAV_VTOL_STATE: none."""
        return 0

    @property
    def throttle(self) -> float:
        """How fast it is told to be, 0..1."""
        return abs(self.core.throttle)

    @property
    def setpoint_ned(self) -> Vector3:
        """Where it is sent, or where it is."""
        to = self.core.setpoint
        return to.pos_ned if isinstance(to, GoTo) else three(self._est, ap.EP)
