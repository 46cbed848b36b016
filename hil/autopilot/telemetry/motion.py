"""Streamed messages of attitude, position, velocity, setpoints and mission progress."""

from __future__ import annotations

import math

from controller.wire import messages as m
from controller.wire.enums import MAV_FRAME
from hil.autopilot.control.setpoints import GoTo
from hil.autopilot.telemetry.events import origin
from hil.autopilot.telemetry.message_group import Made, MessageGroup, int16
from hil.frames import from_euler

NO_MISSION, IN_MISSION_MODE, OUTSIDE_MISSION_MODE = 0, 1, 2  # MISSION_CURRENT.mission_mode
POSITION_ONLY = 0xFF8  # POSITION_TARGET_TYPEMASK


class MotionMessages(MessageGroup):
    """ATTITUDE, positions, VFR_HUD, MISSION_CURRENT, position targets."""

    def attitude(self) -> Made:
        est = self._vehicle.est
        roll, pitch, yaw = est.euler_rad
        p, q, r = est.rates_frd
        return m.ATTITUDE(
            time_boot_ms=self._ms, roll=roll, pitch=pitch, yaw=yaw, rollspeed=p, pitchspeed=q, yawspeed=r
        )

    def attitude_quaternion(self) -> Made:
        est = self._vehicle.est
        w, x, y, z = est.quaternion
        p, q, r = est.rates_frd
        return m.ATTITUDE_QUATERNION(
            time_boot_ms=self._ms, q1=w, q2=x, q3=y, q4=z, rollspeed=p, pitchspeed=q, yawspeed=r
        )

    def attitude_target(self) -> Made:
        vehicle = self._vehicle
        roll, pitch = vehicle.core.wanted_roll_pitch_rad
        q = from_euler(roll, pitch, vehicle.est.euler_rad[2])
        return m.ATTITUDE_TARGET(time_boot_ms=self._ms, q=q, thrust=vehicle.core.throttle)

    def global_position_int(self) -> Made:
        vehicle = self._vehicle
        est = vehicle.est
        known = est.ready.gps_used
        if not known and not self._stack.telemetry.position_without_gps:
            return None
        vn, ve, vd = est.vel_ned
        return m.GLOBAL_POSITION_INT(
            time_boot_ms=self._ms,
            lat=round(est.lat_deg * 1e7) if known else 0,
            lon=round(est.lon_deg * 1e7) if known else 0,
            alt=round(est.alt_amsl_m * 1e3),
            relative_alt=round(vehicle.height_m * 1e3),
            vx=int16(vn * 100.0),
            vy=int16(ve * 100.0),
            vz=int16(vd * 100.0),
            hdg=round(math.degrees(est.heading_rad) * 100.0) % 36000,
        )

    def local_position_ned(self) -> Made:
        est = self._vehicle.est
        if not est.ready.gps_used:
            return None
        (x, y, z), (vx, vy, vz) = est.pos_ned, est.vel_ned
        return m.LOCAL_POSITION_NED(time_boot_ms=self._ms, x=x, y=y, z=z, vx=vx, vy=vy, vz=vz)

    def vfr_hud(self) -> Made:
        est = self._vehicle.est
        speed = math.hypot(est.vel_ned[0], est.vel_ned[1])
        return m.VFR_HUD(
            airspeed=self._airspeed(speed),
            groundspeed=speed,
            heading=int(math.degrees(est.heading_rad)) % 360,
            throttle=min(max(round(self._vehicle.core.throttle * 100.0), 0), 100),
            alt=est.alt_amsl_m,
            climb=-est.vel_ned[2],
        )

    def _airspeed(self, ground_m_s: float) -> float:
        """Return the indicated airspeed; without a pitot tube the ground speed or NaN, by stack."""
        indicated = self._vehicle.core.indicated_airspeed_m_s
        if indicated is not None:
            return indicated
        return ground_m_s if self._stack.telemetry.ground_speed_as_airspeed else math.nan

    def altitude(self) -> Made:
        vehicle = self._vehicle
        alt = vehicle.est.alt_amsl_m
        return m.ALTITUDE(
            time_usec=self._us,
            altitude_monotonic=alt,
            altitude_amsl=alt,
            altitude_local=-vehicle.est.pos_ned[2],
            altitude_relative=vehicle.height_m,
            altitude_terrain=math.nan,
            bottom_clearance=math.nan,
        )

    def home_position(self) -> Made:
        return self._commander.home_position() if self._vehicle.home is not None else None

    def gps_global_origin(self) -> Made:
        return origin(self._vehicle) if self._vehicle.home is not None else None

    def mission_current(self) -> Made:
        navigator = self._commander.navigator
        count = len(navigator.items)
        flown = self._stack.numbering.flown_count(count)
        mode = IN_MISSION_MODE if self._commander.in_mission else OUTSIDE_MISSION_MODE
        return m.MISSION_CURRENT(
            seq=navigator.seq,
            total=flown if count else self._stack.telemetry.empty_mission_total,
            mission_state=navigator.state,
            mission_mode=mode if flown or self._stack.telemetry.mode_without_mission else NO_MISSION,
            **self._vehicle.list_ids,
        )

    def nav_controller_output(self) -> Made:
        vehicle = self._vehicle
        yaw = vehicle.est.euler_rad[2]
        roll, pitch = vehicle.core.wanted_roll_pitch_rad
        target = self._target()
        bearing, distance, height = math.degrees(yaw), 0.0, 0.0
        if target is not None:
            here = vehicle.est.pos_ned
            distance = vehicle.distance_m(target)
            if distance > 0.5:
                bearing = math.degrees(math.atan2(target[1] - here[1], target[0] - here[0]))
            height = here[2] - target[2]
        return m.NAV_CONTROLLER_OUTPUT(
            nav_roll=math.degrees(roll),
            nav_pitch=math.degrees(pitch),
            nav_bearing=round(math.degrees(yaw)),
            target_bearing=round(bearing),
            wp_dist=min(round(distance), 0xFFFF),
            alt_error=height,
        )

    def _target(self) -> tuple[float, float, float] | None:
        setpoint = self._commander.setpoint
        return setpoint.pos_ned if self._vehicle.armed and isinstance(setpoint, GoTo) else None

    def position_target_local_ned(self) -> Made:
        if not self._vehicle.armed or self._vehicle.est.landed:
            return None
        x, y, z = self._vehicle.core.setpoint_ned
        return m.POSITION_TARGET_LOCAL_NED(
            time_boot_ms=self._ms,
            coordinate_frame=MAV_FRAME.LOCAL_NED,
            type_mask=POSITION_ONLY,
            x=x,
            y=y,
            z=z,
        )

    def position_target_global_int(self) -> Made:
        vehicle = self._vehicle
        if not vehicle.armed or vehicle.est.landed:
            return None
        target = self._target() or vehicle.core.setpoint_ned
        place = vehicle.place(target)
        return m.POSITION_TARGET_GLOBAL_INT(
            time_boot_ms=self._ms,
            coordinate_frame=self._stack.telemetry.target_frame,
            type_mask=self._stack.telemetry.target_type_mask,
            lat_int=round(place.lat_deg * 1e7),
            lon_int=round(place.lon_deg * 1e7),
            alt=place.alt_amsl_m,
        )
