#!/bin/sh
# pydjirecord finds no records in DJI flight records of the versions that it could read without a key.
#
# Package:   pydjirecord 1.3.0, pydjirecord.DJILog (flight records of DJI's apps, "DJIFlightRecord_*.txt")
# Guess:     its description names versions 1 to 14, of which 1 to 12 need no key from DJI: records() of such a file
#            gives what it holds.
# Behaviour: it takes two bytes for the length of a record in every version. Up to version 12 the length has one byte
#            (and 13 brought the second), so the walk ends at the first record: no records, no frames, no error; the
#            header and the totals are read. The same records with two bytes for each length are all found.
# Seen:      version 6, lengths of one byte: 0 records, 0 frames, 12.5 s in the totals
#            version 6, lengths of two bytes: 3 records
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pydjirecord==1.3.0
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import struct
from pydjirecord import DJILog

MESSAGE = 9  # a tip of the app: text only, not encoded in version 6
TEXTS = [b"Home point recorded\0", b"Mission begun\0", b"Mission complete\0"]


def file_with(length_bytes):
    records = b"".join(
        bytes([MESSAGE]) + len(text).to_bytes(length_bytes, "little") + text + b"\xff" for text in TEXTS
    )
    totals = bytearray(400)
    struct.pack_into("<q", totals, 91, 1_600_000_000_000)  # begin, ms
    struct.pack_into("<dd", totals, 99, 8.5456, 47.3977)
    struct.pack_into("<i", totals, 119, 12_500)  # duration, ms
    head = struct.pack("<QHB", 100 + len(records), len(totals), 6).ljust(100, b"\0")
    return DJILog.from_bytes(head + records + bytes(totals))


real = file_with(1)
seconds = real.details.total_time
print(f"version {real.version}, lengths of one byte: {len(real.records())} records, {len(real.frames())} frames, "
      f"{seconds} s in the totals")
assert (real.version, seconds) == (6, 12.5)
assert real.records() == [] and real.frames() == [], "records of older files are found now"
other = len(file_with(2).records())
print(f"version 6, lengths of two bytes: {other} records")
assert other == 3, "the length of a record is read in another way now"
PY
echo "as described"
