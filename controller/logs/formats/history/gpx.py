"""GPX tracks with times (GPX 1.0 and 1.1), as trackers, viewers of flight records and AirData write them.

Times are UTC and `ele` is above mean sea level, as the schema of GPX 1.1 says; some programs write
the height above the take-off point into it, which the file does not tell.
"""

from __future__ import annotations

import math

import numpy as np

from controller.errors import UserError
from controller.logs.formats.base import LogUnreadable
from controller.logs.formats.history.log import HistoryFormat, Samples
from controller.logs.formats.history.times import UNKNOWN_US, times_us
from controller.missions.shapes.xml_events import XmlEvents

_HEAD_BYTES = 4_096
_SPEED = "speed"


class _Points(XmlEvents):
    """Takes the points of all tracks of a document."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.rows: list[tuple[float, float, float, float]] = []
        self.times: list[str] = []
        self.creator = ""
        self._point: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "gpx":
            self.creator = attributes.get("creator", "")
        elif name == "trkpt":
            self._point = {key: attributes.get(key, "") for key in ("lat", "lon")}

    def end(self, name: str, text: str) -> None:
        if name == "trkpt":
            place = [_number(self._point.get(key, "")) for key in ("lat", "lon", "ele", _SPEED)]
            self.rows.append((place[0], place[1], place[2], place[3]))
            self.times.append(self._point.get("time", ""))
        elif "trkpt" in self.path and name in ("ele", "time", _SPEED):
            self._point[name] = text.strip()


class GpxTrackFormat(HistoryFormat):
    """Told by its `gpx` element."""

    name = "gpx-track"
    title = "the GPX track"
    endings = (".gpx",)
    table_prefix = "gpx_"

    def recognizes(self, data: memoryview) -> bool:
        head = bytes(data[:_HEAD_BYTES])
        return b"<gpx" in head and head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"

    def samples(self, data: memoryview, name: str) -> Samples:
        points = _Points(name)
        try:
            points.parse(bytes(data))
        except UserError as error:
            raise LogUnreadable(f"cannot read the GPX track: {error.what}", where=error.where) from None
        times, _ = times_us(points.times)
        rows = np.array(points.rows, np.float64).reshape(-1, 4)
        sound = (np.abs(rows[:, 0]) <= 90) & (np.abs(rows[:, 1]) <= 180)
        known = (times != UNKNOWN_US) & sound
        if len(times) and not (times != UNKNOWN_US).any():
            raise LogUnreadable(
                "cannot read the GPX track: its points have no times",
                where=name,
                hint="a plan's or route's GPX is opened by landline mission",
            )
        columns = {"lat": rows[known, 0], "lon": rows[known, 1], "ele": rows[known, 2]}
        values = {"lat_deg": columns["lat"], "lon_deg": columns["lon"], "msl_m": columns["ele"]}
        if np.isfinite(rows[:, 3]).any():
            columns[_SPEED] = values["ground_m_s"] = rows[known, 3]
        made_by = f" ({points.creator[:60]})" if points.creator else ""
        return Samples(
            times_us=times[known],
            values=values,
            columns=columns,
            problems=(
                f"heights of the GPX track{made_by} are read as above mean sea level, as GPX defines them",
                "attitude, battery, photos, modes, model and serial number are not in a GPX track",
            ),
            lost_rows=int((~known).sum()),
        )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


FORMAT = GpxTrackFormat()
