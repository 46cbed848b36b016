"""QR codes, and their rows of half blocks for a terminal."""

from __future__ import annotations

from typing import Any

BORDER = 4
"""Quiet zone required by ISO/IEC 18004, in modules."""
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def qr_code(text: str, *, error: str) -> Any:
    """Return the code as segno's object, with the error correction `error` ("l", "m", "q", "h") or a better one."""
    import segno

    return segno.make_qr(text, error=error)


def half_blocks(code: Any, border: int = BORDER) -> list[str]:
    """Return the code as lines with two rows of modules each; their letters must be dark on light."""
    rows = [[bool(module) for module in row] for row in code.matrix_iter(border=border)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    return [
        "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]
