"""ArduPlane. Sources: ArduPlane and AP_Mission sources, and flights of 4.7."""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType
from typing import ClassVar

from controller.protocol.mission.storage import ardupilot_mission
from controller.protocol.mission.wire import MISSION
from controller.wire.enums import MAV_CMD, SPEED_TYPE
from hil.airframes.load import Airframe
from hil.autopilot.control.setpoints import HoldAttitude, ManualOutputs, Setpoint
from hil.autopilot.guidance.guidance import Speeds
from hil.autopilot.mission.command_actions import DEFAULT_SPEED
from hil.autopilot.mission.item_tasks import ItemTasks
from hil.autopilot.mission.mission_end import MissionEnding, MissionEndReaction
from hil.autopilot.mission.task import Task
from hil.autopilot.mission.tasks import Idle
from hil.autopilot.plane.control_loop import PlaneControlLoop
from hil.autopilot.plane.handling import Handling
from hil.autopilot.plane.item_tasks import PlaneItemTasks
from hil.autopilot.plane.tasks import HeightSlope, LoiterAround, TakeOff, Touchdown
from hil.autopilot.plane.tuning import plane_tune
from hil.autopilot.services.rc_input import RcInput
from hil.autopilot.stacks.ardupilot import BOOT_TEXTS, CAPABILITIES, SOFTWARE, ArduPilot
from hil.autopilot.stacks.modes import ARDUPLANE, Mode, ModeKind
from hil.autopilot.stacks.profiles import AutopilotVersion
from hil.autopilot.vehicle_context import Vector3, VehicleContext

MIN_AIRSPEED_M_S = 5.0
MAX_MANUAL_ROLL_RAD, MAX_MANUAL_PITCH_RAD = math.radians(45.0), math.radians(20.0)


class ArduPlane(ArduPilot):
    """ArduPlane on fixed wings."""

    modes = ARDUPLANE
    initial_mode = "MANUAL"
    hold_mode = "LOITER"
    return_is_mode = True
    supports_land_start = True
    parameter_table = "arduplane"
    version = AutopilotVersion(
        software=SOFTWARE,
        capabilities=CAPABILITIES,
        banner=("ArduPlane V4.7.0-dev (landline)", "Landline simulated autopilot"),
    )
    failsafe = "arduplane"
    announces_restart = False
    texts = replace(ArduPilot.texts, auto_disarmed="Auto disarmed")
    storages = MappingProxyType({**ArduPilot.storages, MISSION: ardupilot_mission(winged=True)})
    boot_texts = (BOOT_TEXTS[0], ("boot", "Airspeed 1 calibrated"), *BOOT_TEXTS[1:])
    # Modes flown by RC input -> whether it moves the surfaces directly.
    direct_modes: ClassVar = MappingProxyType({"MANUAL": True, "FBWA": False})

    @staticmethod
    def defaults(airframe: Airframe) -> dict[str, float]:
        """Return the parameters that follow from the airframe."""
        tune = plane_tune(airframe)
        return {
            "AIRSPEED_CRUISE": round(tune.cruise_m_s, 1),
            "AIRSPEED_MIN": round(tune.min_m_s),
            "AIRSPEED_MAX": round(tune.max_m_s),
            "TRIM_THROTTLE": round(100.0 * tune.energy.trim_throttle),
        }

    # --- tasks ---

    def item_tasks(self, vehicle: VehicleContext) -> ItemTasks:
        return PlaneItemTasks(vehicle, self, self)

    def mode_task(self, vehicle: VehicleContext, mode: Mode) -> Task | None:
        match mode.kind:
            case ModeKind.TAKEOFF:
                return self.takeoff_task(vehicle, vehicle.params["TKOFF_ALT"])
            case ModeKind.RETURN:
                (loiter,) = self.return_tasks(vehicle)
                return loiter
        return None

    def return_tasks(self, vehicle: VehicleContext) -> list[Task]:
        height = vehicle.params["RTL_ALTITUDE"]
        home = vehicle.home_ned()
        centre = vehicle.at_height(home, height if height >= 0.0 else vehicle.height_m)
        radius = vehicle.params["RTL_RADIUS"] or vehicle.params["WP_LOITER_RAD"]
        return [LoiterAround(centre, radius_m=max(abs(radius), 20.0), clockwise=radius >= 0.0)]

    def takeoff_task(self, vehicle: VehicleContext, height_m: float) -> Task:
        return TakeOff(height_m, pitch_rad=self.takeoff_pitch_rad(vehicle))

    def takeoff_pitch_rad(self, vehicle: VehicleContext) -> float:
        """Return the pitch of the climb after takeoff."""
        return math.radians(min(max(vehicle.params["TKOFF_LVL_PITCH"], 5.0), 25.0))

    def turn_length_m(self, vehicle: VehicleContext) -> float:
        p = vehicle.params
        return float(p["NAVL1_DAMPING"] * p["NAVL1_PERIOD"] / math.pi * math.hypot(*vehicle.est.vel_ned[:2]))

    def slope(self, vehicle: VehicleContext) -> HeightSlope:
        p = vehicle.params
        return HeightSlope(p["ALT_SLOPE_MIN"] or math.inf, p["ALT_SLOPE_MAXHGT"] or math.inf)

    def touchdown(self, vehicle: VehicleContext, target: Vector3, start: Vector3 | None) -> Task:
        """Return the landing at a point, on a slope from `start`."""
        p = vehicle.params

        def speed() -> float:
            requested = p["TECS_LAND_ARSPD"]
            return requested if requested > 0.0 else 0.5 * (p["AIRSPEED_MIN"] + p["AIRSPEED_CRUISE"])

        return Touchdown(
            target,
            start=start,
            speed_m_s=speed,
            flare_m=p["LAND_FLARE_ALT"],
            flare_s=p["LAND_FLARE_SEC"],
            flare_sink_m_s=max(p["TECS_LAND_SINK"], 0.0),
            flare_aim=min(max(p["LAND_FLARE_AIM"], 0), 100) / 100.0,
        )

    def reports_reached(self, command: int) -> bool:
        return command != MAV_CMD.NAV_RETURN_TO_LAUNCH and super().reports_reached(command)

    def manual_setpoint(self, vehicle: VehicleContext, rc_input: RcInput, mode: Mode) -> Setpoint | None:
        sticks = rc_input.position(vehicle)
        direct = self.direct_modes.get(mode.name)
        if direct is None:
            return None
        if sticks is None:
            # Without RC input: surfaces neutral or wings level, throttle closed.
            return ManualOutputs(0.0, 0.0, 0.0, 0.0) if direct else HoldAttitude(0.0, 0.0, None, 0.0)
        throttle = 0.5 + 0.5 * sticks.up
        if direct:
            return ManualOutputs(sticks.roll, -sticks.pitch, sticks.yaw, throttle)
        return HoldAttitude(
            sticks.roll * MAX_MANUAL_ROLL_RAD, -sticks.pitch * MAX_MANUAL_PITCH_RAD, None, throttle
        )

    def after_mission(self, vehicle: VehicleContext, ending: MissionEnding) -> MissionEndReaction:  # noqa: ARG002
        return MissionEndReaction(task=Idle(), mode=None if vehicle.est.landed else "RTL")

    # --- flight rules ---

    def tune_core(self, vehicle: VehicleContext) -> None:
        core, p = vehicle.core, vehicle.params
        if isinstance(core, PlaneControlLoop):
            core.plane.handle(
                Handling(
                    min_m_s=max(p["AIRSPEED_MIN"], MIN_AIRSPEED_M_S),
                    max_roll_rad=math.radians(min(max(p["ROLL_LIMIT_DEG"], 5.0), 75.0)),
                    min_pitch_rad=math.radians(min(max(p["PTCH_LIM_MIN_DEG"], -60.0), 0.0)),
                    max_pitch_rad=math.radians(min(max(p["PTCH_LIM_MAX_DEG"], 1.0), 60.0)),
                    l1_period_s=min(max(p["NAVL1_PERIOD"], 1.0), 60.0),
                    l1_damping=min(max(p["NAVL1_DAMPING"], 0.1), 1.0),
                    l1_integral=max(p["NAVL1_XTRACK_I"], 0.0),
                )
            )

    def change_speed(self, vehicle: VehicleContext, kind: float, speed_m_s: float) -> bool:
        p = vehicle.params
        if kind != SPEED_TYPE.AIRSPEED or speed_m_s == DEFAULT_SPEED:
            return super().change_speed(vehicle, kind, speed_m_s)
        # Outside of its limits an airspeed is ignored.
        if not p["AIRSPEED_MIN"] <= speed_m_s <= p["AIRSPEED_MAX"]:
            return False
        vehicle.speed_m_s = speed_m_s
        vehicle.send_text(f"Set airspeed {speed_m_s:.0f} m/s")
        return True

    def speeds(self, vehicle: VehicleContext) -> Speeds:
        p = vehicle.params
        cruise = vehicle.speed_m_s or p["AIRSPEED_CRUISE"]
        return Speeds(
            min(max(cruise, p["AIRSPEED_MIN"]), p["AIRSPEED_MAX"]), p["TECS_CLMB_MAX"], p["TECS_SINK_MAX"]
        )

    def acceptance_radius_m(self, vehicle: VehicleContext, requested_m: float) -> float:
        return requested_m if requested_m > 0.0 else max(vehicle.params["WP_RADIUS"], 1.0)

    def circle_radius_m(self, vehicle: VehicleContext, requested_m: float) -> float:
        return max(abs(requested_m) or abs(vehicle.params["WP_LOITER_RAD"]), 20.0)

    def velocity_timeout_s(self, vehicle: VehicleContext) -> float:  # noqa: ARG002
        return 3.0

    # --- arming ---

    def landed_disarm_s(self, vehicle: VehicleContext) -> float:
        return vehicle.params["LAND_DISARMDELAY"] or math.inf

    def idle_disarm_s(self, vehicle: VehicleContext) -> float:  # noqa: ARG002
        return math.inf
