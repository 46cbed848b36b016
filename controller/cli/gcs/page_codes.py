"""QR codes of the web page's addresses, which the live view shows in place of its rows."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich.text import Text as Styled

from controller.qr import BORDER, half_blocks, qr_code

KEY, KEY_NAME = "w", "web page"
HELP_LINE = (KEY, "show the web page's address as a QR code: once for observers, twice for pilots")
_DARK_ON_LIGHT = "black on bright_white"
_LEAST_BORDER = 2
_LEAST_CAPTION = 24


class PageCodes:
    """The codes of several addresses, of which a key shows one at a time; none at first.

    `addresses` are users and their addresses, those that may be seen by everybody first.
    """

    def __init__(self, addresses: Sequence[tuple[str, str]]) -> None:
        self._addresses = addresses
        self._shown: int | None = None

    def press(self, key: str) -> None:
        """Show the next code with the key for it; any other key hides the code."""
        following = 0 if self._shown is None else self._shown + 1
        self._shown = following if key == KEY and following < len(self._addresses) else None

    @property
    def title(self) -> str:
        """Title of the code that is shown, "" for none."""
        return "" if self._shown is None else f"web page for {self._addresses[self._shown][0]}"

    def lines(self, width: int, room: int) -> list[Styled]:
        """Return the code with its address in at most `room` lines of `width` cells; a hint where it does not fit."""
        if self._shown is None:
            return []
        address = self._addresses[self._shown][1]
        code = qr_code(address, error="l")
        for border in range(BORDER, _LEAST_BORDER - 1, -1):
            rows = half_blocks(code, border)
            if len(rows) <= room and len(rows[0]) <= width:
                return self._beside(rows, address, width)
        short = max(0, len(rows) - room)
        hint = f"The QR code needs {len(rows[0])} columns" + (f" and {short} more lines" if short else "")
        return [Styled(f" {line}") for line in _wrapped(f"{hint}. Or type {address}", width)][:room]

    def _beside(self, rows: Sequence[str], address: str, width: int) -> list[Styled]:
        assert self._shown is not None
        left = width - len(rows[0]) - 2
        caption: list[str] = []
        if left >= _LEAST_CAPTION:
            more = self._addresses[self._shown + 1 :]
            keys = f"{KEY} = for {more[0][0]}, any other key = hide" if more else "any key = hide"
            place, mark, code = address.partition("#")
            caption = [*_wrapped(place, left), *_wrapped(mark + code, left), "", *_wrapped(keys, left)]
        caption += [""] * (len(rows) - len(caption))
        return [
            Styled().append(row, _DARK_ON_LIGHT).append(f"  {text}")
            for row, text in zip(rows, caption, strict=False)
        ]


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(1, width - 1), break_on_hyphens=False)
