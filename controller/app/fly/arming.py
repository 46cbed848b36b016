"""Start of a mission, and the waits between the attempts to arm while the aircraft's reasons go by themselves."""

from __future__ import annotations

import asyncio

from controller.app.fly import preflight
from controller.app.fly.events import ArmReadiness
from controller.app.fly.options import FlyOptions
from controller.app.fly.preflight import SETTINGS_HINT, WAITING_HINT
from controller.app.fly.reporter import Reporter
from controller.autopilots.refusals import Cure, worst_cure
from controller.errors import AircraftRefused, LandlineError, LinkError
from controller.missions.onboard import OnboardMission
from controller.protocol.timing import HEARTBEAT_LOST_S
from controller.vehicle.procedure_runner import ArmRefused
from controller.vehicle.vehicle import Vehicle

# The longest time between two attempts.
_TRY_AGAIN_S = 10.0
_TERRAIN_HINT = (
    "the aircraft waits for terrain data, and this ground station sends none: fly heights above home, or let "
    "another ground station answer its TERRAIN_REQUEST"
)


class ArmingWaits:
    """Decides after each refusal whether to try again, and waits until then.

    Reasons that time cures are waited for until `ready_until_s` (s of the aircraft's clock object), unknown reasons
    get `options.arm_tries` attempts, reasons that waiting does not end get none.
    """

    def __init__(self, vehicle: Vehicle, options: FlyOptions, ready_until_s: float) -> None:
        self._vehicle = vehicle
        self._options = options
        self._ready_until_s = ready_until_s
        self._tries_left = options.arm_tries
        self._again_s = options.arm_again_s

    async def after(self, refused: ArmRefused) -> None:
        """Return when it is time for the next attempt. Raises ArmRefused when there is none."""
        vehicle, options = self._vehicle, self._options
        cure = worst_cure([vehicle.autopilot.refusal_cure(text, vehicle.state) for text in refused.reasons])
        if cure is Cure.NEVER:
            raise ArmRefused(refused.reasons, "its checks fail", hint=SETTINGS_HINT)
        if cure is Cure.UNKNOWN:
            self._tries_left -= 1
            if self._tries_left <= 0:
                raise refused
        elif vehicle.clock.now() + options.arm_again_s > self._ready_until_s:
            terrain = any("terrain" in text.lower() for text in refused.reasons)
            raise ArmRefused(
                refused.reasons,
                f"it was not ready within {options.ready_within_s:g} s",
                hint=_TERRAIN_HINT if terrain else WAITING_HINT,
            )
        await asyncio.sleep(self._again_s)
        if cure is Cure.TIME:
            self._again_s = min(1.5 * self._again_s, _TRY_AGAIN_S)
            left_s = self._ready_until_s - vehicle.clock.now()
            blockers = vehicle.autopilot.arming_blockers
            await vehicle.wait(lambda state: not blockers(state), max(0.0, min(_TRY_AGAIN_S, left_s)))


async def start_mission(
    vehicle: Vehicle, mission: OnboardMission, options: FlyOptions, reporter: Reporter, ready_until_s: float
) -> None:
    """Arm the aircraft and start the mission; try again as `ArmingWaits` decides.

    An aircraft that was armed here and does not start is disarmed. Raises AircraftRefused, SafetyRefused where another
    operator arms it meanwhile, LinkError.
    """
    reporter.phase("start", f"arming and starting the mission at item 1 of {len(mission.items)}")
    waits = ArmingWaits(vehicle, options, ready_until_s)
    try:
        while True:
            try:
                await vehicle.mission.start(mission, from_disarmed=True)
                return
            except ArmRefused as refused:
                # Answered: the next attempt cannot meet this one.
                reporter.emit(ArmReadiness(reporter.t_s(), refused.reasons))
                await waits.after(refused)
            preflight.refuse_if_flying(vehicle.state)
    except (AircraftRefused, LinkError):
        # The procedure armed it and it does not start: do not leave it with running motors.
        if vehicle.armed_by_us and vehicle.state.in_air is False and vehicle.silent_s <= HEARTBEAT_LOST_S:
            try:
                await vehicle.disarm()
            except LandlineError as failed:
                reporter.warn(f"the aircraft may still be armed: {failed}")
        raise
