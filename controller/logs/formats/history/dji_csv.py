"""CSV made of DJI's flight records by PhantomHelp's log viewer, Flight Reader, TXTlogToCSVtool, dji-log-parser and
others: columns named by record and field, `OSD.latitude`, `OSD.height [ft]`, `BATTERY.chargeLevel`.

A `CUSTOM.updateTime` without `[local]` is UTC (TXTlogToCSVtool: the record named 13-25-55 in Central Europe begins at
12:25:55); `[local]` columns are the phone's; `CUSTOM.dateTime` of dji-log-parser names its zone. `OSD.height` is above
the take-off point, `OSD.altitude` that height and the altitude of home, by barometer. `GIMBAL.yaw` is from north.
"""

from __future__ import annotations

from controller.logs.formats.history.csv_format import NOTICE, WARNING, CsvFormat, Dialect


class DjiCsvFormat(CsvFormat):
    """Told by `OSD.latitude`."""

    name = "dji-csv"
    title = "the CSV of a DJI flight record"
    table_prefix = "djicsv_"
    dialect = Dialect(
        marks=(frozenset({"osd.latitude"}), frozenset({"osd.longitude"})),
        values={
            "lat_deg": ("osd.latitude",),
            "lon_deg": ("osd.longitude",),
            "home_m": ("osd.height",),
            "msl_m": ("osd.altitude",),
            "ground_m_s": ("osd.hspeed",),
            "north_m_s": ("osd.xspeed",),
            "east_m_s": ("osd.yspeed",),
            "down_m_s": ("osd.zspeed",),
            "roll_deg": ("osd.roll",),
            "pitch_deg": ("osd.pitch",),
            "yaw_deg": ("osd.yaw",),
            "camera_roll_deg": ("gimbal.roll",),
            "camera_pitch_deg": ("gimbal.pitch",),
            "camera_yaw_deg": ("gimbal.yaw",),
            # An aircraft with two batteries has one table of each: the first one's stands for both.
            "voltage_v": (
                "battery.voltage",
                "center_battery.voltage",
                "smart_battery.voltage",
                "battery1.voltage",
            ),
            "current_a": ("battery.current", "center_battery.current", "battery1.current"),
            "left_share": (
                "battery.chargelevel",
                "battery1.chargelevel",
                "center_battery.relativecapacity",
                "smart_battery.battery",
            ),
            "satellites": ("osd.gpsnum",),
            "mode": ("osd.flycstate",),
            "motors_on": ("osd.ismotoron", "osd.ismotorup"),
            "photo": ("camera.isphoto", "custom.isphoto"),
            "video": ("camera.isvideo", "custom.isvideo"),
        },
        utc=(("custom.datetime",), ("custom.updatetime",)),
        local=(("custom.date", "custom.updatetime"),),
        texts={
            "app.tip": NOTICE,
            "app.warn": WARNING,
            "app.warning": WARNING,
            "apptip.tip": NOTICE,
            "appwarn.warn": WARNING,
        },
        identity={
            "model": ("recover.aircraftname", "details.aircraftname"),
            "serial": (
                "recover.aircraftsn",
                "recover.aircraftserial",
                "details.aircraftsn",
                "details.aircraftserial",
            ),
        },
        never="parameters and firmware are not in the CSV of a DJI flight record",
    )


FORMAT = DjiCsvFormat()
