"""Verifies pymavlink's signed frames twice, and verifies what the box signs; prints one JSON object."""

import json
import sys
from binascii import unhexlify

from firmware.mavlite.framer import Framer
from firmware.mavlite.signing import Signer, Verifier

KEY = bytes(range(32))


def view_of(raw):
    framer = Framer(512)
    framer.feed(bytearray(raw), len(raw))
    framer.next()
    return framer


def again(view):
    return view_of(bytes(view.buf[view.at : view.at + view.length]))


with open(sys.argv[1] + "/frames.json") as file:
    frames = json.load(file)
signed = [unhexlify(frame["raw"]) for frame in frames if frame["kind"] == "signed"]
verifier = Verifier(KEY, 0)
verdicts = [verifier.check(view_of(raw)) for raw in signed + signed]
signer, other = Signer(KEY, 1, 0), Verifier(KEY, 0)
resigned = [
    other.check(again(signer.sign(view_of(unhexlify(f["raw"])), 1_790_000_000_000_000))) for f in frames
]
print(json.dumps({"verdicts": verdicts, "resigned": resigned}))
