"""One simulated rover: the plant on its wheels, and with the emulated autopilot's core.

The estimator runs at 250 Hz in compiled code, steering at 50 Hz. One seed, one drive, bit for bit.
"""

from __future__ import annotations

from typing import Any

from hil.airframes.load import Airframe
from hil.autopilot import layout as ap
from hil.autopilot.readings import Vector3, three
from hil.autopilot.rover.core import Motion, RoverCore
from hil.autopilot.setpoints import GoTo, Setpoint
from hil.errors import ScenarioError
from hil.frames import to_euler
from hil.geodesy import Home
from hil.physics import params as pp
from hil.physics import rover_params as rp
from hil.sim.plant import Plant
from hil.sim.rover_kernel import advance_rover
from hil.sim.slowloop import SlowLoop


class RoverPlant(Plant):
    """Its commands are the left and the right wheel's, 0..1, 0.5 to stand. Raises ScenarioError for what is no rover."""

    def __init__(self, airframe: Airframe, home: Home, *, seed: int, **world: Any) -> None:
        if airframe.rover is None:
            raise ScenarioError(f"{airframe.name} is no rover", where=airframe.file)
        self._rover = airframe.rover
        super().__init__(airframe, home, seed=seed, **world)
        # Power over efficiency is drawn by the battery; the drive counts its own.
        self._params[pp.EFFICIENCY] = 1.0
        self._duty[:] = 0.5

    @property
    def output_slots(self) -> tuple[int, ...]:
        """Left, right."""
        return (rp.LEFT, rp.RIGHT)

    @property
    def vtol_state(self) -> int:
        """MAV_VTOL_STATE: none."""
        return 0

    def _step_until(self, step: int) -> None:
        advance_rover(
            step, self._clock, self._state, self._inputs, self._params, self._rover, self._wind,
            self._errors, self._records, self._streams, self._readings,
            self._raw, self._held, self._faults, self._health, self._duty,
        )  # fmt: skip


class RoverLoop(SlowLoop, RoverPlant):
    """A rover and its core, in steps of the fast sensors."""

    def __init__(self, airframe: Airframe, home: Home, *, seed: int, **world: Any) -> None:
        super().__init__(airframe, home, seed=seed, **world)
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
    def throttle(self) -> float:
        """How fast it is told to be, 0..1."""
        return abs(self.core.throttle)

    @property
    def motor_outputs(self) -> tuple[float, ...]:
        """Commands of the left and the right wheel, 0..1; 0.5 stands."""
        return tuple(self._duty[list(self.output_slots)].tolist())

    @property
    def setpoint_ned(self) -> Vector3:
        """Where it is sent, or where it is."""
        to = self.core.setpoint
        return to.pos_ned if isinstance(to, GoTo) else three(self._est, ap.EP)
