"""Resume of a recorded flight: its plan, how far it came, and the photos that it took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from controller.errors import UserError
from controller.logs.flights.store import MISSION, flight_log, read_events
from controller.logs.photos.camera_events import CameraEvent, camera_events_in, chosen_camera_events
from controller.logs.series.read import series_in_chunks
from controller.logs.series.view import joined
from controller.missions.files import open_plan
from controller.missions.path import Position
from controller.missions.plan import Plan
from controller.missions.resume import Rest, rest_of

# The station's clock and the aircraft's may differ by so much. Where they differ by more, the rest begins with an item.
_CLOCKS_DIFFER_US = 2_000_000


@dataclass(frozen=True, slots=True)
class FlownPart:
    """How far a recorded flight came: its plan, the last item reached (0: none), and the photos since."""

    plan: Plan
    reached: int
    photos: tuple[Position, ...]


def flown_part(folder: Path) -> FlownPart:
    """Read how far a recorded flight came. Raises UserError for a record without a plan."""
    if not (folder / MISSION).is_file():
        raise UserError(
            "cannot resume the flight: its record has no plan",
            where=str(folder),
            hint="give a flight of landline fly or landline gcs",
        )
    reached, since_us = 0, 0
    for event in read_events(folder):
        number = event.get("item")
        if event.get("kind") == "mission" and event.get("reached") and isinstance(number, int):
            reached, since_us = max((reached, since_us), (number, _utc_us(event)))
    photos = _photos(flight_log(folder), since_us - _CLOCKS_DIFFER_US)
    return FlownPart(open_plan(folder / MISSION), reached, photos)


def _utc_us(event: dict[str, object]) -> int:
    """Return the time of an event, microseconds since 1970; 0 where it has none."""
    try:
        return round(datetime.fromisoformat(str(event["utc"])).timestamp() * 1e6)
    except (KeyError, ValueError):
        return 0


def rest_of_flight(folder: Path) -> Rest | None:
    """Return the rest of a recorded flight, None where it flew all. Raises UserError and what reading a plan raises."""
    part = flown_part(folder)
    return rest_of(part.plan, part.reached, part.photos)


def _photos(log: Path, from_us: int) -> tuple[Position, ...]:
    """Return where the photos from a time on were taken, degrees."""
    if not log.is_file() or not log.stat().st_size:
        return ()
    by_message: dict[str, list[CameraEvent]] = {}
    views = []
    for chunk, view in series_in_chunks(log):
        for name, events in camera_events_in(chunk, view.shift_us).items():
            by_message.setdefault(name, []).extend(events)
        views.append(view)
    _, events = chosen_camera_events(by_message, joined(views))
    return tuple((one.lat_deg, one.lon_deg) for one in events if one.utc_us >= from_us)
