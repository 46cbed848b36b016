"""Texts of aircraft in XML files."""

from __future__ import annotations


def xml_text(text: str) -> str:
    """Return a text without the control characters that XML does not allow."""
    return "".join(letter for letter in text if letter >= " " or letter in "\t\n")
