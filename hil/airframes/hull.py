"""Hull points, which touch the ground in a crash or roll-over, from the [ground] section of an airframe file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.airframes.toml_check import NumberRule, TomlChecker, between


def fill_hull(
    document: dict[str, Any],
    check: TomlChecker,
    row: NDArray[np.float64],
    *,
    count_at: int,
    table_at: int,
    most: int,
) -> None:
    """Read the optional `ground.hull_m`, at most `most` points (m, FRD), into the row. Raises AirframeError."""
    hull = check.table(document, "ground").get("hull_m", [])
    if not isinstance(hull, list) or len(hull) > most:
        check.fail("ground.hull_m", f"must be a list of at most {most} points")
    for i, point in enumerate(hull):
        one = NumberRule(table_at + 3 * i, between(-20.0, 20.0), count=3)
        check.numbers({"hull_m": point}, "hull_m", "ground.", one, row)
    row[count_at] = len(hull)
