"""Options of the fly procedure. Times are seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from controller.missions.checks.items import Limits
from controller.vehicle.monitoring.events import MonitorLimits

OnLeave = Literal["nothing", "hold", "return"]
AtEnd = Literal["nothing", "return", "land"]
Params = Literal["auto", "all", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlyOptions:
    """Options of one flight; the defaults suit a first flight.

    `at_end` is the command after a mission that ends in the air. `on_leave` is the command when the operator
    breaks off (Ctrl-C). By default neither sends anything, because the aircraft must not receive a command that
    the operator did not give.
    """

    system: int | None = None
    """System id of the aircraft; None: the only one on the links."""
    heartbeat_within_s: float = 30.0
    ready_within_s: float = 180.0
    """Until it is ready to arm, and until reasons against arming have gone that time cures. ArduCopter needs about
    41 s after boot, a cold GPS receiver minutes."""
    params: Params = "auto"
    """Parameters to record. "auto": all, but not over a serial port, and for `params_within_s` at most."""
    params_within_s: float = 30.0
    stream_share: float = 1.0
    """Factor on the usual telemetry rates."""
    arm_tries: int = 3
    arm_again_s: float = 3.0
    battery_percent: int = 20
    """Minimum charge at takeoff: below it the flight is refused."""
    limits: Limits = field(default_factory=Limits)
    """Limits of the plan check."""
    monitor: MonitorLimits | None = None
    """None: the default limits, with three times the estimated duration plus ten minutes for the whole flight."""
    clear_fence: bool = False
    clear_rally: bool = False
    """Delete the fence, or the rally points, on board where the plan has none."""
    at_end: AtEnd = "nothing"
    on_leave: OnLeave = "nothing"
    land_within_s: float = 900.0
    """After the `at_end` command, until the aircraft has landed and disarmed."""
