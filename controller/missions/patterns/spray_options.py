"""How a field is sprayed, and what the aircraft needs before its edge for an even dose."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from controller.missions.errors import PlanError
from controller.missions.patterns.dose import Dose

# ArduCopter's defaults (WPNAV_ACCEL, WPNAV_JERK): its legs are S-curves, that of the run-in is one of its own.
_ACCEL_M_S2, _JERK_M_S3 = 2.5, 1.0
# AC_Sprayer is off below SPRAY_SPEED_MIN, 1 m/s: the edge is crossed faster.
_LEAST_EDGE_M_S = 1.5
_EVEN = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class SprayOptions:
    """How a field is sprayed."""

    dose: Dose
    height_m: float
    headland_laps: int = 1
    """Laps along all edges."""
    pump_delay_s: float = 0.0
    """Time from the order until the first drop, and until the last one, s."""
    tank: float | None = None
    """Litres or kilograms of a full tank; None: one flight."""
    angle_deg: float | None = None
    """Direction of the swaths from north; None: that of the fewest turns."""
    follows_speed: bool = True
    """The flow follows the speed, as that of ArduPilot's sprayer; False: it is constant, as by a relay."""
    straight_m: float | None = None
    """Straight flight before and after each pass, m; None: as much as an even dose needs."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.height_m) and self.height_m > 0.0):
            raise PlanError(f"invalid spraying: a height of {self.height_m:g} m", hint="use one above 0")
        if not 0 <= self.headland_laps <= 10:
            raise PlanError(f"invalid spraying: {self.headland_laps} laps", hint="use 0 to 10")
        if not 0.0 <= self.pump_delay_s <= 10.0:
            raise PlanError(f"invalid spraying: a delay of {self.pump_delay_s:g} s", hint="use 0 to 10 s")
        if self.straight_m is not None and not 0.0 <= self.straight_m <= 1000.0:
            raise PlanError(f"invalid spraying: a run-in of {self.straight_m:g} m", hint="use 0 to 1000 m")
        if self.tank is not None and not (math.isfinite(self.tank) and self.tank > 0.0):
            raise PlanError(f"invalid spraying: a tank of {self.tank:g}", hint="use a number above 0")

    @property
    def lead_m(self) -> float:
        """Distance flown from the order to the pump until drops fall, m."""
        return self.pump_delay_s * self.dose.speed_m_s

    @property
    def run_in_m(self) -> float:
        """Straight flight before the order to the pump and after each pass, m.

        A constant flow, or an order that comes earlier by a time, needs the whole speed at the edge; a flow that
        follows the speed a part of it.
        """
        if self.straight_m is not None:
            return max(self.straight_m - self.lead_m, 0.0)
        speed_m_s = self.dose.speed_m_s
        if not self.follows_speed or self.pump_delay_s:
            return 2.0 * _ramp_m(speed_m_s)
        return max(speed_m_s**2 / (2.0 * _ACCEL_M_S2), 2.0 * _ramp_m(min(_LEAST_EDGE_M_S, speed_m_s)))

    @property
    def edge_m_s(self) -> float:
        """Speed at which ArduCopter crosses the edge after the run-in, m/s."""
        slow, fast = 0.0, self.dose.speed_m_s
        if 2.0 * _ramp_m(fast) <= self.run_in_m:
            return fast
        for _ in range(40):
            middle = (slow + fast) / 2.0
            slow, fast = (middle, fast) if 2.0 * _ramp_m(middle) <= self.run_in_m else (slow, middle)
        return slow


def _ramp_m(speed_m_s: float) -> float:
    """Return the way from rest to a speed, m, with limited acceleration and jerk.

    ArduCopter brakes on each leg for its end while it begins the next one: a leg of twice this way has the speed where
    it meets the next.
    """
    if speed_m_s < _ACCEL_M_S2**2 / _JERK_M_S3:
        return speed_m_s * math.sqrt(speed_m_s / _JERK_M_S3)
    return speed_m_s * (speed_m_s / _ACCEL_M_S2 + _ACCEL_M_S2 / _JERK_M_S3) / 2.0


def edge_remarks(options: SprayOptions) -> Iterator[str]:
    """Return how far outside of the passes the aircraft flies, and what the dose at their ends is."""
    speed_m_s, edge_m_s = options.dose.speed_m_s, options.edge_m_s
    beyond_m = options.lead_m + options.run_in_m
    yield f"the aircraft flies up to {beyond_m:.0f} m beyond the ends of the passes: --keep-out names what is there"
    if edge_m_s >= _EVEN * speed_m_s:
        return
    slow = f"it crosses the edge at about {edge_m_s:.1f} m/s"
    whole_m = options.lead_m + 2.0 * _ramp_m(speed_m_s)
    if options.follows_speed:
        yield f"{slow}; the flow of DO_SPRAYER follows the speed (SPRAY_PUMP_RATE)"
    else:
        more = f"up to {speed_m_s / edge_m_s:.1f} times as high" if edge_m_s > 0.5 else "far too high"
        yield f"{slow}: the dose there is {more}; --run-in-m {math.ceil(whole_m)} keeps it even"
