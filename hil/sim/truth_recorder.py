"""Recorder of ground truth, `truth.csv` in the flight's folder."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from controller.clock import Clock
from hil.sim.ground_truth import Truth

FILE = "truth.csv"
HEADER = "utc_us,lat_deg,lon_deg,alt_amsl_m,vel_n_m_s,vel_e_m_s,vel_d_m_s,roll_deg,pitch_deg,yaw_deg"
EVERY_S = 0.2


def truth_row(utc_us: int, truth: Truth) -> str:
    """Return one row with the columns of HEADER."""
    north, east, down = truth.vel_ned
    roll, pitch, yaw = (math.degrees(angle) for angle in truth.euler_rad)
    return (
        f"{utc_us},{truth.lat_deg:.8f},{truth.lon_deg:.8f},{truth.alt_amsl_m:.3f},"
        f"{north:.3f},{east:.3f},{down:.3f},{roll:.2f},{pitch:.2f},{yaw:.2f}\n"
    )


@asynccontextmanager
async def record_truth(
    file: Path, clock: Clock, truth_of: Callable[[], Truth | None], *, note: Callable[[str], None]
) -> AsyncIterator[None]:
    """Write a row every 0.2 s while the block runs; `truth_of` returns None before power-on.

    A write error ends this file with one reported line; the flight goes on.
    """
    task = asyncio.ensure_future(_write(file, clock, truth_of, note))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _write(
    file: Path, clock: Clock, truth_of: Callable[[], Truth | None], note: Callable[[str], None]
) -> None:
    try:
        with file.open("w", encoding="ascii", buffering=1) as rows:
            rows.write(f"{HEADER}\n")
            while True:
                truth = truth_of()
                if truth is not None:
                    rows.write(truth_row(clock.utc_us(), truth))
                await asyncio.sleep(EVERY_S)
    except OSError as error:
        note(f"{file}: cannot write ground truth: {error.strerror or error}; it is not recorded any more")
