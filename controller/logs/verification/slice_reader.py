"""Reader of slices; `slice` documents the format and makes them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NoReturn

from controller.errors import VerificationFailed
from controller.logs.record.chain import SIGNED_PREFIX
from controller.logs.record.keys import verify_signature
from controller.logs.record.merkle import leaf_hash, root_from_proof
from controller.logs.verification.slice import FORMAT

MAGIC = b"landline-slice "
# Only one spelling of each number and hash is valid: another one would be an undetected change.
_NUMBER = rb"(0|[1-9][0-9]{0,9})"
_ENTRY = re.compile(_NUMBER + b" " + _NUMBER + rb" (-|[0-9a-f]{64}(?:,[0-9a-f]{64})*) (.*)")
_NAME = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")


@dataclass
class SliceContent:
    """Content of a slice. `parts` are the bytes by file; those of a growing file begin at offset `begins`.

    Times are those of the first and last checkpoint (microseconds since 1970). The data of the first block was
    written at most one checkpoint earlier.
    """

    key: str = ""
    flight: str = ""
    blocks: int = 0
    frames: int = 0
    from_utc_us: int = 0
    to_utc_us: int = 0
    begins: dict[str, int] = field(default_factory=dict)
    parts: dict[str, bytearray] = field(default_factory=dict)


def read_slice(data: bytes, *, where: str = "") -> SliceContent:
    """Read a slice and verify every part of it. Raises VerificationFailed."""
    try:
        return _Reader(data).read()
    except _Refused as refused:
        raise VerificationFailed(
            f"invalid slice: {refused}", where=where or None, hint="ask the sender for a new copy"
        ) from None
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise VerificationFailed(
            "invalid slice: a line is damaged", where=where or None, hint="ask the sender for a new copy"
        ) from None


class _Refused(Exception):
    pass


def _refuse(why: str) -> NoReturn:
    raise _Refused(why)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._found = SliceContent()
        self._root, self._size = "", 0
        self._before = -1

    def _read_bytes(self, length: int) -> bytes:
        data = self._data[self._at : self._at + length]
        if len(data) < length:
            _refuse("it is cut off")
        self._at += length
        return data

    def _read_line(self) -> bytes:
        end = self._data.find(b"\n", self._at)
        if end < 0:
            _refuse("it is cut off")
        return self._read_bytes(end + 1 - self._at)[:-1]

    def read(self) -> SliceContent:
        self._read_head()
        while (line := self._read_line()) != b"end":
            self._read_entry(line)
        if self._at != len(self._data):
            _refuse("it continues after its end line")
        if not self._found.blocks:
            _refuse("it has no block")
        return self._found

    def _read_head(self) -> None:
        lines = [self._read_line().split(b" ", 1) for _ in range(4)]
        if [line[0] for line in lines] != [b"landline-slice", b"key", b"signature", b"head"]:
            _refuse("it does not begin with the lines of a slice")
        form, key, signature, head = (line[1] for line in lines)
        if not re.fullmatch(rb"[0-9a-f]{64}", key):
            _refuse("its key is not 64 hexadecimal digits")
        if form != b"%d" % FORMAT:
            _refuse(f"format {form.decode(errors='replace')[:20]}, this version reads format {FORMAT}")
        if not verify_signature(key.decode("ascii"), signature.decode("ascii"), SIGNED_PREFIX + head):
            _refuse("the signature of its head is wrong")
        fields: dict[str, Any] = json.loads(head)
        self._root, self._size = str(fields["root"]), int(fields["size"])
        self._found.key, self._found.flight = key.decode("ascii"), str(fields["flight"])

    def _read_entry(self, entry: bytes) -> None:
        parts = _ENTRY.fullmatch(entry)
        if not parts:
            _refuse("a line is damaged")
        number, length, hashes, line = parts.groups()
        index = int(number)
        proof = [] if hashes == b"-" else [bytes.fromhex(one) for one in hashes.decode("ascii").split(",")]
        root = root_from_proof(leaf_hash(line), index, self._size, proof)
        if root is None or root.hex() != self._root:
            _refuse(f"line {index} is not in the signed record")
        if index <= self._before or (self._found.blocks and index != self._before + 1):
            _refuse(f"data is missing, repeated or out of order before line {index}")
        self._before = index
        raw = self._read_bytes(int(length))
        if self._read_bytes(1) != b"\n":
            _refuse(f"line {index} has more bytes than its length")
        fields: dict[str, Any] = json.loads(line)
        if raw or fields["kind"] == "block":
            self._bytes(raw, fields)

    def _bytes(self, raw: bytes, fields: dict[str, Any]) -> None:
        name, found = str(fields["file"]), self._found
        if not _NAME.fullmatch(name):
            _refuse(f"invalid file name {name!r}")
        if sha256(raw).hexdigest() != fields["sha256"]:
            _refuse(f"the bytes of {name} were changed")
        if fields["kind"] == "block":
            utc_us = int(fields["utc_us"])
            found.begins.setdefault(name, int(fields["offset"]))
            found.from_utc_us = found.from_utc_us if found.blocks else utc_us
            found.to_utc_us = utc_us
            found.blocks += 1
            found.frames += int(fields["frames"])
        found.parts.setdefault(name, bytearray()).extend(raw)
