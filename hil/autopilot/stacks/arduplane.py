"""ArduPlane's face: its numbers, words and habits. Sources: ArduPlane and AP_Mission sources, and flights of 4.7."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import ClassVar

from hil.airframes.load import Airframe
from hil.autopilot.control.setpoints import Attitude, ManualOutputs, Setpoint
from hil.autopilot.mission.item_tasks import ItemTasks
from hil.autopilot.mission.tasks import Task
from hil.autopilot.plane.item_tasks import PlaneItemTasks
from hil.autopilot.plane.tasks import LoiterAround, TakeOff, Touchdown
from hil.autopilot.plane.tuning import plane_tune
from hil.autopilot.services.rc_input import RcInput
from hil.autopilot.stacks.arducopter import ArduPilot
from hil.autopilot.stacks.base import Speeds, Version
from hil.autopilot.stacks.modes import ARDUPLANE, Behaviour, Mode
from hil.autopilot.vehicle_context import Vector3, VehicleContext

MOST_HAND_ROLL_RAD, MOST_HAND_PITCH_RAD = math.radians(45.0), math.radians(20.0)


class ArduPlane(ArduPilot):
    """ArduPlane on wings alone."""

    modes = ARDUPLANE
    initial_mode = "MANUAL"
    parameter_table = "arduplane"
    version = Version(
        software=0x04070000,
        capabilities=64495 & ~0x20,
        banner=("ArduPlane V4.7.0-dev (landline)", "Landline simulated autopilot"),
    )
    return_is_mode = True
    failsafe = "plane"
    arming_texts = ("Throttle armed", "Throttle disarmed")
    boot_texts = (
        ("boot", "Barometer 1 calibration complete"),
        ("boot", "Airspeed 1 calibrated"),
        ("boot", "ArduPilot Ready"),
        ("tilt", "EKF3 IMU0 initialised"),
        ("tilt", "AHRS: EKF3 active"),
        ("tilt", "EKF3 IMU0 tilt alignment complete"),
        ("tilt", "EKF3 IMU0 MAG0 initial yaw alignment complete"),
        ("home", "EKF3 IMU0 origin set"),
        ("home", "Field Elevation Set: {home_m:.0f}m"),
        ("home", "EKF3 IMU0 is using GPS"),
    )
    stick_modes: ClassVar = MappingProxyType({"MANUAL": True, "FBWA": False})

    @staticmethod
    def defaults(airframe: Airframe) -> dict[str, float]:
        """Parameters that follow from the airframe."""
        tune = plane_tune(airframe)
        return {
            "AIRSPEED_CRUISE": round(tune.cruise_m_s, 1),
            "AIRSPEED_MIN": round(tune.least_m_s),
            "AIRSPEED_MAX": round(tune.most_m_s),
            "TRIM_THROTTLE": round(100.0 * tune.energy.trim_throttle),
        }

    # --- what is flown ---

    def item_tasks(self, vehicle: VehicleContext) -> ItemTasks:
        return PlaneItemTasks(vehicle, self, self)

    def starts_alone(self, vehicle: VehicleContext) -> bool:  # noqa: ARG002
        return True

    def may_start(self, vehicle: VehicleContext, *, takes_off: bool) -> bool:  # noqa: ARG002
        return True

    def arms_in_mission(self, vehicle: VehicleContext) -> bool:  # noqa: ARG002
        return True

    def mode_task(self, vehicle: VehicleContext, mode: Mode) -> Task | None:
        match mode.behaviour:
            case Behaviour.TAKEOFF:
                return self.takeoff_task(vehicle, vehicle.params["TKOFF_ALT"])
            case Behaviour.RETURN:
                height = vehicle.params["RTL_ALTITUDE"]
                home = vehicle.home_ned()
                centre = vehicle.at_height(home, height if height >= 0.0 else vehicle.height_m)
                radius = vehicle.params["RTL_RADIUS"] or vehicle.params["WP_LOITER_RAD"]
                return LoiterAround(centre, radius_m=max(abs(radius), 20.0), clockwise=radius >= 0.0)
        return None

    def takeoff_task(self, vehicle: VehicleContext, height_m: float) -> Task:
        return TakeOff(height_m, pitch_rad=self.takeoff_pitch_rad(vehicle))

    def takeoff_pitch_rad(self, vehicle: VehicleContext) -> float:
        """Nose up while climbing away."""
        return math.radians(min(max(vehicle.params["TKOFF_LVL_PITCH"], 5.0), 25.0))

    def touchdown(self, vehicle: VehicleContext, target: Vector3, start: Vector3 | None) -> Task:
        """The landing at a point, on a slope from `start`."""
        p = vehicle.params

        def speed() -> float:
            asked = p["TECS_LAND_ARSPD"]
            return asked if asked > 0.0 else 0.5 * (p["AIRSPEED_MIN"] + p["AIRSPEED_CRUISE"])

        return Touchdown(
            target, start=start, speed_m_s=speed, flare_m=p["LAND_FLARE_ALT"], flare_s=p["LAND_FLARE_SEC"]
        )

    def manual_setpoint(self, vehicle: VehicleContext, rc_input: RcInput, mode: Mode) -> Setpoint | None:
        position = rc_input.position(vehicle)
        by_hand = self.stick_modes.get(mode.name)
        if by_hand is None:
            return None
        if position is None:
            # Nobody holds them: hands off, throttle closed.
            return ManualOutputs(0.0, 0.0, 0.0, 0.0) if by_hand else Attitude(0.0, 0.0, None, 0.0)
        throttle = 0.5 + 0.5 * position.up
        if by_hand:
            return ManualOutputs(position.roll, -position.pitch, position.yaw, throttle)
        return Attitude(
            position.roll * MOST_HAND_ROLL_RAD, -position.pitch * MOST_HAND_PITCH_RAD, None, throttle
        )

    # --- numbers in flight ---

    def speeds(self, vehicle: VehicleContext) -> Speeds:
        p = vehicle.params
        cruise = vehicle.speed_m_s or p["AIRSPEED_CRUISE"]
        return Speeds(
            min(max(cruise, p["AIRSPEED_MIN"]), p["AIRSPEED_MAX"]), p["TECS_CLMB_MAX"], p["TECS_SINK_MAX"]
        )

    def acceptance_m(self, vehicle: VehicleContext, asked_m: float) -> float:
        return asked_m if asked_m > 0.0 else max(vehicle.params["WP_RADIUS"], 1.0)

    def circle_radius_m(self, vehicle: VehicleContext, asked_m: float) -> float:
        return max(abs(asked_m) or abs(vehicle.params["WP_LOITER_RAD"]), 20.0)

    def velocity_timeout_s(self, vehicle: VehicleContext) -> float:  # noqa: ARG002
        return 3.0

    def landed_disarm_s(self, vehicle: VehicleContext) -> float:
        return vehicle.params["LAND_DISARMDELAY"] or math.inf

    def idle_disarm_s(self, vehicle: VehicleContext) -> float:  # noqa: ARG002
        return math.inf

    def reached_text(self, seq: int, command: int) -> str | None:  # noqa: ARG002
        return None  # the task says it, with the distance
