#!/bin/sh
# drone-flightplan flies at one speed, whatever overlap is asked for.
#
# Package:   drone-flightplan 1.0.0, calculate_parameters() (survey flights with photos at a fixed interval of time)
# Guess:     ground_speed is forward_spacing / image_interval, as the description in the function says, and lower
#            where that is too fast for the aircraft: a limit never makes a flight faster.
# Behaviour: 11.5 m/s is given where the computed speed is lower as well, for all aircraft but one. With a photo every
#            2 s at 50 m, photos asked 9.9 m apart come 23 m apart: 54 % overlap where 80 % is asked. A longer interval
#            changes nothing.
# Seen:      50 m, 80 %, every 2 s: photos 9.9 m apart need 4.95 m/s, given 11.5 m/s: overlap 54 %
#            50 m, 80 %, every 5 s: photos 9.9 m apart need 1.98 m/s, given 11.5 m/s: overlap -16 %
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
import sys
import types

osgeo = types.ModuleType("osgeo")
for name in ("gdal", "ogr", "osr"):
    setattr(osgeo, name, types.ModuleType(name))
sys.modules["osgeo"] = osgeo

from drone_flightplan import calculate_parameters
from drone_flightplan.drone_type import DRONE_PARAMS, DroneType

HEIGHT, OVERLAP = 50.0, 80.0
drone = DroneType.DJI_MINI_4_PRO
along = HEIGHT * DRONE_PARAMS[drone]["VERTICAL_FOV"]  # the package's own measure of a photo on the ground
for seconds in (2, 5):
    found = calculate_parameters(OVERLAP, OVERLAP, HEIGHT, image_interval=seconds, drone_type=drone)
    needed, given = found["forward_spacing"] / seconds, found["ground_speed"]
    overlap = 100 * (1 - given * seconds / along)
    print(f"{HEIGHT:.0f} m, {OVERLAP:.0f} %, every {seconds} s: photos {found['forward_spacing']:g} m apart need "
          f"{needed:.2f} m/s, given {given:g} m/s: overlap {overlap:.0f} %")
    assert needed < 5
    assert given == 11.5, "the speed follows the overlap now"
PY
echo "as described"
