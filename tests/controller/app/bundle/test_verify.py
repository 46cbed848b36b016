"""Verification of a bundle: each change is named, keys are compared, unsafe paths are refused before anything else."""

from __future__ import annotations

import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.app.bundle.known_keys import remember
from controller.app.bundle.source import is_safe
from controller.app.bundle.sums import SIGNATURE, SUMS, sign_sums
from controller.app.bundle.verify import verify_bundle
from controller.errors import UserError, VerificationFailed
from controller.logs.record.keys import load_key
from tests.support.supply.bundles import make_small

MAP = "maps/field.mbtiles"


@pytest.mark.parametrize("out", ["bundle", "bundle.zip"])
def test_an_unchanged_bundle_verifies_and_its_trust_is_stated(tmp_path: Path, out: str) -> None:
    path, made, key = make_small(tmp_path, out)
    here = tmp_path / "here"
    found = verify_bundle(path, here)
    assert (found.ok, found.signed.trust, found.signed.key) == (True, "first use", key.public_hex)
    assert found.signed.sums == made.sums
    assert verify_bundle(path, here, frozenset({key.public_hex})).signed.trust == "given"
    assert not here.exists()  # a verification remembers nothing
    remember(here, key.public_hex)
    assert verify_bundle(path, here).signed.trust == "remembered"


def test_each_changed_missing_and_added_file_is_named(tmp_path: Path) -> None:
    path, _, _ = make_small(tmp_path)
    (path / MAP).write_bytes(b"mab")
    (path / "wheels/helper-1.2-py3-none-any.whl").unlink()
    (path / "wheels/evil-1.0-py3-none-any.whl").write_bytes(b"")
    (path / "maps/more").mkdir()
    (path / "maps/more/x").write_bytes(b"")
    found = verify_bundle(path, tmp_path / "here")
    assert found.changed == (MAP,)
    assert found.missing == ("wheels/helper-1.2-py3-none-any.whl",)
    assert found.added == ("maps/more/x", "wheels/evil-1.0-py3-none-any.whl")
    with pytest.raises(
        VerificationFailed, match=r"changed: maps/field\.mbtiles; missing: wheels/h.*; added: maps"
    ):
        found.require("bundle")


def test_every_bit_of_the_list_and_of_its_signature_counts(tmp_path: Path) -> None:
    path, _, _ = make_small(tmp_path)
    for name in (SUMS, SIGNATURE):
        whole = (path / name).read_bytes()
        for at in range(0, len(whole), 37):
            (path / name).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(VerificationFailed):
                verify_bundle(path, tmp_path / "here")
        (path / name).write_bytes(whole)
    assert verify_bundle(path, tmp_path / "here").ok


def test_a_bundle_signed_again_by_another_key_is_refused(tmp_path: Path) -> None:
    path, made, key = make_small(tmp_path)
    sign_sums(path, made.sums, load_key(tmp_path / "other"))
    with pytest.raises(VerificationFailed, match="signed by another key"):
        verify_bundle(path, tmp_path / "here", frozenset({key.public_hex}))
    assert verify_bundle(path, tmp_path / "here").signed.trust == "first use"
    remember(tmp_path / "here", key.public_hex)
    with pytest.raises(VerificationFailed, match="known from bundles before"):
        verify_bundle(path, tmp_path / "here")


@pytest.mark.parametrize("name", [SUMS, SIGNATURE, "SHA256SUMS.pem"])
def test_a_bundle_without_its_signature_is_refused(tmp_path: Path, name: str) -> None:
    path, _, _ = make_small(tmp_path)
    (path / name).unlink()
    with pytest.raises(VerificationFailed, match=f"not signed: no {name}"):
        verify_bundle(path, tmp_path / "here")


def test_a_link_in_a_folder_is_refused(tmp_path: Path) -> None:
    path, _, _ = make_small(tmp_path)
    (path / MAP).unlink()
    try:
        (path / MAP).symlink_to(tmp_path / "field.mbtiles")
    except OSError:
        pytest.skip("no symbolic links on this system")
    with pytest.raises(VerificationFailed, match="not a plain file"):
        verify_bundle(path, tmp_path / "here")


def test_another_file_is_no_bundle(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"no zip")
    with pytest.raises(UserError, match="neither a folder nor a zip file"):
        verify_bundle(tmp_path / "x.zip", tmp_path / "here")


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "../x", "a/../x", "/etc/x", "a//b", "a/", "./a", "C:/x", "c:x", "a\\b", "..\\x"),
        *("a\0b", "a\nb", "nul", "maps/CON.txt", "com1", "a.", "a ", "a/ ", "x:stream", "a*"),
    ],
)
def test_a_path_that_could_leave_its_folder_is_not_safe(name: str) -> None:
    assert not is_safe(name)


@pytest.mark.parametrize(
    "name", ["a", "wheels/x-1.0-py3-none-any.whl", "maps/Zürich nord.pmtiles", "a/.hidden"]
)
def test_an_ordinary_path_is_safe(name: str) -> None:
    assert is_safe(name)


def entry(name: str) -> Callable[[zipfile.ZipFile], None]:
    def write(archive: zipfile.ZipFile) -> None:
        archive.writestr(zipfile.ZipInfo(name), b"x")

    return write


def link(archive: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("maps/link")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(info, "/etc/passwd")


@pytest.mark.parametrize(
    "add",
    [
        entry("../out"),
        entry("/out"),
        entry("maps/../../out"),
        entry("..\\out"),
        entry("MAPS/FIELD.mbtiles"),
        link,
    ],
    ids=["above", "absolute", "above from within", "backslash", "the same in capitals", "a link"],
)
def test_a_zip_with_an_unsafe_entry_is_refused_as_a_whole(
    tmp_path: Path, add: Callable[[zipfile.ZipFile], None]
) -> None:
    path, _, _ = make_small(tmp_path, "bundle.zip")
    with zipfile.ZipFile(path, "a") as archive:
        add(archive)
    with pytest.raises(VerificationFailed, match="invalid bundle"):
        verify_bundle(path, tmp_path / "here")


def test_damage_at_any_place_of_a_zip_is_one_line_and_never_passes(tmp_path: Path) -> None:
    path, _, _ = make_small(tmp_path, "bundle.zip")
    whole = path.read_bytes()
    passed = []
    for at in range(0, len(whole), max(1, len(whole) // 300)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            found = verify_bundle(path, tmp_path / "here")
        except (UserError, VerificationFailed):
            continue
        if found.ok:
            passed.append(at)
    path.write_bytes(whole)
    assert verify_bundle(path, tmp_path / "here").ok
    # Times and attributes of entries are not part of what is signed: such damage changes no file.
    assert len(passed) < 60


def test_a_copy_of_the_folder_verifies_without_the_first(tmp_path: Path) -> None:
    path, _, _ = make_small(tmp_path)
    shutil.copytree(path, tmp_path / "copy")
    shutil.rmtree(path)
    assert verify_bundle(tmp_path / "copy", tmp_path / "here").ok
