"""JPEG file as a list of segments, so that metadata can be replaced while every other byte stays the same.

Markers: ITU-T T.81, table B.1. EXIF segment: CIPA DC-008. XMP segment: XMP specification, part 3.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.errors import UserError

EXIF = b"Exif\0\0"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
APP0, APP1, APP2, APP14 = 0xE0, 0xE1, 0xE2, 0xEE
# The length field counts its own two bytes.
MAX_PAYLOAD = 65_533
_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
# Markers without a length: TEM and restart markers.
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD8)}


class PhotoError(UserError):
    """A photo cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker segment: the second byte of the marker, and the bytes after the length."""

    marker: int
    payload: bytes

    @property
    def raw(self) -> bytes:
        """Return the segment's bytes in a file. Raises PhotoError if it is too long for a segment."""
        if len(self.payload) > MAX_PAYLOAD:
            raise PhotoError(
                f"cannot write: {len(self.payload):,d} bytes of metadata are too long for a JPEG segment"
            )
        return bytes((0xFF, self.marker)) + (len(self.payload) + 2).to_bytes(2, "big") + self.payload

    def begins(self, marker: int, head: bytes) -> bool:
        """Return whether the segment has that marker and begins with that identifier."""
        return self.marker == marker and self.payload.startswith(head)


@dataclass(frozen=True, slots=True)
class Jpeg:
    """A JPEG file: `segments` before the first scan, and `scans`, the rest from the first scan's marker on."""

    segments: tuple[Segment, ...]
    scans: bytes

    @property
    def raw(self) -> bytes:
        """Return the bytes of the file."""
        return b"\xff\xd8" + b"".join(segment.raw for segment in self.segments) + self.scans

    def payload(self, head: bytes) -> bytes | None:
        """Return the content of the first EXIF or XMP segment, without its identifier; None if there is none."""
        for segment in self.segments:
            if segment.begins(APP1, head):
                return segment.payload[len(head) :]
        return None

    def with_segment(self, head: bytes, payload: bytes) -> Jpeg:
        """Return the picture with another EXIF or XMP segment.

        It is in the place of the old one, or before the first other segment.
        """
        new = Segment(APP1, head + payload)
        segments = list(self.segments)
        for i, segment in enumerate(segments):
            if segment.begins(APP1, head):
                segments[i] = new
                return Jpeg(tuple(segments), self.scans)
        # Before APP2: offsets of several pictures in one file (MPF) count from there, and their targets move as well.
        at = 0
        while at < len(segments) and (
            segments[at].marker == APP0 or segments[at].begins(APP1, EXIF) or segments[at].begins(APP1, XMP)
        ):
            at += 1
        segments.insert(at, new)
        return Jpeg(tuple(segments), self.scans)


def read_jpeg(data: bytes) -> Jpeg:
    """Read a JPEG file. Raises PhotoError if it is not a JPEG or ends before its first scan."""
    if data[:2] != bytes((0xFF, _SOI)):
        raise PhotoError("not a JPEG file")
    segments: list[Segment] = []
    at = 2
    while True:
        marker, begin = _marker(data, at)
        if marker == _SOS:
            return Jpeg(tuple(segments), data[at:])
        if begin != at + 2 or marker in _WITHOUT_LENGTH or marker in (_SOI, _EOI, 0x00):
            # Fill bytes are legal, but no camera writes them, and writing the file again would lose them.
            raise PhotoError(f"invalid JPEG: segments out of order at byte {at}")
        length = int.from_bytes(data[begin : begin + 2], "big")
        end = begin + length
        if length < 2 or end > len(data):
            raise PhotoError(f"invalid JPEG: the segment at byte {at} is cut off")
        segments.append(Segment(marker, data[begin + 2 : end]))
        at = end


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """Return the marker at `at`, and the offset of its end."""
    if at + 2 > len(data) or data[at] != 0xFF:
        raise PhotoError(f"invalid JPEG: no marker at byte {at}")
    after = at + 1
    while after < len(data) and data[after] == 0xFF:
        after += 1
    if after >= len(data):
        raise PhotoError("invalid JPEG: cut off before the picture")
    return data[after], after + 1


def picture_end(scans: bytes) -> int:
    """Return the length of the picture in `Jpeg.scans`, with its end marker.

    Data after it is not part of the picture. Raises PhotoError if the end marker is missing, or if metadata is
    between the scans (no camera writes that).
    """
    at = 0
    while True:
        marker, begin = _marker(scans, at)
        if marker == _EOI:
            return begin
        if marker in _WITHOUT_LENGTH:
            at = begin
            continue
        if 0xE0 <= marker <= 0xEF or marker == 0xFE:
            raise PhotoError("invalid JPEG: metadata between the scans")
        at = begin + max(2, int.from_bytes(scans[begin : begin + 2], "big"))
        if marker == _SOS:
            at = _entropy_end(scans, at)


def _entropy_end(scans: bytes, at: int) -> int:
    """Return the offset of the next marker after coded data: 0xFF not followed by zero, a restart marker or 0xFF."""
    while True:
        at = scans.find(b"\xff", at)
        if at < 0 or at + 1 >= len(scans):
            raise PhotoError("invalid JPEG: the picture has no end marker")
        follows = scans[at + 1]
        if follows == 0xFF:
            at += 1
        elif follows == 0 or follows in _WITHOUT_LENGTH:
            at += 2
        else:
            return at
