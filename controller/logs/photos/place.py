"""A position in a photo's metadata: EXIF's GPS directory, and XMP under the names of DJI's drones that mapping
tools read.

`drone-dji:` names as DJI's cameras write them: GpsLatitude, GpsLongitude, AbsoluteAltitude, RelativeAltitude,
Flight*Degree. The gimbal's angles are not written: the log tells the aircraft's, not the camera's.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

from controller.logs.photos import exif_tags as tags
from controller.logs.photos.camera_events import CameraEvent
from controller.logs.photos.jpeg import EXIF, XMP, Jpeg, PhotoError
from controller.logs.photos.tiff import (
    ASCII,
    BYTE,
    RATIONAL,
    Directory,
    Tiff,
    append_gps,
    build_exif,
    entry,
    read_tiff,
)

_DJI = "http://www.dji.com/drone-dji/1.0/"
_END = b"</rdf:RDF>"


def placed(photo: Jpeg, shot: CameraEvent) -> tuple[Jpeg, str]:
    """The photo with the position, every other byte of its EXIF data where it was; and what could not be written,
    if anything.

    Raises PhotoError where its EXIF data is broken.
    """
    exif = photo.payload(EXIF)
    block = build_exif("<", {}, {}) if exif is None else exif
    order = read_tiff(block).order
    photo = photo.having(EXIF, append_gps(block, {}, gps_directory(order, shot)))
    old = photo.payload(XMP)
    if old is None:
        return photo.having(XMP, xmp_packet(shot)), ""
    if b"drone-dji:" in old or old.count(_END) != 1:
        return photo, "its XMP data is the camera's own and stays as it is"
    return photo.having(XMP, old.replace(_END, _description(shot).encode() + _END)), ""


def gps_directory(order: str, shot: CameraEvent) -> Directory:
    """EXIF's GPS directory (CIPA DC-008, 4.6.7)."""
    moment = datetime.fromtimestamp(shot.utc_us / 1e6, UTC)
    found = {
        tags.GPS_VERSION: entry(order, BYTE, 2, 3, 0, 0),
        tags.GPS_LAT_REF: entry(order, ASCII, "N" if shot.lat_deg >= 0 else "S"),
        tags.GPS_LAT: entry(order, RATIONAL, *_degrees(shot.lat_deg)),
        tags.GPS_LON_REF: entry(order, ASCII, "E" if shot.lon_deg >= 0 else "W"),
        tags.GPS_LON: entry(order, RATIONAL, *_degrees(shot.lon_deg)),
        tags.GPS_DATUM: entry(order, ASCII, "WGS-84"),
        tags.GPS_TIME: entry(
            order,
            RATIONAL,
            moment.hour,
            1,
            moment.minute,
            1,
            moment.second * 1000 + moment.microsecond // 1000,
            1000,
        ),
        tags.GPS_DATE: entry(order, ASCII, moment.strftime("%Y:%m:%d")),
    }
    if math.isfinite(shot.msl_m):
        found[tags.GPS_ALT_REF] = entry(order, BYTE, int(shot.msl_m < 0))
        found[tags.GPS_ALT] = entry(order, RATIONAL, round(abs(shot.msl_m) * 1000), 1000)
    return found


def _degrees(angle_deg: float) -> tuple[int, ...]:
    """Degrees, minutes and seconds as fractions; a hundred-thousandth of a second is a third of a millimetre."""
    units = round(abs(angle_deg) * 3600 * 100_000)
    minutes, rest = divmod(units, 60 * 100_000)
    return minutes // 60, 1, minutes % 60, 1, rest, 100_000


def position_of(tiff: Tiff) -> tuple[float, float, float] | None:
    """Latitude and longitude in degrees, metres above mean sea level (NaN: not told); None without a position."""
    lat, lon = tiff.numbers(tiff.gps, tags.GPS_LAT), tiff.numbers(tiff.gps, tags.GPS_LON)
    if len(lat) != 3 or len(lon) != 3:
        return None
    lat_deg, lon_deg = (d + m / 60 + s / 3600 for d, m, s in (lat, lon))
    if tiff.text(tiff.gps, tags.GPS_LAT_REF).upper() == "S":
        lat_deg = -lat_deg
    if tiff.text(tiff.gps, tags.GPS_LON_REF).upper() == "W":
        lon_deg = -lon_deg
    height, below = tiff.numbers(tiff.gps, tags.GPS_ALT), tiff.numbers(tiff.gps, tags.GPS_ALT_REF)
    msl_m = height[0] if height else math.nan
    return lat_deg, lon_deg, -msl_m if below == [1.0] else msl_m


def xmp_packet(shot: CameraEvent) -> bytes:
    """A whole packet, for a photo without one or a file beside it."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'{_description(shot)}</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


def _description(shot: CameraEvent) -> str:
    fields = {"GpsLatitude": f"{shot.lat_deg:.8f}", "GpsLongitude": f"{shot.lon_deg:.8f}"}
    for name, value in (("AbsoluteAltitude", shot.msl_m), ("RelativeAltitude", shot.home_m)):
        if math.isfinite(value):
            fields[name] = f"{value:+.3f}"
    for name, angle in (("Roll", shot.roll_rad), ("Pitch", shot.pitch_rad), ("Yaw", shot.yaw_rad)):
        if math.isfinite(angle):
            fields[f"Flight{name}Degree"] = f"{math.degrees(angle):+.2f}"
    exif = {
        "GPSLatitude": _xmp_angle(shot.lat_deg, "NS"),
        "GPSLongitude": _xmp_angle(shot.lon_deg, "EW"),
    }
    words = [f'drone-dji:{name}="{value}"' for name, value in fields.items()]
    words += [f'exif:{name}="{value}"' for name, value in exif.items()]
    return (
        f'<rdf:Description rdf:about="" xmlns:drone-dji="{_DJI}" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
        f"{' '.join(words)}/>"
    )


def _xmp_angle(angle_deg: float, signs: str) -> str:
    """`47,23.86200000N` (XMP specification, part 2, GPSCoordinate)."""
    units = round(abs(angle_deg) * 60 * 10**8)
    degrees, rest = divmod(units, 60 * 10**8)
    return f"{degrees},{rest / 10**8:.8f}{signs[0] if angle_deg >= 0 else signs[1]}"


def taken_s(tiff: Tiff) -> tuple[float, float | None]:
    """When the camera says it was taken: seconds since 1970 as if its clock were UTC, and what it says to add for
    UTC, if anything.

    Raises PhotoError where it does not say.
    """
    text = tiff.text(tiff.exif, tags.DATE_TIME_ORIGINAL) or tiff.text(tiff.zeroth, tags.DATE_TIME)
    try:
        moment = datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise PhotoError("it does not say when it was taken") from None
    part = tiff.text(tiff.exif, tags.SUBSEC_ORIGINAL)
    # A whole second is cut off, not rounded: on average half of one has passed.
    seconds = moment.timestamp() + (float(f"0.{part}") if part.isascii() and part.isdigit() else 0.5)
    zone = tiff.text(tiff.exif, tags.OFFSET_TIME_ORIGINAL)
    try:
        offset = datetime.strptime(zone, "%z").utcoffset() if zone else None
    except ValueError:
        offset = None
    return seconds, -offset.total_seconds() if offset is not None else None
