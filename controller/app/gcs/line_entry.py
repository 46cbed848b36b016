"""Line of text that an operator types at the keyboard of the live view."""

from __future__ import annotations

PASTE = "\x16"
"""First character of pasted text; the rest is the text."""
ENTER, ESCAPE = ("\r", "\n"), "\x1b"
_BACKSPACE = ("\x7f", "\x08")
_MAX_CHARACTERS = 60
_IDLE_S = 60.0


class LineEntry:
    """One line that is typed: keys and pasted text go in, `text` grows, Enter ends it and Escape cancels it."""

    def __init__(self, now: float) -> None:
        self.text = ""
        self.done = False
        self.cancelled = False
        self._last_key_s = now

    def press(self, key: str, now: float) -> None:
        """Process a key. A minute without a key cancels the entry: the next person may mean a command."""
        if self.expired(now) or key == ESCAPE:
            self.cancelled = True
        elif key in ENTER:
            self.done = True
        elif key in _BACKSPACE:
            self.text = self.text[:-1]
        else:
            typed = key[1:].partition("\n")[0] if key.startswith(PASTE) else key
            self.text = (self.text + "".join(filter(str.isprintable, typed)))[:_MAX_CHARACTERS]
        self._last_key_s = now

    def expired(self, now: float) -> bool:
        """Whether no key was pressed for a minute."""
        return now - self._last_key_s > _IDLE_S
