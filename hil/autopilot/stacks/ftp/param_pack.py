"""ArduPilot's packed parameter file, generated when it is read. Source: AP_Filesystem_Param.cpp.

The first read fixes the number of bytes of all later ones, and the file is laid out for it: padding keeps a value from
crossing the end of a packet. The size that an opening reports is an estimate.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qs

from controller.protocol.params.packed import HAS_DEFAULT, HEADER, MAGIC, MAGIC_WITH_DEFAULTS, TYPES
from controller.protocol.params.values import ParamValue

NAME = "param.pck"
ESTIMATED_BYTES = 12  # for each parameter
MOST_SHARED = 15
SAME = 1.1920929e-07  # FLT_EPSILON: closer values are equal for ArduPilot
_KINDS = {param_type: (kind, layout) for kind, (param_type, layout) in TYPES.items()}


class ParamPack:
    """The open file of `values`; `defaults` are those of the firmware. `start` and `count` choose a part, 0: all."""

    def __init__(
        self,
        values: Callable[[], Sequence[ParamValue]],
        defaults: Mapping[str, float | int],
        *,
        start: int = 0,
        count: int = 0,
        with_defaults: bool = False,
    ) -> None:
        self._values, self._defaults = values, defaults
        self._start, self._count, self._with_defaults = start, count, with_defaults
        self._read_bytes = 0
        self._data = b""
        self.size = len(values()) * ESTIMATED_BYTES

    def read(self, offset: int, count: int) -> bytes | None:
        """Return at most `count` bytes from `offset` on; None for another count than that of the first read."""
        if not self._read_bytes and count:
            values = self._values()
            if self._start >= len(values):
                return None
            self._read_bytes = count
            self._data = self._packed(values)
        return self._data[offset : offset + count] if count == self._read_bytes else None

    def _packed(self, values: Sequence[ParamValue]) -> bytes:
        chosen = values[self._start :][: self._count or None]
        magic = MAGIC_WITH_DEFAULTS if self._with_defaults else MAGIC
        data, before = bytearray(HEADER.pack(magic, len(chosen), len(values))), ""
        for value in chosen:
            entry, size = self._entry(value, before)
            over = (len(data) + len(entry)) % self._read_bytes
            if size > 1 and 0 < over < size:
                data += bytes(size - over)
            data += entry
            before = value.name
        return bytes(data)

    def _entry(self, value: ParamValue, before: str) -> tuple[bytes, int]:
        """Return the bytes of a parameter, and the size of its value."""
        kind, layout = _KINDS[value.type]
        default = self._defaults.get(value.name, value.value)
        differs = self._with_defaults and abs(float(value.value) - float(default)) >= SAME
        shared = 0
        while (
            shared < min(len(before), len(value.name) - 1, MOST_SHARED)
            and before[shared] == value.name[shared]
        ):
            shared += 1
        rest = value.name[shared:].encode()
        numbers = [value.value, default] if differs else [value.value]
        head = bytes([kind | (HAS_DEFAULT << 4 if differs else 0), shared | (len(rest) - 1) << 4])
        return head + rest + b"".join(struct.pack(layout, one) for one in numbers), struct.calcsize(layout)


def opener(
    values: Callable[[], Sequence[ParamValue]], defaults: Mapping[str, float | int]
) -> Callable[[str], ParamPack | None]:
    """Return the function that opens `param.pck` with what follows its question mark."""

    def open_(name: str) -> ParamPack | None:
        path, _, query = name.partition("?")
        if path != NAME:
            return None
        asked = {key: texts[0] for key, texts in parse_qs(query).items()}
        start, count, with_defaults = (
            _number(asked.get(key, "0")) for key in ("start", "count", "withdefaults")
        )
        if start >= 0xFFFF or count >= 0xFFFF or with_defaults > 1:
            return None
        return ParamPack(values, defaults, start=start, count=count, with_defaults=with_defaults == 1)

    return open_


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
