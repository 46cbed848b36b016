"""QR code of a fingerprint, for a terminal and as an SVG file."""

from __future__ import annotations

import io
from typing import Any

# Quiet zone required by ISO/IEC 18004, in modules.
_BORDER = 4
# Dark on light in any terminal theme, as QR readers expect.
_BLACK_ON_WHITE, _PLAIN = "\x1b[30;107m", "\x1b[0m"
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
_PIXELS = 6


def qr_text(line: str) -> str:
    """Return the code for a terminal: two rows of modules in each line of half blocks."""
    rows = [[bool(module) for module in row] for row in _code(line).matrix_iter(border=_BORDER)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    lines = [
        "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]
    return "\n".join(f"{_BLACK_ON_WHITE}{text}{_PLAIN}" for text in lines)


def qr_svg(line: str) -> bytes:
    """Return the code as an SVG file with the fingerprint as its title."""
    out = io.BytesIO()
    _code(line).save(out, kind="svg", scale=_PIXELS, border=_BORDER, light="white", title=line, nl=True)
    return out.getvalue()


def _code(line: str) -> Any:
    import segno

    # Level M corrects 15 % damage. Digits without spaces make the code smaller; `--check` ignores spaces.
    flight, _, digits = line.partition(" ")
    return segno.make_qr(f"{flight} {digits.replace(' ', '')}", error="m")
