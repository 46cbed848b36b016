"""`landline bundle`: exit codes, what is said of trust, the list of components on standard output."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from controller.app.bundle.lock import LOCK
from tests.support.cli import landline, landline_here
from tests.support.seal.sealed import skip_where_the_kernel_cannot
from tests.support.supply.bundles import make_small


def test_verify_says_that_the_key_is_from_the_bundle_alone(tmp_path: Path) -> None:
    path, _, key = make_small(tmp_path)
    ran = landline_here("bundle", "verify", path, home=tmp_path / "home")
    assert ran.code == 0
    assert f"signed by {key.public_hex}" in ran.out
    assert "who made them is not shown" in ran.out
    ran = landline_here("bundle", "verify", path, "--key", key.public_hex.upper(), home=tmp_path / "home")
    assert "the key is the one of --key" in ran.out


def test_verify_ends_with_6_and_names_a_changed_file(tmp_path: Path) -> None:
    path, _, key = make_small(tmp_path)
    (path / "maps/field.mbtiles").write_bytes(b"x")
    ran = landline_here("bundle", "verify", path, "--json", home=tmp_path / "home")
    assert ran.code == 6
    assert "changed: maps/field.mbtiles" in ran.err
    (event,) = ran.events
    assert (event["event"], event["ok"], event["changed"]) == ("verified", False, ["maps/field.mbtiles"])
    assert event["signed_by"] == key.public_hex


def test_another_key_ends_with_6_and_a_mistyped_one_with_2(tmp_path: Path) -> None:
    path, _, _ = make_small(tmp_path)
    assert landline_here("bundle", "verify", path, "--key", "0" * 64, home=tmp_path / "home").code == 6
    assert landline_here("bundle", "verify", path, "--key", "abc", home=tmp_path / "home").code == 2


def test_make_without_wheels_says_how_to_get_them(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    ran = landline_here(
        "bundle", "make", tmp_path / "b", "--wheels", tmp_path / "wheels", home=tmp_path / "home"
    )
    assert ran.code == 2
    assert "make wheels" in ran.err
    assert not (tmp_path / "b").exists()


def test_the_list_of_a_bundle_is_printed_only_unchanged(tmp_path: Path) -> None:
    path, _, _ = make_small(tmp_path, "bundle.zip")
    ran = landline_here("bundle", "sbom", path, home=tmp_path / "home")
    assert json.loads(ran.out)["metadata"]["component"]["version"] == "9.9"
    (tmp_path / "two").mkdir()
    folder, _, _ = make_small(tmp_path / "two")
    (folder / "components.cdx.json").write_text("{}")
    ran = landline_here("bundle", "sbom", folder, home=tmp_path / "home")
    assert (ran.code, ran.out) == (6, "")


def test_the_lock_is_printed_for_pip(tmp_path: Path) -> None:
    ran = landline_here("bundle", "lock", home=tmp_path / "home")
    assert ran.code == 0
    assert ran.out.count("--hash=sha256:") == LOCK.read_text(encoding="utf-8").count("--hash=sha256:")
    also = landline_here("bundle", "lock", "--json", home=tmp_path / "home")
    assert also.summary["packages"] == len(also.events) - 1
    assert sum(not line.startswith(" ") for line in ran.out.splitlines()) == len(also.events) - 1


def test_the_list_of_what_is_installed_is_a_field_of_json(tmp_path: Path) -> None:
    ran = landline_here("bundle", "sbom", "--json", home=tmp_path / "home")
    assert ran.summary["cyclonedx"]["metadata"]["component"]["name"] == "landline"
    assert ran.summary["components"] == len(ran.summary["cyclonedx"]["components"]) > 100


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the seal")
def test_a_bundle_is_installed_inside_the_seal(tmp_path: Path) -> None:
    skip_where_the_kernel_cannot()
    path, _, key = make_small(tmp_path, "bundle.zip")
    ran = landline(
        *("bundle", "install", path, "--to", tmp_path / "new", "--key", key.public_hex, "--sealed", "--json"),
        home=tmp_path / "home",
    )
    assert ran.code == 0, ran.err
    python = Path(ran.summary["command"]).with_name("python")
    code = "import landline; print(landline.VERSION)"
    assert subprocess.run([python, "-I", "-c", code], capture_output=True, check=True).stdout.split() == [
        b"9.9"
    ]
