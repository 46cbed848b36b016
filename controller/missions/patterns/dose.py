"""Doses of spraying and spreading: what one hectare gets, from speed, swath and flow.

On each metre the boom covers as many square metres as its swath is wide, so that dose x swath x speed = flow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from controller.missions.errors import PlanError

_M2_A_HECTARE = 10_000.0
_S_A_MINUTE = 60.0
# So far may four stated values be apart: a share of the flow.
_AGREES = 0.01
_NAMES = {
    "swath_m": "--swath-m",
    "speed_m_s": "--speed",
    "a_hectare": "the dose a hectare",
    "flow_a_minute": "the flow a minute",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """Litres or kilograms a hectare, and what gives them; `unit` is "l" or "kg"."""

    swath_m: float
    speed_m_s: float
    a_hectare: float
    flow_a_minute: float
    unit: str = "l"

    @property
    def a_metre(self) -> float:
        """Litres or kilograms on a metre of flight."""
        return self.a_hectare * self.swath_m / _M2_A_HECTARE

    def __str__(self) -> str:
        return (
            f"{self.a_hectare:.4g} {self.unit} a hectare: {self.flow_a_minute:.3g} {self.unit} a minute at "
            f"{self.speed_m_s:.3g} m/s and a swath of {self.swath_m:.3g} m"
        )


def dose_of(
    *,
    swath_m: float | None,
    speed_m_s: float | None,
    a_hectare: float | None,
    flow_a_minute: float | None,
    unit: str = "l",
) -> Dose:
    """Return a dose of which three values are given, the fourth from them. Raises PlanError for fewer, or four that
    contradict each other.
    """
    given = {
        "swath_m": swath_m, "speed_m_s": speed_m_s, "a_hectare": a_hectare, "flow_a_minute": flow_a_minute,
    }  # fmt: skip
    for name, value in given.items():
        if value is not None and not (math.isfinite(value) and value > 0.0):
            raise PlanError(f"invalid dose: {_NAMES[name]} is {value:g}", hint="use a number above 0")
    missing = [name for name, value in given.items() if value is None]
    if len(missing) > 1:
        raise PlanError(
            f"cannot compute the dose: {' and '.join(_NAMES[name] for name in missing)} are missing",
            hint="give three of swath, speed, dose and flow",
        )
    known = Dose(
        swath_m=swath_m or 1.0,
        speed_m_s=speed_m_s or 1.0,
        a_hectare=a_hectare or 1.0,
        flow_a_minute=flow_a_minute or 1.0,
        unit=unit,
    )
    flow = known.a_metre * known.speed_m_s * _S_A_MINUTE
    if not missing:
        if abs(known.flow_a_minute - flow) > _AGREES * flow:
            raise PlanError(
                f"the dose, flow, speed and swath contradict each other: the flow would be {flow:.3g} {unit} a minute",
                hint="give three of them",
            )
        return known
    if flow_a_minute is None:
        return replace(known, flow_a_minute=flow)
    value = flow_a_minute / flow
    if swath_m is None:
        return replace(known, swath_m=value)
    return replace(known, speed_m_s=value) if speed_m_s is None else replace(known, a_hectare=value)
