"""Integrator of body rates: Euler's equations with rotor momentum, by Runge-Kutta 4 at constant torque."""

from __future__ import annotations

from hil.frames import Vector
from hil.jit import inlined


@inlined
def angular_acceleration(
    p: float,
    q: float,
    r: float,
    mx: float,
    my: float,
    mz: float,
    ix: float,
    iy: float,
    iz: float,
    jx: float,
    jy: float,
    jz: float,
    spin: float,
) -> Vector:
    """Return angular acceleration, rad/s^2.

    I w' = torque - w x (I w + h), with the rotors' momentum h = (0, 0, spin) and j = 1 / i.
    """
    return (
        (mx + (iy - iz) * q * r - q * spin) * jx,
        (my + (iz - ix) * r * p + p * spin) * jy,
        (mz + (ix - iy) * p * q) * jz,
    )


@inlined
def integrate_rates(
    p: float, q: float, r: float, mx: float, my: float, mz: float,
    ix: float, iy: float, iz: float, spin: float, dt: float,
) -> Vector:  # fmt: skip
    """Return the body rates after dt at a constant torque (mx, my, mz), rad/s."""
    h = 0.5 * dt
    # Divide once: divisions dominate the cost of this function.
    jx, jy, jz = 1.0 / ix, 1.0 / iy, 1.0 / iz
    a1, b1, c1 = angular_acceleration(p, q, r, mx, my, mz, ix, iy, iz, jx, jy, jz, spin)
    a2, b2, c2 = angular_acceleration(
        p + h * a1, q + h * b1, r + h * c1, mx, my, mz, ix, iy, iz, jx, jy, jz, spin
    )
    a3, b3, c3 = angular_acceleration(
        p + h * a2, q + h * b2, r + h * c2, mx, my, mz, ix, iy, iz, jx, jy, jz, spin
    )
    a4, b4, c4 = angular_acceleration(
        p + dt * a3, q + dt * b3, r + dt * c3, mx, my, mz, ix, iy, iz, jx, jy, jz, spin
    )
    s = dt / 6.0
    return (
        p + s * (a1 + 2.0 * (a2 + a3) + a4),
        q + s * (b1 + 2.0 * (b2 + b3) + b4),
        r + s * (c1 + 2.0 * (c2 + c3) + c4),
    )
