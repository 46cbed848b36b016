"""Payload: camera, servos, relays, gimbal. It answers commands and reports images; it has no effect on the flight."""

from __future__ import annotations

import math

from controller.wire import messages as m
from controller.wire.enums import MAV_CMD
from hil.autopilot.services.commands.results import ACCEPTED, DENIED
from hil.autopilot.vehicle_context import VehicleContext

# Accepted without any effect.
NO_EFFECT = frozenset((
    MAV_CMD.DO_REPEAT_RELAY, MAV_CMD.DO_REPEAT_SERVO, MAV_CMD.DO_DIGICAM_CONFIGURE, MAV_CMD.DO_MOUNT_CONFIGURE,
    MAV_CMD.DO_MOUNT_CONTROL, MAV_CMD.DO_TRIGGER_CONTROL, MAV_CMD.DO_GRIPPER, MAV_CMD.SET_CAMERA_MODE,
    MAV_CMD.SET_CAMERA_ZOOM, MAV_CMD.SET_CAMERA_FOCUS, MAV_CMD.DO_GIMBAL_MANAGER_PITCHYAW,
    MAV_CMD.DO_GIMBAL_MANAGER_CONFIGURE, MAV_CMD.VIDEO_START_CAPTURE, MAV_CMD.VIDEO_STOP_CAPTURE,
))  # fmt: skip


class Payload:
    """Servos by number (pulse width in us), relays, a sprayer, and a camera triggered by command, time or distance."""

    def __init__(self, *, feedback: bool) -> None:
        """`feedback`: report images with CAMERA_FEEDBACK, else with CAMERA_IMAGE_CAPTURED."""
        self.servos_us: dict[int, int] = {}
        self.relays: dict[int, bool] = {}
        self.sprays = False
        self.images = 0
        self._feedback = feedback
        self._interval_s: float | None = None
        self._images_left = 0  # of the present sequence; negative: without end
        self._next_image_s = math.inf
        self._distance_m = 0.0  # between images; 0: not by distance
        self._last_image_ned: tuple[float, float, float] | None = None

    def perform(self, vehicle: VehicleContext, command: int, params: tuple[float, ...]) -> int | None:
        """Carry out a command. Return its MAV_RESULT, or None for a command that is not the payload's."""
        one, two = params[0], params[1]
        match command:
            case MAV_CMD.DO_SET_SERVO:
                if not (1 <= one <= 32 and 0 <= two <= 3000):
                    return DENIED
                self.servos_us[int(one)] = int(two)
            case MAV_CMD.DO_SET_RELAY:
                if not 0 <= one <= 15:
                    return DENIED
                self.relays[int(one)] = two > 0.5
            case MAV_CMD.DO_SPRAYER:
                self.sprays = one > 0.5
            case MAV_CMD.DO_DIGICAM_CONTROL:
                if params[4] > 0.5 or all(value == 0.0 for value in params):
                    self._take_image(vehicle)
            case MAV_CMD.IMAGE_START_CAPTURE:
                self._start_images(vehicle, interval_s=two, count=params[2])
            case MAV_CMD.IMAGE_STOP_CAPTURE:
                self._interval_s, self._next_image_s = None, math.inf
            case MAV_CMD.DO_SET_CAM_TRIGG_INTERVAL:
                self._start_images(vehicle, interval_s=one / 1000.0, count=0.0 if one > 0.0 else 1.0)
            case MAV_CMD.DO_SET_CAM_TRIGG_DIST:
                self._distance_m = one if one > 0.0 and math.isfinite(one) else 0.0
                self._last_image_ned = None
                if self._distance_m and params[2] > 0.5:
                    self._take_image(vehicle)
            case _:
                return ACCEPTED if command in NO_EFFECT else None
        return ACCEPTED

    def step(self, vehicle: VehicleContext) -> None:
        """Take the images that are due."""
        if self._interval_s is not None and vehicle.time_s >= self._next_image_s:
            self._take_image(vehicle)
            self._next_image_s += self._interval_s
            self._images_left -= 1
            if self._images_left == 0:
                self._interval_s, self._next_image_s = None, math.inf
        if self._distance_m:
            here = vehicle.est.pos_ned
            if self._last_image_ned is None:
                self._last_image_ned = here
            elif math.dist(here[:2], self._last_image_ned[:2]) >= self._distance_m:
                self._take_image(vehicle)

    def _start_images(self, vehicle: VehicleContext, *, interval_s: float, count: float) -> None:
        self._take_image(vehicle)
        count = count if math.isfinite(count) and count >= 0.0 else 0.0
        if count == 1.0 or not interval_s > 0.0:
            return
        self._interval_s = max(interval_s, 0.1)
        self._images_left = int(count) - 1 if count else -1  # -1 counts down without end
        self._next_image_s = vehicle.time_s + self._interval_s

    def _take_image(self, vehicle: VehicleContext) -> None:
        self.images += 1
        est = vehicle.est
        self._last_image_ned = est.pos_ned
        lat, lon = round(est.lat_deg * 1e7), round(est.lon_deg * 1e7)
        if self._feedback:
            roll, pitch, yaw = (math.degrees(angle) for angle in est.euler_rad)
            vehicle.send(
                m.CAMERA_FEEDBACK(
                    time_usec=round(vehicle.time_s * 1e6), img_idx=self.images, lat=lat, lng=lon,
                    alt_msl=est.alt_amsl_m, alt_rel=vehicle.height_m, roll=roll, pitch=pitch, yaw=yaw,
                    completed_captures=self.images,
                )
            )  # fmt: skip
            return
        vehicle.send(
            m.CAMERA_IMAGE_CAPTURED(
                time_boot_ms=round(vehicle.time_s * 1e3), camera_id=1, lat=lat, lon=lon,
                alt=round(est.alt_amsl_m * 1e3), relative_alt=round(vehicle.height_m * 1e3), q=est.quaternion,
                image_index=self.images - 1, capture_result=1,
            )
        )  # fmt: skip
