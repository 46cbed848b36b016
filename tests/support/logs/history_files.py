"""Flights as other programs write them: one second a row, north from a known place, all values known."""

from __future__ import annotations

import struct

BEGIN_UTC_MS = 1_710_493_104_000  # 2024-03-15T08:58:24Z
LAT_DEG, LON_DEG = 48.486375, 8.375567
STEP_DEG = 1e-5
ROWS = 20
HOME_MSL_M = 530.0
SERIAL = "1581F4BN12345678"

_TABLE = [0] * 256
for _first in range(256):
    _crc = _first
    for _ in range(8):
        _crc = (_crc >> 1) ^ 0x95AC9329AC4BC9B5 if _crc & 1 else _crc >> 1
    _TABLE[_first] = _crc


def airdata(*, feet: bool = True, separator: str = ",", comma: bool = False) -> str:
    """AirData's CSV: ten rows a second have the same whole second in `datetime(utc)`."""
    length, speed = ("feet", "mph") if feet else ("meters", "m/s")
    factor, speed_factor = (1 / 0.3048, 1 / 0.44704) if feet else (1.0, 1.0)
    names = (
        "time(millisecond)",
        "datetime(utc)",
        "latitude",
        "longitude",
        f"height_above_takeoff({length})",
        f"altitude_above_seaLevel({length})",
        f"speed({speed})",
        "satellites",
        "voltage(v)",
        f" xSpeed({speed})",
        f" ySpeed({speed})",
        f" zSpeed({speed})",
        " compass_heading(degrees)",
        " pitch(degrees)",
        " roll(degrees)",
        "isPhoto",
        "isVideo",
        "battery_percent",
        "current(A)",
        "flycState",
        "message",
    )
    rows = []
    for at in range(ROWS):
        # Half a second after the whole one.
        seconds = 24 + (500 + at * 100) // 1000
        row = (
            at * 100,
            f"2024-03-15 08:58:{seconds:02d}",
            f"{LAT_DEG + at * STEP_DEG:.7f}",
            f"{LON_DEG:.7f}",
            f"{at * 2 * factor:.6f}",
            f"{(HOME_MSL_M + at * 2) * factor:.6f}",
            f"{5 * speed_factor:.6f}",
            15,
            15.5,
            f"{5 * speed_factor:.6f}",
            0,
            f"{-2 * speed_factor:.6f}",
            10,
            -3,
            2,
            int(at in (5, 6, 9)),
            int(at > 10),
            90 - at,
            7.5,
            "P-GPS",
            "Obstacle ahead" if at == 4 else "",
        )
        rows.append([str(value).replace(".", ",") if comma else str(value) for value in row])
    lines = [separator.join(names), *(separator.join(row) for row in rows)]
    return "\r\n".join(lines) + "\r\n"


def dji_csv(*, local: bool = True) -> str:
    """The CSV of a flight record, with Excel's separator line."""
    when = "CUSTOM.date [local],CUSTOM.updateTime [local]" if local else "CUSTOM.dateTime"
    names = (
        f"{when},OSD.flyTime [s],OSD.latitude,OSD.longitude,OSD.height [ft],OSD.altitude [ft],OSD.hSpeed [MPH],"
        "OSD.yaw [360],OSD.pitch,OSD.roll,OSD.gpsNum,OSD.flycState,OSD.isMotorOn,CAMERA.isPhoto,"
        "BATTERY.chargeLevel [%],BATTERY.voltage [V],APP.warn,RECOVER.aircraftName,RECOVER.aircraftSN"
    )
    rows = []
    for at in range(ROWS):
        time = f"3/15/2024,9:58:{24 + at:02d}.50 AM" if local else f"2024-03-15T08:58:{24 + at:02d}.500Z"
        rows.append(
            f"{time},{at},{LAT_DEG + at * STEP_DEG:.7f},{LON_DEG},{at * 2 / 0.3048:.6f},"
            f"{(HOME_MSL_M + at * 2) / 0.3048:.6f},{5 / 0.44704:.6f},350,1,2,14,GPS_Atti,"
            f"{'True' if at else 'False'},{'True' if at == 3 else ''},{90 - at},15.5,"
            f"{'Strong wind' if at in (7, 8) else ''},Mavic of Eva,{SERIAL}"
        )
    return "sep=,\n" + "\n".join([names, *rows]) + "\n"


def litchi() -> str:
    """Litchi's flight log."""
    names = (
        "latitude,longitude,altitude(m),speed(mps),time(millisecond),datetime(utc),datetime(local),satellites,"
        "voltage(v),velocityX(mps),velocityY(mps),velocityZ(mps),pitch(deg),roll(deg),yaw(deg),istakingphoto,"
        "remainPowerPercent,isMotorsOn,isTakingVideo,flightmode,Planename,FlyControllerSerialNumber"
    )
    rows = [
        f"{LAT_DEG + at * STEP_DEG:.7f},{LON_DEG},{at * 2.0},5.0,{at * 1000},2024-03-15 08:58:{24 + at:02d}.250,"
        f"2024-03-15 09:58:{24 + at:02d}.250,15,15500,3.0,4.0,-2.0,1,2,3,{int(at == 6)},{90 - at},1,0,P-GPS,Air,"
        f"{SERIAL}"
        for at in range(ROWS)
    ]
    return "\n".join([names, *rows]) + "\n"


def srt(form: str) -> str:
    """Subtitles, a cue a second; `form` is new, old, home, matrice or mini."""
    cues = []
    for at in range(ROWS):
        lat, lon = LAT_DEG + at * STEP_DEG, LON_DEG
        date = f"2024-03-15 08:58:{24 + at:02d}.250"
        body = {
            "new": f'<font size="28">FrameCnt: {at + 1}, DiffTime: 33ms\n{date}\n[iso: 100] [shutter: 1/320.0] '
            f"[fnum: 2.8] [ev: 0] [latitude: {lat:.6f}] [longitude: {lon:.6f}] [rel_alt: {at * 2:.3f} abs_alt: "
            f"{HOME_MSL_M + at * 2:.3f}] [ct: 5695] </font>",
            "old": f'<font size="36">SrtCnt : {at + 1}, DiffTime : 33ms\n{date.replace(".", ",")},808\n[iso : 110] '
            f"[shutter : 1/60.0] [latitude : {lat:.6f}] [longtitude : {lon:.6f}] [altitude: 117.000000] </font>",
            "home": f"HOME({lon:.4f},{lat:.4f}) 2024.03.15 08:58:{24 + at}\nGPS({lon:.6f},{lat:.6f},16) "
            f"BAROMETER:{at * 2:.1f}\nISO:100 Shutter:60 EV: Fnum:2.2",
            "matrice": f"2024.03.15 08:58:{24 + at}\nGPS({lat:.6f},{lon:.6f},0.0M) BAROMETER:{at * 2:.1f}M",
            "mini": f"F/2.8, SS 206.14, ISO 150, EV 0, GPS ({lon:.6f}, {lat:.6f}, 10), D 2.80m, H {at * 2:.2f}m, "
            f"H.S 5.00m/s, V.S 0.00m/s\n2024-03-15 08:58:{24 + at}",
        }[form]
        cues.append(f"{at + 1}\n00:00:{at:02d},250 --> 00:00:{at + 1:02d},250\n{body}\n")
    return "\n".join(cues)


def gpx(*, times: bool = True) -> str:
    """A GPX track."""
    points = "".join(
        f'<trkpt lat="{LAT_DEG + at * STEP_DEG:.7f}" lon="{LON_DEG}"><ele>{HOME_MSL_M + at * 2}</ele>'
        + (f"<time>2024-03-15T08:58:{24 + at:02d}.25Z</time>" if times else "")
        + "</trkpt>"
        for at in range(ROWS)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="Tracker" '
        f'xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>{points}</trkseg></trk></gpx>\n'
    )


def dji_txt(version: int = 9) -> bytes:
    """A flight record: position, time, battery, camera and messages, masked from version 7 on."""
    import math

    length = 10 if version <= 7 else 16
    serial = SERIAL.encode()[:length].ljust(length, b"\0")
    records = [
        (13, bytes([13, 2, 4, 3, 2]) + serial + b"Mavic of Eva".ljust(32, b"\0") + bytes(8 + 3 * length)),
        (15, bytes([3, 6, 1, 4, 500 & 0xFF, 0])),
        (2, struct.pack("<ddf", math.radians(LON_DEG), math.radians(LAT_DEG), HOME_MSL_M * 10) + bytes(40)),
    ]
    for at in range(ROWS):
        lat, lon = math.radians(LAT_DEG + at * STEP_DEG), math.radians(LON_DEG)
        heights = struct.pack("<dd7h", lon, lat, at * 20, 50, 0, -20, 10, 20, -100)
        state = bytes([6, 0, 0x08 if at else 0, 0x80, 4 << 2, 0, 15, 0, 0, 0, 90 - at, 0])
        records += [
            (1, heights + state + struct.pack("<HBHBBB", at * 10, 0, 0, 0, 16, 0)),
            (3, struct.pack("<hhh", -600, 10, -1200) + bytes(6)),
            (5, struct.pack("<BBffq", 0, 0, 0, 0, BEGIN_UTC_MS + at * 1000 + 250)),
            (7, struct.pack("<BHHHBHIh6HHHH", 90 - at, 15500, 0, 0, 0, 0, 0, -7500, *[3875] * 6, 0, 0, 2980)),
            (25, bytes([0x08 if at == 5 else 0, 0x02]) + bytes(22)),
        ]
        if at == 7:
            records.append((10, b"Strong wind\0"))
    body = b"".join(_record(kind, contents, version) for kind, contents in records[:8])
    body += b"\xff\xd8 a picture \xff\xd9"  # as some versions have between the records
    body += b"".join(_record(kind, contents, version) for kind, contents in records[8:])
    begin = 12 if version < 6 else 100
    details = bytes(91) + struct.pack("<q", BEGIN_UTC_MS) + bytes(400)
    if version == 12:
        return struct.pack("<QHB", 0, 436, version).ljust(100, b"\0") + details[:436] + body
    head = struct.pack("<QHB", begin + len(body), 400, version).ljust(begin, b"\0")
    return head + body + details[:400]


def _record(kind: int, contents: bytes, version: int) -> bytes:
    if version >= 7:
        seed = (kind * 37 + len(contents)) & 0xFF or 1
        crc = (seed + kind) & 0xFF
        for byte in ((0x123456789ABCDEF0 * seed) & (1 << 64) - 1).to_bytes(8, "little"):
            crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
        key = crc.to_bytes(8, "little")
        contents = bytes([seed]) + bytes(byte ^ key[at % 8] for at, byte in enumerate(contents))
    return bytes([kind, len(contents)]) + contents + b"\xff"
