"""Verifies signatures: judge.py PUBLIC MESSAGE SIGNATURE..., all hexadecimal; prints a JSON list of verdicts."""

import json
import sys
from binascii import unhexlify

from firmware.core.ed25519 import verify

public, message, *signatures = [unhexlify(text) for text in sys.argv[1:]]
print(json.dumps([verify(public, signature, message) for signature in signatures]))
