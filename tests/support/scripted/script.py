"""Script of a vehicle for tests: its faults, and when they happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from controller.protocol.mission.items import MissionItem
from controller.protocol.params.values import ParamValue
from controller.protocol.state_machine import StateMachine
from controller.wire.message import Message


@dataclass
class Script:
    """Faults of a scripted vehicle. Times are seconds since its start; items are item numbers from 1.

    `refused_item` is a sequence number of the upload. `silent_when(vehicle)` returns whether the vehicle stops sending.
    """

    ready_at_s: float = 5.0
    prearm_text: str = ""
    stale_mission: bool = False
    """The mission on board keeps the pre-arm checks from passing, until another one is uploaded."""
    arm_refusals: int = 0
    arm_text: str = "Arm: Gyros inconsistent"
    arms_from_s: float = 0.0
    """Arming is refused before this time, whatever the telemetry says."""
    armed_shown_after_s: float = 0.0
    """HEARTBEAT shows armed this long after the arming."""
    disarm_refused: bool = False
    estimator_from_s: float = 0.0
    """EKF_STATUS_REPORT and ESTIMATOR_STATUS are sent from this time on."""
    mode_refused: str = ""
    mode_text: str = ""
    refused_item: int | None = None
    silent_when: Callable[[Any], bool] | None = None
    changes_items: Callable[[tuple[MissionItem, ...]], tuple[MissionItem, ...]] | None = None
    keeps_current: bool = False
    """MISSION_SET_CURRENT is refused."""
    takeover_modes: dict[int, str] = field(default_factory=dict)
    """Item number to a mode that another operator sets there, once."""
    takeover_ends_after_s: float | None = None
    stops_at_item: int | None = None
    lands_at_item: int | None = None
    stays_armed: bool = False
    clock_speed: float = 1.0
    """Seconds of the vehicle's clock (time_boot_ms) in one second."""
    boot_ms: int = 0
    """Its time_boot_ms at the start."""
    battery_percent: int = 90
    speed_m_s: float = 15.0
    services: list[StateMachine[Any]] = field(default_factory=list)
    """Additional MAVLink servers."""
    params: list[ParamValue] = field(default_factory=list)
    """Additional parameters."""
    messages: list[Message] = field(default_factory=list)
    """Additional messages that can be requested."""
    capabilities: int = 0
    """MAV_PROTOCOL_CAPABILITY bits that it reports."""


def with_item_changed(
    number: int, **change: Any
) -> Callable[[tuple[MissionItem, ...]], tuple[MissionItem, ...]]:
    """Return a function for `Script.changes_items` that changes the item at this index."""
    return lambda items: tuple(
        replace(item, **change) if at == number else item for at, item in enumerate(items)
    )
