"""The arithmetic of the error-state Kalman filter: let the covariance grow, fuse one scalar, fold the error into the estimate.

After Solà, Quaternion kinematics for the error-state Kalman filter, arXiv:1711.02508 (attitude error in the body frame).
"""

from __future__ import annotations

import math

from hil.autopilot.control.layout import D_BA, D_BG, D_POS, D_TURN, D_VEL, EQ, ERRORS, EV, FELT, RATES
from hil.frames import body_to_ned, rotated
from hil.jit import stage
from hil.physics.state import Array

# Process noise densities: the sensors' own, inflated for vibration and what the model leaves out.
TURN_NOISE = 1.0e-3  # rad/sqrt(s)
VEL_NOISE = 3.0e-2  # m/s/sqrt(s)
BG_NOISE = 8.0e-5
BA_NOISE = 4.0e-3


@stage
def grow(est: Array, cov: Array, jac: Array, work: Array, dt: float) -> None:
    """P <- F P F' + Q over dt, with the attitude, rate and specific force of now."""
    w, x, y, z = est[EQ], est[EQ + 1], est[EQ + 2], est[EQ + 3]
    p, q, r = est[RATES] * dt, est[RATES + 1] * dt, est[RATES + 2] * dt
    a, b, c = est[FELT], est[FELT + 1], est[FELT + 2]
    for i in range(ERRORS):
        for j in range(ERRORS):
            jac[i, j] = 1.0 if i == j else 0.0
    jac[0, 1], jac[0, 2], jac[1, 2] = r, -q, p
    jac[1, 0], jac[2, 0], jac[2, 1] = -r, q, -p
    for k in range(3):
        jac[D_TURN + k, D_BG + k] = -dt
        jac[D_POS + k, D_VEL + k] = dt
        # Column k of the rotation matrix goes under the accelerometer biases, with a minus.
        rn, re, rd = body_to_ned(
            w, x, y, z, 1.0 if k == 0 else 0.0, 1.0 if k == 1 else 0.0, 1.0 if k == 2 else 0.0
        )
        jac[D_VEL, D_BA + k], jac[D_VEL + 1, D_BA + k], jac[D_VEL + 2, D_BA + k] = (
            -rn * dt,
            -re * dt,
            -rd * dt,
        )
    for i in range(D_VEL, D_VEL + 3):
        # -R [f]x, from the same columns
        c0, c1, c2 = jac[i, D_BA], jac[i, D_BA + 1], jac[i, D_BA + 2]
        jac[i, D_TURN] = c * c1 - b * c2
        jac[i, D_TURN + 1] = a * c2 - c * c0
        jac[i, D_TURN + 2] = b * c0 - a * c1
    for i in range(ERRORS):
        for j in range(ERRORS):
            work[i, j] = 0.0
        for k in range(ERRORS):
            f = jac[i, k]
            if f != 0.0:
                for j in range(ERRORS):
                    work[i, j] += f * cov[k, j]
    for i in range(ERRORS):
        for j in range(i, ERRORS):
            total = 0.0
            for k in range(ERRORS):
                f = jac[j, k]
                if f != 0.0:
                    total += work[i, k] * f
            cov[i, j] = total
            cov[j, i] = total
    for k in range(3):
        cov[D_TURN + k, D_TURN + k] += TURN_NOISE * TURN_NOISE * dt
        cov[D_VEL + k, D_VEL + k] += VEL_NOISE * VEL_NOISE * dt
        cov[D_BG + k, D_BG + k] += BG_NOISE * BG_NOISE * dt
        cov[D_BA + k, D_BA + k] += BA_NOISE * BA_NOISE * dt


@stage
def fuse(
    est: Array,
    cov: Array,
    gain: Array,
    at: int,
    h0: float,
    h1: float,
    h2: float,
    innovation: float,
    sigma: float,
    gate: float,
) -> bool:
    """Fuse a scalar that sees the errors at, at+1, at+2 with weights h. False when it lies more than `gate` sigmas off."""
    for i in range(ERRORS):
        gain[i] = cov[i, at] * h0
        if h1 != 0.0:
            gain[i] += cov[i, at + 1] * h1
        if h2 != 0.0:
            gain[i] += cov[i, at + 2] * h2
    variance = gain[at] * h0 + sigma * sigma
    if h1 != 0.0:
        variance += gain[at + 1] * h1
    if h2 != 0.0:
        variance += gain[at + 2] * h2
    if innovation * innovation > gate * gate * variance:
        return False
    scale = innovation / variance
    est[EQ], est[EQ + 1], est[EQ + 2], est[EQ + 3] = rotated(
        est[EQ], est[EQ + 1], est[EQ + 2], est[EQ + 3], scale * gain[0], scale * gain[1], scale * gain[2]
    )
    for i in range(D_VEL, ERRORS):
        est[EV + i - D_VEL] += scale * gain[i]
    # P - K S K' : symmetric by construction
    for i in range(ERRORS):
        k = gain[i] / variance
        for j in range(ERRORS):
            cov[i, j] -= k * gain[j]
        cov[i, i] = max(cov[i, i], 1e-12)
    return True


@stage
def forget(cov: Array, at: int, sigma: float) -> None:
    """Make one error unknown to `sigma`, and uncorrelated with all others."""
    for i in range(ERRORS):
        cov[at, i] = 0.0
        cov[i, at] = 0.0
    cov[at, at] = sigma * sigma


@stage
def spread(cov: Array, at: int) -> float:
    """The filter's own standard deviation of an error."""
    return math.sqrt(cov[at, at])
