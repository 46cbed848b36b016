"""Figures of a coverage: how much is seen how often, the size of a pixel, the gaps, and the photos of each asset."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

#: Fewest photos for which the share that they show is told.
TIMES = (1, 2, 3, 5)


@dataclass(frozen=True, slots=True)
class Gap:
    """Cells beside each other that too few photos show: where (of `surface`), its area, and the place of its middle.

    `height_m` is the height of a gap in a panel; None on the ground.
    """

    surface: str
    area_m2: float
    lat_deg: float
    lon_deg: float
    height_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What photos show of an area, or of the panels of an object.

    `seen` is the share of it, percent, that at least so many photos show. Sizes of a pixel are those of the best photo
    of each place, cm; `gsd_spread` is the median ratio of the largest to the smallest size of a pixel at a place.
    `gaps` are seen by fewer than `needed` photos, the largest first, and `gap_count` is the number of all.
    """

    area_m2: float
    cell_m: float
    photos: int
    needed: int
    seen: dict[int, float]
    gsd_best_cm: float
    gsd_median_cm: float
    gsd_worst_cm: float
    gsd_spread: float
    gap_count: int
    gap_area_m2: float
    gaps: tuple[Gap, ...]
    assets: dict[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the figures as they are printed with --json."""
        found = asdict(self)
        found["seen"] = {str(times): share for times, share in self.seen.items()}
        found["gaps"] = [asdict(one) for one in self.gaps]
        return found

    def lines(self) -> list[str]:
        """Return the figures as lines of text."""
        shares = ", ".join(f"{times}+: {share:.1f} %" for times, share in self.seen.items())
        lines = [f"coverage: seen by {shares} of {self.area_m2:,.0f} square metres, {self.photos:,} photos"]
        if self.gsd_best_cm > 0.0:
            lines.append(
                f"ground sampling distance: {self.gsd_best_cm:.2f} cm at best, {self.gsd_median_cm:.2f} in the "
                f"median, {self.gsd_worst_cm:.2f} at worst"
            )
        if self.gaps:
            largest = self.gaps[0]
            at = f"{largest.lat_deg:.6f}, {largest.lon_deg:.6f}"
            if largest.height_m is not None:
                at += f", {largest.height_m:.1f} m high"
            lines.append(
                f"gaps: {self.gap_count:,} seen by fewer than {self.needed} photos, together "
                f"{self.gap_area_m2:,.0f} square metres; the largest, {largest.area_m2:,.0f}, is at {at}"
            )
        elif self.photos:
            lines.append(f"gaps: none seen by fewer than {self.needed} photos")
        return lines


def photos_by_asset(assets: tuple[str, ...]) -> dict[str, int]:
    """Return the number of photos of each asset, in the order of the flight."""
    return dict(Counter(one for one in assets if one))
