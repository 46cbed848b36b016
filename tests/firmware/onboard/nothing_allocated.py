"""Pumps frames through a whole box with the heap locked: any allocation raises. Prints what went through.

    nothing_allocated.py VECTORS FRAMES PLAN      PLAN: plain | rules

What happens once a second (the box's own heartbeat, the judgement of the radios) allocates a little, so the clock
stands within one second while the heap is locked, and passes it while it is not.
"""

import gc
import json
import sys
from binascii import unhexlify

import micropython
from firmware.box import Box, Port
from firmware.config import parse


class Loop(Port):
    """Gives the same bytes again and again, in pieces of the chunk's size; takes everything."""

    def __init__(self, data):
        self.data = data
        self.at = 0
        self.taken = 0
        self.on = True

    def readinto(self, chunk):
        if not self.on:
            return 0
        size = len(self.data)
        at = self.at
        for i in range(len(chunk)):
            chunk[i] = self.data[at]
            at += 1
            if at == size:
                at = 0
        self.at = at
        return len(chunk)

    def write(self, data, at, count):
        self.taken += count
        return count

    def tick(self, now_ms):
        pass


def locked_turns(box, count, now_ms):
    micropython.heap_lock()
    for i in range(count):
        box.turn(now_ms + i % 900, (now_ms * 1000 + i) & 0x1FFFFFFF)
    micropython.heap_unlock()


def main(folder, frames, plan):
    with open(folder + "/frames.json") as file:
        entries = json.load(file)
    down = b"".join(
        unhexlify(e["raw"]) for e in entries if e["kind"] != "signed" and e["name"] != "SYSTEM_TIME"
    )
    up = b"".join(
        unhexlify(e["raw"])
        for e in entries
        if e["kind"] == "signed" and e["name"] not in ("SYSTEM_TIME", "COMMAND_ACK")
    )
    text = {
        "version": 1,
        "laptop": {"port": "memory", "rate_bytes_per_s": 0},
        "radios": [{"port": "memory"}, {"port": "memory", "rate_bytes_per_s": 0}],
        "uplink": "all",
    }
    if plan == "rules":
        rule = {"direction": "up", "allow": False, "system": 9, "first_message": 1, "last_message": 500}
        text["firewall"] = {"rules": [rule] * 8}
    ports = [Loop(up), Loop(down), Loop(down)]
    box = Box(parse(json.dumps(text)), ports, 0)
    bridge = box.bridge
    now_ms = 0
    for _ in ports:  # everything met once, so that caches and dictionaries are as large as they get
        for _ in range(200):
            box.turn(now_ms, 0)
    gc.collect()
    started = bridge.frames_up + bridge.frames_down
    while bridge.frames_up + bridge.frames_down - started < frames:
        now_ms += 1000
        for port in ports:
            port.on = False
        for _ in range(40):
            box.turn(now_ms, 0)
        for port in ports:
            port.on = True
        locked_turns(box, 400, now_ms)
    return {
        "frames": bridge.frames_up + bridge.frames_down - started,
        "laptop_bytes": ports[0].taken,
        "radio_bytes": ports[1].taken + ports[2].taken,
        "faults": box.supervisor.last_fault,
    }


print(json.dumps(main(sys.argv[1], int(sys.argv[2]), sys.argv[3])))
