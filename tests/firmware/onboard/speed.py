"""Pumps frames through a whole box and prints one JSON object: speed.py VECTORS FRAMES PLAN

PLAN is bridge (one radio), two (two radios that bring the same), rules (eight that do not fit), record (on a card
that costs nothing), all (these three together), sign (the box signs what goes up), verify (locked: what comes up is
verified).
"""

import json
import sys
import time
from binascii import unhexlify

from firmware.box import Box, Port
from firmware.config import parse
from firmware.mavlite.framer import Framer
from firmware.mavlite.hot import copy
from firmware.mavlite.signing import Signer
from firmware.roles.recorder import Store

KEY = "".join([f"{i:02x}" for i in range(32)])


class Loop(Port):
    """Gives the same bytes again and again; takes everything. Costs one copy a chunk."""

    def __init__(self, data):
        self.data = data
        self.at = 0
        self.taken = 0

    def readinto(self, chunk):
        at, left = self.at, len(self.data) - self.at
        count = len(chunk) if len(chunk) < left else left
        copy(chunk, 0, self.data, at, count)
        self.at = 0 if count == left else at + count
        return count

    def write(self, data, at, count):
        self.taken += count
        return count

    def tick(self, now_ms):
        pass


class Nowhere(Store):
    """A card that stores nothing."""

    blocks = 16384

    def write(self, at, buf, start, count):
        pass

    def read(self, at, buf):
        buf[:] = bytes(len(buf))

    def sync(self):
        pass


class Signed(Port):
    """Frames signed anew each time, as a laptop's are. The signing is paid for outside of what is measured."""

    def __init__(self, frames, count):
        signer = Signer(unhexlify(KEY), 0, 0)
        out = []
        framer = Framer(512)
        for i in range(count):
            raw = frames[i % len(frames)]
            framer.feed(bytearray(raw), len(raw))
            framer.next()
            view = signer.sign(framer, 1_790_000_000_000_000)
            out.append(bytes(view.buf[: view.length]))
        self.loop = Loop(b"".join(out))

    def readinto(self, chunk):
        return self.loop.readinto(chunk)

    def write(self, data, at, count):
        return count

    def tick(self, now_ms):
        pass


def config(plan):
    port = {"port": "memory", "rate_bytes_per_s": 0}
    given = {"version": 1, "laptop": port, "radios": [port, port] if plan in ("two", "all") else [port]}
    if plan in ("rules", "all"):
        given["firewall"] = {"rules": [{"direction": "both", "allow": False, "system": 9}] * 8}
    if plan == "sign":
        given["keys"], given["firewall"] = {"aircraft": KEY}, {"sign": True}
    if plan == "verify":
        given["keys"], given["firewall"] = {"laptop": KEY}, {"locked": True}
    return parse(json.dumps(given))


def frames_of(folder):
    with open(folder + "/frames.json") as file:
        entries = json.load(file)
    return [unhexlify(e["raw"]) for e in entries if e["kind"] == "v2" and e["name"] != "SYSTEM_TIME"]


def main(folder, frames, plan):
    raws = frames_of(folder)
    data = b"".join(raws)
    up_only = plan in ("sign", "verify")
    laptop = Signed(raws, frames + 2000) if plan == "verify" else Loop(data if up_only else b"\0")
    radios = [Loop(b"\0" if up_only else data) for _ in range(2 if plan in ("two", "all") else 1)]
    box = Box(config(plan), [laptop] + radios, 0, store=Nowhere() if plan in ("record", "all") else None)
    bridge = box.bridge
    for _ in range(20):
        box.turn(0, 0)
    started_frames = bridge.frames_up + bridge.frames_down
    started_bytes = radios[0].taken if up_only else laptop.taken
    started = time.ticks_us()
    while bridge.frames_up + bridge.frames_down - started_frames < frames - 100:
        box.turn(0, 0)
    spent_us = time.ticks_diff(time.ticks_us(), started)
    return {
        "frames": bridge.frames_up + bridge.frames_down - started_frames,
        "bytes": (radios[0].taken if up_only else laptop.taken) - started_bytes,
        "spent_us": spent_us,
        "fault": box.supervisor.last_fault,
    }


print(json.dumps(main(sys.argv[1], int(sys.argv[2]), sys.argv[3])))
