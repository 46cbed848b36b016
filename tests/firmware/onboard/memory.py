"""What a whole box occupies, everything switched on, as one JSON object: bytes of code read from source, bytes of
the box itself (two radios, recorder, file server, rules, signing), and of a box that has bridged for a while.
Sizes are those of this machine's pointers. The lines of dashes are where a machine that only collects between
programs may do it.
"""

import gc
import sys

if sys.platform == "webassembly":
    sys.path.insert(0, "/box")  # where benchmarks/memory_32.mjs puts it
gc.collect()
# ----
EMPTY = gc.mem_alloc()

import json  # noqa: E402

from firmware.box import Box, Port  # noqa: E402
from firmware.config import parse  # noqa: E402
from firmware.mavlite.pack import Packer  # noqa: E402
from firmware.roles.recorder import Store  # noqa: E402

KEY = "".join([f"{i:02x}" for i in range(32)])


class Wire(Port):
    """Gives the same frames again and again, takes everything."""

    def __init__(self, data):
        self.data = data

    def readinto(self, chunk):
        chunk[: len(self.data)] = self.data
        return len(self.data)

    def write(self, data, at, count):
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


def used():
    gc.collect()
    return gc.mem_alloc()


port = {"port": "memory", "rate_bytes_per_s": 5760}
given = {
    "version": 1,
    "laptop": port,
    "radios": [port, port],
    "recorder": {"path": "/box.rec", "blocks": 16384, "buffers": 3},
    "keys": {"aircraft": KEY, "laptop": KEY},
    "firewall": {"sign": True, "rules": [{"direction": "both", "allow": False, "system": 9}] * 8},
}
text = json.dumps(given)
packer = Packer(1, 1)
view = packer.pack(0, "<IBBBBB", 4, 2, 3, 81, 4, 3)  # an aircraft's heartbeat
data = bytes(view.buf[: view.length])
wires = [Wire(b"\0"), Wire(data), Wire(data)]
gc.collect()
# ----
code = used() - EMPTY
before = used()
box = Box(parse(text), wires, 0, store=Nowhere())
gc.collect()
# ----
built = used() - before
for turn in range(2000):
    box.turn(turn, turn * 1000)
gc.collect()
# ----
running = used() - before
print(json.dumps({"code": code, "built": built, "running": running, "fault": box.supervisor.last_fault}))
