"""The contents of another program's record of a flight, in the same shape for all of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np

from controller.logs.flights.store import read_import
from controller.logs.formats.base import CannotAnonymize, Log, LogFormat, LogUnreadable
from controller.logs.formats.contents import (
    CameraMessage,
    ExportTable,
    GimbalMessage,
    LoggedIdentity,
    LoggedText,
)
from controller.logs.formats.cutting import Chunk, as_one_chunk
from controller.logs.privacy.anonymize_rules import Mover
from controller.logs.series.rows import Rows
from controller.logs.series.view import Array, Channel, changes, located

TELEMETRY, PHOTOS, VIDEOS = "telemetry", "photos", "videos"
CAMERA = "camera"  # rows that are no table of their own: the columns are in `telemetry`
_MOST_BYTES = 400_000_000
_FIX_3D = 3.0
_FLAGS = {PHOTOS: "photo", VIDEOS: "video"}
_PLACE = ("lat_deg", "lon_deg", "msl_m", "home_m")
_PHOTO_ANGLES = ("roll_deg", "pitch_deg", "yaw_deg")
_CAMERA_ANGLES = ("camera_roll_deg", "camera_pitch_deg", "camera_yaw_deg")


@dataclass(frozen=True, kw_only=True)
class Samples:
    """What a reader found: `times_us` (microseconds since 1970) and values under the names below, one a time.

    lat_deg, lon_deg, msl_m, home_m, ground_m_s, north_m_s, east_m_s, down_m_s, roll_deg, pitch_deg, yaw_deg,
    camera_roll_deg, camera_pitch_deg, camera_yaw_deg (from north), voltage_v, current_a, used_ah, left_share,
    satellites; mode (texts); motors_on, photo, video (bool). `columns` are all of the file's own, in its own units.
    `zone_known` is False for times of which the file does not name the zone.
    """

    times_us: Array
    values: Mapping[str, Array]
    columns: Mapping[str, Array]
    texts: tuple[LoggedText, ...] = ()
    identity: LoggedIdentity = field(default_factory=LoggedIdentity)
    zone_known: bool = True
    problems: tuple[str, ...] = ()
    lost_rows: int = 0


@dataclass(frozen=True, kw_only=True)
class HistoryLog(Log):
    """A flight of another program. Its messages are `telemetry`, the file's own columns, and `photos` and `videos`."""

    samples: Samples

    camera_messages: ClassVar[tuple[CameraMessage, ...]] = (
        CameraMessage(
            PHOTOS, (*_PLACE, *_PHOTO_ANGLES), (1.0, 1.0, 1.0, 1.0, *[np.pi / 180] * 3), ("camera", "number")
        ),
    )

    gimbal_messages: ClassVar[tuple[GimbalMessage, ...]] = (
        GimbalMessage(CAMERA, angles_deg=_CAMERA_ANGLES[:2], yaws_deg=("", _CAMERA_ANGLES[2])),
    )

    @property
    def utc_times(self) -> bool:
        return True

    @property
    def identity(self) -> LoggedIdentity:
        return self.samples.identity

    @property
    def identifiers(self) -> set[bytes]:
        return {self.identity.serial.encode()} - {b""}

    def texts(self) -> list[LoggedText]:
        return list(self.samples.texts)

    @property
    def tables(self) -> Mapping[str, Mapping[str, Array]]:
        found = {TELEMETRY: dict(self.samples.columns)}
        more = {PHOTOS: self._photos(), VIDEOS: self._videos()}
        return found | {name: columns for name, columns in more.items() if len(columns["number"])}

    def export_tables(self, shift_us: int) -> Iterator[ExportTable]:
        for name, columns in self.tables.items():
            times_us = self._times_of(name) + shift_us
            yield ExportTable(
                self.format.table_prefix + name,
                len(times_us),
                lambda times_us=times_us, columns=columns: ({"time_us": times_us}, columns),  # type: ignore[misc]
            )

    def rows(self, name: str) -> list[Rows]:
        if name == CAMERA:
            return self._camera()
        found = self.tables.get(name)
        return [] if found is None else [Rows(name, 0, self._times_of(name), list(found), found.__getitem__)]

    def channels(self, aircraft: tuple[int, int] | None) -> tuple[list[Channel], int]:  # noqa: ARG002
        return [*self._place(), *self._motion(), *self._battery(), *self._gps(), *self._mode()], 0

    def _times_of(self, name: str) -> Array:
        times_us = self.samples.times_us
        return times_us if name == TELEMETRY else times_us[_risen(self.samples.values.get(_FLAGS[name]))]

    def _photos(self) -> dict[str, Array]:
        """Those rows in which the flag of a photo goes up."""
        rows = _risen(self.samples.values.get("photo"))
        values = {name: self._values(name)[rows] for name in (*_PLACE, *_PHOTO_ANGLES)}
        count = len(rows)
        return {"camera": np.zeros(count, np.int64), "number": np.arange(1, count + 1), **values}

    def _camera(self) -> list[Rows]:
        """The camera's angles in the rows that have them; zeros alone are those of an aircraft without a gimbal."""
        angles = {name: self._values(name) for name in _CAMERA_ANGLES}
        if not any(np.nan_to_num(column).any() for column in angles.values()):
            return []
        known = np.isfinite(angles["camera_pitch_deg"])
        times_us = self.samples.times_us[known]
        return (
            [Rows(CAMERA, 0, times_us, list(angles), lambda name: angles[name][known])] if known.any() else []
        )

    def _videos(self) -> dict[str, Array]:
        """Each recording from the row in which its flag goes up, with the seconds until the flag's last row."""
        flag = self.samples.values.get("video")
        begins = _risen(flag)
        ends = len(self.samples.times_us) - 1 - _risen(None if flag is None else flag[::-1])[::-1]
        seconds = (self.samples.times_us[ends] - self.samples.times_us[begins]) / 1e6
        place = {name: self._values(name)[begins] for name in _PLACE}
        return {"number": np.arange(1, len(begins) + 1), "seconds": seconds, **place}

    def _values(self, name: str) -> Array:
        found = self.samples.values.get(name)
        return np.full(len(self.samples.times_us), np.nan) if found is None else found

    def _has(self, *names: str) -> bool:
        return any(name in self.samples.values for name in names)

    def _place(self) -> list[Channel]:
        times_us, place = self.samples.times_us, {name: self._values(name) for name in _PLACE}
        known = located(place["lat_deg"], place["lon_deg"])
        found = []
        if known.any():
            rows = {name: column[known] for name, column in place.items()}
            found.append(Channel("position", TELEMETRY, times_us[known], rows))
        if self._has("msl_m", "home_m"):
            found.append(Channel("altitude", TELEMETRY, times_us, place))
        return found

    def _motion(self) -> list[Channel]:
        times_us, found = self.samples.times_us, []
        north, east, down = (self._values(f"{way}_m_s") for way in ("north", "east", "down"))
        if self._has("north_m_s", "east_m_s"):
            values = {"north_m_s": north, "east_m_s": east, "down_m_s": down}
            found.append(Channel("velocity", TELEMETRY, times_us, values))
        if self._has("ground_m_s", "north_m_s"):
            ground = self._values("ground_m_s") if self._has("ground_m_s") else np.hypot(north, east)
            found.append(Channel("speed", TELEMETRY, times_us, {"ground_m_s": ground, "climb_m_s": -down}))
        if self._has("roll_deg", "pitch_deg"):
            angles = {
                f"{name}_rad": (np.radians(self._values(f"{name}_deg")) + np.pi) % (2 * np.pi) - np.pi
                for name in ("roll", "pitch", "yaw")
            }
            found.append(Channel("attitude", TELEMETRY, times_us, angles))
        return found

    def _battery(self) -> list[Channel]:
        names = ("voltage_v", "current_a", "used_ah", "left_share")
        if not self._has(*names):
            return []
        values = {name: self._values(name) for name in names}
        count = np.zeros(len(self.samples.times_us))
        return [Channel("battery", TELEMETRY, self.samples.times_us, {"number": count, **values})]

    def _gps(self) -> list[Channel]:
        if not self._has("satellites"):
            return []
        known = located(self._values("lat_deg"), self._values("lon_deg"))
        values = {
            "number": np.zeros(len(known)),
            "fix": np.where(known, _FIX_3D, 0.0),
            "satellites": self._values("satellites"),
            "hdop": np.full(len(known), np.nan),
            **{name: np.where(known, self._values(name), np.nan) for name in ("lat_deg", "lon_deg", "msl_m")},
        }
        return [Channel("gps", TELEMETRY, self.samples.times_us, values)]

    def _mode(self) -> list[Channel]:
        if not self._has("mode", "motors_on"):
            return []
        count = len(self.samples.times_us)
        modes = self.samples.values.get("mode", np.full(count, "", dtype=object)).tolist()
        armed = self.samples.values.get("motors_on", np.ones(count, np.bool_))
        return [changes(TELEMETRY, self.samples.times_us, modes, armed)]


class HistoryFormat(LogFormat):
    """Base of the formats: `samples` is all that one of them must offer beside its names."""

    own_endings = False
    imported = True

    @abstractmethod
    def samples(self, data: memoryview, name: str) -> Samples:
        """Read a file. `name` is for errors. Raises UserError."""

    def read(self, data: memoryview, name: str, *, ahead: int = 0) -> HistoryLog:
        if len(data) > _MOST_BYTES:
            raise LogUnreadable(
                f"cannot read {self.title}: {len(data) / 1e6:,.0f} MB, more than {_MOST_BYTES / 1e6:.0f} MB",
                where=name,
                hint="split it by flights",
            )
        return _log(self, self.samples(data[: len(data) - ahead], name), len(data), name)

    def read_chunk(self, chunk: Chunk, name: str) -> HistoryLog:
        return self.read(chunk.raw, name)

    def cut(self, data: memoryview, name: str, chunk_bytes: int) -> Iterator[Chunk]:  # noqa: ARG002
        # Another program's record of a flight is read as a whole: it is bounded in size.
        yield as_one_chunk(data)

    def anonymize(self, chunk: Chunk, mover: Mover) -> bytes:  # noqa: ARG002
        raise CannotAnonymize(
            f"cannot anonymize {self.title}: Landline does not rewrite another program's files",
            hint="give away the columns that you choose: landline logs sql",
        )


def _log(log_format: HistoryFormat, samples: Samples, size: int, name: str) -> HistoryLog:
    if not len(samples.times_us):
        raise LogUnreadable(f"cannot read {log_format.title}: no row with a time in it", where=name)
    offset = None if samples.zone_known else _told_offset_s(Path(name))
    problems = list(samples.problems)
    texts, times_us = samples.texts, samples.times_us
    if not samples.zone_known and offset is None:
        problems.append(
            "times are read as UTC: the file does not name their zone (logs import --utc-offset does)"
        )
    elif not samples.zone_known and offset is not None:
        by_us = offset * 1_000_000
        times_us = times_us - by_us
        texts = tuple(LoggedText(one.time_us - by_us, one.severity, one.text) for one in texts)
        problems.append(f"times of the file are {offset / 3600:+g} h from UTC, as logs import was told")
    if samples.lost_rows:
        problems.append(f"{samples.lost_rows:,d} damaged rows are left out")
    if "motors_on" not in samples.values:
        problems.append("the motors' state is not in the file: all of it counts as armed")
    order = np.argsort(times_us, kind="stable")
    samples = Samples(
        times_us=times_us[order],
        values=_possible({key: values[order] for key, values in samples.values.items()}),
        columns={key: values[order] for key, values in samples.columns.items()},
        texts=texts,
        identity=samples.identity,
        zone_known=samples.zone_known,
    )
    counts = {
        (name, 0): count
        for name, count in (
            (TELEMETRY, len(order)),
            *((table, len(_risen(samples.values.get(flag)))) for table, flag in _FLAGS.items()),
        )
        if count
    }
    return HistoryLog(
        format=log_format,
        size_bytes=size,
        messages=sum(counts.values()),
        bad_bytes=0,
        rows_by_message=counts,
        problems=tuple(problems),
        samples=samples,
    )


def _possible(values: dict[str, Array]) -> dict[str, Array]:
    """The values without places that are none."""
    lats_deg, lons_deg = values["lat_deg"], values["lon_deg"]
    none = ~((np.abs(lats_deg) <= 90) & (np.abs(lons_deg) <= 180))
    return values | {name: np.where(none, np.nan, values[name]) for name in ("lat_deg", "lon_deg")}


def _told_offset_s(path: Path) -> int | None:
    """The offset from UTC that the user gave when the file was imported."""
    told = read_import(path.parent)
    offset = told.get("utc_offset_s")
    return offset if told.get("file") == path.name and isinstance(offset, int) else None


def _risen(flag: Array | None) -> Array:
    """The rows in which a flag goes up."""
    if flag is None or not len(flag):
        return np.zeros(0, np.int64)
    before = np.concatenate([[False], flag[:-1]])
    return np.flatnonzero(flag & ~before)
