"""Documentation of parameters that came with a bundle: each file's path says for which aircraft it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path, PurePath

from controller.autopilots.param_docs.docs import NO_DOCS, ParamDocs
from controller.autopilots.param_docs.read import read_docs
from controller.autopilots.vehicle_class import VehicleClass
from controller.errors import UserError
from controller.guard.bundled_data import bundled

# Words in a path, in the order in which they are looked for, with autopilot and classes: ArduPilot's folders of
# parameter files have these names, and PX4 has one file for all classes.
_AIRCRAFT: tuple[tuple[str, str, tuple[VehicleClass, ...]], ...] = (
    ("copter", "ArduPilot", (VehicleClass.COPTER,)),
    ("plane", "ArduPilot", (VehicleClass.PLANE, VehicleClass.VTOL)),
    ("rover", "ArduPilot", (VehicleClass.ROVER,)),
    ("px4", "PX4", ()),
    ("parameters.json", "PX4", ()),
)
HINT = "put it into a folder ArduCopter, ArduPlane, Rover or PX4, and name the folder above it"


def aircraft_of(name: str) -> tuple[str, tuple[VehicleClass, ...]] | None:
    """Return the autopilot and classes, empty for all, that a path below `metadata` names; None where it names none.

    The file's own name counts before its folders.
    """
    for part in reversed(PurePath(name).parts):
        for word, autopilot, classes in _AIRCRAFT:
            if word in part.lower():
                return autopilot, classes
    return None


def check_docs(name: str, data: bytes, where: str) -> None:
    """Raise UserError for a file that no aircraft could use: unreadable, or whose path names none."""
    read_docs(data, where)
    if aircraft_of(name) is None:
        raise UserError(
            "cannot use the documentation: its path does not say for which aircraft it is",
            where=where,
            hint=HINT,
        )


@cache
def bundled_docs(autopilot: str, kind: VehicleClass, prefix: str | None = None) -> ParamDocs:
    """Return the documentation that came with this installation's bundle for an aircraft, an empty one without."""
    for place in bundled("metadata", prefix):
        for path in sorted(one for one in place.rglob("*") if one.is_file()):
            found = _read_for(path, path.relative_to(place), autopilot, kind)
            if found.docs:
                return found
    return NO_DOCS


def _read_for(path: Path, name: PurePath, autopilot: str, kind: VehicleClass) -> ParamDocs:
    aircraft = aircraft_of(name.as_posix())
    if aircraft is None or aircraft[0] != autopilot or (aircraft[1] and kind not in aircraft[1]):
        return NO_DOCS
    try:
        return read_docs(path.read_bytes(), f"{name.as_posix()}, of the bundle")
    except (OSError, UserError):
        return NO_DOCS
