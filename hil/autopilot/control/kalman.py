"""Arithmetic of the error-state Kalman filter: covariance prediction, fusion of a scalar, correction of the estimate.

After Solà, Quaternion kinematics for the error-state Kalman filter, arXiv:1711.02508. The attitude error is in the body
frame.
"""

from __future__ import annotations

import math

from hil.autopilot.control.layout import (
    D_ATTITUDE,
    D_BA,
    D_BG,
    D_POS,
    D_VEL,
    EQ,
    ERRORS,
    EV,
    RATES,
    SPECIFIC_FORCE,
)
from hil.frames import body_to_ned, rotated
from hil.jit import stage
from hil.physics.state import Array

# Process noise densities: those of the sensors, increased for vibration and model errors.
TURN_NOISE = 1.0e-3  # rad/sqrt(s)
VEL_NOISE = 3.0e-2  # m/s/sqrt(s)
BG_NOISE = 8.0e-5
BA_NOISE = 4.0e-3


@stage
def predict_covariance(est: Array, cov: Array, jac: Array, work: Array, dt: float) -> None:
    """Predict P <- F P F' + Q over dt, with the present attitude, rate and specific force."""
    w, x, y, z = est[EQ], est[EQ + 1], est[EQ + 2], est[EQ + 3]
    p, q, r = est[RATES] * dt, est[RATES + 1] * dt, est[RATES + 2] * dt
    a, b, c = est[SPECIFIC_FORCE], est[SPECIFIC_FORCE + 1], est[SPECIFIC_FORCE + 2]
    for i in range(ERRORS):
        for j in range(ERRORS):
            jac[i, j] = 1.0 if i == j else 0.0
    jac[0, 1], jac[0, 2], jac[1, 2] = r, -q, p
    jac[1, 0], jac[2, 0], jac[2, 1] = -r, q, -p
    for k in range(3):
        jac[D_ATTITUDE + k, D_BG + k] = -dt
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
        jac[i, D_ATTITUDE] = c * c1 - b * c2
        jac[i, D_ATTITUDE + 1] = a * c2 - c * c0
        jac[i, D_ATTITUDE + 2] = b * c0 - a * c1
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
        cov[D_ATTITUDE + k, D_ATTITUDE + k] += TURN_NOISE * TURN_NOISE * dt
        cov[D_VEL + k, D_VEL + k] += VEL_NOISE * VEL_NOISE * dt
        cov[D_BG + k, D_BG + k] += BG_NOISE * BG_NOISE * dt
        cov[D_BA + k, D_BA + k] += BA_NOISE * BA_NOISE * dt


@stage
def fuse_scalar(
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
    """Fuse a scalar that measures the errors at, at+1, at+2 with weights h. Return False outside of `gate` sigmas."""
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
def reset_error(cov: Array, at: int, sigma: float) -> None:
    """Set one error's standard deviation to `sigma`, without correlation to the others."""
    for i in range(ERRORS):
        cov[at, i] = 0.0
        cov[i, at] = 0.0
    cov[at, at] = sigma * sigma


@stage
def standard_deviation(cov: Array, at: int) -> float:
    """Return the filter's standard deviation of an error."""
    return math.sqrt(cov[at, at])
