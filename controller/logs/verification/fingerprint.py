"""Fingerprint of a flight: its newest signed head as a short line for paper.

With the line one can check later that the record is still the same. The line is the flight's name and the
first 40 hexadecimal digits (160 bits) of the SHA-256 of the head's line in `chain.jsonl`.
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
    """Return the fingerprint of a flight. Raises VerificationFailed if the record does not verify."""
    return signed_fingerprint(folder)[0]


def signed_fingerprint(folder: Path) -> tuple[str, str]:
    """Return the fingerprint of a flight and the key that signed the record. Raises as `fingerprint_of`."""
    flight, digests, signed_by = _heads(folder)
    digest = digests[-1]
    return " ".join([flight, *(digest[at : at + 4] for at in range(0, DIGITS, 4))]), signed_by


def check_fingerprint(folder: Path, line: str) -> bool:
    """Check that the record verifies and has the head of this fingerprint; spaces and capitals do not matter.

    Return True if it is the newest head, False if the record continued after it. Raises VerificationFailed if the
    record does not verify or does not have the head.
    """
    flight, digests, _ = _heads(folder)
    name, _, rest = line.strip().partition(" ")
    digits = "".join(rest.split()).lower()
    if name != flight or digits not in digests:
        raise VerificationFailed(
            "the fingerprint is not in this record",
            where=str(folder),
            hint="compare the name and the digits; if both are right, the record was replaced",
        )
    return digits == digests[-1]


def _heads(folder: Path) -> tuple[str, list[str], str]:
    found = verify_flight(folder)
    if found.first_fault is not None:
        raise VerificationFailed(
            found.first_fault.why,
            where=str(folder),
            hint="compare with a copy, and do not change this folder",
        )
    flight, digests = "", []
    for line in (folder / CHAIN_FILE).read_bytes().splitlines():
        try:
            fields = json.loads(line)
        except ValueError:
            # A line cut off by a crash.
            continue
        if fields["kind"] == "head":
            flight = fields["flight"]
            digests.append(sha256(line).hexdigest()[:DIGITS])
    return flight, digests, found.signed_by or ""
