"""Frames every stream of the vectors in many chunk sizes; runs on CPython and on MicroPython and prints one JSON
object.
"""

import json
import sys
from binascii import hexlify, unhexlify

from firmware.mavlite.framer import Framer


def frames_of(data, size, stats):
    framer = Framer(256)
    chunk = bytearray(256)
    found = []
    for at in range(0, len(data), size):
        part = data[at : at + size]
        chunk[: len(part)] = part
        framer.feed(chunk, len(part))
        while True:
            got = framer.next()
            if not got:
                break
            if got > 0:
                found.append(hexlify(bytes(framer.buf[framer.at : framer.at + got])).decode())
    stats.append(framer.bad_bytes)
    return found


def run(folder, sizes):
    with open(folder + "/streams.json") as file:
        streams = json.load(file)
    wrong = []
    for stream in streams:
        data = unhexlify(stream["data"])
        for size in sizes:
            bad = []
            found = frames_of(data, size, bad)
            if found != stream["frames"] or bad[0] != stream["bad_bytes"]:
                wrong.append([stream["name"], size, len(found), bad[0]])
    return {"streams": len(streams), "wrong": wrong}


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], [1, 2, 3, 7, 12, 64, 255, 256])))
