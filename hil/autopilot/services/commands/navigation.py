"""Commands that move the vehicle or turn it: takeoff, land, reposition, speed, heading, home, region of interest."""

from __future__ import annotations

import math
from collections.abc import Mapping

from controller.wire.enums import MAV_CMD
from hil.autopilot.mission.command_actions import set_home, yaw_target
from hil.autopilot.services.commands.group import CommandGroup, Handler
from hil.autopilot.services.commands.results import ACCEPTED, DENIED, UNSUPPORTED
from hil.autopilot.services.commands.vehicle_command import VehicleCommand
from hil.autopilot.stacks.modes import ModeKind
from hil.autopilot.vehicle_context import Place

CHANGE_MODE_FLAG = 1  # MAV_DO_REPOSITION_FLAGS


class NavigationCommands(CommandGroup):
    """Movement outside of missions."""

    def handlers(self) -> Mapping[int, Handler]:
        return {
            MAV_CMD.NAV_LOITER_UNLIM: lambda _: self._change_mode(self._stack.hold_mode),
            MAV_CMD.NAV_RETURN_TO_LAUNCH: lambda _: self._change_mode("RTL"),
            MAV_CMD.NAV_LAND: self._land,
            MAV_CMD.NAV_TAKEOFF: self._take_off,
            MAV_CMD.CONDITION_YAW: self._turn,
            MAV_CMD.DO_CHANGE_SPEED: self._change_speed,
            MAV_CMD.DO_SET_HOME: self._set_home,
            MAV_CMD.DO_REPOSITION: self._reposition,
            MAV_CMD.DO_SET_ROI_LOCATION: self._set_roi,
            MAV_CMD.DO_SET_ROI: self._set_roi,
            MAV_CMD.DO_SET_ROI_NONE: self._clear_roi,
        }

    def _land(self, command: VehicleCommand) -> int:  # noqa: ARG002
        # Fixed wings land by a mission.
        return self._change_mode("LAND") if self._stack.modes.has("LAND") else UNSUPPORTED

    def _take_off(self, command: VehicleCommand) -> int:
        vehicle, commander, stack = self._vehicle, self._commander, self._stack
        height = command.params[6]
        if stack.takeoff_needs_mode is not None:
            return self._result(commander.take_off(self._height_above_home(command)))
        if not math.isfinite(height):
            commander.takeoff_height_m = None
        else:
            if vehicle.home is None:
                return self._not_now
            commander.takeoff_height_m = self._height_above_home(command)
        return self._change_mode("TAKEOFF")

    def _height_above_home(self, command: VehicleCommand) -> float:
        home, height = self._vehicle.home, command.params[6]
        return height if command.height_above_home or home is None else height - home.alt_amsl_m

    def _reposition(self, command: VehicleCommand) -> int:
        vehicle, commander, stack = self._vehicle, self._commander, self._stack
        speed, flags, _, yaw, lat, lon, alt = command.params
        if not (abs(lat) <= 90.0 and abs(lon) <= 180.0) and not (math.isnan(lat) or math.isnan(lon)):
            return DENIED
        if not vehicle.armed or vehicle.home is None:
            return DENIED
        flagged = int(flags if math.isfinite(flags) else 0) & CHANGE_MODE_FLAG
        if stack.reposition_unflagged is not None and not flagged:
            return stack.reposition_unflagged
        if commander.mode.name != stack.guided_mode:
            if stack.reposition_needs_flag and not flagged:
                return DENIED
            if not commander.change_mode(stack.modes.named(stack.guided_mode)).ok:
                return self._not_now
        if speed > 0.0:
            vehicle.speed_m_s = min(speed, vehicle.max_speed_m_s)
        here = vehicle.here
        if math.isnan(lat) or math.isnan(lon):
            lat, lon = here.lat_deg, here.lon_deg
        amsl = here.alt_amsl_m
        if math.isfinite(alt):
            amsl = alt + (vehicle.home.alt_amsl_m if command.height_above_home else 0.0)
        heading = stack.reposition_yaw_rad(yaw)
        commander.go(Place(lat, lon, amsl), yaw_rad=heading if math.isfinite(heading) else None)
        return ACCEPTED

    def _turn(self, command: VehicleCommand) -> int:
        vehicle, commander = self._vehicle, self._commander
        angle, _, direction, relative = command.params[:4]
        if not vehicle.armed or not math.isfinite(angle):
            return self._not_now
        if commander.mode.kind not in (ModeKind.GUIDED, ModeKind.MISSION):
            return self._not_now
        yaw_rad = yaw_target(vehicle, angle, direction, relative=relative > 0.5)
        if commander.mode.kind is ModeKind.GUIDED:
            commander.guided.turn(vehicle, yaw_rad=yaw_rad)
        vehicle.yaw_rad = yaw_rad
        return ACCEPTED

    def _change_speed(self, command: VehicleCommand) -> int:
        valid = self._stack.change_speed(self._vehicle, command.params[0], command.params[1])
        return ACCEPTED if valid else DENIED

    def _set_home(self, command: VehicleCommand) -> int:
        home, use_current = self._vehicle.home, command.params[0] == 1.0
        lat, lon, alt = command.params[4:7]
        alt += home.alt_amsl_m if home is not None and command.height_above_home else 0.0
        valid = abs(lat) <= 90.0 and abs(lon) <= 180.0 and math.isfinite(alt)
        if not use_current and not valid:
            return DENIED
        if not set_home(self._vehicle, use_current=use_current, place=Place(lat, lon, alt)):
            return self._not_now
        self._vehicle.send(self._commander.home_position())
        return ACCEPTED

    def _set_roi(self, command: VehicleCommand) -> int:
        lat, lon, alt = command.params[4:7]
        if not (abs(lat) <= 90.0 and abs(lon) <= 180.0 and math.isfinite(alt)):
            return DENIED
        if lat == 0.0 and lon == 0.0:
            return self._clear_roi(command)
        home_m = self._vehicle.home.alt_amsl_m if self._vehicle.home else 0.0
        self._vehicle.roi = Place(lat, lon, alt + (home_m if command.height_above_home else 0.0))
        return ACCEPTED

    def _clear_roi(self, command: VehicleCommand) -> int:  # noqa: ARG002
        self._vehicle.roi = None
        return ACCEPTED
