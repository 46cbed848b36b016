"""QR code of a fingerprint, for a terminal and as an SVG file."""

from __future__ import annotations

import io
from typing import Any

from controller.qr import BORDER, half_blocks, qr_code

# Dark on light in any terminal theme, as QR readers expect.
_BLACK_ON_WHITE, _PLAIN = "\x1b[30;107m", "\x1b[0m"
_PIXELS = 6


def qr_text(line: str) -> str:
    """Return the code for a terminal: two rows of modules in each line of half blocks."""
    return "\n".join(f"{_BLACK_ON_WHITE}{text}{_PLAIN}" for text in half_blocks(_code(line)))


def qr_svg(line: str) -> bytes:
    """Return the code as an SVG file with the fingerprint as its title."""
    out = io.BytesIO()
    _code(line).save(out, kind="svg", scale=_PIXELS, border=BORDER, light="white", title=line, nl=True)
    return out.getvalue()


def _code(line: str) -> Any:
    # Level M corrects 15 % damage. Digits without spaces make the code smaller; `--check` ignores spaces.
    flight, _, digits = line.partition(" ")
    return qr_code(f"{flight} {digits.replace(' ', '')}", error="m")
