"""Litchi's flight log CSV: one table a flight (`datetime(utc)`, `altitude(m)` above the take-off point,
`remainPowerPercent`, `isTakingPhoto`, `Planename`, `FlyControllerSerialNumber`, ...).

Not to be confused with the CSV of Litchi's mission hub, which is a plan. Velocities are north, east and down.
"""

from __future__ import annotations

from controller.logs.formats.history.csv_format import CsvFormat, Dialect


class LitchiLogFormat(CsvFormat):
    """Told by its battery and photo columns."""

    name = "litchi-log"
    title = "Litchi's flight log CSV"
    table_prefix = "litchi_"
    dialect = Dialect(
        marks=(
            frozenset({"latitude"}),
            frozenset({"longitude"}),
            frozenset({"datetime"}),
            frozenset({"remainpowerpercent", "istakingphoto"}),
        ),
        values={
            "lat_deg": ("latitude",),
            "lon_deg": ("longitude",),
            "home_m": ("altitude",),
            "ground_m_s": ("speed",),
            "north_m_s": ("velocityx",),
            "east_m_s": ("velocityy",),
            "down_m_s": ("velocityz",),
            "roll_deg": ("roll",),
            "pitch_deg": ("pitch",),
            "yaw_deg": ("yaw",),
            "voltage_v": ("voltage", "currentvoltage"),
            "left_share": ("remainpowerpercent",),
            "satellites": ("satellites",),
            "mode": ("flightmode",),
            "motors_on": ("ismotorson",),
            "photo": ("istakingphoto",),
            "video": ("istakingvideo",),
        },
        utc=(("datetime",),),
        elapsed=("time",),
        identity={
            "model": ("dronetype", "planename"),
            "serial": ("flycontrollerserialnumber",),
        },
        never="the height above sea level and the firmware are not in Litchi's flight log",
    )


FORMAT = LitchiLogFormat()
