"""The [drive] section and hull points of a rover's airframe file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.airframes.hull import fill_hull
from hil.airframes.toml_check import NumberRule, TomlChecker, between
from hil.physics import params as p
from hil.physics import rover_params as r

DRIVE = {
    "most_speed_m_s": NumberRule(r.MAX_SPEED, between(0.1, 40.0)),
    "most_force_n": NumberRule(r.MAX_FORCE, between(0.1, 1e5)),
    "stiffness_n_s_m": NumberRule(r.STIFFNESS, between(1.0, 1e5)),
    "wheel_mass_kg": NumberRule(r.WHEEL_MASS, between(0.05, 500.0)),
    "rolling_resistance": NumberRule(r.ROLLING, between(0.0, 0.5)),
    "efficiency": NumberRule(r.EFFICIENCY, between(0.05, 1.0)),
}


def fill_rover(document: dict[str, Any], check: TomlChecker, row: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rover's parameter row; `row` holds the common parameters already. Raises AirframeError."""
    rover = np.zeros(r.ROVER_SIZE)
    section = check.table(document, "drive")
    check.known_keys(section, ("source", *DRIVE), "drive.")
    check.text(section, "source", "drive.")
    for key, rule in DRIVE.items():
        check.numbers(section, key, "drive.", rule, rover)
    fill_hull(document, check, rover, count_at=r.HULL, table_at=r.HULL_TABLE, most=r.MAX_HULL)
    check.raise_mistakes()
    feet = row[p.FEET : p.FEET + 12].reshape(4, 3)
    track_m = feet[1, 1] - feet[0, 1]
    if track_m < 0.05 or abs(feet[0, 0] - feet[1, 0]) > 1e-6:
        check.fail("ground.feet_m", "must start with the left and the right driven wheel, side by side")
    resists_n = rover[r.ROLLING] * row[p.MASS] * 9.80665
    if 2.0 * rover[r.MAX_FORCE] < 1.5 * resists_n:
        check.fail(
            "drive.most_force_n",
            f"is too small to drive: both motors push {2.0 * rover[r.MAX_FORCE]:.1f} N,"
            f" rolling resistance is {resists_n:.1f} N",
        )
    if not row[p.FRICTION] > 0.0:
        check.fail("ground.friction", "must be above 0: wheels without grip cannot drive")
    rover.flags.writeable = False
    return rover
