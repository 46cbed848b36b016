"""`landline box` on the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from controller.logs.box.record import BLOCK, box_blocks, entries_of, verify_box_record
from firmware.core.disk import Disk
from firmware.mavlite.signing import next_key
from firmware.roles.update import choose_slot, confirm
from tests.support.box.micropython import binary
from tests.support.box.process import box_settings, running_box
from tests.support.cli import COMMAND, ROOT, ended_at_last, environment, landline, landline_here


def test_valid_settings_are_installed_readable_by_the_owner_only(tmp_path: Path) -> None:
    card = tmp_path / "card"
    card.mkdir()
    file = box_settings(tmp_path)
    ran = landline_here("box", "config", file, "--to", card, "--json", home=tmp_path)
    assert (ran.code, ran.summary["ports"]) == (0, ["usb", "uart:0"])
    assert (card / "config.json").read_text() == file.read_text()
    if os.name == "posix":
        assert (card / "config.json").stat().st_mode & 0o777 == 0o600


def test_invalid_settings_are_named_and_not_installed(tmp_path: Path) -> None:
    ran = landline_here(
        "box", "config", box_settings(tmp_path, uplink="both"), "--to", tmp_path / "card", home=tmp_path
    )
    assert ran.code == 2
    assert "uplink: must be one of best, all" in ran.err
    assert not (tmp_path / "card").exists()


@pytest.mark.parametrize(
    ("port", "error"), [("foo", "laptop.port: foo is no port"), ("memory", "simulated flights only")]
)
def test_an_unknown_port_is_refused(tmp_path: Path, port: str, error: str) -> None:
    ran = landline_here("box", "config", box_settings(tmp_path, laptop={"port": port}), home=tmp_path)
    assert (ran.code, error in ran.err) == (2, True)


def test_an_image_is_signed_tried_once_and_kept_when_confirmed(tmp_path: Path) -> None:
    card, key, image = tmp_path / "card", tmp_path / "operator.pem", tmp_path / "box.llfw"
    card.mkdir()
    made = landline("box", "image", image, "--key", key, "--json", home=tmp_path)
    assert made.code == 0
    refused = landline_here("box", "update", image, "--to", card, home=tmp_path)
    assert (refused.code, "config.json" in refused.err) == (2, True)
    landline_here(
        "box",
        "config",
        box_settings(tmp_path, keys={"operator": made.summary["operator"]}),
        "--to",
        card,
        home=tmp_path,
    )
    assert landline_here("box", "update", image, "--to", card, home=tmp_path).code == 0
    disk = Disk(str(card))
    slot = choose_slot(disk)
    assert (card / slot / "firmware" / "main.py").read_bytes() == (ROOT / "firmware" / "main.py").read_bytes()
    assert confirm(disk)
    assert choose_slot(disk) == slot
    again = landline("box", "image", image, "--key", key, "--json", home=tmp_path)
    assert again.summary["operator"] == made.summary["operator"]


def test_an_image_of_another_operator_or_board_is_refused(tmp_path: Path) -> None:
    card, image = tmp_path / "card", tmp_path / "box.llfw"
    card.mkdir()
    made = landline(
        "box", "image", image, "--key", tmp_path / "mine.pem", "--board", "rp2", "--json", home=tmp_path
    )
    landline_here(
        "box",
        "config",
        box_settings(tmp_path, keys={"operator": made.summary["operator"]}),
        "--to",
        card,
        home=tmp_path,
    )
    other = landline_here("box", "update", image, "--to", card, "--board", "unix", home=tmp_path)
    assert (other.code, "for rp2, this is unix" in other.err) == (6, True)
    data = bytearray(image.read_bytes())
    data[-5] ^= 1
    image.write_bytes(data)
    changed = landline_here("box", "update", image, "--to", card, "--board", "rp2", home=tmp_path)
    assert (changed.code, "was changed" in changed.err) == (6, True)
    landline("box", "image", image, "--key", tmp_path / "other.pem", home=tmp_path)
    stranger = landline_here("box", "update", image, "--to", card, home=tmp_path)
    assert (stranger.code, "not signed by this box's operator" in stranger.err) == (6, True)
    assert choose_slot(Disk(str(card))) == ""


@pytest.mark.realtime
@pytest.mark.skipif(sys.platform != "linux", reason="MicroPython's unix port comes for Linux")
def test_a_box_on_this_machine_answers_status_and_closes_its_record(
    tmp_path: Path,
) -> None:
    with running_box(tmp_path, ended_by=signal.SIGTERM, answering=True) as link:
        asked = landline("box", "status", "--link", link, "--json", home=tmp_path)
        assert (asked.code, asked.summary["complete"]) == (0, True)
        assert 0 <= asked.summary["values"]["LOAD"] <= 100
        assert asked.summary["values"]["MEMFREE"] > 10_000
        assert asked.summary["values"]["DEADMAN"] == 0  # a status request is no ground station heartbeat
    assert verify_box_record(tmp_path / "box.blocks").ok


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="MicroPython's unix port comes for Linux")
def test_the_record_of_a_running_box_is_listed_and_its_download_continued(
    tmp_path: Path,
) -> None:
    with running_box(tmp_path) as link:
        listed = landline("box", "get", "--link", link, "--json", home=tmp_path)
        assert (listed.code, listed.summary["files"]) == (0, {"box.blocks": 16 * BLOCK})
        to = tmp_path / "got"
        to.mkdir()
        (to / "box.blocks.part").write_bytes((tmp_path / "box.blocks").read_bytes()[: 3 * BLOCK + 77])
        got = landline("box", "get", "box.blocks", "--to", to, "--link", link, "--json", home=tmp_path)
        assert (got.code, got.summary["checked"], got.summary["resumed_at"]) == (0, "blocks", 3 * BLOCK + 77)
        gone = landline("box", "get", "other.blocks", "--to", to, "--link", link, home=tmp_path)
        assert (gone.code, "no such file" in gone.err) == (4, True)
        assert not (to / "other.blocks.part").exists()
    taken, whole = to / "box.blocks", tmp_path / "box.blocks"
    assert verify_box_record(taken).blocks >= 1
    digests = {block.number: block.digest for block in box_blocks(whole)}
    assert all(digests[block.number] == block.digest for block in box_blocks(taken))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="MicroPython's unix port comes for Linux")
def test_the_result_of_an_update_is_sent_to_the_first_ground_station(tmp_path: Path) -> None:
    (tmp_path / "update.said").write_text("firmware 2.0 is on trial")
    with running_box(tmp_path) as link:
        assert (
            landline("box", "status", "--link", link, home=tmp_path).code == 0
        )  # a status request is no ground station
        assert (tmp_path / "update.said").exists()
        station = subprocess.Popen(
            [*COMMAND, "gcs", "--link", link, "--json"], cwd=ROOT, env=environment(tmp_path),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        with ended_at_last(station, after_s=20):
            assert station.stdout is not None
            # The ground station prints its state once a second.
            assert any(not (tmp_path / "update.said").exists() for _ in station.stdout)
    assert not (tmp_path / "update.said").exists()
    assert b"firmware 2.0 is on trial" in entries_of(box_blocks(tmp_path / "box.blocks"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="MicroPython's unix port comes for Linux")
def test_the_key_of_a_locked_box_is_replaced_without_being_sent(
    tmp_path: Path,
) -> None:
    old = bytes(range(32))
    new = next_key(old)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "field.key").write_bytes(old)
    keys: dict[str, str] = {"laptop": old.hex()}
    with running_box(tmp_path, keys=keys, firewall={"locked": True}) as link:
        assert landline("box", "rotate", "field", "--link", link, home=tmp_path).code == 0
        assert (tmp_path / "keys" / "field.key").read_text().strip() == new.hex()
        assert json.loads((tmp_path / "box.json").read_text())["keys"] == {**keys, "laptop_next": new.hex()}
        # Used once, it is the only one.
        asked = landline("box", "status", "--link", f"{link}?sign_up=field", "--json", home=tmp_path)
        assert asked.summary["params"]["BOX_LOCKED"] == 1.0
        kept = json.loads((tmp_path / "box.json").read_text())["keys"]
        assert kept == {"laptop": new.hex(), "laptop_next": ""}
    (tmp_path / "keys" / "field.key").write_bytes(old)
    with running_box(tmp_path, keys=kept, firewall={"locked": True}) as link:
        refused = landline("box", "rotate", "field", "--link", link, home=tmp_path)
        assert refused.code == 3
    assert (tmp_path / "keys" / "field.key").read_bytes() == old
    raw = (tmp_path / "box.blocks").read_bytes()
    assert old not in raw
    assert new not in raw


def test_a_box_that_cannot_start_names_the_reason(tmp_path: Path) -> None:
    binary()
    ran = landline("box", "run", box_settings(tmp_path), home=tmp_path)
    assert ran.code == 2
    assert "port usb: a computer has serial:, pty:, udpin: and udpout:" in ran.err
