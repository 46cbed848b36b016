"""Builds an update image on a computer; `roles/update.py` installs it. Not part of the firmware on a board."""

import json
from hashlib import sha256

from firmware.core.compat import Any
from firmware.roles.update import MAGIC, SIGNED_PREFIX


def pack(files: dict[str, bytes], version: str, board: str, sign: Any) -> bytes:
    """Return the image of `files` (name `firmware/...` -> content) for `board`, which may be "any".

    `sign` returns an Ed25519 signature (64 bytes) of the bytes it is given.
    """
    listed = [[name, len(data), sha256(data).hexdigest()] for name, data in sorted(files.items())]
    manifest = json.dumps({"version": version, "board": board, "files": listed}).encode()
    signature = sign(SIGNED_PREFIX + sha256(manifest).digest())
    body = b"".join([files[name] for name in sorted(files)])
    return MAGIC + len(manifest).to_bytes(4, "big") + manifest + bytes(signature) + body
