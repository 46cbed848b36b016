"""Geotagging: copies are read with Pillow, and any damaged input is a clear error."""

from __future__ import annotations

import io
import math
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from controller.cli.main import main
from controller.errors import UserError
from controller.logs.photos import geotag
from controller.logs.photos.camera_events import CameraEvent
from controller.logs.photos.geotag import plan_geotags, write_copies, write_sidecars
from controller.logs.photos.jpeg import EXIF, XMP, PhotoError, read_jpeg
from controller.logs.photos.match import TOLERANCE_S, match_photos
from controller.logs.photos.position_tags import capture_time_s, gps_directory, position_of, with_position
from controller.logs.photos.tiff import append_gps, build_exif, entry, read_tiff
from controller.logs.series.read import series_in_chunks
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from tests.support.logs.logged_flights import LAT, LON, METRE_DEG, START_US, flight_frames, write_flight

# Uneven, like real triggers by distance with turns between the lines.
EVENTS_S = [6.1, 7.3, 8.4, 10.9, 12.0, 13.4, 16.2]
OFF_S = -7211.0


def photo(utc_s: float | None, *, note: bytes = b"maker" * 9) -> bytes:
    out = io.BytesIO()
    image = Image.effect_noise((32, 24), 60)
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    if utc_s is not None:
        moment = datetime.fromtimestamp(utc_s, UTC)
        exif.get_ifd(0x8769)[0x9003] = moment.strftime("%Y:%m:%d %H:%M:%S")
        exif.get_ifd(0x8769)[0x9291] = f"{moment.microsecond // 1000:03d}"
        exif.get_ifd(0x8769)[0x927C] = note
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    encoder, out = Encoder(address(1, 1)), bytearray(flight_frames())
    for number, at_s in enumerate(EVENTS_S):
        time_us = START_US + round(at_s * 1e6)
        feedback = m.CAMERA_FEEDBACK(
            time_usec=time_us,
            img_idx=number,
            lat=round((LAT + at_s * 5 * METRE_DEG) * 1e7),
            lng=round(LON * 1e7),
            alt_msl=508.0,
            alt_rel=20.0,
            yaw=90.0,
        )
        out += (time_us + 200_000).to_bytes(8, "big") + encoder.pack(feedback)
    path = tmp_path / "flight.tlog"
    path.write_bytes(bytes(out))
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, at_s in enumerate(EVENTS_S):
        (folder / f"IMG_{number:04d}.JPG").write_bytes(photo(START_US / 1e6 + at_s - OFF_S))
    (folder / "IMG_9999.JPG").write_bytes(photo(START_US / 1e6 + 3600 - OFF_S))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 nothing")
    return folder


def test_photos_match_their_triggers_with_a_wrong_camera_clock(log: Path, photos: Path) -> None:
    found = plan_geotags(log, photos)
    assert found.source == "CAMERA_FEEDBACK"
    assert found.offset_s == pytest.approx(OFF_S, abs=0.01)
    assert [path.name for path in found.placed] == [f"IMG_{n:04d}.JPG" for n in range(len(EVENTS_S))]
    assert found.placed[photos / "IMG_0003.JPG"].lat_deg == pytest.approx(
        LAT + 10.9 * 5 * METRE_DEG, abs=1e-7
    )
    assert {path.name for path in found.unplaced} == {"IMG_9999.JPG", "broken.jpg"}
    assert (found.confidence, found.unmatched_events) == ("medium", 0)


def test_copies_carry_the_position_and_the_originals_do_not_change(log: Path, photos: Path) -> None:
    before = {path.name: path.read_bytes() for path in photos.iterdir()}
    done = write_copies(plan_geotags(log, photos), photos / "out")
    assert len(done.files) == len(EVENTS_S)
    assert {path.name: path.read_bytes() for path in photos.iterdir() if path.is_file()} == before
    with Image.open(done.files[0]) as copy, Image.open(photos / done.files[0].name) as original:
        assert copy.tobytes() == original.tobytes()
        gps = copy.getexif().get_ifd(0x8825)
        assert float(gps[2][0]) + float(gps[2][1]) / 60 + float(gps[2][2]) / 3600 == pytest.approx(
            LAT + 6.1 * 5 * METRE_DEG, abs=1e-7
        )
        assert (gps[1], gps[3], float(gps[6]), gps[29]) == ("N", "E", 508.0, "2026:05:17")
        assert copy.getexif().get_ifd(0x8769)[0x927C] == b"maker" * 9
        assert copy.getexif()[0x010F] == "Maker"
        assert b'drone-dji:RelativeAltitude="+20.000"' in copy.info["xmp"]
        assert b'drone-dji:FlightYawDegree="+90.00"' in copy.info["xmp"]


def test_copies_never_replace_photos_or_other_pictures(log: Path, photos: Path) -> None:
    found = plan_geotags(log, photos)
    with pytest.raises(UserError, match="replace the photos"):
        write_copies(found, photos)
    other = photos / "out" / "IMG_0000.JPG"
    other.parent.mkdir()
    other.write_bytes(photo(0.0))
    with pytest.raises(UserError, match="another picture"):
        write_copies(found, photos / "out")


def test_an_existing_sidecar_is_not_overwritten(log: Path, photos: Path) -> None:
    (photos / "IMG_0001.xmp").write_text("mine")
    done = write_sidecars(plan_geotags(log, photos))
    assert len(done.files) == len(EVENTS_S) - 1
    assert (photos / "IMG_0001.xmp").read_text() == "mine"
    assert b'exif:GPSLatitude="47,23.' in (photos / "IMG_0000.xmp").read_bytes()


def test_without_camera_messages_the_track_and_a_given_offset_place_photos(tmp_path: Path) -> None:
    flight = write_flight(tmp_path / "flights")
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(photo(START_US / 1e6 + 10.5 + 7200))
    found = plan_geotags(flight / "frames.tlog", folder, offset_s=-7200)
    event = found.placed[folder / "a.jpg"]
    assert event.lat_deg == pytest.approx(LAT + 5 * 5.5 * METRE_DEG, abs=2e-7)
    # Only one time zone fits twenty seconds of flight.
    assert plan_geotags(flight / "frames.tlog", folder).offset_s == -7200


def test_geotag_refuses_to_write_uncertain_positions(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "two"
    folder.mkdir()
    for number, at_s in enumerate([6.1, 900.0]):
        (folder / f"{number}.jpg").write_bytes(photo(START_US / 1e6 + at_s))
    assert main(["logs", "geotag", str(log), str(folder)]) == 2
    assert "--offset" in capsys.readouterr().err
    assert not (folder / "geotagged").exists()
    assert main(["logs", "geotag", str(log), str(folder), "--offset", "0"]) == 0
    assert [path.name for path in (folder / "geotagged").iterdir()] == ["0.jpg"]


def test_evenly_spaced_events_give_low_confidence() -> None:
    even = np.arange(40) * 2.0
    assert match_photos(even + 500, even).confidence == "low"
    uneven = np.cumsum(np.random.default_rng(1).uniform(1.5, 9.0, 60))
    sure = match_photos(np.floor(uneven + 500) + 0.5, uneven)
    assert (sure.confidence, len(sure.pairs)) == ("high", 60)
    assert sure.offset_s == pytest.approx(-500, abs=0.3)


def _most(photos: list[float], events: list[float]) -> float:
    """Return the best score of any pairing in order: the tolerance minus the distance of each pair; tries all."""
    if not photos or not events:
        return 0.0
    near = TOLERANCE_S - abs(photos[0] - events[0])
    return max(
        _most(photos[1:], events),
        _most(photos, events[1:]),
        near + _most(photos[1:], events[1:]) if near >= 0 else 0.0,
    )


_MOMENTS = st.lists(st.integers(0, 40).map(lambda tenths: tenths / 10), max_size=5).map(sorted)


@settings(max_examples=60, deadline=None)
@given(photos=_MOMENTS, events=_MOMENTS)
def test_photos_are_paired_with_the_nearest_events_in_order(photos: list[float], events: list[float]) -> None:
    pairs = match_photos(photos, events, offset_s=0.0).pairs
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(pairs))
    won = sum(TOLERANCE_S - abs(photos[i] - events[j]) for i, j in pairs)
    assert won == pytest.approx(_most(photos, events))


def test_camera_events_at_one_instant_all_match_their_photos(tmp_path: Path) -> None:
    # A burst within one whole second of the camera.
    assert match_photos([10.0] * 3, [10.1, 10.4, 10.7], offset_s=0.0).pairs == ((0, 0), (1, 1), (2, 2))
    encoder, out = Encoder(address(1, 1)), bytearray(flight_frames())
    time_us = START_US + 9_000_000
    for camera, repeated in ((0, 2), (1, 1)):
        feedback = m.CAMERA_FEEDBACK(
            time_usec=time_us, cam_idx=camera, img_idx=4, lat=473977000, lng=85456000
        )
        out += (time_us.to_bytes(8, "big") + encoder.pack(feedback)) * repeated
    log = tmp_path / "a.tlog"
    log.write_bytes(out)
    folder = tmp_path / "both"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(photo(START_US / 1e6 + 9))
    found = plan_geotags(log, folder, offset_s=0.0)
    assert (len(found.placed), found.unplaced, found.unmatched_events) == (2, {}, 0)


def test_a_log_read_in_chunks_places_the_photos_the_same(
    log: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = plan_geotags(log, photos)
    monkeypatch.setattr(geotag, "series_in_chunks", partial(series_in_chunks, chunk_bytes=600))
    assert plan_geotags(log, photos) == whole


def test_a_missing_photo_does_not_shift_the_others() -> None:
    events = np.cumsum(np.random.default_rng(2).uniform(1.5, 6.0, 50))
    kept = [i for i in range(50) if i not in (0, 17, 18, 40)]
    assert match_photos(events[kept] + 12345.6, events).pairs == tuple(enumerate(kept))


@given(
    lat=st.floats(-90, 90), lon=st.floats(-180, 180), msl=st.floats(-400, 9000), order=st.sampled_from("<>")
)
def test_a_position_written_is_the_position_read(lat: float, lon: float, msl: float, order: str) -> None:
    event = CameraEvent(START_US, lat, lon, msl)
    block = append_gps(
        build_exif(order, {0x010F: entry(order, 2, "Maker")}, {}), {}, gps_directory(order, event)
    )
    there = position_of(read_tiff(block))
    assert there == pytest.approx((lat, lon, msl), abs=6e-4)
    assert there is not None and math.hypot(there[0] - lat, there[1] - lon) < 3e-9


WHOLE = photo(START_US / 1e6)


@given(at=st.integers(0, 400), new=st.binary(max_size=6), cut=st.integers(0, 800))
def test_a_damaged_photo_is_an_error_or_a_photo(at: int, new: bytes, cut: int) -> None:
    data = WHOLE[:at] + new + WHOLE[at + len(new) :]
    _read_or_refused(data[: len(data) - cut])


@given(st.binary(max_size=300))
def test_exif_data_of_any_bytes_is_an_error_or_a_position(data: bytes) -> None:
    _read_or_refused(
        b"\xff\xd8" + b"\xff\xe1" + (len(data) + 12).to_bytes(2, "big") + EXIF + b"II*\0" + data + b"\xff\xda"
    )


def _read_or_refused(data: bytes) -> None:
    try:
        jpeg = read_jpeg(data)
        assert jpeg.raw == data
        tagged, _ = with_position(jpeg, CameraEvent(START_US, LAT, LON, 500.0))
        assert read_jpeg(tagged.raw).scans == jpeg.scans
        exif = jpeg.payload(EXIF)
        if exif is not None:
            position_of(read_tiff(exif))
            capture_time_s(read_tiff(exif))
    except PhotoError:
        pass


def test_the_cameras_xmp_is_extended_and_never_overwritten() -> None:
    own = b'<x:xmpmeta><rdf:RDF><rdf:Description a:b="c"/></rdf:RDF></x:xmpmeta>'
    tagged, note = with_position(read_jpeg(WHOLE).with_segment(XMP, own), CameraEvent(START_US, LAT, LON))
    packet = tagged.payload(XMP) or b""
    assert b'a:b="c"' in packet and b"drone-dji:GpsLatitude" in packet and not note
    again, note = with_position(tagged, CameraEvent(START_US, 0.0, 0.0))
    assert again.payload(XMP) == packet and "not changed" in note
