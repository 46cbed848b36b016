"""Rotations between the body frame (FRD: forward, right, down) and the local frame (NED: north, east, down).

A quaternion is (w, x, y, z), unit length, and rotates body vectors to NED. Functions take and return scalars, so that
compiled kernels allocate nothing; they work on plain floats as well.
"""

from __future__ import annotations

import math

from hil.jit import inlined, stage

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]


@inlined
def body_to_ned(w: float, x: float, y: float, z: float, a: float, b: float, c: float) -> Vector:
    """Return the body vector (a, b, c) in NED."""
    # v + 2w(q x v) + 2 q x (q x v)
    s = 2.0 * (y * c - z * b)
    t = 2.0 * (z * a - x * c)
    u = 2.0 * (x * b - y * a)
    return a + w * s + y * u - z * t, b + w * t + z * s - x * u, c + w * u + x * t - y * s


@inlined
def ned_to_body(w: float, x: float, y: float, z: float, a: float, b: float, c: float) -> Vector:
    """Return the NED vector (a, b, c) in the body frame."""
    s = 2.0 * (z * b - y * c)
    t = 2.0 * (x * c - z * a)
    u = 2.0 * (y * a - x * b)
    return a + w * s - y * u + z * t, b + w * t - z * s + x * u, c + w * u - x * t + y * s


@inlined
def multiply(
    aw: float, ax: float, ay: float, az: float, bw: float, bx: float, by: float, bz: float
) -> Quaternion:
    """Return the quaternion product a b: rotation b, then a."""
    return (
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    )


@inlined
def rotated(w: float, x: float, y: float, z: float, a: float, b: float, c: float) -> Quaternion:
    """Return the attitude rotated by the body rotation vector (a, b, c) in rad, renormalised.

    Sine and cosine are series (error 1e-16 below 0.1 rad, 1e-9 below 1 rad), which give the same bits with every libm.
    """
    h2 = 0.25 * (a * a + b * b + c * c)
    cosine = 1.0 - h2 / 2.0 * (1.0 - h2 / 12.0 * (1.0 - h2 / 30.0 * (1.0 - h2 / 56.0)))
    half_sinc = 0.5 * (1.0 - h2 / 6.0 * (1.0 - h2 / 20.0 * (1.0 - h2 / 42.0 * (1.0 - h2 / 72.0))))
    p, q, r = half_sinc * a, half_sinc * b, half_sinc * c
    nw = w * cosine - x * p - y * q - z * r
    nx = w * p + x * cosine + y * r - z * q
    ny = w * q - x * r + y * cosine + z * p
    nz = w * r + x * q - y * p + z * cosine
    n = 1.0 / math.sqrt(nw * nw + nx * nx + ny * ny + nz * nz)
    return nw * n, nx * n, ny * n, nz * n


@stage
def from_euler(roll_rad: float, pitch_rad: float, yaw_rad: float) -> Quaternion:
    """Return the attitude of yaw, then pitch, then roll (aerospace order), rad."""
    cr, sr = math.cos(0.5 * roll_rad), math.sin(0.5 * roll_rad)
    cp, sp = math.cos(0.5 * pitch_rad), math.sin(0.5 * pitch_rad)
    cy, sy = math.cos(0.5 * yaw_rad), math.sin(0.5 * yaw_rad)
    return (
        cr * cp * cy + sr * sp * sy,
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
    )


@stage
def to_euler(w: float, x: float, y: float, z: float) -> Vector:
    """Return roll, pitch and yaw in rad; pitch in [-pi/2, pi/2]."""
    sine = min(1.0, max(-1.0, 2.0 * (w * y - z * x)))
    roll = math.atan2(2.0 * (w * x + y * z), 1.0 - 2.0 * (x * x + y * y))
    yaw = math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
    return roll, math.asin(sine), yaw


@stage
def wrapped_pi(angle_rad: float) -> float:
    """Return the angle wrapped to [-pi, pi)."""
    return angle_rad - 2.0 * math.pi * math.floor((angle_rad + math.pi) / (2.0 * math.pi))
