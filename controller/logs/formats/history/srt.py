"""DJI's subtitles beside a video (`.SRT`): a position for each frame or each second of the recording.

Forms (the samples of JuanIrache/DJI_SRT_Parser and OpenDroneMap's reader describe them):
    [latitude: 48.48] [longitude: 8.37] [rel_alt: 1.3 abs_alt: 530.1]     Mavic 3, Mini 3, Air 3; older ones write
    [latitude: 48.48] [longtitude: 8.37] [altitude: 117.0]                "longtitude", and one altitude
    HOME(149.0251,-20.2532) 2017.08.05 14:11:51                           Mavic Pro, Phantom 4:
    GPS(149.0251,-20.2533,16) BAROMETER:1.9                               longitude, latitude, satellites
    GPS(36.6146,-6.1120,0.0M) BAROMETER:0.3M                              Matrice 300: latitude, longitude, height
    GPS (-82.66, 27.77, 10), D 2.8m, H 0.0m, H.S 0.0m/s, V.S 0.0m/s       Mini, Phantom 4 Pro and RTK: most have no
                                                                          date, and are refused
`rel_alt`, BAROMETER and H are above the take-off point. The single `altitude` has no stated reference: it is kept in
the table alone. Dates are those of the aircraft's clock, of which the file does not name the zone.
"""

from __future__ import annotations

import math
import re

import numpy as np

from controller.logs.formats.base import LogUnreadable
from controller.logs.formats.history.log import HistoryFormat, Samples
from controller.logs.formats.history.times import UNKNOWN_US, times_us
from controller.spreadsheet_text import text_of

_HEAD_BYTES = 8_192
_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_CUE = re.compile(r"(\d{1,3}):(\d\d):(\d\d)[,.](\d{3})\s*-->")
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}[ T]+\d{1,2}:\d\d:\d\d(?:[.,:]\d{1,6})?")
_PAIR = re.compile(rf"\b([A-Za-z_]+) ?: ?({_NUMBER})(?![\d/])")
_GPS = re.compile(rf"\bGPS ?\( ?({_NUMBER}) ?, ?({_NUMBER})(?: ?, ?({_NUMBER}) ?(M?))? ?\)")
_HOME = re.compile(rf"\bHOME ?\( ?({_NUMBER}) ?, ?({_NUMBER})")
_SHORT = re.compile(rf"\b(H\.S|V\.S|D|H) ({_NUMBER}) ?m")
_TELEMETRY = re.compile(r"\blatitude ?:|\bGPS ?\(")
# By the names of `Samples`, those of the file.
_NAMES = {
    "lat_deg": ("latitude",),
    "lon_deg": ("longitude", "longtitude"),
    "home_m": ("rel_alt", "BAROMETER", "Hb", "H"),
    "msl_m": ("abs_alt",),
    "ground_m_s": ("H.S",),
    "satellites": ("satellites",),
}


class SrtFormat(HistoryFormat):
    """Told by a cue's time and a position in it: other subtitles have none."""

    name = "dji-srt"
    title = "DJI's subtitles"
    endings = (".srt",)
    table_prefix = "srt_"

    def recognizes(self, data: memoryview) -> bool:
        head = bytes(data[:_HEAD_BYTES])
        if b"-->" not in head:
            return False
        text = text_of(head)
        return bool(_CUE.search(text) and _TELEMETRY.search(text))

    def samples(self, data: memoryview, name: str) -> Samples:
        blocks = re.split(r"\n\s*\n", text_of(bytes(data)).replace("\r\n", "\n").replace("\r", "\n"))
        cues_s: list[float] = []
        dates: list[str] = []
        rows: list[dict[str, float]] = []
        lost = 0
        for block in blocks:
            cue = _CUE.search(block)
            if cue is None:
                lost += bool(block.strip())
                continue
            date = _DATE.search(block)
            dates.append(date[0] if date else "")
            hours, minutes, seconds, thousandths = map(int, cue.groups())
            cues_s.append((hours * 60 + minutes) * 60 + seconds + thousandths / 1000)
            rows.append(_fields(block[cue.end() :]))
        times = _times_us(dates, cues_s, name)
        columns = {
            key: np.array([row.get(key, math.nan) for row in rows])
            for key in dict.fromkeys(key for row in rows for key in row)
        }
        known = times != UNKNOWN_US
        values = {
            key: columns[found][known]
            for key, names in _NAMES.items()
            if (found := next((one for one in names if one in columns), None))
        }
        if not {"lat_deg", "lon_deg"} <= values.keys():
            raise LogUnreadable("cannot read DJI's subtitles: no position in them", where=name)
        values["video"] = np.ones(int(known.sum()), np.bool_)
        never = ["battery, attitude, modes, model and serial number are not in DJI's subtitles"]
        if "home_m" not in values and "altitude" in columns:
            never.append("its altitude has no stated reference: it is in the table srt_telemetry alone")
        return Samples(
            times_us=times[known],
            values=values,
            columns={key: column[known] for key, column in columns.items()},
            zone_known=False,
            problems=tuple(never),
            lost_rows=lost,
        )


def _fields(block: str) -> dict[str, float]:
    found = {name: float(value) for name, value in _PAIR.findall(block)}
    found |= {name: float(value) for name, value in _SHORT.findall(block)}
    gps = _GPS.search(block)
    if gps and "latitude" not in found:
        first, second = float(gps[1]), float(gps[2])
        found["latitude"], found["longitude"] = (first, second) if gps[4] else (second, first)
        if gps[3] and not gps[4]:
            found["satellites"] = float(gps[3])
    home = _HOME.search(block)
    if home:
        found["home_longitude"], found["home_latitude"] = float(home[1]), float(home[2])
    return found


def _times_us(dates: list[str], cues_s: list[float], name: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The date of each cue; where dates are whole seconds, or only the first cue has one, by the cue's place in the
    video."""
    found, _ = times_us(dates)
    known = found != UNKNOWN_US
    if not known.any():
        raise LogUnreadable(
            "cannot read DJI's subtitles: no date in them",
            where=name,
            hint="Landline needs the time of day: this aircraft writes none; use its flight record",
        )
    if (found[known] % 1_000_000).any() and known.all():
        return found
    cues_us = np.rint(np.array(cues_s) * 1e6).astype(np.int64)
    begins = found[known] - cues_us[known]
    middle = int(np.median(begins))
    near = begins[np.abs(begins - middle) <= 1_000_000]
    return int(near.max() if len(near) else middle) + cues_us


FORMAT = SrtFormat()
