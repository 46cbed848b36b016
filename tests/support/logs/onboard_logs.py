"""Writers of small DataFlash logs and ULogs."""

from __future__ import annotations

import struct


class DataFlashWriter:
    """A DataFlash log: `define` a type, then `write` its records."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._kinds: dict[str, tuple[int, str]] = {}
        self.define("FMT", 128, "BBnNZ", "Type,Length,Name,Format,Columns", "BB4s16s64s")

    def define(self, name: str, number: int, letters: str, labels: str, code: str) -> None:
        self._kinds[name] = (number, "<" + code)
        length = struct.calcsize("<" + code) + 3
        self.write("FMT", number, length, name.encode(), letters.encode(), labels.encode())

    def write(self, name: str, *values: object) -> None:
        number, code = self._kinds[name]
        self.data += bytes((0xA3, 0x95, number)) + struct.pack(code, *values)


class UlogWriter:
    """A ULog: `message` appends any message, the other methods the usual ones."""

    def __init__(self, start_us: int = 5_000_000) -> None:
        self.data = bytearray(b"ULog\x01\x12\x35\x01" + struct.pack("<Q", start_us))
        self.message("B", bytes(40))

    def message(self, kind: str, payload: bytes) -> None:
        self.data += struct.pack("<HB", len(payload), ord(kind)) + payload

    def format(self, text: str) -> None:
        self.message("F", text.encode())

    def subscribe(self, number: int, topic: str, instance: int = 0) -> None:
        self.message("A", struct.pack("<BH", instance, number) + topic.encode())

    def sample(self, number: int, payload: bytes) -> None:
        self.message("D", struct.pack("<H", number) + payload)

    def keyed(self, kind: str, key: str, raw: bytes) -> None:
        self.message(kind, bytes((len(key),)) + key.encode() + raw)

    def text(self, time_us: int, level: int, text: str) -> None:
        self.message("L", struct.pack("<BQ", 0x30 + level, time_us) + text.encode())
