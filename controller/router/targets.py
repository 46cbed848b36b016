"""Target of a frame, read at its fixed payload offsets without decoding the message."""

from __future__ import annotations

from struct import Struct

from controller.wire import dialect
from controller.wire.frame import Frame
from controller.wire.frame_format import V2_MAGIC

BROADCAST = (0, 0)
_NOWHERE = 1 << 16  # beyond any payload


class _Offsets(dict[int, tuple[int, int] | None]):
    """Payload offsets of target_system and target_component by message number; None for messages without a target."""

    def __missing__(self, msg_id: int) -> tuple[int, int] | None:
        self[msg_id] = found = self._find(msg_id)
        return found

    @staticmethod
    def _find(msg_id: int) -> tuple[int, int] | None:
        kind = dialect.by_id(msg_id)
        if kind is None:
            return None
        offsets, at = {}, 0
        for field in kind.fields:
            offsets[field.name] = at
            at += Struct("<" + field.format).size
        if "target_system" not in offsets:
            return None
        return offsets["target_system"], offsets.get("target_component", _NOWHERE)


OFFSETS = _Offsets()


def target_of(frame: Frame) -> tuple[int, int]:
    """Return the target (system, component) of a frame; 0 means all. A message without a target returns BROADCAST.

    Payload bytes that MAVLink 2 truncates are zeros.
    """
    offsets = OFFSETS[frame[1]]
    if offsets is None:
        return BROADCAST
    raw = frame[0]
    length = raw[1]
    start = 10 if raw[0] == V2_MAGIC else 6
    system, component = offsets
    return (
        raw[start + system] if system < length else 0,
        raw[start + component] if component < length else 0,
    )
