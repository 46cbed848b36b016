"""The sections of a winged airframe's file: its wing, propeller, surfaces and what it rolls on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.airframes.check import Checker, Rule, at_least, between
from hil.airframes.hull import fill_hull
from hil.physics import params as p
from hil.physics import wing_params as w
from hil.physics.trim import level_trim, propeller_thrust_n, stall_speed_m_s

WING = {
    "area_m2": Rule(w.AREA, between(0.01, 100.0)),
    "span_m": Rule(w.SPAN, between(0.1, 50.0)),
    "chord_m": Rule(w.CHORD, between(0.02, 10.0)),
    "lift": Rule(w.LIFT, between(-100.0, 100.0), count=4),
    "drag": Rule(w.DRAG, between(-10.0, 100.0), count=5),
    "pitch": Rule(w.PITCH, between(-200.0, 200.0), count=5),
    "side": Rule(w.SIDE, between(-20.0, 20.0), count=5),
    "roll": Rule(w.ROLL, between(-20.0, 20.0), count=5),
    "yaw": Rule(w.YAW, between(-20.0, 20.0), count=5),
    "stall": Rule(w.STALL, between(0.05, 200.0), count=2),
}
PROPELLER = {
    "position_m": Rule(w.HUB, between(-5.0, 5.0), count=3),
    "diameter_m": Rule(w.DIAMETER, between(0.03, 3.0)),
    "thrust_fit": Rule(w.THRUST_FIT, between(-5.0, 5.0), count=3),
    "torque_fit": Rule(w.TORQUE_FIT, between(-5.0, 5.0), count=3),
    "inertia_kg_m2": Rule(w.PROP_INERTIA, between(1e-7, 1.0)),
    "motor_rpm_per_v": Rule(w.MOTOR_V_S, between(1.0, 10000.0)),
    "motor_ohm": Rule(w.MOTOR_OHM, between(1e-4, 10.0)),
    "motor_idle_a": Rule(w.MOTOR_IDLE_A, at_least(0.0)),
}
ROLLING = {
    "rolling_friction": Rule(w.ROLLING, between(0.0, 1.0)),
    "steering": Rule(w.STEER, between(0.0, 2.0)),
}
AXES = ("aileron", "elevator", "rudder")
SOURCED = {"wing": WING, "propeller": PROPELLER}


def fill_wing(document: dict[str, Any], check: Checker, row: NDArray[np.float64]) -> NDArray[np.float64]:
    """Read what only winged airframes have; `row` holds the rest already. Raises AirframeError."""
    wing = np.zeros(w.WING_SIZE)
    for name, rules in SOURCED.items():
        section = check.table(document, name)
        check.known_keys(
            section, ("source", "turns", *rules) if name == "propeller" else ("source", *rules), f"{name}."
        )
        check.text(section, "source", f"{name}.")
        for key, rule in rules.items():
            check.numbers(section, key, f"{name}.", rule, wing)
    wing[w.MOTOR_V_S] = 60.0 / (2.0 * np.pi * wing[w.MOTOR_V_S])
    turns = document["propeller"].get("turns")
    if turns not in ("cw", "ccw"):
        check.fail("propeller.turns", f'must be "cw" or "ccw" (seen from behind), is {turns!r}')
    wing[w.TURNS] = 1.0 if turns == "cw" else -1.0
    ground = check.table(document, "ground")
    for key, rule in ROLLING.items():
        check.numbers(ground, key, "ground.", rule, wing)
    fill_hull(document, check, wing, count_at=w.HULL, table_at=w.HULL_TABLE, most=w.MAX_HULL)
    _fill_surfaces(document, check, wing)
    _check_flies(check, row, wing)
    wing.flags.writeable = False
    return wing


def cruise_m_s(document: dict[str, Any], check: Checker) -> float:
    """The speed it is meant for."""
    one = np.zeros(1)
    check.numbers(document, "cruise_m_s", "", Rule(0, between(0.1, 100.0)), one)
    return float(one[0])


def _fill_surfaces(document: dict[str, Any], check: Checker, wing: NDArray[np.float64]) -> None:
    surfaces = document.get("surfaces")
    if not isinstance(surfaces, list) or not 1 <= len(surfaces) <= w.MAX_SURFACES:
        check.fail("surfaces", f"must be 1 to {w.MAX_SURFACES} [[surfaces]] tables")
    wing[w.SURFACES] = len(surfaces)
    for i, surface in enumerate(surfaces):
        place, at = f"surfaces[{i}].", w.SURFACE_TABLE + 4 * i
        check.known_keys(surface, ("most_rad", *AXES), place)
        check.numbers(surface, "most_rad", place, Rule(at, between(0.01, 1.2)), wing)
        if not any(axis in surface for axis in AXES):
            check.fail(place.rstrip("."), f"moves nothing: give its share of {', '.join(AXES)}")
        for k, axis in enumerate(AXES):
            if axis in surface:
                check.numbers(surface, axis, place, Rule(at + 1 + k, between(-1.0, 1.0)), wing)
    check.numbers(document, "servo_tau_s", "", Rule(w.SERVO_TAU, between(0.005, 1.0)), wing)


def _check_flies(check: Checker, row: NDArray[np.float64], wing: NDArray[np.float64]) -> None:
    """Refuse what would only fail later, in the air."""
    if not wing[w.LIFT + 1] > 0.0:
        check.fail("wing.lift", "has no lift: the second number, lift by angle of attack, must be above 0")
    if not wing[w.DRAG] > 0.0:
        check.fail("wing.drag", "has no drag: the first number must be above 0")
    if not wing[w.PITCH + 1] < 0.0:
        check.fail("wing.pitch", "is unstable: the second number, pitch by angle of attack, must be below 0")
    if not wing[w.PITCH + 3] < 0.0:
        check.fail("wing.pitch", "cannot be steered: the fourth number, by elevator, must be below 0")
    if not wing[w.ROLL + 3] > 0.0:
        check.fail("wing.roll", "cannot be steered: the fourth number, by aileron, must be above 0")
    if not wing[w.ROLL + 1] < 0.0:
        check.fail("wing.roll", "is undamped: the second number, by roll rate, must be below 0")
    table = wing[w.SURFACE_TABLE : w.SURFACE_TABLE + 4 * int(wing[w.SURFACES])].reshape(-1, 4)
    if np.linalg.matrix_rank(table[:, 1:3]) < 2:
        check.fail("surfaces", "do not move aileron and elevator apart from each other")
    mass_kg = float(row[p.MASS])
    stall = stall_speed_m_s(wing, mass_kg)
    full_v = float(row[p.OCV + p.OCV_POINTS - 1])
    most_rad = float(np.abs(table[:, 0] * table[:, 2]).sum())
    reasons = set()
    for speed in np.linspace(1.1 * stall, 3.0 * stall, 39).tolist():
        trim = level_trim(wing, mass_kg, speed)
        if trim is None or abs(trim.elevator_rad) > most_rad:
            reasons.add("its elevator cannot hold it in balance")
        elif propeller_thrust_n(wing, full_v, speed) < trim.thrust_n:
            reasons.add("its propeller does not pull enough")
        else:
            return
    check.fail(
        "wing",
        f"cannot fly level at any speed from {1.1 * stall:.1f} to {3.0 * stall:.1f} m/s: {'; '.join(sorted(reasons))}",
    )
