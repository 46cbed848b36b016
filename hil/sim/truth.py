"""What a simulated aircraft really did, kept beside the record of what its autopilot believed: `truth.csv`."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from pathlib import Path

from controller.clock import Clock
from hil.sim.snapshot import Truth

FILE = "truth.csv"
HEADER = "utc_us,lat_deg,lon_deg,alt_amsl_m,vel_n_m_s,vel_e_m_s,vel_d_m_s,roll_deg,pitch_deg,yaw_deg"
EVERY_S = 0.2


def truth_line(utc_us: int, truth: Truth) -> str:
    """One row; the columns are those of HEADER."""
    north, east, down = truth.vel_ned
    roll, pitch, yaw = (math.degrees(angle) for angle in truth.euler_rad)
    return (
        f"{utc_us},{truth.lat_deg:.8f},{truth.lon_deg:.8f},{truth.alt_amsl_m:.3f},"
        f"{north:.3f},{east:.3f},{down:.3f},{roll:.2f},{pitch:.2f},{yaw:.2f}\n"
    )


async def keep_truth(
    folder: Path, clock: Clock, truth_of: Callable[[], Truth | None], *, tell: Callable[[str], None]
) -> None:
    """Write a row every 0.2 s of `clock` until cancelled; None is an aircraft not yet switched on.

    A disk that takes nothing more ends this file, with one line, and nothing else.
    """
    try:
        with (folder / FILE).open("w", encoding="ascii", buffering=1) as file:
            file.write(f"{HEADER}\n")
            while True:
                truth = truth_of()
                if truth is not None:
                    file.write(truth_line(clock.utc_us(), truth))
                await asyncio.sleep(EVERY_S)
    except OSError as error:
        tell(
            f"{folder / FILE}: {error.strerror or error}; what the aircraft really does is not recorded further"
        )
