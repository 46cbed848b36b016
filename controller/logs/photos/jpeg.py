"""A JPEG file as its segments, so that metadata can be exchanged while every other byte stays where it was.

The markers are those of ITU-T T.81, table B.1; EXIF's segment is that of CIPA DC-008, XMP's that of the XMP
specification, part 3.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.errors import UserError

EXIF = b"Exif\0\0"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
APP0, APP1, APP2, APP14 = 0xE0, 0xE1, 0xE2, 0xEE
# The length counts its own two bytes.
MOST_PAYLOAD = 65_533
_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
# Markers that stand alone: TEM and the restarts.
_ALONE = {0x01, *range(0xD0, 0xD8)}


class PhotoError(UserError):
    """A photo that cannot be read, or cannot be written as asked."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker segment: the marker's second byte, and what follows the length."""

    marker: int
    payload: bytes

    @property
    def raw(self) -> bytes:
        """As it stands in a file. Raises PhotoError where it is too long for one."""
        if len(self.payload) > MOST_PAYLOAD:
            raise PhotoError(f"{len(self.payload):,d} bytes of metadata do not fit into a JPEG segment")
        return bytes((0xFF, self.marker)) + (len(self.payload) + 2).to_bytes(2, "big") + self.payload

    def begins(self, marker: int, head: bytes) -> bool:
        """Whether it is that segment with that identification."""
        return self.marker == marker and self.payload.startswith(head)


@dataclass(frozen=True, slots=True)
class Jpeg:
    """`segments` stand before the first scan;

    `scans` is all the rest of the file, from the first scan's marker on.
    """

    segments: tuple[Segment, ...]
    scans: bytes

    @property
    def raw(self) -> bytes:
        """The file."""
        return b"\xff\xd8" + b"".join(segment.raw for segment in self.segments) + self.scans

    def payload(self, head: bytes) -> bytes | None:
        """What EXIF or XMP segment there is, without its identification; the first one counts."""
        for segment in self.segments:
            if segment.begins(APP1, head):
                return segment.payload[len(head) :]
        return None

    def having(self, head: bytes, payload: bytes) -> Jpeg:
        """The same picture with another EXIF or XMP segment: where it was, or before the first that is neither."""
        new = Segment(APP1, head + payload)
        segments = list(self.segments)
        for i, segment in enumerate(segments):
            if segment.begins(APP1, head):
                segments[i] = new
                return Jpeg(tuple(segments), self.scans)
        # Before APP2: the offsets of several pictures in one file (MPF) count from there, and what they point to
        # moves along.
        at = 0
        while at < len(segments) and (
            segments[at].marker == APP0 or segments[at].begins(APP1, EXIF) or segments[at].begins(APP1, XMP)
        ):
            at += 1
        segments.insert(at, new)
        return Jpeg(tuple(segments), self.scans)


def read_jpeg(data: bytes) -> Jpeg:
    """Take a file apart. Raises PhotoError where it is no JPEG or ends before its first scan."""
    if data[:2] != bytes((0xFF, _SOI)):
        raise PhotoError("it does not begin like a JPEG")
    segments: list[Segment] = []
    at = 2
    while True:
        marker, begin = _marker(data, at)
        if marker == _SOS:
            return Jpeg(tuple(segments), data[at:])
        if begin != at + 2 or marker in _ALONE or marker in (_SOI, _EOI, 0x00):
            # Fill bytes are allowed, but no camera writes them, and putting the file together would lose them.
            raise PhotoError(f"its segments are not in order at byte {at}")
        length = int.from_bytes(data[begin : begin + 2], "big")
        end = begin + length
        if length < 2 or end > len(data):
            raise PhotoError(f"a segment at byte {at} does not end within the file")
        segments.append(Segment(marker, data[begin + 2 : end]))
        at = end


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """The marker at `at`, and where it ends."""
    if at + 2 > len(data) or data[at] != 0xFF:
        raise PhotoError(f"no segment begins at byte {at}")
    after = at + 1
    while after < len(data) and data[after] == 0xFF:
        after += 1
    if after >= len(data):
        raise PhotoError("it ends within its segments")
    return data[after], after + 1


def picture_end(scans: bytes) -> int:
    """How much of `Jpeg.scans` is the picture itself, its end marker included; what follows is more than this
    picture.

    Raises PhotoError where the end is missing, or where metadata stands between the scans, as no camera has it.
    """
    at = 0
    while True:
        marker, begin = _marker(scans, at)
        if marker == _EOI:
            return begin
        if marker in _ALONE:
            at = begin
            continue
        if 0xE0 <= marker <= 0xEF or marker == 0xFE:
            raise PhotoError("there is metadata between its scans")
        at = begin + max(2, int.from_bytes(scans[begin : begin + 2], "big"))
        if marker == _SOS:
            at = _entropy_end(scans, at)


def _entropy_end(scans: bytes, at: int) -> int:
    """The next marker behind coded data:

    an 0xFF that is followed by neither a zero, nor a restart, nor another 0xFF.
    """
    while True:
        at = scans.find(b"\xff", at)
        if at < 0 or at + 1 >= len(scans):
            raise PhotoError("the picture has no end")
        follows = scans[at + 1]
        if follows == 0xFF:
            at += 1
        elif follows == 0 or follows in _ALONE:
            at += 2
        else:
            return at
