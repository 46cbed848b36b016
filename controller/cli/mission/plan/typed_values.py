"""Places and lists of numbers as the commands of `landline mission plan` take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.cli.mission.plan.options import JobOptions, KeepOutOptions
    from controller.missions.path import Position
    from controller.missions.patterns.keep_out import KeepOut


def start_of(job: JobOptions) -> Position | None:
    """Return the place of take-off, None for none given. Raises UserError."""
    from controller.cli.mission.plan.finish import home_of

    if job.home is None:
        return None
    home = home_of(job.home)
    return home.lat_deg, home.lon_deg


def keep_out_of(options: KeepOutOptions) -> KeepOut | None:
    """Return what the flight stays away from, None for nothing. Raises PlanError."""
    from controller.app.planning.areas import read_keep_out

    return None if options.keep_out is None else read_keep_out(options.keep_out, options.keep_out_buffer_m)


def place_of(text: str, where: str) -> Position:
    """Return latitude and longitude of `LAT,LON`. Raises UserError."""
    from controller.errors import UserError

    found = numbers(text, where)
    if len(found) != 2 or not (abs(found[0]) <= 90.0 and abs(found[1]) <= 180.0):
        raise UserError(f"invalid value '{text}'", where=where, hint="write LAT,LON, such as 47.3977,8.5456")
    return found[0], found[1]


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a list with commas."""
    return tuple(one.strip() for one in text.split(","))


def numbers(text: str, where: str) -> tuple[float, ...]:
    """Return the numbers of a list with commas. Raises UserError."""
    from math import isfinite

    from controller.errors import UserError

    try:
        found = tuple(float(one) for one in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(map(isfinite, found)):
        raise UserError(f"invalid value '{text}'", where=where, hint="write numbers with commas between them")
    return found
