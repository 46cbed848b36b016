"""Data beside an installation from a bundle: found there and used, and nowhere else."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from controller.app.bundle.install import install_bundle
from controller.autopilots.param_docs.bundled_docs import aircraft_of, bundled_docs
from controller.autopilots.vehicle_class import VehicleClass
from controller.cli.box.bundled_images import bundled_images, image_for
from controller.cli.doctor import bundle_checks
from controller.errors import UserError
from controller.guard.bundled_data import bundle_folder, bundled, bundled_files
from firmware.image import pack
from tests.support.supply.bundles import make_small


def image(board: str) -> bytes:
    return pack({"firmware/main.py": b""}, "1.2", board, lambda _: bytes(64))


def docs(name: str) -> bytes:
    return json.dumps({"": {name: {"DisplayName": "One"}}}).encode()


@pytest.fixture
def prefix(tmp_path: Path) -> str:
    """The environment of an installed bundle: with a map, documentation of two aircraft, two images and a note."""
    for name, content in {
        "docs/ArduCopter/apm.pdef.json": docs("FRAME_CLASS"),
        "docs/ArduPlane/apm.pdef.json": docs("KFF_RDDRMIX"),
        "images/board.llfw": image("rp2"),
        "images/all.llfw": image("any"),
        "images/autopilot.apj": b"{}",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    data = {"metadata": [tmp_path / "docs"], "firmware": [tmp_path / "images"]}
    path, _, _ = make_small(tmp_path, data=data)
    install_bundle(path, tmp_path / "to", tmp_path / "here", run=lambda _: None)
    return str(tmp_path / "to/venv")


def test_data_are_found_beside_the_environment_of_a_bundle_alone(prefix: str, tmp_path: Path) -> None:
    assert bundle_folder(prefix) == tmp_path / "to"
    assert bundled_files("maps", prefix) == [tmp_path / "to/maps/field.mbtiles"]
    assert bundled("terrain", prefix) == ()
    assert bundle_folder(str(tmp_path / "to/another")) is None
    (tmp_path / "to/bundle.json").unlink()
    assert bundled("maps", prefix) == ()


def test_each_aircraft_gets_the_documentation_of_its_firmware(prefix: str) -> None:
    for kind, known in (
        (VehicleClass.COPTER, "FRAME_CLASS"),
        (VehicleClass.PLANE, "KFF_RDDRMIX"),
        (VehicleClass.VTOL, "KFF_RDDRMIX"),
    ):
        found = bundled_docs("ArduPilot", kind, prefix)
        assert (list(found.docs), found[known].title) == ([known], "One")
        assert found.source.endswith("/apm.pdef.json, of the bundle")
    assert not bundled_docs("ArduPilot", VehicleClass.ROVER, prefix).docs
    assert not bundled_docs("PX4", VehicleClass.COPTER, prefix).docs


@pytest.mark.parametrize(
    ("name", "autopilot"),
    [("Rover/apm.pdef.xml", "ArduPilot"), ("1.17/parameters.json.xz", "PX4"), ("copter/px4.json", "PX4")],
)
def test_a_path_names_the_autopilot(name: str, autopilot: str) -> None:
    found = aircraft_of(name)
    assert found is not None
    assert found[0] == autopilot


def test_documentation_that_no_aircraft_could_use_is_not_packed(tmp_path: Path) -> None:
    (tmp_path / "apm.pdef.json").write_bytes(docs("FRAME_CLASS"))
    with pytest.raises(UserError, match="does not say for which aircraft"):
        make_small(tmp_path, data={"metadata": [tmp_path / "apm.pdef.json"]})
    (tmp_path / "Rover").mkdir()
    (tmp_path / "Rover/readme.txt").write_text("words")
    with pytest.raises(UserError, match="cannot read the documentation"):
        make_small(tmp_path, data={"metadata": [tmp_path / "Rover"]})


def test_a_box_gets_the_image_of_its_board_before_one_for_any(prefix: str, tmp_path: Path) -> None:
    found = [(one.path.name, one.board, one.version) for one in bundled_images(prefix)]
    assert found == [("all.llfw", "any", "1.2"), ("board.llfw", "rp2", "1.2")]
    assert image_for("rp2", prefix).name == "board.llfw"
    assert image_for("esp32", prefix).name == "all.llfw"
    (tmp_path / "to/firmware/more.llfw").write_bytes(image("any"))
    with pytest.raises(UserError, match="2 of the bundle are for any"):
        image_for("esp32", prefix)
    with pytest.raises(UserError, match="no IMAGE was given"):
        image_for("esp32", str(tmp_path))


def test_doctor_names_what_came_with_the_bundle(
    prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", prefix)
    bundled_docs.cache_clear()
    found = {check.found for check in bundle_checks()}
    bundled_docs.cache_clear()
    assert found == {
        f"installed from one; its data are in {tmp_path / 'to'}",
        "files: 1; the page of landline gcs shows them",
        "ArduPilot copter: ArduCopter/apm.pdef.json, of the bundle, parameters: 1",
        "ArduPilot plane: ArduPlane/apm.pdef.json, of the bundle, parameters: 1",
        "all.llfw: ground box 1.2, board any",
        "board.llfw: ground box 1.2, board rp2",
        "autopilot.apj: not of the ground box, not used here",
    }
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert list(bundle_checks()) == []
