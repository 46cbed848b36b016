"""Position in a photo's metadata: the GPS directory of EXIF, and XMP that mapping tools read.

`drone-dji:` names as DJI cameras write them: GpsLatitude, GpsLongitude, AbsoluteAltitude, RelativeAltitude,
Flight*Degree, and Gimbal*Degree where the log has the camera's attitude.
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


def with_position(photo: Jpeg, event: CameraEvent) -> tuple[Jpeg, str]:
    """Return the photo with the position, and a note if something could not be written.

    All other EXIF bytes stay where they are. Raises PhotoError if its EXIF data is damaged.
    """
    exif = photo.payload(EXIF)
    block = build_exif("<", {}, {}) if exif is None else exif
    order = read_tiff(block).order
    photo = photo.with_segment(EXIF, append_gps(block, {}, gps_directory(order, event)))
    old = photo.payload(XMP)
    if old is None:
        return photo.with_segment(XMP, xmp_packet(event)), ""
    if b"drone-dji:" in old or old.count(_END) != 1:
        return photo, "the camera's own XMP data was not changed"
    return photo.with_segment(XMP, old.replace(_END, _rdf_description(event).encode() + _END)), ""


def gps_directory(order: str, event: CameraEvent) -> Directory:
    """Return the GPS directory of EXIF (CIPA DC-008, 4.6.7)."""
    moment = datetime.fromtimestamp(event.utc_us / 1e6, UTC)
    found = {
        tags.GPS_VERSION: entry(order, BYTE, 2, 3, 0, 0),
        tags.GPS_LAT_REF: entry(order, ASCII, "N" if event.lat_deg >= 0 else "S"),
        tags.GPS_LAT: entry(order, RATIONAL, *_degrees(event.lat_deg)),
        tags.GPS_LON_REF: entry(order, ASCII, "E" if event.lon_deg >= 0 else "W"),
        tags.GPS_LON: entry(order, RATIONAL, *_degrees(event.lon_deg)),
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
    if math.isfinite(event.msl_m):
        found[tags.GPS_ALT_REF] = entry(order, BYTE, int(event.msl_m < 0))
        found[tags.GPS_ALT] = entry(order, RATIONAL, round(abs(event.msl_m) * 1000), 1000)
    return found


def _degrees(angle_deg: float) -> tuple[int, ...]:
    """Return degrees, minutes and seconds as fractions; 1e-5 arc seconds are a third of a millimetre."""
    units = round(abs(angle_deg) * 3600 * 100_000)
    minutes, rest = divmod(units, 60 * 100_000)
    return minutes // 60, 1, minutes % 60, 1, rest, 100_000


def position_of(tiff: Tiff) -> tuple[float, float, float] | None:
    """Return latitude and longitude in degrees and metres above mean sea level (or NaN); None without a position."""
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


def xmp_packet(event: CameraEvent) -> bytes:
    """Return a whole XMP packet, for a photo without one or a sidecar file."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'{_rdf_description(event)}</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


def _rdf_description(event: CameraEvent) -> str:
    fields = {"GpsLatitude": f"{event.lat_deg:.8f}", "GpsLongitude": f"{event.lon_deg:.8f}"}
    for name, value in (("AbsoluteAltitude", event.msl_m), ("RelativeAltitude", event.home_m)):
        if math.isfinite(value):
            fields[name] = f"{value:+.3f}"
    for name, of_aircraft, of_camera in (
        ("Roll", event.roll_rad, event.camera_roll_rad),
        ("Pitch", event.pitch_rad, event.camera_pitch_rad),
        ("Yaw", event.yaw_rad, event.camera_yaw_rad),
    ):
        for what, angle in (("Flight", of_aircraft), ("Gimbal", of_camera)):
            if math.isfinite(angle):
                fields[f"{what}{name}Degree"] = f"{math.degrees(angle):+.2f}"
    exif = {
        "GPSLatitude": _xmp_angle(event.lat_deg, "NS"),
        "GPSLongitude": _xmp_angle(event.lon_deg, "EW"),
    }
    attributes = [f'drone-dji:{name}="{value}"' for name, value in fields.items()]
    attributes += [f'exif:{name}="{value}"' for name, value in exif.items()]
    return (
        f'<rdf:Description rdf:about="" xmlns:drone-dji="{_DJI}" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
        f"{' '.join(attributes)}/>"
    )


def _xmp_angle(angle_deg: float, signs: str) -> str:
    """Return an XMP coordinate such as `47,23.86200000N` (XMP specification, part 2, GPSCoordinate)."""
    units = round(abs(angle_deg) * 60 * 10**8)
    degrees, rest = divmod(units, 60 * 10**8)
    return f"{degrees},{rest / 10**8:.8f}{signs[0] if angle_deg >= 0 else signs[1]}"


def capture_time_s(tiff: Tiff) -> tuple[float, float | None]:
    """Return the camera's time of capture, and the seconds to add for UTC if the photo has a time zone, else None.

    The time is seconds since 1970, as if the camera's clock were UTC. Raises PhotoError for a photo without a time.
    """
    text = tiff.text(tiff.exif, tags.DATE_TIME_ORIGINAL) or tiff.text(tiff.zeroth, tags.DATE_TIME)
    try:
        moment = datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise PhotoError("no time of capture") from None
    part = tiff.text(tiff.exif, tags.SUBSEC_ORIGINAL)
    # Cameras truncate to whole seconds: add the average of half a second.
    seconds = moment.timestamp() + (float(f"0.{part}") if part.isascii() and part.isdigit() else 0.5)
    zone = tiff.text(tiff.exif, tags.OFFSET_TIME_ORIGINAL)
    try:
        offset = datetime.strptime(zone, "%z").utcoffset() if zone else None
    except ValueError:
        offset = None
    return seconds, -offset.total_seconds() if offset is not None else None
