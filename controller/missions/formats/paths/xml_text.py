"""Pieces of XML text."""

from __future__ import annotations

from xml.sax.saxutils import escape


def element(name: str, content: str) -> str:
    """Return an element around XML text."""
    return f"<{name}>{content}</{name}>"


def escaped(text: str) -> str:
    """Return a text for XML, without the characters that XML cannot hold."""
    return escape("".join(one for one in text if one.isprintable()))
