"""Hash chain of a flight record: blocks that prove the content of the record's files, under signed heads.

`chain.jsonl` is one JSON object a line, of four kinds:

open    the first line: flight, public key, and the newest head of the flight before
block   the next bytes of a growing file (frames, frame routes, events): offset, length, SHA-256, time
file    a whole file (mission plan, parameters)
head    the Merkle root over all other lines above it, and an Ed25519 signature of the head without its signature

The lines of the first three kinds are the leaves of a Merkle tree (see `merkle`), each the bytes of the line without
the newline. The last head of a closed flight is marked `final`.
"""

from __future__ import annotations

import json
from collections import deque
from hashlib import sha256
from pathlib import Path
from typing import Any

from controller.logs.flights import store
from controller.logs.record.append_file import AtomicAppender
from controller.logs.record.canonical_json import canonical
from controller.logs.record.keys import RecordKey
from controller.logs.record.ledger import LedgerEntry, append_head, flights_folder_of, newest_head
from controller.logs.record.merkle import Tree, leaf_hash

CHAIN_FILE = store.CHAIN
FORMAT = 1
SIGNED_PREFIX = b"landline flight record head\n"


def recorded_flight_name(folder: Path) -> str:
    """Return the name under which a flight was recorded, from its chain; the folder's name if that is unreadable."""
    try:
        with (folder / CHAIN_FILE).open("rb") as file:
            return str(json.loads(file.readline())["flight"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return folder.name


class _Stream:
    """A growing file: the bytes written to it since its last block."""

    def __init__(self) -> None:
        self.offset = 0
        self.length = 0
        self.frames = 0
        self.hash = sha256()


class ChainWriter:
    """The hash chain of one flight.

    `add_bytes` and `add_file` hash written data, `checkpoint` writes the chain lines that cover it, `close` signs the
    final head. A line may be written only when the bytes it covers are on the disk. So that a slow flush can come
    between, `checkpoint` has two halves: `queue_blocks` fixes the data to cover, `write_queued` writes the lines and
    may run in another thread. With `durable` False (simulated flights) nothing waits for the disk.
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
        # Ledger entry of a head that is in the file, but perhaps not yet on the disk.
        self._pending_entry: LedgerEntry | None = None
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
        """Hash `data` that was appended to the growing file `name` and holds `frames` frames."""
        stream = self._streams.setdefault(name, _Stream())
        stream.hash.update(data)
        stream.length += len(data)
        stream.frames += frames

    def add_file(self, name: str, data: bytes) -> None:
        """Queue a whole file that will not change any more."""
        self._files.append({"file": name, "length": len(data), "sha256": sha256(data).hexdigest()})

    def queue_blocks(self, utc_us: int) -> int:
        """Queue chain lines for everything added so far. Return the number of lines queued since the start."""
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
        """Write the queued lines up to number `queued`, and with `sign` a signed head.

        Raises OSError; lines not written stay queued for the next call.
        """
        while self._done < queued:
            self._leaf(self._waiting[0])
            self._waiting.popleft()
            self._done += 1
        if sign and self._unsigned:
            self._head(utc_us, final=False)
        elif sign and self._pending_entry:
            self._append_to_ledger(self._pending_entry)

    def checkpoint(self, utc_us: int, *, sign: bool) -> None:
        """Queue and write in one call, for data that is on the disk already."""
        self.write_queued(self.queue_blocks(utc_us), utc_us, sign=sign)

    def close_unsigned(self) -> None:
        """Close the file without a final head, as if the process had ended."""
        self._file.close()

    def close(self, utc_us: int) -> str:
        """Cover the remaining data and sign the final head. Return the SHA-256 of its line. Raises OSError."""
        self.checkpoint(utc_us, sign=False)
        head = self._head(utc_us, final=True)
        self._file.close()
        return head

    def _leaf(self, fields: dict[str, Any]) -> None:
        line = canonical(fields)
        # Write the file first: a line that a full disk did not take must not become a leaf.
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
        self._pending_entry = LedgerEntry(
            self._flight, sha256(line).hexdigest(), final, flights_folder_of(self._folder)
        )
        return self._append_to_ledger(self._pending_entry)

    def _append_to_ledger(self, entry: LedgerEntry) -> str:
        if self._durable:
            # The ledger must never hold a head that a power cut could remove from the flight's folder.
            self._file.sync(metadata=True)
        append_head(self._keys_folder, entry, durable=self._durable)
        self._pending_entry = None
        return entry.head
