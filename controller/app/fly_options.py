"""The settings of a flight, each with its reason. Times are seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from controller.missions.checks.items import Limits
from controller.vehicle.mission_monitor import FollowLimits

OnLeave = Literal["nothing", "hold", "return"]
AtEnd = Literal["nothing", "return", "land"]
Params = Literal["auto", "all", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlyOptions:
    """How `app.fly` flies.

    `at_end` is for missions that end in the air: by default the aircraft is left holding, and that is said, because a
    command nobody asked for is worse than an end nobody planned. `on_leave` is for the operator who breaks off (Ctrl-C):
    by default nothing is sent.
    """

    system: int | None = None
    heartbeat_within_s: float = 30.0
    ready_within_s: float = 180.0
    """ArduCopter needs some 41 s from its boot, a cold GPS receiver minutes."""
    params: Params = "auto"
    """"auto": read all, but not over a serial port, and for `params_within_s` at most."""
    params_within_s: float = 30.0
    stream_share: float = 1.0
    arm_tries: int = 3
    arm_again_s: float = 3.0
    battery_percent: int = 20
    """Below this the flight does not begin."""
    limits: Limits = field(default_factory=Limits)
    follow: FollowLimits | None = None
    """By default with three times the estimated duration, and ten minutes, as limit of the whole flight."""
    at_end: AtEnd = "nothing"
    on_leave: OnLeave = "nothing"
    land_within_s: float = 900.0
    """After `at_end`, until the aircraft has landed and disarmed."""
