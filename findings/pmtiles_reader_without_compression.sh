#!/bin/sh
# The PMTiles reader on PyPI cannot read an archive whose directories are not compressed.
#
# Package:   pmtiles 3.8.1, pmtiles.reader.Reader (the Python package of the PMTiles format)
# Guess:     the header's "internal compression" may be none (1), as the format's description says; a reader that
#            knows the field, and reads metadata by it, reads the directories by it too.
# Behaviour: metadata() honours the field, get() does not: it takes every directory for gzip and raises.
# Seen:      metadata {'name': 'field'}
#            tile 0/0/0: BadGzipFile
#            the same archive with gzip directories: b'tile'
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pmtiles==3.8.1
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import gzip
import json
from pmtiles.reader import MemorySource, Reader
from pmtiles.tile import Compression, Entry, TileType, serialize_directory, serialize_header


def archive(compression):
    root = serialize_directory([Entry(tile_id=0, offset=0, length=4, run_length=1)])
    metadata = json.dumps({"name": "field"}).encode()
    if compression == Compression.NONE:
        root = gzip.decompress(root)
    else:
        metadata = gzip.compress(metadata)
    header = {
        "version": 3, "root_offset": 127, "root_length": len(root),
        "metadata_offset": 127 + len(root), "metadata_length": len(metadata),
        "leaf_directory_offset": 127 + len(root) + len(metadata), "leaf_directory_length": 0,
        "tile_data_offset": 127 + len(root) + len(metadata), "tile_data_length": 4,
        "addressed_tiles_count": 1, "tile_entries_count": 1, "tile_contents_count": 1, "clustered": True,
        "internal_compression": compression, "tile_compression": Compression.NONE, "tile_type": TileType.MVT,
        "min_zoom": 0, "max_zoom": 0, "min_lon_e7": 0, "min_lat_e7": 0, "max_lon_e7": 0, "max_lat_e7": 0,
        "center_zoom": 0, "center_lon_e7": 0, "center_lat_e7": 0,
    }
    return Reader(MemorySource(serialize_header(header) + root + metadata + b"tile"))


plain = archive(Compression.NONE)
print("metadata", plain.metadata())
assert plain.metadata() == {"name": "field"}
try:
    found = plain.get(0, 0, 0)
except gzip.BadGzipFile as error:
    found = type(error).__name__
print("tile 0/0/0:", found)
assert found == "BadGzipFile", "directories without compression are read now"
packed = archive(Compression.GZIP).get(0, 0, 0)
print("the same archive with gzip directories:", packed)
assert packed == b"tile"
PY
echo "as described"
