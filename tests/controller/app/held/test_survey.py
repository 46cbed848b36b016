"""What `landline audit data` finds on a disk: each file once, with its kind, and nothing behind links."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pyrage import x25519

from controller.app.held.rows import DataRow, data_rows
from controller.logs.flights.catalogue import Catalogue
from controller.logs.privacy.encryption import encrypt
from controller.logs.record.additions import sign_additions
from controller.logs.record.ledger import LedgerEntry, append_head
from tests.support.held import NAME, NOW_S, Machine, machine_in


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return machine_in(tmp_path, monkeypatch)


def rows(machine: Machine) -> dict[str, DataRow]:
    return {row.kind.name: row for row in data_rows(machine.files())}


def test_an_empty_machine_has_a_row_for_every_kind_and_no_files(machine: Machine) -> None:
    found = rows(machine)
    assert {"telemetry", "signing-key", "maps", "browser", "logins", "exports"} <= set(found)
    assert "other" not in found
    assert sum(row.files for name, row in found.items() if name != "compiled-code") == 0
    assert all(row.kind.erased_by for row in found.values())


def test_a_recorded_flight_is_found_with_its_keys(machine: Machine) -> None:
    folder = machine.recorded()
    with Catalogue(machine.flights) as catalogue:
        catalogue.refresh()
    at = f"home/flights/{folder.name}"
    assert machine.kinds() == {
        f"{at}/chain.jsonl": "proofs",
        f"{at}/events.jsonl": "events",
        f"{at}/frames.tlog": "telemetry",
        f"{at}/params.json": "parameters",
        "home/flights/catalogue.sqlite": "catalogue",
        "home/keys/ledger.jsonl": "record-ledger",
        "home/keys/record.ed25519.pem": "signing-key",
        "home/keys/record.ed25519.pub": "record-ledger",
    }


def test_a_row_says_how_the_data_are_protected_and_how_old_they_are(machine: Machine) -> None:
    folder = machine.recorded()
    (folder / "report.html").write_text("a track")
    sign_additions(folder, ["report.html"])
    found = rows(machine)
    telemetry = found["telemetry"].plain()
    assert (telemetry["files"], telemetry["signed"], telemetry["encrypted"]) == (1, 1, 0)
    assert telemetry["first_utc"] == telemetry["last_utc"] == "2026-05-17T06:40:00Z"
    assert telemetry["erased_by"] == "landline audit erase --flight NAME"
    assert found["reports"].signed == 1
    assert found["signing-key"].plain()["modes"] == {"0600": 1}
    assert found["signing-key"].others_can_read == 0
    (folder / "report-2.html").write_text("another")
    assert rows(machine)["reports"].signed == 1


def test_a_file_counts_as_readable_by_all_only_if_its_folders_are_open(
    tmp_path: Path, machine: Machine
) -> None:
    folder = machine.flight()
    for path in [folder, *folder.parents]:
        if path.is_relative_to(tmp_path):
            path.chmod(0o755)
    (folder / "frames.tlog").chmod(0o644)
    open_above = all(path.stat().st_mode & 0o001 for path in tmp_path.parents)
    assert rows(machine)["telemetry"].others_can_read == int(open_above)
    closed = machine.flight("20260518T064000Z-copter-1")
    (closed / "frames.tlog").chmod(0o644)
    closed.chmod(0o700)
    assert rows(machine)["telemetry"].others_can_read == int(open_above)


def test_an_encrypted_flight_is_counted_as_encrypted(machine: Machine) -> None:
    folder = machine.flight()
    encrypt(folder, [x25519.Identity.generate().to_public()], now_utc_s=NOW_S)
    found = rows(machine)
    assert found["telemetry"].files == 0
    # The list of the archive's files is plain text.
    assert (found["encrypted-flights"].files, found["encrypted-flights"].encrypted) == (2, 1)
    assert found["encrypted-flights"].first_utc == "2026-05-17T06:40:00Z"


def test_a_file_that_no_part_of_landline_writes_is_listed_as_other(machine: Machine) -> None:
    (machine.flight() / "diary.txt").write_text("x")
    (machine.home / "notes").write_text("x")
    other = rows(machine)["other"].plain()
    assert [Path(name).name for name in other["examples"]] == ["notes", "diary.txt"]


def test_links_are_counted_but_never_followed(tmp_path: Path, machine: Machine) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "frames.tlog").write_bytes(b"private")
    folder = machine.flight()
    (folder / "columns").symlink_to(outside)
    (machine.flights / "20260101T000000Z-linked").symlink_to(outside)
    (machine.home / "maps").symlink_to(outside)
    found = machine.files()
    assert not [file for file in found if file.path.is_relative_to(outside)]
    links = {file.path.name for file in found if file.is_link}
    assert links == {"columns", "20260101T000000Z-linked", "maps"}
    assert not [file for file in found if "frames.tlog" in file.path.name and file.flight != folder]


def test_flights_elsewhere_are_known_from_the_ledger_and_nothing_else_there(
    tmp_path: Path, machine: Machine
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "letter.txt").write_text("not Landline's")
    (elsewhere / "photos").mkdir()
    (elsewhere / "photos" / "one.jpg").write_bytes(b"x")
    folder = machine.flight()
    folder.rename(elsewhere / NAME)
    (machine.home / "keys").mkdir()
    append_head(machine.home / "keys", LedgerEntry(NAME, "00", True, str(elsewhere)))
    found = machine.kinds()
    assert found[f"elsewhere/{NAME}/frames.tlog"] == "telemetry"
    assert not [name for name in found if "letter" in name or "photos" in name]


def test_leftovers_of_killed_commands_are_found_in_the_temporary_folder(machine: Machine) -> None:
    (machine.temporary / "landline-bug-1.txt").write_text("Traceback")
    (machine.temporary / "landline-review-1" / "running").mkdir(parents=True)
    (machine.temporary / "landline-review-1" / "running" / "frames.tlog").write_bytes(b"x")
    (machine.temporary / "other-program").write_text("x")
    (machine.home / "tmp" / "1").mkdir(parents=True)
    (machine.home / "tmp" / "1" / "x").write_text("x")
    assert machine.kinds() == {
        "home/tmp/1/x": "temporary",
        "temporary/landline-bug-1.txt": "bug-reports",
        "temporary/landline-review-1/running/frames.tlog": "temporary",
    }


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_temporary_files_of_other_users_are_not_listed(machine: Machine) -> None:
    path = machine.temporary / "landline-bug-2.txt"
    path.write_text("of somebody else")
    os.chown(path, 12345, 12345)
    assert machine.kinds() == {}
