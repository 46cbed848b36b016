"""All messages that a vehicle streams, by message id, made from its estimate at that moment.

Each link decides when a message is sent. `COMMON` are the messages that all stacks stream.
"""

from __future__ import annotations

from collections.abc import Callable

from controller.wire import dialect
from controller.wire.message import Message
from hil.autopilot.commander import Commander
from hil.autopilot.failsafe.base import Failsafe
from hil.autopilot.services.payload import Payload
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.telemetry.motion import MotionMessages
from hil.autopilot.telemetry.outputs import OutputMessages
from hil.autopilot.telemetry.sensors import SensorMessages
from hil.autopilot.telemetry.state import StateMessages
from hil.autopilot.vehicle_context import VehicleContext

COMMON = frozenset((
    "HEARTBEAT", "SYS_STATUS", "EXTENDED_SYS_STATE", "BATTERY_STATUS", "CURRENT_MODE", "SYSTEM_TIME", "ATTITUDE",
    "ATTITUDE_QUATERNION", "GLOBAL_POSITION_INT", "LOCAL_POSITION_NED", "VFR_HUD", "HOME_POSITION",
    "GPS_GLOBAL_ORIGIN", "MISSION_CURRENT", "NAV_CONTROLLER_OUTPUT", "POSITION_TARGET_LOCAL_NED",
    "POSITION_TARGET_GLOBAL_INT", "GPS_RAW_INT", "SCALED_PRESSURE", "VIBRATION", "SERVO_OUTPUT_RAW", "RC_CHANNELS",
    "DISTANCE_SENSOR",
))  # fmt: skip


class Telemetry:
    """Maker of messages by message id."""

    def __init__(
        self,
        vehicle: VehicleContext,
        commander: Commander,
        stack: AutopilotStack,
        failsafe: Failsafe,
        payload: Payload,
    ) -> None:
        self._state = StateMessages(vehicle, commander, stack, failsafe, payload)
        groups = (
            self._state,
            MotionMessages(vehicle, commander, stack, failsafe, payload),
            SensorMessages(vehicle, commander, stack, failsafe, payload),
            OutputMessages(vehicle, commander, stack, failsafe, payload),
        )
        self._makers: dict[int, Callable[[], Message | None]] = {}
        for name in sorted(COMMON | stack.telemetry.own_messages):
            (group,) = (group for group in groups if hasattr(group, name.lower()))
            self._makers[dialect.by_name(name).msg_id] = getattr(group, name.lower())

    def set_epoch(self, utc_us_at_boot: int) -> None:
        """Set the UTC time of power-on, for SYSTEM_TIME."""
        self._state.started_utc_us = utc_us_at_boot

    @property
    def known(self) -> frozenset[int]:
        """Ids of all messages that can be made."""
        return frozenset(self._makers)

    def make(self, msg_id: int) -> Message | None:
        """Return the message as it is now, or None while it is unavailable."""
        maker = self._makers.get(msg_id)
        return maker() if maker is not None else None
