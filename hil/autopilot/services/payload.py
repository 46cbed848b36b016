"""What the aircraft carries: camera, servos, relays, a gimbal. They do nothing to the flight; they answer and report."""

from __future__ import annotations

import math

from controller.wire import messages as m
from hil.autopilot.vehicle_context import VehicleContext

ACCEPTED, DENIED = 0, 2  # MAV_RESULT

SET_RELAY, REPEAT_RELAY, SET_SERVO, REPEAT_SERVO = 181, 182, 183, 184
DIGICAM_CONFIGURE, DIGICAM_CONTROL, MOUNT_CONFIGURE, MOUNT_CONTROL = 202, 203, 204, 205
CAM_TRIGG_DIST, TRIGGER_CONTROL, GRIPPER, CAM_TRIGG_INTERVAL = 206, 2003, 211, 214
CAMERA_MODE, CAMERA_ZOOM, CAMERA_FOCUS = 530, 531, 532
GIMBAL_PITCHYAW, GIMBAL_CONFIGURE = 1000, 1001
IMAGE_START, IMAGE_STOP, VIDEO_START, VIDEO_STOP = 2000, 2001, 2500, 2501

QUIET = frozenset((
    REPEAT_RELAY, REPEAT_SERVO, DIGICAM_CONFIGURE, MOUNT_CONFIGURE, MOUNT_CONTROL, TRIGGER_CONTROL, GRIPPER,
    CAMERA_MODE, CAMERA_ZOOM, CAMERA_FOCUS, GIMBAL_PITCHYAW, GIMBAL_CONFIGURE, VIDEO_START, VIDEO_STOP,
))  # fmt: skip


class Payload:
    """Servos by number (pulse in us), relays, and a camera that takes its pictures on command, in time or by distance."""

    def __init__(self, *, feedback: bool) -> None:
        """`feedback`: pictures are reported with CAMERA_FEEDBACK (ArduPilot), else with CAMERA_IMAGE_CAPTURED."""
        self.servos_us: dict[int, int] = {}
        self.relays: dict[int, bool] = {}
        self.images = 0
        self._feedback = feedback
        self._every_s: float | None = None
        self._left = 0
        self._next_s = math.inf
        self._every_m = 0.0
        self._last_image_ned: tuple[float, float, float] | None = None

    def perform(self, vehicle: VehicleContext, command: int, params: tuple[float, ...]) -> int | None:
        """The MAV_RESULT, or None for a command that is not the payload's."""
        one, two = params[0], params[1]
        match command:
            case 183:
                if not (1 <= one <= 32 and 0 <= two <= 3000):
                    return DENIED
                self.servos_us[int(one)] = int(two)
            case 181:
                if not 0 <= one <= 15:
                    return DENIED
                self.relays[int(one)] = two > 0.5
            case 203:
                if params[4] > 0.5 or all(value == 0.0 for value in params):
                    self._take(vehicle)
            case 2000:
                self._start_images(vehicle, every_s=two, count=params[2])
            case 2001:
                self._every_s, self._next_s = None, math.inf
            case 214:
                self._start_images(vehicle, every_s=one / 1000.0, count=0.0 if one > 0.0 else 1.0)
            case 206:
                self._every_m = one if one > 0.0 and math.isfinite(one) else 0.0
                self._last_image_ned = None
                if self._every_m and params[2] > 0.5:
                    self._take(vehicle)
            case _:
                return ACCEPTED if command in QUIET else None
        return ACCEPTED

    def step(self, vehicle: VehicleContext) -> None:
        """Take the pictures that are due."""
        if self._every_s is not None and vehicle.time_s >= self._next_s:
            self._take(vehicle)
            self._next_s += self._every_s
            self._left -= 1
            if self._left == 0:
                self._every_s, self._next_s = None, math.inf
        if self._every_m:
            here = vehicle.est.pos_ned
            if self._last_image_ned is None:
                self._last_image_ned = here
            elif math.dist(here[:2], self._last_image_ned[:2]) >= self._every_m:
                self._take(vehicle)

    def _start_images(self, vehicle: VehicleContext, *, every_s: float, count: float) -> None:
        self._take(vehicle)
        count = count if math.isfinite(count) and count >= 0.0 else 0.0
        if count == 1.0 or not every_s > 0.0:
            return
        self._every_s = max(every_s, 0.1)
        self._left = int(count) - 1 if count else -1  # -1 counts down for ever
        self._next_s = vehicle.time_s + self._every_s

    def _take(self, vehicle: VehicleContext) -> None:
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
