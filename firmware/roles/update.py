"""Firmware update: verified before it runs, run once on trial, and rolled back unless it confirms itself.

There are two slots, the folders `a` and `b`, each with `firmware/`. An image is written to the slot not in use and
put on trial when all its files are verified. Without a call of `confirm` before the next start, the trial has failed;
firmware that raises or hangs causes that start itself, by an exception or by the watchdog (`boot.py`).

An image named `update.llfw` in the box's folder is installed at the next start, before anything time-critical runs:
`mpremote cp landline.llfw :update.llfw + reset` updates over the cable.

An image: `LLFW1`, a newline, the manifest's length (4 bytes, big-endian), the manifest (JSON: `version`, `board`,
`files` as [name, size, SHA-256]), an Ed25519 signature of the operator's key over `landline box image`, a newline and
the manifest's SHA-256; then the files, one after the other.
"""

import json
from binascii import hexlify, unhexlify
from hashlib import sha256

from firmware.config import check_key
from firmware.core.compat import Any
from firmware.core.disk import Disk
from firmware.core.ed25519 import verify

MAGIC = b"LLFW1\n"
SIGNED_PREFIX = b"landline box image\n"
SIGNATURE = 64
MAX_MANIFEST = 16_384
STATE = "slots.json"
INBOX = "update.llfw"
REPORT = "update.said"
PIECE = 512


class UpdateError(Exception):
    """Invalid image; the message is one line. The box is unchanged."""


def load_state(disk: Disk) -> dict[str, str]:
    """Return {"active", "trial", "tried"}: slot names, or ""."""
    state = {"active": "", "trial": "", "tried": ""}
    try:
        found = json.loads(disk.read(STATE))
        for name in state:
            if found[name] in ("", "a", "b"):
                state[name] = found[name]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return state


def save_state(disk: Disk, state: dict[str, str]) -> None:
    disk.put(STATE, json.dumps(state).encode())


def choose_slot(disk: Disk) -> str:
    """Return the slot to run at this start ("" for the factory firmware); starts a trial, or ends a failed one."""
    state = load_state(disk)
    trial = state["trial"]
    if not trial:
        return state["active"]
    failed = state["tried"] == trial
    state["tried"] = "" if failed else trial
    if failed:
        state["trial"] = ""
    try:
        if failed:
            disk.put(REPORT, b"update failed its trial; the old firmware runs")
        save_state(disk, state)
    except OSError:  # no space: a trial that cannot be recorded must not start
        return state["active"]
    return state["active"] if failed else trial


def confirm(disk: Disk) -> bool:
    """Accept the running firmware; True if that ended a trial."""
    state = load_state(disk)
    if not state["trial"] or state["tried"] != state["trial"]:
        return False
    save_state(disk, {"active": state["trial"], "trial": "", "tried": ""})
    return True


def take_inbox(disk: Disk, board: str, config: str = "config.json") -> str:
    """Install the image in the inbox at start and remove it; return a report, also saved in `REPORT`, or "".

    On any error the box starts unchanged.
    """
    try:
        image = open(disk.path(INBOX), "rb")
    except OSError:
        return ""
    try:
        key = _operator(str(disk.read(config), "utf-8"))
        said = "firmware " + install(disk, image, key, board) + " is on trial"
    except Exception as error:  # any kind: the box must start in any case
        said = "update refused: " + str(error)
    finally:
        image.close()
    try:
        disk.put(REPORT, said.encode())
        # Last step: after a power cut before it, the image is installed again.
        disk.remove(INBOX)
    except OSError as error:
        said = "update: " + str(error)
    return said


def _operator(text: str) -> bytes:
    """Return the operator's key in the settings `text`.

    Validates nothing else: the settings may be for newer firmware than this.
    """
    key = json.loads(text).get("keys", {}).get("operator", "")
    if not key:
        raise UpdateError("the settings name no keys.operator")
    check_key("operator", key)
    return unhexlify(key)


def install(disk: Disk, image: Any, operator_key: bytes, board: str) -> str:
    """Verify an image (an open file) and put it on trial for the next start; return its version.

    Raises UpdateError.
    """
    manifest = _manifest(image, operator_key)
    if manifest["board"] not in ("any", board):
        raise UpdateError(f"the image is for {manifest['board']}, this is {board}")
    state = load_state(disk)
    if state["trial"]:
        if state["tried"] == state["trial"]:
            raise UpdateError("another image is on trial: half a minute of running, or a restart, ends that")
        state["trial"] = ""  # it has not run yet and is overwritten
        save_state(disk, state)
    slot = "b" if state["active"] == "a" else "a"
    disk.remove_tree(slot)
    for name, size, digest in manifest["files"]:
        _write(disk, image, slot + "/" + name, size, digest)
    if image.read(1):
        raise UpdateError("there is more in the image than its manifest says")
    state["trial"], state["tried"] = slot, ""
    save_state(disk, state)
    return str(manifest["version"])


def _manifest(image: Any, operator_key: bytes) -> dict[str, Any]:
    head = image.read(len(MAGIC) + 4)
    if head[: len(MAGIC)] != MAGIC or len(head) < len(MAGIC) + 4:
        raise UpdateError("not a box image")
    size = int.from_bytes(head[len(MAGIC) :], "big")
    if size > MAX_MANIFEST:
        raise UpdateError("not a box image")
    text = image.read(size)
    signature = image.read(SIGNATURE)
    if not verify(operator_key, signature, SIGNED_PREFIX + sha256(text).digest()):
        raise UpdateError("not signed by this box's operator")
    # Signed by the operator from here on, but possibly in a newer format.
    try:
        manifest = json.loads(text)
        for name, length, digest in manifest["files"]:
            if not _is_inside(name) or length < 0 or len(digest) != 64:
                raise UpdateError("the image has a file that does not belong in it")
        if not isinstance(manifest["board"], str) or not isinstance(manifest["version"], str):
            raise UpdateError("the image's manifest is incomplete")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UpdateError("the image's manifest is incomplete") from error
    return dict(manifest)


def _is_inside(name: str) -> bool:
    parts = name.split("/")
    return parts[0] == "firmware" and len(parts) > 1 and not any(part in ("", ".", "..") for part in parts)


def _write(disk: Disk, image: Any, name: str, size: int, digest: str) -> None:
    hashed, left = sha256(), size
    file = disk.create(name)
    try:
        while left:
            piece = image.read(min(left, PIECE))
            if not piece:
                raise UpdateError("the image is cut short")
            hashed.update(piece)
            disk.write(file, piece)
            left -= len(piece)
    finally:
        file.close()
    if hexlify(hashed.digest()).decode() != digest:
        raise UpdateError("the image was changed: " + name)
