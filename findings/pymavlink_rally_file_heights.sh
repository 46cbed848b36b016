#!/bin/sh
# pymavlink's newer rally reader makes kilometres of the metres in an old rally file.
#
# Package:   pymavlink 2.4.50, pymavlink.mavwp.MissionItemProtocol_Rally
# Guess:     the height column of a rally file ("RALLY lat lon alt break_alt land_dir flags", as MAVProxy and Mission
#            Planner write it) is metres, and so is z of the mission item that load() makes of it.
# Behaviour: z is a thousand times the height of the file, in frame GLOBAL_RELATIVE_ALT (3), which is in metres: a point
#            100 m up in the file is a rally item 100 km up.
# Seen:      height in the file 100 m; item: command 5100, frame 3, z 100000.0
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pymavlink==2.4.50
cd "$folder"
printf 'RALLY 47.3977 8.5456 100 40 90 1\n' > rally.txt
MAVLINK20=1 "$folder/venv/bin/python" - <<'PY'
from pymavlink import mavwp

loader = mavwp.MissionItemProtocol_Rally()
loader.load("rally.txt")
item = loader.item(0)
print(f"height in the file 100 m; item: command {item.command}, frame {item.frame}, z {item.z}")
assert (item.command, item.frame) == (5100, 3), "the item is another one now"
assert item.z == 100000.0, "the height is read in another way now"
PY
echo "as described"
