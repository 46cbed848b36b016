"""Feeds a box the requests of a reader, one by one, and prints the frames of its answers and what they cost in memory.

    files.py FOLDER       FOLDER holds requests.json (frames in hexadecimal); box.rec is made there

Runs on CPython and on MicroPython.
"""

import gc
import json
import sys
from binascii import hexlify, unhexlify

from firmware.box import Box, Port
from firmware.config import parse
from firmware.core.blockfile import BlockFile
from firmware.core.record_folder import RecordFolder
from firmware.mavlite.framer import Framer
from firmware.mavlite.pack import Packer
from firmware.roles.ftp import FileServer


class Wire(Port):
    def __init__(self):
        self.to_box = b""
        self.from_box = b""

    def readinto(self, chunk):
        count = min(len(chunk), len(self.to_box))
        chunk[:count] = self.to_box[:count]
        self.to_box = self.to_box[count:]
        return count

    def write(self, data, at, count):
        self.from_box += bytes(data[at : at + count])
        return count


def answers_in(data):
    """The file answers among the frames of a stream, without their sequence numbers and checksums."""
    framer = Framer()
    found = []
    for at in range(0, len(data), 256):
        chunk = bytearray(data[at : at + 256])
        framer.feed(chunk, len(chunk))
        while True:
            count = framer.next()
            if not count:
                break
            if count > 0 and framer.msg_id == 110:
                found.append(bytes(framer.buf[framer.at + 10 : framer.at + count - 2]))
    return found


def allocated():
    gc.collect()
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0


def main(folder):
    with open(folder + "/requests.json") as file:
        requests = [unhexlify(text) for text in json.load(file)]
    path = folder + "/box.rec"
    before = allocated()
    server = FileServer(RecordFolder(path), Packer(254, 191))
    server_bytes = allocated() - before
    server.close()
    port = {"port": "memory", "rate_bytes_per_s": 0}
    text = {"version": 1, "laptop": port, "radios": [port], "recorder": {"path": path, "blocks": 16}}
    wires = [Wire(), Wire()]
    card = BlockFile(path, 16)
    box = Box(parse(json.dumps(text)), wires, 0, card)
    answers = []
    now_ms = 0
    for request in requests:
        wires[0].to_box = request
        for _ in range(200):
            now_ms += 1
            box.turn(now_ms, now_ms * 1000 & 0x1FFFFFFF)
        answers += answers_in(wires[0].from_box)
        wires[0].from_box = b""
    box.bridge.services.files.close()
    card.close()
    return {
        "answers": [hexlify(answer).decode() for answer in answers],
        "server_bytes": server_bytes,
        "faults": box.supervisor.last_fault,
    }


print(json.dumps(main(sys.argv[1])))
