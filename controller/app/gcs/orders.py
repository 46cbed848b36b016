"""Orders of an operator: named actions with typed values, the same for the keys of the terminal and for the web page.

Each function returns an Order with its values, not checked against the aircraft's state yet. An order runs once, at
once, or not at all: none is kept for later.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from controller.app.gcs import mission as gcs_mission
from controller.app.gcs.display import distance_and_bearing
from controller.app.gcs.display_state import SILENT_S
from controller.autopilots.procedures import ProcedureUnavailable
from controller.errors import AircraftRefused, SafetyRefused, UserError
from controller.near_names import did_you_mean, near_names
from controller.vehicle import safety_checks
from controller.vehicle.procedure_runner import HEARTBEAT_CONFIRMS_S
from controller.vehicle.vehicle import Vehicle

Check = Callable[[Vehicle], None]
CLIMB_SEEN_S = 15.0


class NotSeen(AircraftRefused):
    """The aircraft accepted an order, and telemetry does not show that it does it."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order for one aircraft, with its values.

    `name` is the name of the order, `title` a short one for a line, `words` what the operator confirms. `run(vehicle)`
    sends it and returns a remark on the result, or None. `checks` refuse it in a state where it would be wrong.
    """

    name: str
    title: str
    words: str
    run: Callable[[Vehicle], Awaitable[str | None]]
    checks: tuple[Check, ...] = ()
    urgent: bool = True
    """Whether it replaces an order in progress; others wait for nothing and are refused."""
    goes_on: bool = False
    """Whether it goes on when the page of its operator is closed: half of a transfer would be worse than all of it."""

    @property
    def key(self) -> str:
        """Key of the terminal that selects it."""
        return self.title[0]

    def check(self, vehicle: Vehicle) -> None:
        """Refuse the order in the present state of the aircraft. Raises SafetyRefused."""
        for check in self.checks:
            check(vehicle)


# Orders


def arm() -> Order:
    """Arm the motors."""
    return Order("arm", "arm", "arm the motors", _plain(Vehicle.arm), (_known,), urgent=False)


def disarm() -> Order:
    """Disarm on the ground."""
    return Order(
        "disarm", "disarm", "disarm (on the ground only)", _plain(Vehicle.disarm), (_known, _on_ground)
    )


def emergency_stop() -> Order:
    """Stop the motors, in flight too."""

    async def run(vehicle: Vehicle) -> None:
        await vehicle.disarm(force=True)

    return Order("emergency_stop", "emergency stop", "stop the motors NOW; in flight it falls", run)


def takeoff(alt_m: float) -> Order:
    """Take off to `alt_m` above home. Raises SafetyRefused."""
    safety_checks.check_height(alt_m)

    async def run(vehicle: Vehicle) -> None:
        # An urgent order ends the wait too, because the arbiter is held.
        async with vehicle.arbiter.acquire("takeoff"):
            await vehicle.takeoff(alt_m)
            if not await vehicle.wait(lambda state: bool(state.in_air), CLIMB_SEEN_S):
                raise NotSeen(
                    f"accepted, but no climb was seen within {CLIMB_SEEN_S:.0f} s",
                    hint="check the aircraft, and disarm it if it stays on the ground",
                )

    return Order("takeoff", "take off", f"take off to {alt_m:g} m", run, (_known, _not_flying), urgent=False)


def goto(lat_deg: float, lon_deg: float, alt_m: float, vehicle: Vehicle) -> Order:
    """Fly to a position, degrees and metres above home. Raises SafetyRefused."""
    safety_checks.check_place(lat_deg, lon_deg)
    safety_checks.check_height(alt_m)
    at = vehicle.state.position
    here = (at.lat_deg, at.lon_deg) if at is not None and at.has_place else None
    far = f" ({distance_and_bearing(here, (lat_deg, lon_deg))})" if here else ""
    return Order(
        "goto",
        "go to",
        f"fly to {lat_deg:.6f}, {lon_deg:.6f} at {alt_m:g} m{far} and hold there",
        _plain(lambda to: _fly_to(to, lat_deg, lon_deg, alt_m)),
        (_known, _under_way),
    )


def altitude(alt_m: float) -> Order:
    """Change the height above home at the present position. Raises SafetyRefused."""
    safety_checks.check_height(alt_m)

    async def run(vehicle: Vehicle) -> None:
        at = vehicle.state.position
        if at is None or not at.has_place or vehicle.clock.now() - at.at_s > SILENT_S:
            raise SafetyRefused(
                "cannot change the height: the position of the aircraft is not known",
                hint="wait until its position is shown, or pause",
            )
        await _fly_to(vehicle, at.lat_deg, at.lon_deg, alt_m)

    return Order("altitude", "altitude", f"hold here at {alt_m:g} m", run, (_known, _under_way))


async def _fly_to(vehicle: Vehicle, lat_deg: float, lon_deg: float, alt_m: float) -> None:
    """Send it, and wait until the heartbeats show the mode in which the aircraft flies there."""
    guided = vehicle.autopilot.mode_roles.get("guided", "")
    async with vehicle.arbiter.acquire("goto", urgent=True):
        await vehicle.goto(lat_deg, lon_deg, alt_m)
        if not await vehicle.wait(lambda state: state.mode == guided, HEARTBEAT_CONFIRMS_S):
            raise NotSeen(
                f"accepted, but the aircraft is in mode {vehicle.state.mode}, not in {guided}",
                hint="another ground station, the RC transmitter or a failsafe may have changed the mode",
            )


def speed(speed_m_s: float) -> Order:
    """Change the speed. Raises SafetyRefused."""
    safety_checks.check_speed(speed_m_s)
    run = _plain(lambda to: to.set_speed(speed_m_s))
    return Order("speed", "speed", f"fly at {speed_m_s:g} m/s", run, (_known,), urgent=False)


def mode(name: str, vehicle: Vehicle) -> Order:
    """Change the flight mode, given by name or role in any case. Raises UserError for one that it does not have."""
    try:
        found = vehicle.autopilot.mode_for(name.strip())
    except ProcedureUnavailable:
        # The page and the prompt show all names; only near ones are repeated.
        asked = name.strip().upper()
        near = [one for one in sorted(vehicle.autopilot.modes) if asked and one.startswith(asked)]
        near = near or near_names(asked, vehicle.autopilot.modes, most=3)
        raise UserError(
            f"invalid mode: {name.strip() or 'nothing typed'} is no mode of {vehicle}{did_you_mean(near[:5])}",
            hint="choose one of its modes",
        ) from None
    run = _plain(lambda to: to.set_mode(found))
    return Order("mode", "flight mode", f"change the flight mode to {found}", run)


def pause() -> Order:
    """Stop and hold position."""
    return Order("pause", "pause", "stop and hold position", _plain(Vehicle.pause))


def resume() -> Order:
    """Continue the mission."""
    return Order("resume", "resume", "continue the mission", _plain(Vehicle.resume), (_known,))


def return_home() -> Order:
    """Return and land."""
    return Order("return", "home", "return home and land", _plain(Vehicle.return_home))


def land() -> Order:
    """Land here."""
    return Order("land", "land", "land at the present position", _plain(Vehicle.land))


def start_mission() -> Order:
    """Arm and fly the mission on board."""
    return Order(
        "start_mission",
        "mission",
        "arm and fly the mission on board",
        gcs_mission.start,
        (_known,),
        urgent=False,
    )


def jump_to_item(number: int) -> Order:
    """Go on with the mission at an item, numbered from 1."""

    async def run(vehicle: Vehicle) -> None:
        await vehicle.mission.jump(number)

    return Order(
        "jump_to_item", "jump", f"go on with the mission at item {number}", run, (_known,), urgent=False
    )


# Checks of the state


def _known(vehicle: Vehicle) -> None:
    silent_s = vehicle.silent_s
    if silent_s > SILENT_S:
        raise SafetyRefused(
            f"the state of the aircraft is not known: no telemetry for {silent_s:.0f} s",
            hint="wait for it; return, land, pause and flight mode can be sent all the same",
        )


def _on_ground(vehicle: Vehicle) -> None:
    safety_checks.check_disarm(vehicle.state, force=False)


def _not_flying(vehicle: Vehicle) -> None:
    if vehicle.state.in_air:
        raise SafetyRefused("it is in the air already", hint="change its altitude instead")


def _under_way(vehicle: Vehicle) -> None:
    if vehicle.state.under_way is False:
        where = "disarmed" if vehicle.state.is_ground_vehicle else "on the ground"
        raise SafetyRefused(f"it is {where}", hint="take off first, or start the mission")


def _plain(command: Callable[[Vehicle], Awaitable[None]]) -> Callable[[Vehicle], Awaitable[str | None]]:
    async def run(vehicle: Vehicle) -> None:
        await command(vehicle)

    return run


def upload(plan_name: str, items: int, run: Callable[[Vehicle], Awaitable[str | None]]) -> Order:
    """Upload a plan file; only the terminal has it as a key."""
    return Order("upload", "upload", f"upload {plan_name} ({items} items) to the aircraft", run, urgent=False)
