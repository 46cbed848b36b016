#!/bin/sh
# litchi-wp does not read back the waypoint that it wrote, where it lies below the take-off.
#
# Package:   litchi-wp 3.0.0, litchi_wp.waypoint.Waypoint (the CSV missions of the Litchi app)
# Guess:     a mission down from a hill has negative heights, since they count from the take-off (Litchi takes -200 m to
#            500 m); what to_line() writes, from_line() and from_file() read.
# Behaviour: to_line() writes a negative height, from_line() refuses it as invalid, and from_file() leaves the waypoint
#            out: the mission returned goes straight from the one before to the one after. The row is printed among
#            "Ignored lines", as the header of every file is; nothing is raised.
# Seen:      written: heights [20.0, -15.0, 20.0]; read: heights [20.0, 20.0]
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check litchi-wp==3.0.0
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import contextlib
import io
from litchi_wp.enums import AltitudeMode
from litchi_wp.waypoint import Waypoint

mission = []
for lat, height in ((47.3977, 20), (47.3987, -15), (47.3997, 20)):
    point = Waypoint(lat=lat, lon=8.5456, alt=height)
    point.set_altitude(value=height, mode=AltitudeMode(0))
    mission.append(point)
with open("mission.csv", "w") as file:
    file.write(Waypoint.get_header() + "".join(point.to_line() for point in mission))
said = io.StringIO()
with contextlib.redirect_stdout(said):
    again = Waypoint.from_file("mission.csv")
written, read = [point.altitude.value for point in mission], [point.altitude.value for point in again]
print(f"written: heights {written}; read: heights {read}")
assert written == [20.0, -15.0, 20.0]
assert read == [20.0, 20.0], "heights below the take-off are read now"
assert "latitude" in said.getvalue() and "-15" in said.getvalue()
try:
    Waypoint.from_line(mission[1].to_line(line_break=None))
except ValueError:
    pass
else:
    raise AssertionError("the row is accepted now")
PY
echo "as described"
