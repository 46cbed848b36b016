"""Cores of wings and wheels apart from any aircraft, as `hil.autopilot.control.detached.DetachedMultirotor` is of rotors alone."""

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
    """Mixed into a core; its commands wait to be taken."""

    _commands: tuple[float, ...] = ()

    def run_cycle(self, time_s: float, *, slow: bool) -> None:
        """See `DetachedCore`."""
        self._time_s = time_s
        self._cycle(time_s, slow=slow)

    def drive(self, duties: Sequence[float]) -> None:
        self._commands = tuple(duties)

    @property
    def motor_outputs(self) -> tuple[float, ...]:
        """What it last drove, 0..1 each; nothing before its first look."""
        return self._commands


class DetachedPlane(PlaneControlLoop, DetachedSlow):
    """An aeroplane's."""


class DetachedVtol(VtolControlLoop, DetachedSlow):
    """An aeroplane's with lifting rotors."""


class DetachedRover(RoverControlLoop, DetachedSlow):
    """A rover's."""


CORES: Mapping[str, type[DetachedCore]] = {
    "multirotor": DetachedMultirotor,
    "plane": DetachedPlane,
    "vtol": DetachedVtol,
    "rover": DetachedRover,
}


def make_detached(airframe: Airframe, home: Home) -> DetachedCore:
    """The core that flies this kind of airframe."""
    return CORES[airframe.kind](airframe, home)
