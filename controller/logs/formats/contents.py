"""What a log holds, piece by piece: texts, aircraft, photo messages, tables for export; and counts of messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from controller.logs.series.view import Array

_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class ExportTable:
    """All messages of one name (and instance) as SQL and the exports show them.

    `name` is the table's, with the format's prefix, and `rows` their number. `read()` makes two mappings: the columns
    that come first, `time_us` in the clock of the series, the sender, the instance; and the message's own fields, in
    the log's units.
    """

    name: str
    rows: int
    read: Callable[[], tuple[Mapping[str, Array], Mapping[str, Array]]]


@dataclass(frozen=True, slots=True)
class LoggedText:
    """A text message: microseconds in the log's own clock, severity (0 emergency to 7 debug) where the log has one.

    `sender` is the component that sent it, `event` the name of the event whose words it is, where the log has them.
    """

    time_us: int
    severity: int | None
    text: str
    sender: str = "autopilot"
    event: str = ""


@dataclass(frozen=True, slots=True)
class LoggedIdentity:
    """Model, serial number and firmware of an aircraft, as far as a log names them."""

    model: str = ""
    serial: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class CameraMessage:
    """A message that reports photos. `columns` are latitude and longitude, altitude above sea level and above home,
    roll, pitch and yaw, as far as it has them; times `scales` they are degrees, metres, radians. `numbers` are the
    columns with the numbers of camera and photo, `utc_column` one with a UTC time in microseconds ("" for none)."""

    name: str
    columns: tuple[str, ...] = ()
    scales: tuple[float, ...] = ()
    numbers: tuple[str, str] = ("", "")
    utc_column: str = ""


@dataclass(frozen=True, slots=True)
class GimbalMessage:
    """A message with the attitude of a camera: the columns of a quaternion w, x, y, z (or one of four numbers) with
    its MAVLink `flags` and `delta_yaw`, rad; or `angles_deg`, roll and pitch above the horizon, and `yaws_deg`, from
    the aircraft's nose and from north. `device` is the column with the gimbal's number ("" for none)."""

    name: str
    quaternion: tuple[str, ...] = ()
    flags: str = ""
    delta_yaw: str = ""
    angles_deg: tuple[str, str] = ("", "")
    yaws_deg: tuple[str, str] = ("", "")
    device: str = ""


@dataclass(frozen=True, slots=True)
class LoggedAircraft:
    """An aircraft in a log of MAVLink frames: address of its autopilot, MAV_TYPE and MAV_AUTOPILOT."""

    system: int
    component: int
    vehicle_type: int
    autopilot: int

    @property
    def address(self) -> tuple[int, int]:
        """System and component."""
        return self.system, self.component

    @property
    def description(self) -> str:
        """MAVLink's names of type and autopilot: `QUADROTOR, ARDUPILOTMEGA`."""
        from controller.wire import enums

        kind = enums.describe("MAV_TYPE", self.vehicle_type)
        return f"{kind}, {enums.describe('MAV_AUTOPILOT', self.autopilot)}"


class FrameRecord(Protocol):
    """What only a log of MAVLink frames holds: who sent them, and in which order."""

    @property
    def aircraft(self) -> tuple[int, int] | None:
        """System and component of the first autopilot that sent a heartbeat."""

    @property
    def autopilot(self) -> str:
        """MAV_AUTOPILOT of that heartbeat by name; empty without one."""

    @property
    def senders(self) -> set[tuple[int, int]]:
        """System and component of every sender of a known message."""

    @property
    def warnings(self) -> int:
        """STATUSTEXT messages of severity warning and worse, from any sender; one in several chunks counts once."""

    def received(self, system: int, component: int) -> Iterator[tuple[Array, Array]]:
        """Times (int64, microseconds since 1970) and sequence numbers of all frames of one sender, in the order of
        the log and in parts."""


def several_aircraft(
    found: Sequence[LoggedAircraft], chosen: LoggedAircraft | None = None
) -> tuple[str, ...]:
    """A line for people that names the aircraft of a log and the chosen one; none where it is not several."""
    if len(found) < 2:
        return ()
    listed = ", ".join(f"system {one.system} ({one.description})" for one in found[:_MOST_NAMED])
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    this = f"; this is system {chosen.system}, --system chooses another" if chosen else ""
    return (f"{len(found)} aircraft in this log: {listed}{more}{this}",)


def named_counts(rows: Mapping[tuple[str, int], int]) -> dict[str, int]:
    """Counts by name; by name and instance for the names with several instances."""
    several = {name for name, instance in rows if instance}
    return {
        f"{name}.{instance}" if name in several else name: count for (name, instance), count in rows.items()
    }
