"""Telemetry log files (`.tlog`), frame by frame."""

from __future__ import annotations

from pathlib import Path

from controller.errors import UserError
from controller.wire.tlog import DamagedRange, TlogFrames, entries

__all__ = ["DamagedRange", "TlogFrames", "entries", "read_tlog"]


def read_tlog(path: Path) -> TlogFrames:
    """All frames of a file, of a damaged one as far as it can be read. Raises UserError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"cannot read the log: {error.strerror}", where=str(path), hint="check the path"
        ) from None
    frames = TlogFrames(data)
    if data and not len(frames):
        raise UserError(
            "invalid telemetry log: no MAVLink frame in it",
            where=str(path),
            hint="is it a telemetry log (.tlog)?",
        )
    return frames
