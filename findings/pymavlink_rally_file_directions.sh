#!/bin/sh
# A rally file that pymavlink loads and saves has other landing directions each time.
#
# Package:   pymavlink 2.4.50, pymavlink.mavwp.MAVRallyLoader
# Guess:     load(), save() and load() again give back the same rally point.
# Behaviour: load() multiplies the landing direction by 100 and save() writes it as it is held, so the direction grows a
#            hundredfold with each round: 90 becomes 9000, then 900000. The other columns survive.
# Seen:      landing direction in the file 90, after one round 9000
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pymavlink==2.4.50
cd "$folder"
printf 'RALLY 47.3977 8.5456 100 40 90 1\n' > rally.txt
"$folder/venv/bin/python" - <<'PY'
from pymavlink import mavwp

loader = mavwp.MAVRallyLoader()
loader.load("rally.txt")
loader.save("again.txt")
with open("again.txt") as file:
    row = next(line.split() for line in file if line.startswith("RALLY"))
print(f"landing direction in the file 90, after one round {float(row[5]):g}")
assert float(row[5]) == 9000.0, "the direction is written in another way now"
PY
echo "as described"
