"""ArduPlane's face on an aeroplane with lifting rotors: what differs from wings alone.

Sources: ArduPlane's quadplane.cpp and AP_Mission. Without bits in Q_OPTIONS it takes off and lands on the rotors, whether the
mission says NAV_TAKEOFF and NAV_LAND or their VTOL forms.
"""

from __future__ import annotations

import math

from controller.protocol.mission.items import MissionItem
from hil.airframes.load import Airframe
from hil.autopilot.control.setpoints import Setpoint
from hil.autopilot.mission.item_tasks import LANDINGS, TAKEOFFS, Legs
from hil.autopilot.mission.tasks import ClimbTo, Land, Task
from hil.autopilot.plane.item_tasks import PlaneLegs
from hil.autopilot.plane.tasks import Around, PassBy
from hil.autopilot.stacks.arduplane import ArduPlane
from hil.autopilot.stacks.face import Face, Speeds
from hil.autopilot.stacks.modes import QUADPLANE, Behaviour, Mode
from hil.autopilot.vehicle_context import Craft, Place

TAKEOFF_SLACK_M = 1.0


class Chain(Task):
    """One after the other; it lands when its last one does."""

    def __init__(self, *tasks: Task) -> None:
        self._tasks = list(tasks)

    @property
    def lands(self) -> bool:  # type: ignore[override]
        return self._tasks[0].lands

    def step(self, craft: Craft, face: Face) -> Setpoint:
        while len(self._tasks) > 1 and self._tasks[0].done:
            del self._tasks[0]
        setpoint = self._tasks[0].step(craft, face)
        self.done = len(self._tasks) == 1 and self._tasks[0].done
        return setpoint


class QuadLegs(PlaneLegs):
    """As `PlaneLegs`, up and down on the rotors."""

    def tasks(self, items: tuple[MissionItem, ...], seq: int) -> list[Task]:
        """What item `seq` asks to be flown, from the last target on."""
        craft, item = self._craft, items[seq]
        start = self.target or craft.est.pos_ned
        if item.command in TAKEOFFS:
            target = self._point(item, craft.est.pos_ned)
            self.target = (*craft.est.pos_ned[:2], target[2])
            return [ClimbTo(craft.height_of(target), slack_m=TAKEOFF_SLACK_M, takeoff=True)]
        if item.command in LANDINGS:
            target = self._point(item, start)
            self.target = target
            return [*approach(craft, craft.place(target), height_m=craft.height_of(start))]
        return super().tasks(items, seq)


def approach(craft: Craft, place: Place, *, height_m: float) -> tuple[Task, Task]:
    """On wings until it can just stop there, the rest on the rotors."""
    speed = math.hypot(*craft.est.vel_ned[:2])
    over = craft.at_height(craft.ned(place), max(height_m, craft.params["Q_RTL_ALT"]))
    decel = max(craft.params["Q_TRANS_DECEL"], 0.5)
    # From cruise speed, even where it stands still yet.
    stop_m = max(speed, craft.params["AIRSPEED_CRUISE"]) ** 2 / (2.0 * decel)
    return PassBy(over, start=None, radius_m=stop_m), Land(place)


class QuadPlane(ArduPlane):
    """ArduPlane with Q_ENABLE."""

    modes = QUADPLANE
    parameter_table = "arduplane+quadplane"

    @staticmethod
    def defaults(airframe: Airframe) -> dict[str, float]:
        return ArduPlane.defaults(airframe) | {"Q_ENABLE": 1}

    def legs(self, craft: Craft) -> Legs:
        return QuadLegs(craft, self, self)

    def mode_task(self, craft: Craft, mode: Mode) -> Task | None:
        match mode.behaviour:
            case Behaviour.RETURN if mode.name == "QRTL":
                home = craft.home or craft.here
                return Chain(*approach(craft, home, height_m=craft.params["Q_RTL_ALT"]))
            case Behaviour.BRAKE:
                return Around(craft.est.pos_ned, radius_m=self.circle_radius_m(craft, 0.0))
        return super().mode_task(craft, mode)

    def takeoff_task(self, craft: Craft, height_m: float) -> Task:  # noqa: ARG002
        return ClimbTo(height_m, slack_m=TAKEOFF_SLACK_M, takeoff=True)

    def speeds(self, craft: Craft) -> Speeds:
        if not craft.hovers:
            return super().speeds(craft)
        p = craft.params
        return Speeds(
            max(p["Q_WP_SPEED"], 20.0) / 100.0,
            max(p["Q_WP_SPEED_UP"], 10.0) / 100.0,
            max(p["Q_WP_SPEED_DN"], 10.0) / 100.0,
        )

    def takeoff_speed(self, craft: Craft) -> float:
        return max(craft.params["Q_WP_SPEED_UP"], 10.0) / 100.0

    def landing_speed(self, craft: Craft) -> float:
        p = craft.params
        low = craft.height_m < p["Q_LAND_FINAL_ALT"]
        return max(p["Q_LAND_FINAL_SPD"], 0.2) if low else max(p["Q_WP_SPEED_DN"], 20.0) / 100.0

    def acceptance_m(self, craft: Craft, asked_m: float) -> float:
        return (
            max(craft.params["Q_WP_RADIUS"], 50.0) / 100.0
            if craft.hovers
            else super().acceptance_m(craft, asked_m)
        )

    def landed_disarm_s(self, craft: Craft) -> float:  # noqa: ARG002
        return 2.0
