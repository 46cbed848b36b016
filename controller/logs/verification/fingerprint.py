"""A flight's last signed head as a short line for paper: who holds the line can tell later whether the record is
still that one.

The line is the flight's name and the first 40 hexadecimal digits (160 bits) of SHA-256 over the head's line in
`chain.jsonl`.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from controller.errors import VerificationFailed
from controller.logs.record.chain import CHAIN_FILE
from controller.logs.verification.flight import verify_flight

DIGITS = 40


def fingerprint_of(folder: Path) -> str:
    """The line of the newest head. Raises VerificationFailed where the record does not verify."""
    flight, digests = _heads(folder)
    digest = digests[-1]
    return " ".join([flight, *(digest[at : at + 4] for at in range(0, DIGITS, 4))])


def check_fingerprint(folder: Path, line: str) -> bool:
    """Whether the record verifies and still holds the head written down; True where it is the newest, False where
    the record went on after it. Spaces and capitals do not matter. Raises VerificationFailed where it is not in the
    record.
    """
    flight, digests = _heads(folder)
    name, _, rest = line.strip().partition(" ")
    digits = "".join(rest.split()).lower()
    if name != flight or digits not in digests:
        raise VerificationFailed(
            "the head written down is not in this record",
            where=str(folder),
            hint="compare flight and digits; if they are right, the record is not the one of that time",
        )
    return digits == digests[-1]


def _heads(folder: Path) -> tuple[str, list[str]]:
    found = verify_flight(folder)
    if found.first_fault is not None:
        raise VerificationFailed(found.first_fault.why, where=str(folder), hint="keep this folder as it is")
    flight, digests = "", []
    for line in (folder / CHAIN_FILE).read_bytes().splitlines():
        try:
            fields = json.loads(line)
        except ValueError:
            # What a crash left of the last line.
            continue
        if fields["kind"] == "head":
            flight = fields["flight"]
            digests.append(sha256(line).hexdigest()[:DIGITS])
    return flight, digests
