"""One aircraft and the commands a pilot gives it; telemetry confirms each of them.

    await vehicle.mission.upload(plan)
    await vehicle.arm()
    await vehicle.mission.start()

A procedure is the autopilot's own list of steps (see `autopilots.procedures`). Urgent procedures - hold, return,
land, disarm - do not wait for another procedure to end; they cancel it.
"""

from __future__ import annotations

from controller.autopilots.procedures import Arm, ProcedureUnavailable, SendCommand, SetMode
from controller.clock import Clock
from controller.errors import AircraftRefused, UserError
from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.router.local import LocalEndpoint
from controller.vehicle import safety_checks
from controller.vehicle.command_arbiter import CommandArbiter
from controller.vehicle.connection import Connection
from controller.vehicle.mission import Mission
from controller.vehicle.parameters import Parameters
from controller.vehicle.procedure_runner import HEARTBEAT_CONFIRMS_S, ProcedureRunner
from controller.wire.address import Address
from controller.wire.enums import MAV_CMD
from controller.wire.message import Message

FORCE = 21196.0  # param2 of MAV_CMD_COMPONENT_ARM_DISARM


class Vehicle(Connection):
    """One aircraft, created from its first HEARTBEAT. Call `close` to stop receiving.

    `params` reads and writes parameters, `mission` handles the mission on board, `arbiter` keeps procedures apart.
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
        self.arbiter = CommandArbiter()
        self.params = Parameters(self)
        """Parameters of the vehicle: list, get, set, save, load."""
        self._runner = ProcedureRunner(self, self.params)
        self.mission = Mission(self, self._runner, self.arbiter)
        """Mission on board: upload, download, clear, start, progress."""

    async def arm(self) -> None:
        """Arm the motors; return when heartbeats show it.

        Raises ArmRefused with the aircraft's reasons, AircraftRefused or LinkError where it accepts and no heartbeat
        shows it: then it was commanded to disarm again.
        """
        async with self.arbiter.acquire("arming"):
            await self._runner.run_step(Arm())

    async def disarm(self, *, force: bool = False) -> None:
        """Disarm the motors; in flight only with `force`, and then the aircraft falls.

        Raises SafetyRefused or AircraftRefused.
        """
        safety_checks.check_disarm(self.state, force=force)
        async with self.arbiter.acquire("disarming", urgent=True):
            # The aircraft may have taken off while this waited for its turn.
            safety_checks.check_disarm(self.state, force=force)
            # An arming that was accepted shows in the next heartbeats only.
            if not (self.state.armed or self.armed_by_us or force):
                return
            command = SendCommand(command=MAV_CMD.COMPONENT_ARM_DISARM, p1=0.0, p2=FORCE if force else 0.0)
            await self.command(command)
            if not await self.wait(lambda state: not state.armed, HEARTBEAT_CONFIRMS_S):
                raise AircraftRefused(
                    "the disarm command was accepted, but heartbeats still show armed",
                    hint="keep clear of the propellers",
                )
            self.armed_by_us = False

    async def set_mode(self, mode: str) -> None:
        """Change the flight mode.

        `mode` is the autopilot's name of a mode, or "mission", "hold", "guided", "return" or "land". Raises
        UserError for an unknown mode, AircraftRefused.
        """
        try:
            name = self.autopilot.mode_for(mode)
        except ProcedureUnavailable as error:
            raise UserError(str(error)) from None
        async with self.arbiter.acquire(f"mode {name}", urgent=True):
            await self._runner.run_step(SetMode(name))

    async def takeoff(self, alt_m: float) -> None:
        """Take off to `alt_m` metres above home; return when the climb has begun.

        Raises AircraftRefused, SafetyRefused.
        """
        safety_checks.check_height(alt_m)
        async with self.arbiter.acquire("takeoff"):
            await self._runner.run(lambda: self.autopilot.takeoff(alt_m, self.state))

    async def goto(self, lat_deg: float, lon_deg: float, alt_m: float) -> None:
        """Fly to a position (WGS84 degrees, metres above home) and hold there; return when the aircraft has accepted.

        Raises AircraftRefused, SafetyRefused.
        """
        safety_checks.check_place(lat_deg, lon_deg)
        safety_checks.check_height(alt_m)
        async with self.arbiter.acquire("goto", urgent=True):
            self.commanded_mode = self.autopilot.mode_roles.get("guided", "")
            await self._runner.run(lambda: self.autopilot.goto(lat_deg, lon_deg, alt_m, self.state))

    async def set_speed(self, speed_m_s: float) -> None:
        """Change the speed of the flight: airspeed on wings, else ground speed, m/s.

        Raises AircraftRefused, SafetyRefused.
        """
        safety_checks.check_speed(speed_m_s)
        async with self.arbiter.acquire("speed"):
            await self._runner.run(lambda: self.autopilot.change_speed(speed_m_s))

    async def pause(self) -> None:
        """Stop and hold position; `resume` continues the mission."""
        async with self.arbiter.acquire("hold", urgent=True):
            await self._runner.run(self.autopilot.pause)

    async def resume(self) -> None:
        """Continue the mission."""
        async with self.arbiter.acquire("resume", urgent=True):
            await self._runner.run(self.autopilot.resume)

    async def return_home(self) -> None:
        """Return to launch (RTL)."""
        async with self.arbiter.acquire("return", urgent=True):
            await self._runner.run(self.autopilot.return_home)

    async def land(self) -> None:
        """Land at the present position; a plane flies the landing sequence of its mission."""
        async with self.arbiter.acquire("land", urgent=True):
            await self._runner.run(self.autopilot.land)
