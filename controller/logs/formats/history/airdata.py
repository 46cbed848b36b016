"""AirData's CSV (also the "original" CSV of its sync apps): one table a flight, units in the headers.

Columns: time(millisecond), datetime(utc), latitude, longitude, height_above_takeoff(feet),
altitude_above_seaLevel(feet), speed(mph), xSpeed(mph), ..., battery_percent, isPhoto, isVideo, flycState, message
(as listed in the README of AirDataUAV on PyPI, and read by many public scripts). The zSpeed is positive downwards, as
in DJI's records.
"""

from __future__ import annotations

from controller.logs.formats.history.csv_format import NOTICE, CsvFormat, Dialect


class AirDataFormat(CsvFormat):
    """Told by its `datetime(utc)` and a column that no other table of flights has."""

    name = "airdata"
    title = "AirData's CSV"
    table_prefix = "airdata_"
    dialect = Dialect(
        marks=(
            frozenset({"latitude"}),
            frozenset({"longitude"}),
            frozenset({"datetime", "time"}),
            frozenset(
                {"height_above_takeoff", "altitude_above_sealevel", "flycstate", "ascent", "battery_percent"}
            ),
        ),
        not_marks=frozenset({"remainpowerpercent", "istakingphoto"}),
        values={
            "lat_deg": ("latitude",),
            "lon_deg": ("longitude",),
            "home_m": ("height_above_takeoff", "ascent"),
            "msl_m": ("altitude_above_sealevel",),
            "ground_m_s": ("speed",),
            "north_m_s": ("xspeed",),
            "east_m_s": ("yspeed",),
            "down_m_s": ("zspeed",),
            "roll_deg": ("roll",),
            "pitch_deg": ("pitch",),
            "yaw_deg": ("compass_heading",),
            "camera_roll_deg": ("gimbal_roll",),
            "camera_pitch_deg": ("gimbal_pitch",),
            "camera_yaw_deg": ("gimbal_heading",),
            "voltage_v": ("voltage",),
            "current_a": ("current",),
            "left_share": ("battery_percent", "powerlevel"),
            "satellites": ("satellites",),
            "mode": ("flycstate",),
            "photo": ("isphoto",),
            "video": ("isvideo",),
        },
        utc=(("datetime",),),
        elapsed=("time",),
        texts={"message": NOTICE},
        never="model, serial number and firmware are not in AirData's CSV",
    )


FORMAT = AirDataFormat()
