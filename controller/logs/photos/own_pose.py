"""Where a photo itself says it was taken, and where its camera looked: EXIF, and the XMP that DJI's cameras write.

`drone-dji:` names as such photos hold them: GpsLatitude, GpsLongitude (or the misspelt GpsLongtitude of older
firmware), RelativeAltitude, GimbalYawDegree, GimbalPitchDegree, FlightYawDegree. They are attributes or elements.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from controller.logs.photos.geotag import read_photo
from controller.logs.photos.jpeg import EXIF, XMP, PhotoError
from controller.logs.photos.position_tags import position_of
from controller.logs.photos.tiff import read_tiff
from controller.track_length import has_place

_VALUE = rb"drone-dji:%s(?:\s*=\s*[\"']|>)\s*([-+]?[0-9]{1,7}(?:\.[0-9]{1,12})?)"
_NUMBERS = {
    name: re.compile(_VALUE % name.encode())
    for name in ("RelativeAltitude", "GimbalYawDegree", "GimbalPitchDegree", "FlightYawDegree")
}
_LAT = re.compile(_VALUE % b"GpsLatitude")
_LON = re.compile(_VALUE % b"GpsLongt?itude")


@dataclass(frozen=True, slots=True)
class PhotoPose:
    """Place and direction of a photo: degrees, metres above sea level and above the take-off; NaN for what it lacks."""

    lat_deg: float = math.nan
    lon_deg: float = math.nan
    msl_m: float = math.nan
    home_m: float = math.nan
    heading_deg: float = math.nan
    pitch_deg: float = math.nan

    @property
    def known(self) -> bool:
        """Whether the photo has a place."""
        return has_place(self.lat_deg, self.lon_deg)


def pose_of(path: Path) -> PhotoPose:
    """Return the pose that a photo holds. Raises PhotoError for a file that is no JPEG photo or is damaged."""
    photo = read_photo(path)
    exif, xmp = photo.payload(EXIF), photo.payload(XMP) or b""
    place = None if exif is None else position_of(read_tiff(exif))
    lat_deg, lon_deg, msl_m = place or (math.nan, math.nan, math.nan)
    finer = _first(_LAT, xmp), _first(_LON, xmp)
    if has_place(*finer):
        lat_deg, lon_deg = finer
    if not (abs(lat_deg) <= 90.0 and abs(lon_deg) <= 180.0):
        lat_deg = lon_deg = math.nan
    found = {name: _first(pattern, xmp) for name, pattern in _NUMBERS.items()}
    pitch_deg = found["GimbalPitchDegree"]
    # Straight down a gimbal's heading turns with its roll: the aircraft's is the picture's then.
    heading_deg = found["GimbalYawDegree"] if pitch_deg > -80.0 else found["FlightYawDegree"]
    if math.isnan(heading_deg):
        heading_deg = found["FlightYawDegree"]
    return PhotoPose(lat_deg, lon_deg, msl_m, found["RelativeAltitude"], heading_deg, pitch_deg)


def usable_pose(path: Path) -> PhotoPose:
    """Return the pose of a photo; one without a place for a file that cannot be read as a photo."""
    try:
        return pose_of(path)
    except PhotoError:
        return PhotoPose()


def _first(pattern: re.Pattern[bytes], text: bytes) -> float:
    found = pattern.search(text)
    return float(found[1]) if found else math.nan
