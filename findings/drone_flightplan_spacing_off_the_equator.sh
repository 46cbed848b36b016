#!/bin/sh
# The metres of drone-flightplan are metres on the ground only at the equator.
#
# Package:   drone-flightplan 1.0.0, create_waypoint() (survey flights for DJI, Potensic, Litchi and MAVLink)
# Guess:     the same field, height and overlap give lines and photos at the same distances on the ground anywhere,
#            those that calculate_parameters() names.
# Behaviour: the grid is laid out in Web Mercator (EPSG:3857), whose unit on the ground is a metre times the cosine of
#            the latitude. At 60 degrees north the lines are half as far apart as asked and the photos too: more than
#            three times the photos, and an overlap of 85 % where 70 % is asked.
# Seen:      asked: lines 37.5 m apart
#            latitude 0: lines 37.4 m apart, 78 photos
#            latitude 60: lines 18.7 m apart, 253 photos
# Note:      the package asks for GDAL, for the heights of a terrain file alone. None is used here, so that empty
#            modules stand in for it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    geojson==3.2.0 pyproj==3.7.2 shapely==2.1.2
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps drone-flightplan==1.0.0
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import json
import sys
import types

osgeo = types.ModuleType("osgeo")
for name in ("gdal", "ogr", "osr"):
    setattr(osgeo, name, types.ModuleType(name))
sys.modules["osgeo"] = osgeo

import pyproj
from drone_flightplan import calculate_parameters, create_waypoint
from drone_flightplan.enums import FlightMode

EARTH = pyproj.Geod(ellps="WGS84")
HEIGHT, OVERLAP = 100.0, 70.0
asked = calculate_parameters(OVERLAP, OVERLAP, HEIGHT)["side_spacing"]
print(f"asked: lines {asked:.1f} m apart")


def survey(latitude):
    """A field of 300 m by 200 m, its lines from west to east: metres between lines, and the number of photos."""
    east, _, _ = EARTH.fwd(8.0, latitude, 90, 300)
    _, north, _ = EARTH.fwd(8.0, latitude, 0, 200)
    ring = [[8.0, latitude], [east, latitude], [east, north], [8.0, north], [8.0, latitude]]
    plan = create_waypoint({"type": "Polygon", "coordinates": [ring]}, HEIGHT, None, OVERLAP, OVERLAP,
                           mode=FlightMode.WAYPOINTS, auto_rotation=False)
    points = [feature["geometry"]["coordinates"] for feature in json.loads(plan["geojson"])["features"]]
    lines = sorted({round(lat, 5) for _, lat, *_ in points})
    whole = EARTH.inv(8.0, lines[0], 8.0, lines[-1])[2]
    return whole / (len(lines) - 1), len(points)


at_equator, photos_at_equator = survey(0.0)
in_north, photos_in_north = survey(60.0)
print(f"latitude 0: lines {at_equator:.1f} m apart, {photos_at_equator} photos")
print(f"latitude 60: lines {in_north:.1f} m apart, {photos_in_north} photos")
assert abs(at_equator - asked) < 0.5
assert abs(in_north - asked / 2) < 0.5, "the lines have other distances now"
assert photos_in_north > 3 * photos_at_equator, "the photos have other distances now"
PY
echo "as described"
