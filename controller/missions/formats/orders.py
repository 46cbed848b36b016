"""Orders of a mission: items without a position."""

from __future__ import annotations

from controller.missions.commands import FRAME
from controller.missions.plan import PlanItem


def order(command: int, *params: float, alt_m: float = 0.0, origin: str = "") -> PlanItem:
    """Return a command without a position; `alt_m` is its parameter 7."""
    values = (*params, 0.0, 0.0, 0.0, 0.0)[:4]
    return PlanItem.of_params(int(command), int(FRAME.MISSION), (*values, 0.0, 0.0, alt_m), origin=origin)
