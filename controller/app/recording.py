"""Begin and end of a flight's record, for every command that flies: no flight without one, no record of nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from controller.clock import Clock
from controller.errors import UserError
from controller.guard.data_folder import data_folder
from controller.guard.process import RULES
from controller.logs.flights import store
from controller.logs.record.recorder import FlightRecorder, RecordingSummary
from controller.router.endpoint import LinkEndpoint

_PROBE_BYTES = 1 << 16
_OWN_FILES = frozenset((store.FRAMES, store.ROUTES, store.EVENTS, store.CHAIN))


def check_recordable(flights: Path) -> None:
    """Refuse a folder of flights, or a data folder with the signing key, that cannot be written.

    Call it before a link is opened: an aircraft must not fly unrecorded. It leaves no file. Raises UserError.
    """
    keys = data_folder()
    for folder, hint in (
        (flights, "give a folder that can be written with --out, or set LANDLINE_HOME"),
        (keys, "set LANDLINE_HOME to a folder that can be written; it keeps the key that signs the record"),
    ):
        try:
            _probe(folder)
        except OSError as error:
            raise UserError(
                f"cannot record a flight: {error.strerror or error}", where=str(folder), hint=hint
            ) from None


def _probe(folder: Path) -> None:
    """Write a temporary file there, or where the folder would be made. Raises OSError."""
    existing = folder.absolute()
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    with tempfile.TemporaryFile(dir=existing) as file:
        file.write(bytes(_PROBE_BYTES))
        file.flush()


def start_record(
    flights: Path,
    *,
    vehicle: str,
    clock: Clock,
    on_problem: Callable[[str], None],
    name_utc_us: int | None = None,
    durable: bool = True,
    start_fields: Mapping[str, object] | None = None,
) -> FlightRecorder:
    """Start a signed record; call `check_recordable` before, and open the links."""
    policy = {} if RULES.described is None else {"policy": RULES.described}
    recorder = FlightRecorder.start(
        flights,
        vehicle=vehicle,
        clock=clock,
        on_problem=on_problem,
        name_utc_us=name_utc_us,
        keys=data_folder() / "keys",
        durable=durable,
        start_fields={**(start_fields or {}), **policy},
    )
    RULES.records.append(recorder.folder)
    return recorder


def record_link_counters(recorder: FlightRecorder, links: Iterable[LinkEndpoint]) -> None:
    """Record the counters of each link."""
    for endpoint in links:
        stats = endpoint.stats
        recorder.event(
            "link",
            name=endpoint.name,
            frames_in=stats.frames_in,
            duplicates_in=stats.duplicates_in,
            echoes_in=stats.echoes_in,
            frames_out=stats.frames_out,
            dropped_out=stats.dropped_out,
            times_lost=stats.times_lost,
        )


def discard_if_empty(recording: RecordingSummary, clock: Clock) -> bool:
    """Erase the record of an attempt in which nothing was received; return whether it was erased.

    A folder with any other file is kept, such as the console of an autopilot's binary.
    """
    folder = recording.folder
    if recording.frames_received or not folder.is_dir():
        return False
    if any(path.name not in _OWN_FILES for path in folder.iterdir()):
        return False
    from controller.logs.flights.erase import erase

    try:
        erase([folder], data_folder() / "keys", utc_us=clock.utc_us())
    except (OSError, UserError):
        return False
    return True
