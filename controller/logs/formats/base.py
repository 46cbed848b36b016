"""What every log format offers: `LogFormat` for files, `Log` for the contents of one file.

A format is one module with a `FORMAT`, named in `controller.logs.formats.registry`. No code outside this folder asks
which format a log has: it calls these members, and a member that a format leaves as it is here means "this format
does not hold that".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Protocol

from controller.errors import UserError
from controller.logs.formats.contents import (
    CameraMessage,
    ExportTable,
    FrameRecord,
    GimbalMessage,
    LoggedAircraft,
    LoggedIdentity,
    LoggedText,
    named_counts,
)
from controller.logs.formats.cutting import Chunk
from controller.logs.series.rows import Rows
from controller.logs.series.view import Array, Channel, SeriesView, gps_track, located_rows
from controller.wire.damage import NO_DAMAGE, DamageSummary

if TYPE_CHECKING:
    from controller.logs.formats.health import HealthRecords
    from controller.logs.privacy.anonymize_rules import Level, Mover


class LogUnreadable(UserError):
    """A file that no log format can read a message from."""


class NoSuchAircraft(UserError):
    """A log that does not hold the aircraft that was chosen."""


class CannotAnonymize(UserError):
    """A log of a format of which no anonymized copy is made."""


@dataclass(frozen=True, kw_only=True)
class Log(ABC):
    """The contents of one log file, or of a chunk of it.

    `rows_by_message` counts messages by name and instance, `problems` are lines for people, `lost` says what could
    not be read and where. Times of a telemetry log are microseconds since 1970, those of an on-board log since the
    autopilot's start.
    """

    format: LogFormat
    """Format of the file."""
    size_bytes: int
    """Size of the log, bytes."""
    messages: int
    """Number of messages read."""
    bad_bytes: int
    """Bytes that belong to no message."""
    rows_by_message: Mapping[tuple[str, int], int]
    problems: tuple[str, ...] = ()
    lost: DamageSummary = NO_DAMAGE

    @cached_property
    def counts(self) -> dict[str, int]:
        """Messages by name; with the instance (`sensor_gps.1`) where a name has several."""
        return named_counts(self.rows_by_message)

    @property
    @abstractmethod
    def tables(self) -> Mapping[str, Mapping[str, Array]]:
        """The decoded messages by the names of `counts`: an array for each field, in the log's own units."""

    @abstractmethod
    def export_tables(self, shift_us: int) -> Iterator[ExportTable]:
        """All messages for SQL and exports; `shift_us` takes the log's times to the clock of the series."""

    @abstractmethod
    def channels(self, aircraft: tuple[int, int] | None) -> tuple[list[Channel], int]:
        """Position, altitude, speed, ... in the log's own clock, and the microseconds to add for UTC (0: not known).

        `aircraft` is the one of several in a telemetry log (system, component); None for the first.
        """

    @abstractmethod
    def rows(self, name: str) -> list[Rows]:
        """The messages of one name by sensor or instance; of a telemetry log those that the first aircraft sent."""

    def table(self, name: str) -> Rows | None:
        """All messages of one name, of every sender and instance; None where there is none."""
        found = self.rows(name)
        return found[0] if found else None

    # What not every format holds.

    camera_messages: ClassVar[tuple[CameraMessage, ...]] = ()  # those that tell more of a photo first
    gimbal_messages: ClassVar[tuple[GimbalMessage, ...]] = ()  # those that tell more of the camera first

    @property
    def utc_times(self) -> bool:
        """Whether the log's own times are UTC."""
        return False

    @property
    def px4(self) -> bool:
        """Whether PX4 wrote it, or sent it."""
        return False

    @property
    def fixed_wing(self) -> bool:
        """Whether it is of an aeroplane or a VTOL."""
        return False

    @property
    def measures_airspeed(self) -> bool:
        """Whether its airspeed was measured, and is not the ground speed again."""
        return True

    @property
    def aircraft(self) -> tuple[int, int] | None:
        """System and component of the (first or chosen) aircraft, where the log names it."""
        return None

    @property
    def all_aircraft(self) -> list[LoggedAircraft]:
        """The aircraft of a log of MAVLink frames, in the order of their first heartbeats."""
        return []

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines for people about what the log holds, beside its `problems`."""
        return ()

    def of_system(self, system: int, *, missing_ok: bool = False) -> Log:
        """The same log as one of the aircraft with this system id; with `missing_ok` one without aircraft where it
        does not hold that one. Raises NoSuchAircraft."""
        if missing_ok:
            return self
        raise NoSuchAircraft(
            "cannot choose an aircraft: this log is of one aircraft",
            where=f"--system {system}",
            hint="leave --system out",
        )

    def of_all_aircraft(self) -> Log:
        """The same log with the messages of all its aircraft in `export_tables`."""
        return self

    def time_of_stamp_us(self, utc_us: int) -> int:
        """The time on the log's clock at which the recording computer's clock showed this one."""
        return utc_us

    @property
    def frames(self) -> FrameRecord | None:
        """What a log of MAVLink frames knows of senders and losses."""
        return None

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters by name, with the last value in the log."""
        return {}

    @property
    def identity(self) -> LoggedIdentity:
        """Model, serial number and firmware of the aircraft, where the log names them as texts."""
        return LoggedIdentity()

    @property
    def identifiers(self) -> set[bytes]:
        """Serial numbers as bytes, to be sure that none is left in an anonymized copy."""
        return set()

    def texts(self) -> list[LoggedText]:
        """The autopilot's text messages in the order of the log."""
        return []

    def health(self, view: SeriesView) -> HealthRecords:
        """What the log holds of the aircraft's health; `view` is its series."""
        from controller.logs.formats.health import HealthRecords

        return HealthRecords(view)

    # The same for all formats.

    def first(self, *names: str) -> Rows | None:
        """The first sensor's messages of the first of these names that the log holds."""
        found = self.rows_of(*names)
        return found[0] if found else None

    def rows_of(self, *names: str) -> list[Rows]:
        """As `rows`, of the first of these names that the log holds."""
        return next((found for name in names if (found := self.rows(name))), [])

    def series(self, aircraft: tuple[int, int] | None = None, *, positions_of_gps: bool = True) -> SeriesView:
        """Position, altitude, speed, attitude, battery, GPS and mode under the names and units of
        `controller.logs.series.view`. Without an estimated position, those of the GPS receiver are used."""
        found, shift_us = self.channels(aircraft)
        for channel in found if shift_us else ():
            # Channels may share an array.
            channel.times_us = channel.times_us + shift_us
        known = self.utc_times or shift_us != 0
        placed = [located_rows(channel) if channel.name == "position" else channel for channel in found]
        channels = {channel.name: channel for channel in placed if channel.count}
        if positions_of_gps and "position" not in channels and "gps" in channels:
            channels = {channel.name: channel for channel in gps_track(channels["gps"])} | channels
        return SeriesView("utc" if known else "boot", channels, shift_us)

    def times_us(self, view: SeriesView) -> Iterable[Array]:
        """The times by which the log begins and ends, in the clock of its series."""
        return [channel.times_us for channel in view.channels.values()]


class LogFormat(Protocol):
    """A log file format. `name` is a key for machines, `title` for people, `endings` are file name endings in lower
    case.

    `table_prefix` goes before the names of its messages in SQL and exports; it is empty for telemetry logs alone.
    `own_endings`: no other kind of file has these endings; otherwise the content decides whether a file is a log.
    `onboard`: the autopilot writes it. `imported`: another program's record of a flight, which `logs import` takes.
    """

    name: str
    title: str
    endings: tuple[str, ...]
    table_prefix: str
    own_endings: bool
    onboard: bool = False
    imported: bool = False

    def recognizes(self, data: memoryview) -> bool:
        """Whether a file with these first bytes is of this format."""

    def read(self, data: memoryview, name: str, *, ahead: int = 0) -> Log:
        """Read a whole log; one that is damaged as far as it goes. `name` is for errors.

        The last `ahead` bytes are not read: they show that the last message is followed by another. Raises UserError.
        """

    def cut(self, data: memoryview, name: str, chunk_bytes: int) -> Iterator[Chunk]:
        """Cut a log into chunks of some `chunk_bytes` that can be read by themselves. Together they are all of it."""

    def read_chunk(self, chunk: Chunk, name: str) -> Log:
        """Read a chunk; its `known` records that earlier chunks gave are left out."""

    def anonymize(self, chunk: Chunk, mover: Mover) -> bytes:
        """The chunk's own bytes without places, serial numbers and names, as the level of `mover` says."""

    def why_empty(self, data: memoryview) -> str:  # noqa: ARG002
        """The reason why a file without a message of this format holds none, for people; empty if there is none to
        tell."""
        return ""

    def removes(self, message: str, level: Level) -> bool:  # noqa: ARG002
        """Whether `anonymize` leaves messages of that name out, so that the copy holds none."""
        return False
