"""One aircraft and what a pilot asks of it, each verified by what the aircraft then says of itself.

    await vehicle.mission.upload(plan)
    await vehicle.arm()
    await vehicle.mission.start()

A procedure is the autopilot's own list of steps (see `autopilots.base`). Those a pilot needs in a hurry - hold, return, land,
disarm - do not wait for another procedure to end, they end it.
"""

from __future__ import annotations

from collections.abc import Callable

from controller.autopilots.base import Arm, Procedure, ProcedureUnavailable, SendCommand, SetMode
from controller.clock import Clock
from controller.errors import AircraftRefused, UserError
from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.router.local import LocalEndpoint
from controller.vehicle import safety
from controller.vehicle.command_arbiter import Helm
from controller.vehicle.connection import Contact
from controller.vehicle.mission import Mission
from controller.vehicle.parameters import Parameters
from controller.vehicle.steps import HEARTBEAT_TELLS_S, perform, take
from controller.wire.address import Address
from controller.wire.enums import MAV_CMD
from controller.wire.message import Message

FORCE = 21196.0  # param2 of MAV_CMD_COMPONENT_ARM_DISARM


class Vehicle(Contact):
    """Made from its first HEARTBEAT by whoever discovers it; `close` ends the listening.

    `params` and `mission` hold what belongs to them, `helm` keeps procedures apart.
    """

    def __init__(
        self,
        local: LocalEndpoint,
        address: Address,
        heartbeat: Message,
        *,
        clock: Clock,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        super().__init__(local, address, heartbeat, clock=clock, timing=timing)
        self.helm = Helm()
        self.params = Parameters(self)
        """Parameters of the vehicle: list, get, set, save, load."""
        self.mission = Mission(self)
        """Mission on board: upload, download, clear, start, progress."""

    async def arm(self) -> None:
        """Arm. Raises ArmRefused with the aircraft's reasons."""
        async with self.helm.take("arming"):
            await take(self, Arm())

    async def disarm(self, *, force: bool = False) -> None:
        """Disarm; in the air only with `force`, and then it falls. Raises SafetyRefused or AircraftRefused."""
        safety.check_disarm(self.state, force=force)
        async with self.helm.take("disarming", urgent=True):
            # The helm may have been waited for; look again.
            safety.check_disarm(self.state, force=force)
            if not self.state.armed and not force:
                return
            order = SendCommand(command=MAV_CMD.COMPONENT_ARM_DISARM, p1=0.0, p2=FORCE if force else 0.0)
            await self.command(order)
            if not await self.wait(lambda state: not state.armed, HEARTBEAT_TELLS_S):
                raise AircraftRefused("the aircraft accepted to disarm, and its heartbeats still say armed")

    async def set_mode(self, mode: str) -> None:
        """Change to a mode, by its name or by "mission", "hold", "guided", "return", "land". Raises UserError, AircraftRefused."""
        try:
            name = self.autopilot.mode_for(mode)
        except ProcedureUnavailable as error:
            raise UserError(str(error)) from None
        async with self.helm.take(f"mode {name}", urgent=True):
            await take(self, SetMode(name))

    async def takeoff(self, alt_m: float) -> None:
        """Take off to `alt_m` above home; returns when the aircraft is under way. Raises AircraftRefused, SafetyRefused."""
        safety.check_height(alt_m)
        async with self.helm.take("take-off"):
            await perform(self, self.possible(lambda: self.autopilot.takeoff(alt_m, self.state)))

    async def goto(self, lat_deg: float, lon_deg: float, alt_m: float) -> None:
        """Fly to a place, `alt_m` above home, and hold there; returns when the aircraft has taken the order."""
        safety.check_place(lat_deg, lon_deg)
        safety.check_height(alt_m)
        async with self.helm.take("going to a place", urgent=True):
            await perform(
                self, self.possible(lambda: self.autopilot.goto(lat_deg, lon_deg, alt_m, self.state))
            )

    async def pause(self) -> None:
        """Stop and hold; `resume` goes on with the mission."""
        async with self.helm.take("pause", urgent=True):
            await perform(self, self.possible(self.autopilot.pause))

    async def resume(self) -> None:
        """Go on with the mission."""
        async with self.helm.take("resuming", urgent=True):
            await perform(self, self.possible(self.autopilot.resume))

    async def return_home(self) -> None:
        """Return to launch."""
        async with self.helm.take("return", urgent=True):
            await perform(self, self.possible(self.autopilot.return_home))

    async def land(self) -> None:
        """Land here (a plane: by the landing sequence of its mission)."""
        async with self.helm.take("landing", urgent=True):
            await perform(self, self.possible(self.autopilot.land))

    def possible(self, procedure: Callable[[], Procedure]) -> Procedure:
        """The steps, or AircraftRefused where this aircraft has none for it."""
        try:
            return procedure()
        except ProcedureUnavailable as error:
            raise AircraftRefused(str(error)) from None
