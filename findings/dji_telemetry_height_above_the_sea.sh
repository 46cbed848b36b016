#!/bin/sh
# dji-telemetry gives every frame of a DJI video the height zero above the sea.
#
# Package:   dji-telemetry 1.0.1, parse_srt() and to_gpx() (the .SRT that DJI's cameras write next to a video)
# Guess:     abs_alt is the absolute altitude in the file; both heights stand in one bracket, "[rel_alt: 57.2 abs_alt:
#            204.6]", as the package's own description of the format shows. A height below the take-off is negative.
# Behaviour: abs_alt is looked for behind a bracket of its own, which these files do not have, and is 0 for all frames,
#            as is the elevation in an exported GPX track. A negative rel_alt becomes 0 as well; nothing is said of it.
# Note:      installed without the packages it asks for (--no-deps), beside the two that its parser imports.
# Seen:      in the file: rel_alt 12.5 and -8.3, abs_alt 512.4 and 491.6
#            read: rel_alt [12.5, 0], abs_alt [0, 0]; elevations of the track ['0.0', '0.0']
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    numpy==2.2.6 opencv-python-headless==4.12.0.88
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps dji-telemetry==1.0.1
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import re
from dji_telemetry import parse_srt, to_gpx

HEIGHTS = [(12.5, 512.4), (-8.3, 491.6)]
with open("flight.SRT", "w") as file:
    for number, (above_start, above_sea) in enumerate(HEIGHTS, 1):
        file.write(
            f"{number}\n00:00:0{number - 1},000 --> 00:00:0{number},000\n"
            f'<font size="28">FrameCnt: {number}, DiffTime: 1000ms\n2026-05-04 10:00:0{number}.000\n'
            "[iso: 100] [shutter: 1/1000.0] [fnum: 2.8] [ev: 0] [ct: 5500] [latitude: 47.397700] "
            f"[longitude: 8.545600] [rel_alt: {above_start:.3f} abs_alt: {above_sea:.3f}] </font>\n\n"
        )
print("in the file: rel_alt 12.5 and -8.3, abs_alt 512.4 and 491.6")
telemetry = parse_srt("flight.SRT")
above_start = [frame.rel_alt for frame in telemetry.frames]
above_sea = [frame.abs_alt for frame in telemetry.frames]
to_gpx(telemetry, "flight.gpx")
with open("flight.gpx") as file:
    elevations = re.findall(r"<ele>([^<]*)</ele>", file.read())
print(f"read: rel_alt {above_start}, abs_alt {above_sea}; elevations of the track {elevations}")
assert [frame.latitude for frame in telemetry.frames] == [47.3977, 47.3977]
assert above_sea == [0.0, 0.0], "the height above the sea is read now"
assert elevations == ["0.0", "0.0"]
assert above_start == [12.5, 0.0], "heights below the take-off are read now"
PY
echo "as described"
