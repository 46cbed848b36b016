"""Folders of recorded flights and the files in them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.clock import iso_utc
from controller.guard.data_folder import data_folder
from controller.wire.tlog import TlogFrames

FRAMES = "frames.tlog"
ROUTES = "frames.way"
EVENTS = "events.jsonl"
CHAIN = "chain.jsonl"
ADDITIONS = "additions.jsonl"  # files signed after the record ended; see `controller.logs.record.additions`
BOX_RECORD = "box.blocks"
MISSION = "mission.plan"
PARAMETERS = "params.json"
REPORT = "report.html"
EGRESS = "egress.json"  # what the run opened, sent and was refused; see `controller.logs.evidence`
PHOTOS = "photos.json"  # photos of the flight by their hashes; see `controller.logs.photos.photo_list`
TRUTH = "truth.csv"  # ground truth of a simulated flight
ARCHIVE = "flight.tar.age"
IMPORT = "import.json"  # of a flight of another program; see `controller.logs.flights.imports`
# Frames that a ground box received and the record lacks; see `controller.logs.box.merge`.
MERGE_INDEX = "box.fill.json"
MERGED_FRAMES = "box.fill.tlog"
_NAME = re.compile(r"(\d{8}T\d{6}Z)-(.+)")


def flights_folder(environment: Mapping[str, str] = os.environ, here: Path = Path()) -> Path:
    """Return the folder that contains one folder for each flight.

    It is `flights` in the folder `here` if that holds flights, as `make fly` leaves in a checkout, and LANDLINE_HOME
    names no other place; else `flights` in the data folder.
    """
    local = here / "flights"
    if not environment.get("LANDLINE_HOME") and all_flights(local):
        return local
    return data_folder(environment) / "flights"


def flight_name(utc_us: int, vehicle: str) -> str:
    """Return a name such as `20260517T093012Z-copter-1`: sorts by time and is valid on every file system."""
    stamp = re.sub(r"[-:]|\.\d+", "", iso_utc(utc_us))
    clean = re.sub(r"[^A-Za-z0-9._-]+", "-", vehicle).strip("-.") or "vehicle"
    return f"{stamp}-{clean[:60]}"


def new_flight(flights: Path, *, utc_us: int, vehicle: str) -> Path:
    """Create the folder of a new flight; a second flight in the same second gets a number. Raises OSError."""
    name = flight_name(utc_us, vehicle)
    flights.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        folder = flights / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
            continue
        return folder


def versioned_name(name: str, number: int) -> str:
    """Return the name for version `number` of a file: `params.json`, `params-2.json`, and so on."""
    stem, dot, ending = name.partition(".")
    return name if number == 1 else f"{stem}-{number}{dot}{ending}"


def existing_versions(folder: Path, name: str) -> list[Path]:
    """Return all existing versions of a file, the newest last."""
    found, number = [], 1
    while (path := folder / versioned_name(name, number)).is_file():
        found.append(path)
        number += 1
    return found


def latest_version(folder: Path, name: str) -> Path:
    """Return the newest version of a file, or the path of the first version if there is none."""
    return [folder / name, *existing_versions(folder, name)][-1]


@dataclass(frozen=True, slots=True)
class FlightSummary:
    """Facts of one flight, from its frames and events."""

    folder: Path
    started_utc: str
    vehicle: str
    duration_s: float
    frames: int
    bytes: int
    bad_bytes: int
    systems: tuple[tuple[int, int], ...]
    events: int
    warnings: int
    outcome: str


def is_flight(folder: Path) -> bool:
    """Return whether the folder is a flight. True also if files are missing, so that commands can report them."""
    return any((folder / name).is_file() for name in (FRAMES, EVENTS, CHAIN, IMPORT))


def read_import(folder: Path) -> dict[str, Any]:
    """Return what is known of a flight of another program: its `file`, `name`, `sha256`, ... Empty for any other."""
    try:
        facts = json.loads((folder / IMPORT).read_bytes())
        name = facts["file"]
        plain = isinstance(name, str) and name == Path(name).name and name not in ("", "..")
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return facts if plain else {}


def is_only_imported(folder: Path) -> bool:
    """Return whether a flight is another program's, so that there is no record of it to verify."""
    return bool(read_import(folder)) and not (folder / CHAIN).is_file()


def flight_log(folder: Path) -> Path:
    """Return the log of a flight: its record, or the file that was imported."""
    if (folder / FRAMES).is_file():
        return folder / FRAMES
    return folder / str(read_import(folder).get("file", FRAMES))


def list_flights(flights: Path) -> list[Path]:
    """Return all flights that are not encrypted, the last one flown last."""
    if not flights.is_dir():
        return []
    found = [entry for entry in flights.iterdir() if not entry.name.startswith(".") and is_flight(entry)]
    return sorted(found, key=_by_time)


def all_flights(flights: Path) -> list[Path]:
    """Return all flights, encrypted ones too, the last one flown last."""
    encrypted = [entry.parent for entry in flights.glob(f"[!.]*/{ARCHIVE}")]
    return sorted({*list_flights(flights), *encrypted}, key=_by_time)


def flown_utc(folder: Path) -> str:
    """Return when a flight was flown, ISO 8601 in UTC: the real time, also of a simulated flight.

    It is the stamp in the folder's name, or in the name under which the flight was recorded; of a flight without one
    the time of its first event, and of a simulated one that of its file. "" where none is known.
    """
    # The chain is read only where the folder's name does not tell.
    stamp = _NAME.fullmatch(folder.name) or _NAME.fullmatch(_recorded_name(folder))
    if stamp:
        day, time = stamp[1].split("T")
        return f"{day[:4]}-{day[4:6]}-{day[6:]}T{time[:2]}:{time[2:4]}:{time[4:6]}Z"
    first = next(iter(read_events(folder)), {})
    if first.get("utc") and not is_simulated(first):
        return f"{str(first['utc'])[:19]}Z"
    for file in (FRAMES, EVENTS, ARCHIVE):
        try:
            return f"{iso_utc((folder / file).stat().st_mtime_ns // 1000)[:19]}Z"
        except OSError:
            continue
    return ""


def is_simulated(first_event: Mapping[str, object]) -> bool:
    """Return whether a flight with this first event ran in simulated time, which begins at any date."""
    return first_event.get("seed") is not None


def _by_time(folder: Path) -> tuple[str, str]:
    return flown_utc(folder), folder.name


def _recorded_name(folder: Path) -> str:
    """Return the name in the first line of the chain; "" where there is none."""
    try:
        with (folder / CHAIN).open("rb") as file:
            return str(json.loads(file.readline(4096))["flight"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def read_events(folder: Path) -> list[dict[str, object]]:
    """Return the events of a flight in order. Skips invalid lines, such as one cut off by a crash."""
    try:
        lines = (folder / EVENTS).read_bytes().split(b"\n")
    except OSError:
        return []
    events = []
    for line in lines:
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            events.append(event)
    return events


def summarize_flight(folder: Path) -> FlightSummary:
    """Return the facts of a flight, as far as its files can be read."""
    try:
        data = (folder / FRAMES).read_bytes()
    except OSError:
        data = b""
    frames = TlogFrames(data)
    events = read_events(folder)
    name = _NAME.fullmatch(folder.name)
    times_us = frames.times_us
    started = str(events[0].get("utc", "")) if events else ""
    if not started and len(frames):
        started = iso_utc(int(times_us[0]))
    ends = [event for event in events if event.get("kind") == "end"]
    sources = sorted(set(zip(frames.systems.tolist(), frames.components.tolist(), strict=True)))
    return FlightSummary(
        folder=folder,
        started_utc=started,
        vehicle=name[2] if name else folder.name,
        duration_s=float(times_us[-1] - times_us[0]) / 1e6 if len(frames) else 0.0,
        frames=len(frames),
        bytes=len(data),
        bad_bytes=frames.bad_bytes,
        systems=tuple(sources),
        events=len(events),
        warnings=sum(event.get("kind") == "warning" for event in events),
        outcome=str(ends[-1].get("outcome", "")) if ends else "",
    )
