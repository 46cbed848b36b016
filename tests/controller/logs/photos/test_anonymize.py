"""Anonymized photos: the picture is unchanged, position and identity are removed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from controller.cli.main import main
from controller.errors import UserError
from controller.logs.photos.anonymize import Level, anonymize_photo, anonymized_photo
from controller.logs.photos.jpeg import XMP, PhotoError, read_jpeg

SECRETS = (b"SERIAL77", b"Jane Owner", b"47.3977", b"maker-secret", b"behind the picture", b"a comment")


def photo() -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif[0x013B] = "Jane Owner"
    inner = exif.get_ifd(0x8769)
    inner[0x9003] = "2026:05:17 06:40:00"
    inner[0x927C] = b"maker-secret" * 3
    inner[0xA431] = "SERIAL77"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (47.0, 23.0, 51.7)
    Image.effect_noise((32, 24), 60).save(out, "JPEG", exif=exif, comment=b"a comment")
    whole = read_jpeg(out.getvalue()).with_segment(XMP, b'<rdf:RDF drone-dji:GpsLatitude="47.3977"/>')
    return whole.raw + b"behind the picture"


WHOLE = photo()


@pytest.mark.parametrize("level", ["position", "identity"])
def test_private_metadata_is_removed_and_the_picture_unchanged(level: Level, tmp_path: Path) -> None:
    source = tmp_path / "a.jpg"
    source.write_bytes(WHOLE)
    anonymize_photo(source, tmp_path / "out" / "a.jpg", level)
    data = (tmp_path / "out" / "a.jpg").read_bytes()
    assert all(secret in WHOLE for secret in SECRETS)
    left = {secret for secret in SECRETS if secret in data}
    assert left == ({b"SERIAL77", b"Jane Owner"} if level == "position" else set())
    with Image.open(io.BytesIO(data)) as copy, Image.open(io.BytesIO(WHOLE)) as original:
        assert copy.tobytes() == original.tobytes()
        assert dict(copy.getexif().get_ifd(0x8825)) == {}
        assert copy.getexif()[0x010F] == "Maker"
        assert copy.getexif().get_ifd(0x8769)[0x9003] == "2026:05:17 06:40:00"
    assert source.read_bytes() == WHOLE


def test_existing_files_are_not_replaced(tmp_path: Path) -> None:
    source = tmp_path / "a.jpg"
    source.write_bytes(WHOLE)
    with pytest.raises(UserError, match="the file exists"):
        anonymize_photo(source, source, "identity")


def test_anonymize_copies_the_readable_photos(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.jpg").write_bytes(WHOLE)
    (tmp_path / "b.jpg").write_bytes(b"no photo")
    assert main(["logs", "anonymize", str(tmp_path)]) == 0
    assert "1 file not copied" in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "anonymized").iterdir()] == ["a.jpg"]


@given(at=st.integers(0, 700), new=st.binary(max_size=8), cut=st.integers(0, 900))
def test_a_damaged_photo_is_an_error_or_anonymized(at: int, new: bytes, cut: int) -> None:
    data = WHOLE[:at] + new + WHOLE[at + len(new) :]
    try:
        clean = anonymized_photo(read_jpeg(data[: len(data) - cut]), "identity")
    except PhotoError:
        return
    assert anonymized_photo(read_jpeg(clean.raw), "identity") == clean


def test_metadata_between_scans_is_refused() -> None:
    photo = read_jpeg(WHOLE)
    hidden = photo.scans.replace(b"\xff\xd9behind", b"\xff\xfe\x00\x08secret\xff\xd9behind")
    with pytest.raises(PhotoError, match="between the scans"):
        anonymized_photo(type(photo)(photo.segments, hidden), "identity")
