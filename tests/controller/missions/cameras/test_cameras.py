"""The table of cameras, and camera files of the operator."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.missions.cameras import CameraModel, find_camera, known_cameras, read_camera
from controller.missions.errors import PlanError
from controller.missions.formats.wpml.models import PAYLOADS

OWN = 'name = "Mine"\nsensor_mm = [13.2, 8.8]\nfocal_mm = [8.8, 20]\nimage_px = [5472, 3648]\n'


def test_each_camera_of_the_table_names_its_source() -> None:
    cameras = known_cameras()
    assert len(cameras) >= 50
    assert all(camera.source for camera in cameras)


@pytest.mark.parametrize("camera", known_cameras(), ids=lambda camera: camera.name)
def test_the_sensor_of_a_camera_fits_its_pixels(camera: CameraModel) -> None:
    assert camera.sensor_mm is not None
    assert camera.image_px is not None
    (wide_mm, tall_mm), (wide_px, tall_px) = camera.sensor_mm, camera.image_px
    assert wide_mm >= tall_mm
    assert wide_mm / tall_mm == pytest.approx(wide_px / tall_px, rel=0.02)
    # Pixels of thermal cameras are as large as the waves that they see: 17 micrometres. Those of 48 megapixels on half
    # an inch, four below one colour filter, are 0.8 micrometres.
    least_um, most_um = (0.8 if wide_px >= 8000 else 1.0), (17.0 if wide_px <= 800 else 10.0)
    assert least_um - 1e-9 <= 1000.0 * wide_mm / wide_px <= most_um + 1e-9


@pytest.mark.parametrize("name", ["H20", "H20T", "M3E", "M3T", "M3M"])
def test_a_camera_of_dji_missions_can_be_planned_with(name: str) -> None:
    assert name in PAYLOADS.values() or f"{name} camera" in PAYLOADS.values()
    assert find_camera(name).camera().gsd_cm(100.0) < 5.0


def test_no_two_cameras_have_one_name() -> None:
    for camera in known_cameras():
        for name in (camera.name, *camera.also):
            assert find_camera(name) is camera


@pytest.mark.parametrize("name", ["sony rx1rii", "SONY RX1R II", "dsc-rx1rm2", "Sony DSC-RX1R II"])
def test_a_camera_is_found_however_its_name_is_written(name: str) -> None:
    camera = find_camera(name).camera()
    assert camera.gsd_cm(100.0) == pytest.approx(100.0 * 100.0 * 35.9 / 35.0 / 7952, rel=0.01)
    assert camera.min_interval_s == 1.0


def test_a_camera_that_is_not_known_names_those_that_look_like_it() -> None:
    with pytest.raises(PlanError, match="no camera is named 'H20X'; did you mean H20"):
        find_camera("H20X")
    with pytest.raises(PlanError, match="no camera is named ''"):
        find_camera("")


def test_a_value_that_is_not_known_is_asked_for() -> None:
    with pytest.raises(PlanError, match="its sensor size is not known"):
        CameraModel(name="Mine", image_px=(4000, 3000)).camera()
    with pytest.raises(PlanError, match="its lens is not known"):
        find_camera("Sony A6000").camera()
    assert find_camera("Sony A6000").camera(focal_mm=20.0).focal_mm == 20.0
    with pytest.raises(PlanError, match="has 35 mm, not 20 mm"):
        find_camera("RX1R II").camera(focal_mm=20.0)


def test_a_camera_in_portrait_lies_with_its_longer_side_along_the_flight() -> None:
    wide, tall = (find_camera("P1").camera(portrait=portrait).footprint_m(70.0) for portrait in (False, True))
    assert tall == wide[::-1]
    assert wide[0] > wide[1]


def test_an_own_camera_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f"{OWN}trigger_delay_s = 0.2\n")
    camera = read_camera(path)
    assert camera.camera().focal_mm == 8.8
    assert camera.camera(focal_mm=15.0).focal_mm == 15.0
    assert camera.trigger_delay_s == 0.2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "invalid camera file: "),
        ("focal_mm = 5", "name is not a text"),
        ('name = "A"\nsensor = [1, 2]', "unknown key 'sensor'"),
        ('name = "A"\nsensor_mm = [0, 2]', "sensor_mm is not a number from 0.1 to 1000"),
        ('name = "A"\nsensor_mm = 5', "sensor_mm is not two numbers"),
        ('name = "A"\nfocal_mm = nan', "focal_mm is not a number"),
        ('name = "A"\nfocal_mm = [9, 5]', "focal_mm is not"),
        ('name = "A"\nalso = "B"', "also is not a list"),
        ('camera = "A"', "camera is not a list of tables"),
        ('[[camera]]\nname = "A"\n[[camera]]\nname = "B"', "it has 2 cameras"),
        ("", "it is empty"),
    ],
)
def test_a_file_that_is_no_camera_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(PlanError) as caught:
        read_camera(path)
    assert said in str(caught.value)
    assert "mine.toml" in str(caught.value)


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from('[]={}".,\n_01ax' + "camer"), max_size=60), st.booleans())
def test_no_text_makes_the_reader_of_cameras_fail_otherwise(
    tmp_path_factory: pytest.TempPathFactory, text: str, after: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.toml"
    path.write_text(f"{OWN}{text}" if after else text)
    try:
        camera = read_camera(path)
    except PlanError:
        return
    assert camera.name
