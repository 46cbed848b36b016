"""Text that spreadsheets and other programs write: UTF-8, UTF-16 by its byte order mark, or else Windows-1252."""

from __future__ import annotations

UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def text_of(data: bytes) -> str:
    """Return the text of a file without its byte order mark; bytes that are no letter become U+FFFD."""
    if data.startswith(UTF_16):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def beginning(data: bytes, most_bytes: int) -> bytes:
    """Return the whole lines at the begin of a file: a letter may be cut in two behind them."""
    head = data[:most_bytes]
    if len(data) <= len(head) or head.startswith(UTF_16):
        return head
    return head[: head.rfind(b"\n") + 1] or head
