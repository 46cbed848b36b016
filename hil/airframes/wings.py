"""Wing, propeller, control surfaces and rolling friction of a winged airframe's file."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.airframes.feasibility import STEP_S
from hil.airframes.hull import fill_hull
from hil.airframes.toml_check import NumberRule, TomlChecker, at_least, between
from hil.physics import params as p
from hil.physics import wing_params as w
from hil.physics.trim import level_trim, propeller_thrust_n, stall_speed_m_s
from hil.physics.wing import drag_coefficient

WING = {
    "area_m2": NumberRule(w.AREA, between(0.01, 100.0)),
    "span_m": NumberRule(w.SPAN, between(0.1, 50.0)),
    "chord_m": NumberRule(w.CHORD, between(0.02, 10.0)),
    "lift": NumberRule(w.LIFT, between(-100.0, 100.0), count=4),
    "drag": NumberRule(w.DRAG, between(-10.0, 100.0), count=5),
    "pitch": NumberRule(w.PITCH, between(-200.0, 200.0), count=5),
    "side": NumberRule(w.SIDE, between(-20.0, 20.0), count=5),
    "roll": NumberRule(w.ROLL, between(-20.0, 20.0), count=5),
    "yaw": NumberRule(w.YAW, between(-20.0, 20.0), count=5),
    "stall": NumberRule(w.STALL, at_least(0.0), count=2),
}
PROPELLER = {
    "position_m": NumberRule(w.HUB, between(-5.0, 5.0), count=3),
    "diameter_m": NumberRule(w.DIAMETER, between(0.03, 3.0)),
    "thrust_fit": NumberRule(w.THRUST_FIT, between(-5.0, 5.0), count=3),
    "torque_fit": NumberRule(w.TORQUE_FIT, between(-5.0, 5.0), count=3),
    "inertia_kg_m2": NumberRule(w.PROP_INERTIA, between(1e-7, 1.0)),
    "motor_rpm_per_v": NumberRule(w.MOTOR_V_S, between(1.0, 10000.0)),
    "motor_ohm": NumberRule(w.MOTOR_OHM, between(1e-4, 10.0)),
    "motor_idle_a": NumberRule(w.MOTOR_IDLE_A, at_least(0.0)),
}
ROLLING = {
    "rolling_friction": NumberRule(w.ROLLING, between(0.0, 1.0)),
    "steering": NumberRule(w.STEER, between(0.0, 2.0)),
}
ELEVATOR_SHARE = 0.7  # of elevator travel that trim may use at cruise speed
MAX_STALL_RAD = 1.0
# Below, a wing is stalled in level flight; above, the stall model's exponentials overflow.
MIN_SHARP, MAX_SHARP = 5.0, 150.0
# Required sign of each derivative, by its place in the list, and the error otherwise.
SIGNS = (
    ("lift", 1, 1.0, "has no lift: the second number, lift by angle of attack, must be above 0"),
    ("drag", 0, 1.0, "has no drag: the first number must be above 0"),
    ("pitch", 1, -1.0, "is unstable: the second number, pitch by angle of attack, must be below 0"),
    ("pitch", 2, -1.0, "is undamped: the third number, by pitch rate, must be below 0"),
    ("pitch", 3, -1.0, "cannot be steered: the fourth number, by elevator, must be below 0"),
    ("roll", 1, -1.0, "is undamped: the second number, by roll rate, must be below 0"),
    ("roll", 3, 1.0, "cannot be steered: the fourth number, by aileron, must be above 0"),
    ("yaw", 0, 1.0, "is unstable: the first number, yaw by sideslip, must be above 0"),
    ("yaw", 2, -1.0, "is undamped: the third number, by yaw rate, must be below 0"),
)
AXES = ("aileron", "elevator", "rudder")
SOURCED = {"wing": WING, "propeller": PROPELLER}


def fill_wing(
    document: dict[str, Any], check: TomlChecker, row: NDArray[np.float64], *, cruise_m_s: float
) -> NDArray[np.float64]:
    """Return the wing's parameter row; `row` holds the common parameters already. Raises AirframeError."""
    wing = np.zeros(w.WING_SIZE)
    for name, rules in SOURCED.items():
        section = check.table(document, name)
        check.known_keys(
            section, ("source", "turns", *rules) if name == "propeller" else ("source", *rules), f"{name}."
        )
        check.text(section, "source", f"{name}.")
        for key, rule in rules.items():
            check.numbers(section, key, f"{name}.", rule, wing)
    turns = document["propeller"].get("turns")
    if turns not in ("cw", "ccw"):
        check.wrong("propeller.turns", f'must be "cw" or "ccw" (seen from behind), is {turns!r}')
    wing[w.TURNS] = 1.0 if turns == "cw" else -1.0
    ground = check.table(document, "ground")
    for key, rule in ROLLING.items():
        check.numbers(ground, key, "ground.", rule, wing)
    fill_hull(document, check, wing, count_at=w.HULL, table_at=w.HULL_TABLE, most=w.MAX_HULL)
    _fill_surfaces(document, check, wing)
    check.raise_mistakes()
    wing[w.MOTOR_V_S] = 60.0 / (2.0 * np.pi * wing[w.MOTOR_V_S])
    _check_flies(check, row, wing, cruise=cruise_m_s)
    wing.flags.writeable = False
    return wing


def cruise_m_s(document: dict[str, Any], check: TomlChecker) -> float:
    """Return the cruise speed of the file, m/s; 0 after a mistake."""
    one = np.zeros(1)
    check.numbers(document, "cruise_m_s", "", NumberRule(0, between(0.1, 100.0)), one)
    return float(one[0])


def _fill_surfaces(document: dict[str, Any], check: TomlChecker, wing: NDArray[np.float64]) -> None:
    surfaces = document.get("surfaces")
    if not isinstance(surfaces, list) or not 1 <= len(surfaces) <= w.MAX_SURFACES:
        check.fail("surfaces", f"must be 1 to {w.MAX_SURFACES} [[surfaces]] tables")
    wing[w.SURFACES] = len(surfaces)
    for i, surface in enumerate(surfaces):
        place, at = f"surfaces[{i}].", w.SURFACE_TABLE + 4 * i
        check.known_keys(surface, ("most_rad", *AXES), place)
        check.numbers(surface, "most_rad", place, NumberRule(at, between(0.01, 1.2)), wing)
        if not any(axis in surface for axis in AXES):
            check.wrong(place.rstrip("."), f"moves no axis: give its share of {', '.join(AXES)}")
        for k, axis in enumerate(AXES):
            if axis in surface:
                check.numbers(surface, axis, place, NumberRule(at + 1 + k, between(-1.0, 1.0)), wing)
    check.numbers(document, "servo_tau_s", "", NumberRule(w.SERVO_TAU, between(0.005, 1.0)), wing)


def _check_flies(
    check: TomlChecker, row: NDArray[np.float64], wing: NDArray[np.float64], *, cruise: float
) -> None:
    """Check stability, controls, stall, propeller and level flight. Raises AirframeError."""
    for name, place, sign, complaint in SIGNS:
        if not sign * wing[WING[name].slot + place] > 0.0:
            check.wrong(f"wing.{name}", complaint)
    table = wing[w.SURFACE_TABLE : w.SURFACE_TABLE + 4 * int(wing[w.SURFACES])].reshape(-1, 4)
    steers = bool(np.any(table[:, 3] != 0.0))
    if wing[w.YAW + 4] > 0.0 or (steers and wing[w.YAW + 4] == 0.0):
        check.wrong("wing.yaw", "has a reversed rudder: the fifth number, by rudder, must be below 0")
    check.raise_mistakes()
    _check_stall(check, wing)
    _check_propeller(check, wing)
    if np.linalg.matrix_rank(table[:, 1:3]) < 2:
        check.fail("surfaces", "do not move aileron and elevator independently")
    mass_kg = float(row[p.MASS])
    stall = stall_speed_m_s(wing, mass_kg)
    most_rad = float(np.abs(table[:, 0] * table[:, 2]).sum())
    # At full throttle the battery's resistance is in series with the motor's.
    loaded = wing.copy()
    loaded[w.MOTOR_OHM] += row[p.RESISTANCE]
    full_v = float(row[p.OCV + p.OCV_POINTS - 1])

    def obstacle(speed: float, share: float) -> str | None:
        """Return the reason against level flight at this speed with this share of elevator travel."""
        trim = level_trim(wing, mass_kg, speed)
        if trim is None or abs(trim.elevator_rad) > share * most_rad:
            return "the elevator cannot trim it"
        if propeller_thrust_n(loaded, full_v, speed) < trim.thrust_n:
            return "the propeller's thrust is too small"
        return None

    reasons = {obstacle(speed, 1.0) for speed in np.linspace(1.1 * stall, 3.0 * stall, 39).tolist()}
    if None not in reasons:
        check.fail(
            "wing",
            f"cannot fly level at any speed from {1.1 * stall:.1f} to {3.0 * stall:.1f} m/s:"
            f" {'; '.join(sorted(filter(None, reasons)))}",
        )
    if cruise < 1.1 * stall:
        check.fail(
            "cruise_m_s",
            f"is {cruise:g}, but stall speed is {stall:.1f} m/s: must be at least 1.1 times that",
        )
    for name, place, length_m, axis in (
        ("roll", 1, wing[w.SPAN], 0), ("pitch", 2, wing[w.CHORD], 1), ("yaw", 2, wing[w.SPAN], 2)
    ):  # fmt: skip
        damping = (
            0.25
            * p.SEA_LEVEL_DENSITY
            * 3.0
            * cruise
            * wing[w.AREA]
            * length_m**2
            * -wing[WING[name].slot + place]
        )
        if damping * STEP_S > row[p.INERTIA + axis]:
            check.fail(
                f"wing.{name}",
                "damps too much for the inertia: rotation would stop within one simulation step",
            )
    reason = obstacle(cruise, ELEVATOR_SHARE)
    if reason:
        check.fail("cruise_m_s", f"is {cruise:g}, where level flight is impossible: {reason}")


def _check_stall(check: TomlChecker, wing: NDArray[np.float64]) -> None:
    angle, sharp = float(wing[w.STALL]), float(wing[w.STALL + 1])
    if not 0.05 <= angle <= MAX_STALL_RAD:
        check.fail(
            "wing.stall",
            f"starts at {angle:g}: the first number is an angle in rad, 0.05 to {MAX_STALL_RAD:g}",
        )
    if not MIN_SHARP <= sharp <= MAX_SHARP:
        check.fail(
            "wing.stall",
            f"has sharpness {sharp:g}: the second number is between {MIN_SHARP:g} and {MAX_SHARP:g}",
        )
    for alpha in np.linspace(-math.pi, math.pi, 361).tolist():
        drag = drag_coefficient(alpha, wing)
        if not drag > 0.0:
            check.fail(
                "wing.drag", f"is {drag:.3f} at an angle of attack of {alpha:.2f} rad, must be above 0"
            )


def _check_propeller(check: TomlChecker, wing: NDArray[np.float64]) -> None:
    """Check that the propeller gives thrust and takes torque for it. Raises AirframeError."""
    if not wing[w.THRUST_FIT] > 1e-4:
        check.fail(
            "propeller.thrust_fit", "gives no thrust: the first number, at standstill, must be above 0.0001"
        )
    for advance in np.linspace(0.0, 3.0, 301).tolist():
        thrust, torque = (
            float(wing[at] + wing[at + 1] * advance + wing[at + 2] * advance**2)
            for at in (w.THRUST_FIT, w.TORQUE_FIT)
        )
        if thrust <= 0.0:
            return
        if not torque > 1e-6:
            check.fail(
                "propeller.torque_fit",
                f"is {torque:.4g} at an advance ratio of {advance:.2f}, where there is still thrust: must be above 0",
            )
    check.fail("propeller.thrust_fit", "never reaches 0: thrust must end before an advance ratio of 3")
