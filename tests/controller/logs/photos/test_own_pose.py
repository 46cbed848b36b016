"""What a photo itself says of its place and direction, from real shapes of XMP and from any bytes."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from controller.errors import VerificationFailed
from controller.logs.photos.jpeg import XMP, read_jpeg
from controller.logs.photos.own_pose import PhotoPose, pose_of, usable_pose
from controller.logs.photos.photo_list import read_photo_list

PLACE = {"GpsLatitude": "47.3976", "GpsLongitude": "+8.5455", "RelativeAltitude": "+60.20"}


def _photo(path: Path, xmp: str | bytes) -> Path:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG")
    text = xmp.encode() if isinstance(xmp, str) else xmp
    path.write_bytes(read_jpeg(out.getvalue()).with_segment(XMP, text).raw)
    return path


def _attributes(**more: str) -> str:
    fields = PLACE | more
    return "<rdf " + " ".join(f'drone-dji:{name}="{value}"' for name, value in fields.items()) + "/>"


def test_attributes_and_elements_of_xmp_are_read(tmp_path: Path) -> None:
    turned = _attributes(GimbalYawDegree="-30.0", GimbalPitchDegree="-45.5", FlightYawDegree="+10.0")
    found = pose_of(_photo(tmp_path / "a.jpg", turned))
    assert found == PhotoPose(47.3976, 8.5455, found.msl_m, 60.2, -30.0, -45.5)
    elements = "".join(f"<drone-dji:{name}>{value}</drone-dji:{name}>" for name, value in PLACE.items())
    found = pose_of(_photo(tmp_path / "b.jpg", elements.replace("GpsLongitude", "GpsLongtitude")))
    assert (found.lat_deg, found.lon_deg, found.known) == (47.3976, 8.5455, True)
    assert math.isnan(found.pitch_deg)


def test_the_heading_of_a_picture_from_straight_above_is_the_aircraft_s(tmp_path: Path) -> None:
    above = _attributes(GimbalYawDegree="179.0", GimbalPitchDegree="-90.0", FlightYawDegree="+10.0")
    assert pose_of(_photo(tmp_path / "a.jpg", above)).heading_deg == 10.0


@pytest.mark.parametrize("name", ["missing.jpg", "text.jpg"])
def test_what_is_no_photo_has_no_place(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.jpg").write_text("no photo")
    assert not usable_pose(tmp_path / name).known


@settings(max_examples=15, deadline=None)
@given(
    xmp=st.binary(max_size=300) | st.text(max_size=200).map(lambda one: _attributes(GpsLatitude=one).encode())
)
def test_any_xmp_gives_a_place_on_the_earth_or_none(
    xmp: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = usable_pose(_photo(tmp_path_factory.getbasetemp() / "fuzzed.jpg", xmp))
    assert not found.known or (abs(found.lat_deg) <= 90.0 and abs(found.lon_deg) <= 180.0)


@settings(max_examples=30, deadline=None)
@given(
    text=st.binary(max_size=200)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["kind", "version", "photos", "file"]), inner, max_size=4)
        ),
        max_leaves=8,
    ).map(lambda one: json.dumps(one).encode())
)
def test_any_list_of_photos_is_read_or_refused(text: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "photos.json").write_bytes(text)
    with pytest.raises(VerificationFailed, match="is no list of photos"):
        read_photo_list(folder)
