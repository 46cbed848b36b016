"""Kinds of fences that were aboard: ArduPilot may lose a fence of another kind than the one before."""

from __future__ import annotations

import math
from collections.abc import Sequence

from controller.protocol.mission.items import MissionItem
from controller.wire.enums import MAV_CMD

POLYGONS = frozenset((MAV_CMD.NAV_FENCE_POLYGON_VERTEX_INCLUSION, MAV_CMD.NAV_FENCE_POLYGON_VERTEX_EXCLUSION))
CIRCLES = frozenset((MAV_CMD.NAV_FENCE_CIRCLE_INCLUSION, MAV_CMD.NAV_FENCE_CIRCLE_EXCLUSION))


class FenceKinds:
    """Whether the fence aboard has a polygon, and since when it has none."""

    def __init__(self) -> None:
        self._polygon = False
        self._cleared_at_s = -math.inf

    def note(self, fence: Sequence[MissionItem], now_s: float) -> None:
        """Take note of the fence that is aboard now."""
        polygon = any(item.command in POLYGONS for item in fence)
        if self._polygon and not polygon:
            self._cleared_at_s = now_s
        self._polygon = polygon

    def had_polygon(self, now_s: float, *, within_s: float) -> bool:
        """Return whether a polygon is aboard, or was until less than `within_s` seconds ago."""
        return self._polygon or now_s - self._cleared_at_s < within_s
