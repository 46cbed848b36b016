"""Writes the chain of a flight: what was on disk when, in blocks, under signed heads.

`chain.jsonl` is one JSON object a line. The first says which flight and key this is and names the head of the flight before;
a `block` covers the next bytes of a file that grows (frames, ways, events), a `file` a whole file (the plan, the parameters).
These lines are the leaves of a Merkle tree (see `merkle`), each the line's very bytes without the newline. A `head` line holds
the root over all leaves above it and a signature over itself without the signature; the last head is final. Nothing else is in it.
"""

from __future__ import annotations

import json
from collections import deque
from hashlib import sha256
from pathlib import Path
from typing import Any

from controller.logs.flights import store
from controller.logs.record.append_file import AtomicAppender
from controller.logs.record.keys import RecordKey
from controller.logs.record.ledger import LedgerEntry, append_head, flights_folder_of, newest_head
from controller.logs.record.merkle import Tree, leaf_hash

CHAIN_FILE = store.CHAIN
FORMAT = 1
SIGNED_PREFIX = b"landline flight record head\n"


def canonical(fields: dict[str, Any]) -> bytes:
    """JSON with sorted keys and no spaces: what is hashed and signed."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def recorded_flight_name(folder: Path) -> str:
    """The name under which a flight was recorded, as far as its chain can be read; else the folder's."""
    try:
        with (folder / CHAIN_FILE).open("rb") as file:
            return str(json.loads(file.readline())["flight"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return folder.name


class _Stream:
    """A growing file: what has been written to it since its last block."""

    def __init__(self) -> None:
        self.offset = 0
        self.length = 0
        self.frames = 0
        self.hash = sha256()


class ChainWriter:
    """The chain of one flight. `wrote` and `whole` are told of what was written; `seal` covers it; `close` ends it.

    A line may only be put into the chain when the bytes it covers are on disk. So that something slow can come between,
    `seal` has two halves: `queue` fixes what is to be covered, `put` writes the lines, and may do so in another thread.
    With `durable` False (simulated flights) nothing waits for the disk.
    """

    def __init__(
        self,
        folder: Path,
        *,
        flight: str,
        key: RecordKey,
        keys_folder: Path,
        utc_us: int,
        durable: bool = True,
    ) -> None:
        self._folder = folder
        self._flight = flight
        self._key = key
        self._keys_folder = keys_folder
        self._durable = durable
        self._tree = Tree()
        self._streams: dict[str, _Stream] = {}
        self._files: list[dict[str, Any]] = []
        self._waiting: deque[dict[str, Any]] = deque()
        self._queued = self._done = 0
        self._unsigned = 0
        self._untold: LedgerEntry | None = (
            None  # of a head that stands in the file, and perhaps not on the disk
        )
        self._file = AtomicAppender(folder / CHAIN_FILE)
        self._leaf(
            {
                "kind": "open",
                "format": FORMAT,
                "flight": flight,
                "key": key.public_hex,
                "previous": newest_head(keys_folder),
                "utc_us": utc_us,
            }
        )
        self._head(utc_us, final=False)

    def add_bytes(self, name: str, data: bytes, *, frames: int = 0) -> None:
        """`data` was appended to the file called `name`; it holds that many frames."""
        stream = self._streams.setdefault(name, _Stream())
        stream.hash.update(data)
        stream.length += len(data)
        stream.frames += frames

    def add_file(self, name: str, data: bytes) -> None:
        """A whole file was written, and will not be again."""
        self._files.append({"file": name, "length": len(data), "sha256": sha256(data).hexdigest()})

    def queue_blocks(self, utc_us: int) -> int:
        """Have everything written so far covered by the lines to come; gives the number of lines queued since the beginning."""
        lines = [{"kind": "file", "utc_us": utc_us, **fields} for fields in self._files]
        self._files.clear()
        for name, stream in self._streams.items():
            if stream.length:
                lines.append(
                    {
                        "kind": "block",
                        "file": name,
                        "offset": stream.offset,
                        "length": stream.length,
                        "frames": stream.frames,
                        "sha256": stream.hash.hexdigest(),
                        "utc_us": utc_us,
                    }
                )
                stream.offset += stream.length
                stream.length = stream.frames = 0
                stream.hash = sha256()
        self._waiting.extend(lines)
        self._queued += len(lines)
        return self._queued

    def write_queued(self, queued: int, utc_us: int, *, sign: bool) -> None:
        """Write the lines up to that number, and a signed head if asked. Raises OSError: what is left is written the next time."""
        while self._done < queued:
            self._leaf(self._waiting[0])
            self._waiting.popleft()
            self._done += 1
        if sign and self._unsigned:
            self._head(utc_us, final=False)
        elif sign and self._untold:
            self._tell(self._untold)

    def checkpoint(self, utc_us: int, *, sign: bool) -> None:
        """Both at once, where the bytes are on disk already."""
        self.write_queued(self.queue_blocks(utc_us), utc_us, sign=sign)

    def close_unsigned(self) -> None:
        """Stop without a final head, as the end of a process would."""
        self._file.close()

    def close(self, utc_us: int) -> str:
        """Cover the rest, sign the final head; returns the hash of its line. Raises OSError."""
        self.checkpoint(utc_us, sign=False)
        head = self._head(utc_us, final=True)
        self._file.close()
        return head

    def _leaf(self, fields: dict[str, Any]) -> None:
        line = canonical(fields)
        # First the file: a line that a full disk refused is no leaf.
        self._file.append(line + b"\n")
        self._tree.append(leaf_hash(line))
        self._unsigned += 1

    def _head(self, utc_us: int, *, final: bool) -> str:
        fields: dict[str, Any] = {
            "kind": "head",
            "flight": self._flight,
            "size": self._tree.size,
            "root": self._tree.root().hex(),
            "final": final,
            "utc_us": utc_us,
        }
        fields["signature"] = self._key.sign(SIGNED_PREFIX + canonical(fields))
        line = canonical(fields)
        self._file.append(line + b"\n")
        self._unsigned = 0
        self._untold = LedgerEntry(
            self._flight, sha256(line).hexdigest(), final, flights_folder_of(self._folder)
        )
        return self._tell(self._untold)

    def _tell(self, entry: LedgerEntry) -> str:
        if self._durable:
            # The ledger must never know a head that a power cut takes from the folder.
            self._file.sync(metadata=True)
        append_head(self._keys_folder, entry, durable=self._durable)
        self._untold = None
        return entry.head
