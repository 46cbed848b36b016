"""Detached control cores of planes, quadplanes and rovers, and the choice of the core for an airframe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hil.airframes.load import Airframe
from hil.autopilot.control.detached import DetachedCore, DetachedMultirotor
from hil.autopilot.control.python_control_loop import PythonControlLoop
from hil.autopilot.plane.control_loop import PlaneControlLoop
from hil.autopilot.plane.vtol import VtolControlLoop
from hil.autopilot.rover.control_loop import RoverControlLoop
from hil.geodesy import Home


class DetachedSlow(DetachedCore, PythonControlLoop):
    """Mixin for cores with uncompiled controllers; keeps their last actuator commands."""

    _commands: tuple[float, ...] = ()

    def run_cycle(self, time_s: float, *, slow: bool) -> None:
        """Run one cycle, see `DetachedCore`."""
        self._time_s = time_s
        self._cycle(time_s, slow=slow)

    def drive(self, duties: Sequence[float]) -> None:
        self._commands = tuple(duties)

    @property
    def motor_outputs(self) -> tuple[float, ...]:
        """The last actuator commands, 0..1 each; empty before the first 50 Hz cycle."""
        return self._commands


class DetachedPlane(PlaneControlLoop, DetachedSlow):
    """A fixed-wing aircraft's control core."""


class DetachedVtol(VtolControlLoop, DetachedSlow):
    """A quadplane's control core."""


class DetachedRover(RoverControlLoop, DetachedSlow):
    """A rover's control core."""


CORES: Mapping[str, type[DetachedCore]] = {
    "multirotor": DetachedMultirotor,
    "plane": DetachedPlane,
    "vtol": DetachedVtol,
    "rover": DetachedRover,
}


def make_detached(airframe: Airframe, home: Home) -> DetachedCore:
    """Return the core for this kind of airframe."""
    return CORES[airframe.kind](airframe, home)
