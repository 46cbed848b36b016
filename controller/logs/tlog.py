"""Telemetry log files (`.tlog`): reading with what was lost told, and the line that says so."""

from __future__ import annotations

from pathlib import Path

from controller.errors import UserError
from controller.wire.tlog import Damage, TlogFrames, entries

__all__ = ["Damage", "TlogFrames", "describe_damage", "entries", "read_tlog"]


def read_tlog(path: Path) -> TlogFrames:
    """All frames of a file. A damaged file is read as far as it goes; raises UserError when it cannot be read at all."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"cannot read the log: {error.strerror}", where=str(path), hint="check the path"
        ) from None
    frames = TlogFrames(data)
    if data and not len(frames):
        raise UserError(
            "no MAVLink frame in this file", where=str(path), hint="is it a telemetry log (.tlog)?"
        )
    return frames


def describe_damage(frames: TlogFrames) -> str:
    """One sentence on what is missing, empty when nothing is."""
    damage = frames.damage
    if not damage:
        return ""
    cut = damage[-1].offset + damage[-1].length == len(frames.data)
    if len(damage) == 1 and cut:
        return f"the last entry is incomplete ({damage[0].length} bytes)"
    places = f"{len(damage)} places" if len(damage) > 1 else "one place"
    return f"{frames.bad_bytes} damaged bytes in {places}, the first at byte {damage[0].offset}"
