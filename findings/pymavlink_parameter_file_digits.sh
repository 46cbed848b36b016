#!/bin/sh
# A parameter file saved by pymavlink does not hold the values that were saved.
#
# Package:   pymavlink 2.4.50, pymavlink.mavparm.MAVParmDict (the parameter files of MAVProxy)
# Guess:     save() and then load() give back the same 32-bit floats.
# Behaviour: save() writes every float with six decimals. A value below 0.0000005 becomes 0, and a value with more
#            digits comes back as another float. Nothing is printed about it.
# Seen:      TINY 4e-07 -> 0.0
#            DIGITS 0.12345670163631439 -> 0.123457 (another 32-bit float)
#            WHOLE 2097153.0 -> 2097153.0
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pymavlink==2.4.50
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import struct
from pymavlink.mavparm import MAVParmDict


def float32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


saved = MAVParmDict()
saved["TINY"], saved["DIGITS"], saved["WHOLE"] = 4.0e-7, float32(0.1234567), 2097153.0
saved.save("saved.parm")
loaded = MAVParmDict()
loaded.load("saved.parm")
for name in ("TINY", "DIGITS", "WHOLE"):
    print(name, saved[name], "->", loaded[name])
assert loaded["TINY"] == 0.0, "a tiny value is kept now"
assert float32(loaded["DIGITS"]) != saved["DIGITS"], "all digits are kept now"
assert loaded["WHOLE"] == saved["WHOLE"]
PY
echo "as described"
