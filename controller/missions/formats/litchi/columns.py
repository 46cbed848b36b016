"""Columns of a Litchi CSV file, as Litchi's Mission Hub exports them, in metres or in feet.

Sources: the description of the columns at litchiutilities.com (docs/litchiCsv), the enumerations of the packages
litchi-wp and of Intel Mission Control (LitchiCsv), and published missions. Old files end before `altitudemode`.
"""

from __future__ import annotations

import re
from enum import IntEnum

from controller.missions.errors import PlanError
from controller.missions.formats.table import Table, header_of

ACTIONS = 15
METRES_PER_FOOT = 0.3048

#: The columns of the present version, in metres.
COLUMNS = (
    "latitude", "longitude", "altitude(m)", "heading(deg)", "curvesize(m)", "rotationdir", "gimbalmode",
    "gimbalpitchangle",
    *(name for number in range(1, ACTIONS + 1) for name in (f"actiontype{number}", f"actionparam{number}")),
    "altitudemode", "speed(m/s)", "poi_latitude", "poi_longitude", "poi_altitude(m)", "poi_altitudemode",
    "photo_timeinterval", "photo_distinterval",
)  # fmt: skip
_MARKS = ("curvesize", "gimbalmode", "actiontype1", "poi_latitude")
_ACTION = re.compile(r"action(type|param)(\d{1,2})")
_KNOWN = frozenset(COLUMNS) | {"altitude(ft)", "curvesize(ft)", "poi_altitude(ft)"}


class Action(IntEnum):
    """Number of an action in `actiontype`."""

    NONE = -1
    STAY = 0
    """Hover; the parameter is the time in ms."""
    PHOTO = 1
    RECORD = 2
    END_RECORDING = 3
    ROTATE = 4
    """Turn the nose; the parameter is the heading in degrees."""
    TILT = 5
    """Tilt the camera; the parameter is the pitch in degrees, 0 is the horizon."""


class Gimbal(IntEnum):
    """Number of a gimbal mode in `gimbalmode`."""

    LEFT_ALONE = 0
    AT_POI = 1
    INTERPOLATE = 2


def sniff(data: bytes) -> bool:
    """Return whether the file has a header of Litchi's, in any order of the columns."""
    columns = header_of(data)
    return "latitude" in columns and any(one.startswith(_MARKS) for one in columns)


def checked(table: Table, file: str) -> tuple[str, ...]:
    """Return the columns that Litchi does not have. Raises PlanError where one is missing without which none flies."""
    names = [one.lower() for one in table.columns]
    missing = [one for one in ("latitude", "longitude") if one not in names]
    if "altitude(m)" not in names and "altitude(ft)" not in names:
        missing.append("altitude(m) or altitude(ft)")
    if missing:
        raise PlanError(
            f"cannot read the Litchi mission: no column {', '.join(missing)}; it has {table.shown_columns}",
            where=file,
            hint="export it from Litchi's Mission Hub again",
        )
    return tuple(
        one
        for one in table.columns
        if one and one.lower() not in _KNOWN and not _ACTION.fullmatch(one.lower())
    )
