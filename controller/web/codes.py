"""Codes with which a browser logs in: made anew for each run, and shown on the terminal alone.

A code that is typed on a tablet has 60 random bits: with the pauses that `Logins` makes after wrong tries it cannot be
guessed. The code of this machine's own page is part of the printed address, is never typed, and has 120 bits.
"""

from __future__ import annotations

import secrets

# Digits and letters without those that look like others (i, l, o, u).
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_LOOK_LIKE = str.maketrans("ilo", "110", "- ")
TYPED_LETTERS, CLICKED_LETTERS = 12, 24


def new_code(letters: int) -> str:
    """Return a random code of 5 bits a letter, in groups of four where it is short enough to be typed."""
    code = "".join(secrets.choice(_LETTERS) for _ in range(letters))
    return "-".join(code[at : at + 4] for at in range(0, letters, 4)) if letters <= TYPED_LETTERS else code


def normalized(code: str) -> str:
    """Return a code as it was made: small letters, no spaces or dashes, letters for the digits they look like."""
    return code.strip().lower().translate(_LOOK_LIKE)
