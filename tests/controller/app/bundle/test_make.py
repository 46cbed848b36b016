"""Making a bundle: the wheels of the lock and no others, data files, formats that ordinary tools read."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from controller.app.bundle.lock import read_lock
from controller.app.bundle.make import make_bundle
from controller.app.bundle.sums import PUBLIC, SIGNATURE, SUMS
from controller.errors import UserError, VerificationFailed
from controller.logs.record.keys import load_key
from tests.support.supply.bundles import MADE_AT, make_small, write_test_lock, write_wheel


def test_a_bundle_holds_wheels_data_and_a_list_that_sha256sum_reads(tmp_path: Path) -> None:
    path, made, _ = make_small(tmp_path)
    names = {one.relative_to(path).as_posix() for one in path.rglob("*") if one.is_file()}
    assert names == {
        *("wheels/landline-9.9-py3-none-any.whl", "wheels/helper-1.2-py3-none-any.whl", "maps/field.mbtiles"),
        *("requirements.txt", "components.cdx.json", "bundle.json", SUMS, SIGNATURE, PUBLIC),
    }
    lines = (path / SUMS).read_text().splitlines()
    assert len(lines) == len(names) - 3
    for line in lines:
        digest, name = line.split("  ")
        assert hashlib.sha256((path / name).read_bytes()).hexdigest() == digest
    assert made.version == "9.9"


def test_the_signature_is_plain_ed25519_over_the_list(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    path, _, key = make_small(tmp_path)
    public = load_pem_public_key((path / PUBLIC).read_bytes())
    assert isinstance(public, Ed25519PublicKey)
    assert public.public_bytes_raw().hex() == key.public_hex
    public.verify((path / SIGNATURE).read_bytes(), (path / SUMS).read_bytes())  # raises for a wrong one


def test_the_requirements_pin_every_wheel_with_its_hash(tmp_path: Path) -> None:
    path, made, _ = make_small(tmp_path)
    pins = {(pin.name, pin.version): pin.hashes for pin in read_lock(path / "requirements.txt")}
    assert pins == {
        ("landline", "9.9"): {made.sums["wheels/landline-9.9-py3-none-any.whl"]},
        ("helper", "1.2"): {made.sums["wheels/helper-1.2-py3-none-any.whl"]},
    }


def test_a_wheel_that_the_lock_does_not_have_is_refused(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    write_wheel(wheels, "landline", "9.9")
    lock = write_test_lock(tmp_path / "lock", [write_wheel(wheels, "helper", "1.2")])
    write_wheel(wheels, "helper", "1.2", body="CHANGED = True\n")
    with pytest.raises(VerificationFailed, match=r"helper 1\.2 is not in the lock"):
        make_bundle(tmp_path / "b", wheels, {}, load_key(tmp_path / "k"), made_at=MADE_AT, lock=lock)
    assert not (tmp_path / "b").exists()


def test_a_missing_wheel_is_named(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    write_wheel(wheels, "landline", "9.9")
    lock = write_test_lock(tmp_path / "lock", [write_wheel(tmp_path / "elsewhere", "helper", "1.2")])
    with pytest.raises(UserError, match=r"no wheel of helper 1\.2"):
        make_bundle(tmp_path / "b", wheels, {}, load_key(tmp_path / "k"), made_at=MADE_AT, lock=lock)


def test_a_folder_without_landlines_wheel_makes_no_bundle(tmp_path: Path) -> None:
    lock = write_test_lock(tmp_path / "lock", [write_wheel(tmp_path / "wheels", "helper", "1.2")])
    with pytest.raises(UserError, match="0 wheels of Landline"):
        make_bundle(
            tmp_path / "b", tmp_path / "wheels", {}, load_key(tmp_path / "k"), made_at=MADE_AT, lock=lock
        )


def test_a_bundle_never_replaces_a_file(tmp_path: Path) -> None:
    (tmp_path / "bundle").write_text("mine")
    with pytest.raises(UserError, match="the name is taken"):
        make_small(tmp_path)
    assert (tmp_path / "bundle").read_text() == "mine"


def test_a_wheel_whose_name_is_not_its_own_is_refused(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    write_wheel(wheels, "landline", "9.9")
    helper = write_wheel(tmp_path / "elsewhere", "helper", "1.2")
    (wheels / "other-1.2-py3-none-any.whl").write_bytes(helper.read_bytes())
    with pytest.raises(UserError, match="its name is not that of its METADATA"):
        make_bundle(
            tmp_path / "b", wheels, {}, load_key(tmp_path / "k"), made_at=MADE_AT,
            lock=write_test_lock(tmp_path / "lock", [helper]),
        )  # fmt: skip


def test_a_zip_has_the_same_files_as_a_folder(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    folder, made, _ = make_small(tmp_path / "one")
    packed, also, _ = make_small(tmp_path / "two", "bundle.zip")
    assert made.sums.keys() == also.sums.keys()
    with zipfile.ZipFile(packed) as archive:
        assert sorted(archive.namelist()) == sorted(
            one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()
        )
        info = json.loads(archive.read("bundle.json"))
    assert (info["landline"], info["made_at"]) == ("9.9", MADE_AT)
