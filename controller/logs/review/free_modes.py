"""Flight modes in which a large attitude error says nothing: the pilot turns the aircraft over, or nothing holds the
attitude that the log calls wanted."""

from __future__ import annotations

FREE_MODES = frozenset(
    ("ACRO", "FLIP", "THROW", "MANUAL", "TRAINING", "RATTITUDE", "SYSTEMID", "QACRO", "TERMINATION")
)
