"""Cores of wings and wheels apart from any aircraft, as `hil.autopilot.control.detached.DetachedCore` is of rotors alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hil.airframes.load import Airframe
from hil.autopilot.control.detached import Detached, DetachedCore
from hil.autopilot.control.slow_core import SlowInner
from hil.autopilot.plane.inner import WingedInner
from hil.autopilot.plane.vtol import VtolInner
from hil.autopilot.rover.inner import RoverInner
from hil.geodesy import Home


class DetachedSlow(Detached, SlowInner):
    """Mixed into a core; its commands wait to be taken."""

    _commands: tuple[float, ...] = ()

    def think(self, time_s: float, *, slow: bool) -> None:
        """See `Detached`."""
        self._time_s = time_s
        self._cycle(time_s, slow=slow)

    def drive(self, duties: Sequence[float]) -> None:
        self._commands = tuple(duties)

    @property
    def motor_outputs(self) -> tuple[float, ...]:
        """What it last drove, 0..1 each; nothing before its first look."""
        return self._commands


class DetachedWings(WingedInner, DetachedSlow):
    """An aeroplane's."""


class DetachedVtol(VtolInner, DetachedSlow):
    """An aeroplane's with lifting rotors."""


class DetachedRover(RoverInner, DetachedSlow):
    """A rover's."""


CORES: Mapping[str, type[Detached]] = {
    "multirotor": DetachedCore,
    "plane": DetachedWings,
    "vtol": DetachedVtol,
    "rover": DetachedRover,
}


def make_detached(airframe: Airframe, home: Home) -> Detached:
    """The core that flies this kind of airframe."""
    return CORES[airframe.kind](airframe, home)
