"""Checks of an airframe's figures against each other: stability on the ground, in the simulation step and in hover."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hil.airframes.toml_check import TomlChecker
from hil.physics import params as p

Row = NDArray[np.float64]

STEP_S = 0.001  # step of the simulation
MIN_THRUST = 1.2  # full thrust over weight
MIN_GYRATION = 0.02  # radius of gyration over the size of the body; bundled airframes have 0.19 and more
MAX_THRUST = 40.0  # full thrust over weight; racing drones have 15
FASTEST_M_S = 60.0  # airspeed at which drag is checked
# Place of the full battery's voltage in the parameter row.
FULL = p.OCV + p.OCV_POINTS - 1


def check_body(check: TomlChecker, row: Row, points: Row) -> None:
    """Check battery, inertia, drag and ground contact. Raises AirframeError.

    `points` (n x 3, m, FRD) are contact points besides the feet.
    """
    volts = row[p.OCV : p.OCV + p.OCV_POINTS]
    if np.any(np.diff(volts) < 0.0):
        check.fail("battery.ocv_v", "must not fall with rising charge")
    inertia = row[p.INERTIA : p.INERTIA + 3]
    if 2.0 * inertia.max() > inertia.sum():
        check.fail(
            "body.inertia_kg_m2",
            "is impossible for a rigid body: two moments together must be at least the third",
        )
    feet = row[p.FEET : p.FEET + 12].reshape(4, 3)
    reach_m = float(np.linalg.norm(np.vstack([feet, points]), axis=1).max())
    least = row[p.MASS] * (MIN_GYRATION * reach_m) ** 2
    if inertia.min() < least:
        check.fail(
            "body.inertia_kg_m2",
            f"is too small for a body that reaches {reach_m:.2f} m from its centre of mass:"
            f" must be at least {least:.1e}",
        )
    if feet[:, 2].min() <= 0.0:
        check.fail("ground.feet_m", "must lie below the centre of mass: the third number above 0")
    around = np.sort(np.arctan2(feet[:, 1], feet[:, 0]))
    if np.diff(np.append(around, around[0] + math.tau)).max() >= math.pi:
        check.fail("ground.feet_m", "must surround the centre of mass, or the aircraft falls over")
    drags = 0.5 * p.SEA_LEVEL_DENSITY * row[p.DRAG_AREA : p.DRAG_AREA + 3].max() * FASTEST_M_S
    if drags * STEP_S > row[p.MASS]:
        check.fail(
            "body.drag_area_m2",
            f"is too large for the mass: at {FASTEST_M_S:g} m/s drag would stop the aircraft"
            " within one simulation step",
        )
    if not contact_is_stable(row, feet, points):
        check.fail(
            "ground.stiffness_n_m",
            f"and damping_n_s_m make ground contact unstable in simulation steps of {STEP_S * 1e3:g} ms:"
            f" damping must be above {0.5 * STEP_S:g} times stiffness and not too large for mass and inertia",
        )


def contact_is_stable(row: Row, feet: Row, points: Row) -> bool:
    """Return whether ground contact with all feet, or with one other point, is stable in the simulation step."""
    weights = np.concatenate([np.full(3, row[p.MASS]), row[p.INERTIA : p.INERTIA + 3]])

    def hardest(block_offsets: Row) -> float:
        """Return the largest inverse effective mass seen by springs in all directions at these places."""
        total = np.zeros((6, 6))
        for x, y, z in block_offsets:
            lever = np.array([[0.0, z, -y], [-z, 0.0, x], [y, -x, 0.0]])
            jacobian = np.hstack([np.eye(3), lever])
            total += jacobian.T @ jacobian
        return float(np.linalg.eigvalsh(total / np.sqrt(np.outer(weights, weights))).max())

    worst = max(hardest(feet), *(hardest(point[None]) for point in points), 0.0)
    spring = row[p.CONTACT_STIFFNESS] * worst * STEP_S
    damper = row[p.CONTACT_DAMPING] * worst * STEP_S
    # As `hil.physics.body` integrates: velocity from the force at the start, position from the mean velocity.
    step = np.array([[1.0 - 0.5 * spring * STEP_S, STEP_S * (1.0 - 0.5 * damper)], [-spring, 1.0 - damper]])
    return bool(np.abs(np.linalg.eigvals(step)).max() < 1.0)


def full_thrust_voltage_v(row: Row) -> float:
    """Return the voltage of a full battery with all rotors at full duty in still air.

    It is half of the full voltage where the battery could not deliver that power.
    """
    full_v, ohm = float(row[FULL]), float(row[p.RESISTANCE])
    # Rotor speed is proportional to the voltage, so power is proportional to its cube.
    at_ref_w = row[p.ROTORS] * row[p.THRUST_COEF] * row[p.MOMENT_COEF] * row[p.MAX_SPEED] ** 3
    low, high = 0.5 * full_v, full_v
    for _ in range(60):
        middle = 0.5 * (low + high)
        power_w = at_ref_w * (middle / row[p.REF_VOLTAGE]) ** 3 / row[p.EFFICIENCY] + row[p.AVIONICS_W]
        low, high = (middle, high) if full_v - ohm * power_w / middle > middle else (low, middle)
    return low


def check_hovers(check: TomlChecker, row: Row) -> None:
    """Check that the rotors can carry and control the aircraft. Raises AirframeError."""
    rotors, weight_n = int(row[p.ROTORS]), row[p.MASS] * 9.80665
    if row[p.PROFILE_TORQUE] < 0.0:
        least_m = p.INDUCED_FACTOR * row[p.HOVER_INFLOW]
        check.fail(
            "propulsion.moment_coef_m", f"is below {least_m:.4f}, the induced torque alone at this radius"
        )
    table = row[p.ROTOR_TABLE : p.ROTOR_TABLE + 4 * rotors].reshape(-1, 4)
    levers = np.vstack([table[:, 1], table[:, 0], table[:, 3], np.ones(len(table))])
    if np.linalg.matrix_rank(levers) < 4:
        check.fail(
            "rotors", "cannot be steered: positions and directions do not span roll, pitch, yaw and thrust"
        )
    listed_n = rotors * row[p.THRUST_COEF] * row[p.MAX_SPEED] ** 2
    if listed_n < MIN_THRUST * weight_n:
        check.fail(
            "propulsion",
            f"cannot hover: full thrust is {listed_n:.1f} N, the weight {weight_n:.1f} N;"
            f" at least {MIN_THRUST:g} times the weight is needed",
        )
    if listed_n > MAX_THRUST * weight_n:
        check.fail(
            "propulsion",
            f"is not plausible: full thrust is {listed_n:.3g} N, more than {MAX_THRUST:g} times the weight,"
            f" {weight_n:.1f} N",
        )
    if rotors * row[p.ROTOR_DRAG] * row[p.MAX_SPEED] * STEP_S > row[p.MASS]:
        check.fail(
            "propulsion.rotor_drag_coef",
            "is too large for the mass: rotor drag would stop the aircraft within one simulation step",
        )
    volts = full_thrust_voltage_v(row)
    thrust_n = listed_n * (volts / row[p.REF_VOLTAGE]) ** 2
    if thrust_n < MIN_THRUST * weight_n:
        check.fail(
            "battery",
            f"is too weak to hover: {row[FULL]:g} V when full drop to {volts:.1f} V at full thrust, which gives"
            f" {thrust_n:.1f} N; the weight is {weight_n:.1f} N, at least {MIN_THRUST:g} times the weight is needed",
        )
