"""DJI flight records (DJIFlightRecord_*.txt, FLY*.txt) of versions 1 to 12, which open without a key.

Times are the app's, UTC. `height` is above the take-off point; the height above sea level is that and the altitude
of home that the aircraft reckoned. Speeds are north, east and down. The camera's yaw is from north.
"""

from __future__ import annotations

import math
import struct
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from controller.logs.formats.base import LogUnreadable
from controller.logs.formats.contents import LoggedIdentity, LoggedText
from controller.logs.formats.history import dji_records as dji
from controller.logs.formats.history.dji_names import mode_name, product_name
from controller.logs.formats.history.log import HistoryFormat, Samples
from controller.logs.series.view import Array

_FLIGHT_CONTROLLER = 3  # who a firmware's version is of
_OSD = struct.Struct("<dd7hB B B B B B B B B B B B H".replace(" ", ""))
_MOTORS = 0x08
_PHOTO, _VIDEO = 0x38, 0xC0
_SEVERITIES = {dji.TIP: 6, dji.WARN: 4, dji.SERIOUS_WARN: 2}
_NEVER = "remote control, parameters and pictures of the flight record are not carried over"
_LOCKED = "only its maker gives the key"


class DjiRecordFormat(HistoryFormat):
    """Told by its head and the records after it."""

    name = "dji-txt"
    title = "the DJI flight record"
    endings = (".txt",)
    table_prefix = "dji_"

    def recognizes(self, data: memoryview) -> bool:
        head = dji.head_of(data)
        return head is not None and (head.version > dji.LAST_OPEN or dji.begins_with_records(data, head))

    def samples(self, data: memoryview, name: str) -> Samples:
        head = dji.head_of(data)
        if head is None:
            raise LogUnreadable("cannot read the DJI flight record: its head is damaged", where=name)
        if head.version > dji.LAST_OPEN:
            raise LogUnreadable(
                f"cannot read the DJI flight record: version {head.version} is encrypted, and {_LOCKED}",
                where=name,
                hint="export this flight as CSV (AirData, PhantomHelp, Flight Reader) and import that",
            )
        details = dji.details_of(data, head)
        found = _Rows(head.version, details)
        for kind, contents in dji.records(data, head):
            found.take(kind, contents)
        return found.samples(name, cut_off=head.end > len(data))


@dataclass
class _Rows:
    """The rows so far: one for each OSD record, with what was last known of the rest."""

    version: int
    details: dji.Details
    osd: list[tuple[float, ...]] = field(default_factory=list)
    rest: array[float] = field(default_factory=lambda: array("d"))
    times: list[tuple[int, int]] = field(default_factory=list)  # row, microseconds
    messages: list[tuple[int, int, str]] = field(default_factory=list)
    lost: int = 0
    product: int = 0
    name: str = ""
    serial: str = ""
    firmware: str = ""
    # What was last known: home's altitude, volts, amperes, share left, photo, video; camera's pitch, roll, yaw.
    now: list[float] = field(default_factory=lambda: [math.nan] * 4 + [0.0, 0.0] + [math.nan] * 3)

    def take(self, kind: int, contents: bytes) -> None:
        """Take the next record; one that is too short is damaged."""
        if kind == 0:
            self.lost += 1
            return
        try:
            _TAKERS[kind](self, kind, contents)
        except struct.error:
            self.lost += 1

    def on_osd(self, _: int, contents: bytes) -> None:
        self.osd.append(_OSD.unpack_from(contents))
        self.rest.extend(self.now)

    def on_home(self, _: int, contents: bytes) -> None:
        (altitude,) = struct.unpack_from("<f", contents, 16)
        self.now[0] = altitude / 10

    def on_gimbal(self, _: int, contents: bytes) -> None:
        self.now[6:9] = (tenths / 10 for tenths in struct.unpack_from("<hhh", contents))

    def on_custom(self, _: int, contents: bytes) -> None:
        (milliseconds,) = struct.unpack_from("<q", contents, 10)
        time_us = dji.utc_us(milliseconds)
        # It comes after the OSD record of its moment.
        if time_us and self.osd:
            self.times.append((len(self.osd) - 1, time_us))

    def on_center_battery(self, _: int, contents: bytes) -> None:
        percent, millivolts = struct.unpack_from("<BH", contents)
        (milliamperes,) = struct.unpack_from("<h", contents, 14)
        self.now[1:4] = millivolts / 1000, abs(milliamperes) / 1000, percent / 100

    def on_smart_battery(self, _: int, contents: bytes) -> None:
        millivolts, percent = struct.unpack_from("<HB", contents, 24)
        self.now[1], self.now[3] = millivolts / 1000, percent / 100

    def on_battery_group(self, _: int, contents: bytes) -> None:
        part, number = struct.unpack_from("<BB", contents)
        if part == 2 and number <= 1:
            millivolts, milliamperes = struct.unpack_from("<ii", contents, 2)
            (percent,) = struct.unpack_from("<B", contents, 21)
            self.now[1:4] = millivolts / 1000, abs(milliamperes) / 1000, percent / 100

    def on_camera(self, _: int, contents: bytes) -> None:
        (state,) = struct.unpack_from("<B", contents)
        self.now[4], self.now[5] = float(bool(state & _PHOTO)), float(bool(state & _VIDEO))

    def on_text(self, kind: int, contents: bytes) -> None:
        text = " ".join(contents.partition(b"\0")[0].decode("utf-8", "replace").split())[:500]
        if text:
            self.messages.append((max(0, len(self.osd) - 1), _SEVERITIES[kind], text))

    def on_recover(self, _: int, contents: bytes) -> None:
        product, name, serial = dji.identity_of(contents, self.version)
        self.product, self.name, self.serial = (
            product or self.product,
            name or self.name,
            serial or self.serial,
        )

    def on_firmware(self, _: int, contents: bytes) -> None:
        sender, _, *numbers = struct.unpack_from("<BB4B", contents)
        if sender == _FLIGHT_CONTROLLER and not self.firmware:
            self.firmware = ".".join(map(str, numbers))

    def samples(self, name: str, *, cut_off: bool) -> Samples:
        """All rows. Raises LogUnreadable where there is none, or no time."""
        if not self.osd:
            raise LogUnreadable(
                "cannot read the DJI flight record: no position record in it",
                where=name,
                hint="the file is empty or damaged",
            )
        rows = np.array(self.osd, np.float64)
        rest = np.frombuffer(self.rest, np.float64).reshape(-1, len(self.now)).copy()
        times_us = self._times_us(rows[:, 20] / 10, name)
        lon_deg, lat_deg = np.degrees(rows[:, 0]), np.degrees(rows[:, 1])
        tenths = rows[:, 2:9] / 10  # height, north, east, down, pitch, roll, yaw
        modes = rows[:, 9].astype(np.int64) & 0x7F
        columns = {
            "flyTime_s": rows[:, 20] / 10,
            "latitude": lat_deg,
            "longitude": lon_deg,
            "height_m": tenths[:, 0],
            "homeAltitude_m": rest[:, 0],
            "xSpeed_m_s": tenths[:, 1],
            "ySpeed_m_s": tenths[:, 2],
            "zSpeed_m_s": tenths[:, 3],
            "pitch_deg": tenths[:, 4],
            "roll_deg": tenths[:, 5],
            "yaw_deg": tenths[:, 6],
            "gimbalPitch_deg": rest[:, 6],
            "gimbalRoll_deg": rest[:, 7],
            "gimbalYaw_deg": rest[:, 8],
            "gpsNum": rows[:, 15],
            "voltage_V": rest[:, 1],
            "current_A": rest[:, 2],
            "chargeLevel_percent": rest[:, 3] * 100,
        }
        values: dict[str, Array] = {
            "lat_deg": lat_deg,
            "lon_deg": lon_deg,
            "home_m": tenths[:, 0],
            "msl_m": tenths[:, 0] + rest[:, 0],
            "north_m_s": tenths[:, 1],
            "east_m_s": tenths[:, 2],
            "down_m_s": tenths[:, 3],
            "pitch_deg": tenths[:, 4],
            "roll_deg": tenths[:, 5],
            "yaw_deg": tenths[:, 6],
            "camera_pitch_deg": rest[:, 6],
            "camera_roll_deg": rest[:, 7],
            "camera_yaw_deg": rest[:, 8],
            "satellites": rows[:, 15],
            "voltage_v": rest[:, 1],
            "current_a": rest[:, 2],
            "left_share": rest[:, 3],
            "mode": np.array([mode_name(int(mode)) for mode in modes], dtype=object),
            "motors_on": (rows[:, 11].astype(np.int64) & _MOTORS) != 0,
            "photo": rest[:, 4] > 0,
            "video": rest[:, 5] > 0,
        }
        problems = [_NEVER] + ["the file is cut off: its details are missing"] * cut_off
        return Samples(
            times_us=times_us,
            values=values,
            columns=columns,
            texts=tuple(
                LoggedText(int(times_us[row]), severity, text) for row, severity, text in self.messages
            ),
            identity=LoggedIdentity(
                model=product_name(self.product or self.details.product) or self.name or self.details.name,
                serial=self.serial or self.details.serial,
                firmware=self.firmware,
            ),
            problems=tuple(problems),
            lost_rows=self.lost,
        )

    def _times_us(self, fly_s: Array, name: str) -> Array:
        """The app's times, between two of them by the number of rows; without any from the flight's beginning."""
        if self.times:
            at, times = np.array(self.times, np.int64).T
            begin_us, since = int(times[0]), np.interp(np.arange(len(fly_s)), at, (times - times[0]) / 1.0)
        elif self.details.start_us:
            begin_us, since = self.details.start_us, (fly_s - fly_s[0]) * 1e6
        else:
            raise LogUnreadable("cannot read the DJI flight record: no time of day in it", where=name)
        found: Array = begin_us + np.rint(since).astype(np.int64)
        return found


_TAKERS: dict[int, Callable[[_Rows, int, bytes], None]] = {
    dji.OSD: _Rows.on_osd,
    dji.HOME: _Rows.on_home,
    dji.GIMBAL: _Rows.on_gimbal,
    dji.CUSTOM: _Rows.on_custom,
    dji.CENTER_BATTERY: _Rows.on_center_battery,
    dji.SMART_BATTERY: _Rows.on_smart_battery,
    dji.BATTERY_GROUP: _Rows.on_battery_group,
    dji.CAMERA: _Rows.on_camera,
    dji.TIP: _Rows.on_text,
    dji.WARN: _Rows.on_text,
    dji.SERIOUS_WARN: _Rows.on_text,
    dji.RECOVER: _Rows.on_recover,
    dji.FIRMWARE: _Rows.on_firmware,
}

FORMAT = DjiRecordFormat()
