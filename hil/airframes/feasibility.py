"""What a file's figures together cannot do: stand, lie still in the simulator's steps, hover on its own battery."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hil.airframes.toml_check import AirframeChecker
from hil.physics import params as p

Row = NDArray[np.float64]

STEP_S = 0.001  # of the simulator
LEAST_THRUST = 1.2  # over the weight
LEAST_GYRATION = (
    0.02  # radius of gyration over how far the body reaches; shipped airframes have 0.19 and more
)
MOST_THRUST = 40.0  # over the weight; racers have 15
FASTEST_M_S = 60.0  # through the air, at which drag is asked about
# Full thrust is asked for at a full battery.
FULL = p.OCV + p.OCV_POINTS - 1


def check_body(check: AirframeChecker, row: Row, points: Row) -> None:
    """Refuse what no body or battery is, or none that stands. `points` (n x 3) are places beside the feet that may touch."""
    volts = row[p.OCV : p.OCV + p.OCV_POINTS]
    if np.any(np.diff(volts) < 0.0):
        check.fail("battery.ocv_v", "must not fall with rising charge")
    inertia = row[p.INERTIA : p.INERTIA + 3]
    if 2.0 * inertia.max() > inertia.sum():
        check.fail("body.inertia_kg_m2", "is no rigid body's: two moments together must reach the third")
    feet = row[p.LEGS : p.LEGS + 12].reshape(4, 3)
    reach_m = float(np.linalg.norm(np.vstack([feet, points]), axis=1).max())
    least = row[p.MASS] * (LEAST_GYRATION * reach_m) ** 2
    if inertia.min() < least:
        check.fail(
            "body.inertia_kg_m2",
            f"is too small for a body that reaches {reach_m:.2f} m from its centre of mass: at least {least:.1e} is believed",
        )
    if feet[:, 2].min() <= 0.0:
        check.fail("ground.feet_m", "must lie below the centre of mass: the third number above 0")
    around = np.sort(np.arctan2(feet[:, 1], feet[:, 0]))
    if np.diff(np.append(around, around[0] + math.tau)).max() >= math.pi:
        check.fail("ground.feet_m", "must stand around the centre of mass; on these it falls over")
    drags = 0.5 * p.SEA_LEVEL_DENSITY * row[p.DRAG_AREA : p.DRAG_AREA + 3].max() * FASTEST_M_S
    if drags * STEP_S > row[p.MASS]:
        check.fail(
            "body.drag_area_m2",
            f"is too much for the mass: at {FASTEST_M_S:g} m/s it would stop it within a step of the simulator",
        )
    if not contact_is_stable(row, feet, points):
        check.fail(
            "ground.stiffness_n_m",
            f"and damping_n_s_m shake this mass and inertia apart in steps of {STEP_S * 1e3:g} ms:"
            f" damping must be above {0.5 * STEP_S:g} times stiffness and not too hard for the body",
        )


def contact_is_stable(row: Row, feet: Row, points: Row) -> bool:
    """Whether springs and dampers under all feet, or under one other point, are stable in the simulator's steps."""
    weights = np.concatenate([np.full(3, row[p.MASS]), row[p.INERTIA : p.INERTIA + 3]])

    def hardest(places: Row) -> float:
        """The largest inverse effective mass that springs in all directions at these places meet."""
        total = np.zeros((6, 6))
        for x, y, z in places:
            lever = np.array([[0.0, z, -y], [-z, 0.0, x], [y, -x, 0.0]])
            jacobian = np.hstack([np.eye(3), lever])
            total += jacobian.T @ jacobian
        return float(np.linalg.eigvalsh(total / np.sqrt(np.outer(weights, weights))).max())

    worst = max(hardest(feet), *(hardest(point[None]) for point in points), 0.0)
    spring = row[p.CONTACT_STIFFNESS] * worst * STEP_S
    damper = row[p.CONTACT_DAMPING] * worst * STEP_S
    # A step of `hil.physics.body`: velocity by the force at its start, place by the mean velocity.
    step = np.array([[1.0 - 0.5 * spring * STEP_S, STEP_S * (1.0 - 0.5 * damper)], [-spring, 1.0 - damper]])
    return bool(np.abs(np.linalg.eigvals(step)).max() < 1.0)


def full_thrust_voltage_v(row: Row) -> float:
    """The full battery's voltage with all rotors at full duty in still air; half of it where it could not carry that."""
    full_v, ohm = float(row[FULL]), float(row[p.RESISTANCE])
    # Each rotor's speed goes with the voltage, so power goes with its cube.
    at_ref_w = row[p.ROTORS] * row[p.THRUST_COEF] * row[p.MOMENT_COEF] * row[p.MAX_SPEED] ** 3
    low, high = 0.5 * full_v, full_v
    for _ in range(60):
        middle = 0.5 * (low + high)
        power_w = at_ref_w * (middle / row[p.REF_VOLTAGE]) ** 3 / row[p.EFFICIENCY] + row[p.AVIONICS_W]
        low, high = (middle, high) if full_v - ohm * power_w / middle > middle else (low, middle)
    return low


def check_hovers(check: AirframeChecker, row: Row) -> None:
    """Refuse what would only fail later, in the air."""
    rotors, weight_n = int(row[p.ROTORS]), row[p.MASS] * 9.80665
    if row[p.PROFILE_TORQUE] < 0.0:
        least_m = p.INDUCED_FACTOR * row[p.HOVER_INFLOW]
        check.fail(
            "propulsion.moment_coef_m", f"is below {least_m:.4f}, what the air alone takes at this radius"
        )
    table = row[p.ROTOR_TABLE : p.ROTOR_TABLE + 4 * rotors].reshape(-1, 4)
    levers = np.vstack([table[:, 1], table[:, 0], table[:, 3], np.ones(len(table))])
    if np.linalg.matrix_rank(levers) < 4:
        check.fail("rotors", "cannot be steered: places and turning do not span roll, pitch, yaw and thrust")
    listed_n = rotors * row[p.THRUST_COEF] * row[p.MAX_SPEED] ** 2
    if listed_n < LEAST_THRUST * weight_n:
        check.fail(
            "propulsion",
            f"cannot hover: full thrust is {listed_n:.1f} N, the weight {weight_n:.1f} N; {LEAST_THRUST:g} times is needed",
        )
    if listed_n > MOST_THRUST * weight_n:
        check.fail(
            "propulsion",
            f"is not believed: full thrust is {listed_n:.3g} N, more than {MOST_THRUST:g} times the weight, {weight_n:.1f} N",
        )
    if rotors * row[p.ROTOR_DRAG] * row[p.MAX_SPEED] * STEP_S > row[p.MASS]:
        check.fail(
            "propulsion.rotor_drag_coef",
            "is too much for the mass: the rotors' drag would stop it within a step of the simulator",
        )
    volts = full_thrust_voltage_v(row)
    thrust_n = listed_n * (volts / row[p.REF_VOLTAGE]) ** 2
    if thrust_n < LEAST_THRUST * weight_n:
        check.fail(
            "battery",
            f"cannot hover it: full, it has {row[FULL]:g} V, at full thrust {volts:.1f} V are left, which makes"
            f" {thrust_n:.1f} N; the weight is {weight_n:.1f} N, {LEAST_THRUST:g} times is needed",
        )
