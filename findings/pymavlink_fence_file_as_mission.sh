#!/bin/sh
# pymavlink's mission reader takes the geofence file of a ground station for a mission.
#
# Package:   pymavlink 2.4.50, pymavlink.mavwp.MAVWPLoader (the mission files of MAVProxy and of many scripts)
# Guess:     a "QGC WPL 110" file whose rows are all fence vertices (MAV_CMD 5001), as Mission Planner saves a fence,
#            is refused or comes back as items of mission_type 1 (fence).
# Behaviour: it is read as a mission: all rows come back with mission_type 0, and an upload of them replaces the mission
#            on board by fence vertices, which are no mission commands.
# Seen:      4 rows read; commands [16, 5001, 5001, 5001], mission types [0, 0, 0, 0]
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pymavlink==2.4.50
cd "$folder"
MAVLINK20=1 "$folder/venv/bin/python" - <<'PY'
from pymavlink import mavwp

rows = [
    (0, 1, 0, 16, 0, 47.3977, 8.5456, 488.0),
    (1, 0, 3, 5001, 3, 47.3970, 8.5450, 0.0),
    (2, 0, 3, 5001, 3, 47.3990, 8.5450, 0.0),
    (3, 0, 3, 5001, 3, 47.3990, 8.5470, 0.0),
]
with open("fence.waypoints", "w") as file:
    file.write("QGC WPL 110\n")
    for seq, current, frame, command, count, lat, lon, alt in rows:
        file.write(f"{seq}\t{current}\t{frame}\t{command}\t{count}\t0\t0\t0\t{lat}\t{lon}\t{alt}\t1\n")
loader = mavwp.MAVWPLoader()
loader.load("fence.waypoints")
commands = [item.command for item in loader.wpoints]
types = [item.mission_type for item in loader.wpoints]
print(f"{len(commands)} rows read; commands {commands}, mission types {types}")
assert commands == [16, 5001, 5001, 5001], "the rows are read in another way now"
assert types == [0, 0, 0, 0], "fence rows have their mission type now"
PY
echo "as described"
