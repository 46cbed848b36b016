"""What is heard of the aircraft on the links, from the telemetry alone: nothing is sent."""

from __future__ import annotations

from controller.autopilots.base import Autopilot
from controller.autopilots.identify import identify, is_aircraft
from controller.clock import Clock
from controller.router.hub import Hub
from controller.vehicle.state import VehicleState
from controller.vehicle.telemetry import state_after
from controller.wire.address import GROUND_STATION, Address
from controller.wire.frame import Frame


class WatchedAircraft:
    """The aircraft that were heard, each with its state."""

    def __init__(self, hub: Hub, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[Address, tuple[Autopilot, VehicleState]] = {}
        hub.local(GROUND_STATION).listen(self._receive)

    def _receive(self, frame: Frame) -> None:
        if not frame.known:
            return
        known = self._known.get(frame.source)
        if known is None:
            if frame.msg_id != 0 or not is_aircraft(heartbeat := frame.message(), frame.source):
                return
            known = identify(heartbeat), VehicleState()
        autopilot, state = known
        after = state_after(state, frame.message(), self._clock.now(), autopilot.mode_name)
        self._known[frame.source] = autopilot, after

    def left(self) -> str:
        """Describe the state in which each aircraft is left."""
        if not self._known:
            return "none was heard"
        return "; ".join(
            f"{autopilot.name} {autopilot.kind.value} {address.system}: {state.describe()}"
            for address, (autopilot, state) in sorted(self._known.items())
        )
