"""DataFlash logs as ArduPilot wrote them from 2013 to 2018, with the record structures of those years' sources.

A copter that is armed in the second second, flies north at 1 m/s and is disarmed at the end; Monday of a GPS week.
"""

from __future__ import annotations

import struct

from tests.support.logs.onboard_logs import DataFlashWriter

LAT_E7, LON_E7, METRE_E7 = 470_000_000, 80_000_000, 90
SECONDS = 60
# Monday, 03:46:40 of GPS time.
WEEK_MS = 100_000_000
LOITER, ARMED, DISARMED = 5, 10, 11


class OldLog(DataFlashWriter):
    """A log whose description of FMT is that of 2013: five letters, four labels."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._kinds = {}
        self.define("FMT", 128, "BBnNZ", "Type,Length,Name,Format", "BB4s16s64s")


def arducopter_2013(*, week: bool) -> bytes:
    """ArduCopter 3.0 and 3.1: no record has a time but GPS; in 3.0 without a week number."""
    log = OldLog()
    if week:
        log.define(
            "GPS",
            130,
            "BIHBcLLeeEe",
            "Status,TimeMS,Week,NSats,HDop,Lat,Lng,RelAlt,Alt,Spd,GCrs",
            "BIHBhiiiiIi",
        )
    else:
        log.define(
            "GPS", 130, "BIBcLLeeEe", "Status,Time,NSats,HDop,Lat,Lng,RelAlt,Alt,Spd,GCrs", "BIBhiiiiIi"
        )
    log.define("PARM", 129, "Nf", "Name,Value", "16sf")
    log.define("STRT", 10, "", "", "")
    log.define("CURR", 9, "hIhhhf", "Thr,ThrInt,Volt,Curr,Vcc,CurrTot", "hIhhhf")
    log.define("ATT", 1, "cccccCC", "RollIn,Roll,PitchIn,Pitch,YawIn,Yaw,NavYaw", "hhhhhHH")
    log.define("MODE", 7, "Mh", "Mode,ThrCrs", "Bh")
    log.define("EV", 13, "B", "Id", "B")
    log.write("STRT")
    log.write("PARM", b"MOT_TCRV_ENABLE", 1.0)
    log.write("MODE", LOITER, 500)
    for second in range(SECONDS):
        if second == 1:
            log.write("EV", ARMED)
        place = (LAT_E7 + second * METRE_E7, LON_E7, 3000, 53000, 100, 0)
        time = (3, WEEK_MS + second * 1000, 1754) if week else (3, WEEK_MS + second * 1000)
        log.write("GPS", *time, 14, 80, *place)
        for _ in range(3):
            log.write("ATT", 0, 100, 0, -200, 0, 9000, 9000)
        log.write("CURR", 500, 0, 1620, 1520, 4980, 12.0 * second)
    log.write("EV", DISARMED)
    return bytes(log.data)


def arducopter_2014() -> bytes:
    """ArduCopter 3.2: TimeMS in most records, T in GPS, none in MODE and EV."""
    log = DataFlashWriter()
    labels = "Status,TimeMS,Week,NSats,HDop,Lat,Lng,RelAlt,Alt,Spd,GCrs,VZ,T"
    log.define("GPS", 130, "BIHBcLLeeEefI", labels, "BIHBhiiiiIifI")
    log.define("MSG", 134, "Z", "Message", "64s")
    log.define("CURR", 9, "IhIhhhf", "TimeMS,ThrOut,ThrInt,Volt,Curr,Vcc,CurrTot", "IhIhhhf")
    log.define("ATT", 1, "IccccCC", "TimeMS,DesRoll,Roll,DesPitch,Pitch,DesYaw,Yaw", "IhhhhHH")
    log.define("MODE", 7, "Mh", "Mode,ThrCrs", "Bh")
    log.define("EV", 13, "B", "Id", "B")
    log.define("ERR", 18, "BB", "Subsys,ECode", "BB")
    log.write("MSG", b"ArduCopter V3.2 (c8e0f3e1)")
    log.write("MODE", LOITER, 500)
    for second in range(SECONDS):
        boot_ms = 100_000 + second * 1000
        place = (LAT_E7 + second * METRE_E7, LON_E7, 3000, 53000, 100, 0, -0.5)
        log.write("GPS", 3, WEEK_MS + second * 1000, 1815, 14, 80, *place, boot_ms)
        if second == 1:
            log.write("EV", ARMED)
        if second == 30:
            log.write("ERR", 6, 1)
        log.write("ATT", boot_ms, 0, 100, 0, -200, 0, 9000)
        log.write("CURR", boot_ms, 500, 0, 1620, 1520, 4980, 12.0 * second)
    log.write("EV", DISARMED)
    return bytes(log.data)


def ardupilot_2015(banner: str = "APM:Copter V3.3 (acf36df9)", *, mode: int = LOITER) -> bytes:
    """ArduCopter 3.3, ArduPlane 3.4 and later: TimeUS everywhere; GMS and GWk, RAlt, the current in hundredths."""
    log = DataFlashWriter()
    labels = "TimeUS,Status,GMS,GWk,NSats,HDop,Lat,Lng,RAlt,Alt,Spd,GCrs,VZ,U"
    log.define("GPS", 130, "QBIHBcLLeeEefB", labels, "QBIHBhiiiiIifB")
    log.define("MSG", 134, "QZ", "TimeUS,Message", "Q64s")
    log.define("CURR", 9, "QhhhHfh", "TimeUS,Throttle,Volt,Curr,Vcc,CurrTot,Volt2", "QhhhHfh")
    log.define("MODE", 7, "QMB", "TimeUS,Mode,ModeNum", "QBB")
    log.define("EV", 13, "QB", "TimeUS,Id", "QB")
    log.write("MSG", 99_000_000, banner.encode())
    log.write("MODE", 99_000_000, mode, mode)
    for second in range(SECONDS):
        time_us = 100_000_000 + second * 1_000_000
        if second == 1:
            log.write("EV", time_us, ARMED)
        place = (LAT_E7 + second * METRE_E7, LON_E7, 3000, 53000, 100, 0, -0.5)
        log.write("GPS", time_us, 3, WEEK_MS + second * 1000, 1860, 14, 80, *place, 1)
        log.write("CURR", time_us, 500, 1620, 1520, 4980, 12.0 * second, 0)
    log.write("EV", 159_500_000, DISARMED)
    return bytes(log.data)


def two_types_of_one_name() -> bytes:
    """The same record under two numbers, the second with another column; both are written in turn."""
    log = DataFlashWriter()
    log.define("TWO", 30, "QfN", "TimeUS,V,Name", "Qf16s")
    log._kinds["OLD"] = log._kinds["TWO"]
    log.define("TWO", 31, "QhNB", "TimeUS,V,Name,More", "Qh16sB")
    for i in range(4):
        log.write("OLD", 2 * i, i + 0.5, b"first")
        log.write("TWO", 2 * i + 1, i, b"second", i)
    return bytes(log.data)


def without_description_of_fmt() -> bytes:
    """A log that begins with the description of another record, as some loggers write it after a restart."""
    log = DataFlashWriter()
    own = bytes(log.data)
    log.data.clear()
    log.define("PARM", 129, "QNf", "TimeUS,Name,Value", "Q16sf")
    log.write("PARM", 1, b"SYSID_THISMAV", 1.0)
    return bytes(log.data) + own + struct.pack("<BBB", 0xA3, 0x95, 0)


def described_late() -> bytes:
    """A log whose records of one type begin before their description."""
    log = DataFlashWriter()
    log.define("ATT", 22, "Qfff", "TimeUS,Roll,Pitch,Yaw", "Qfff")
    description = bytes(log.data[-89:])
    del log.data[-89:]
    log.define("MSG", 21, "QZ", "TimeUS,Message", "Q64s")
    for i in range(4):
        log.write("ATT", 1000 * i, i, 0.0, 90.0)
        log.write("MSG", 1000 * i + 1, b"ArduCopter V4.5.7 (00000000)")
    log.data += description
    for i in range(4, 8):
        log.write("ATT", 1000 * i, i, 0.0, 90.0)
    return bytes(log.data)
