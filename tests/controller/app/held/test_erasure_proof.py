"""What is proved after an erasing: copies are found wherever Landline keeps files, and what is not proved is said."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from pyrage import x25519

from controller.app.held.erase import erase, plan_flights
from controller.app.held.proof import GENERAL_LIMITS, ErasureProof, prove, traits_of
from controller.logs.flights import erase as flights_erase
from controller.logs.flights.catalogue import FILE, Catalogue
from controller.logs.privacy.encryption import encrypt
from controller.logs.record.ledger import LedgerEntry, append_head
from tests.support.held import NAME, NOW_S, Machine, machine_in
from tests.support.logs.logged_flights import START_US


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return machine_in(tmp_path, monkeypatch)


def proof_of(machine: Machine, name: str = NAME) -> ErasureProof:
    """Erase a flight and search for it."""
    plan = plan_flights(machine.places, [name], now_utc_s=NOW_S)
    traits = traits_of(plan.flights)
    erase(plan, machine.places, utc_us=START_US)
    return prove(plan, traits, machine.places)


def test_a_flight_without_copies_is_proved_to_be_gone(machine: Machine) -> None:
    machine.flight()
    machine.flight("20260518T064000Z-copter-1", start_us=START_US + 86_400_000_000)
    with Catalogue(machine.flights) as catalogue:
        catalogue.refresh()
    proof = proof_of(machine)
    assert (proof.ok, proof.left, proof.traces) == (True, [], [])
    assert proof.searched_files >= 3
    assert proof.limits == [*GENERAL_LIMITS]


def test_a_copy_that_a_killed_page_left_is_found_by_its_telemetry(machine: Machine) -> None:
    folder = machine.flight()
    copy = machine.temporary / "landline-review-1" / "running"
    copy.mkdir(parents=True)
    data = (folder / "frames.tlog").read_bytes()
    (copy / "frames.tlog").write_bytes(data[: len(data) // 2])
    proof = proof_of(machine)
    assert not proof.ok
    assert [trace.path for trace in proof.traces] == [copy / "frames.tlog"]
    assert any("temporary or unknown files" in limit for limit in proof.limits)


def test_recordings_of_packets_are_said_not_to_be_searched_for_positions(machine: Machine) -> None:
    machine.flight()
    (machine.home / "runs").mkdir()
    (machine.home / "runs" / "20260517T064000Z-audit-egress.pcap").write_bytes(b"packets")
    proof = proof_of(machine)
    assert proof.ok
    assert [limit[:2] for limit in proof.limits if "recordings of packets" in limit] == ["1 "]


def test_a_decrypted_copy_is_found_by_the_name_of_its_folder(machine: Machine) -> None:
    folder = machine.flight()
    copy = machine.temporary / "landline-1" / NAME
    copy.mkdir(parents=True)
    shutil.copy(folder / "params.json", copy / "params.json")
    proof = proof_of(machine)
    assert [(trace.path.name, trace.positions) for trace in proof.traces] == [("params.json", True)]


def test_a_telemetry_of_another_flight_is_no_copy(machine: Machine) -> None:
    machine.flight()
    other = machine.flight("20260518T064000Z-copter-1", lat_deg=48, start_us=START_US + 86_400_000_000)
    copy = machine.temporary / "landline-review-1" / "running"
    copy.mkdir(parents=True)
    shutil.copy(other / "frames.tlog", copy / "frames.tlog")
    assert proof_of(machine).ok


def test_the_name_in_the_ledger_remains_and_is_no_position(machine: Machine) -> None:
    (machine.home / "keys").mkdir()
    machine.flight()
    append_head(machine.home / "keys", LedgerEntry(NAME, "00", True, str(machine.flights.resolve())))
    proof = proof_of(machine)
    assert proof.ok
    assert [(trace.path.name, trace.what) for trace in proof.traces] == [("ledger.jsonl", f"the name {NAME}")]


def test_a_row_in_a_catalogue_is_found(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.flight()
    with Catalogue(machine.flights) as catalogue:
        catalogue.refresh()
    monkeypatch.setattr(flights_erase.catalogue, "remove_flights", lambda folders: None)  # noqa: ARG005
    proof = proof_of(machine)
    assert not proof.ok
    assert {trace.path.name for trace in proof.traces} == {FILE}
    assert {trace.what for trace in proof.traces} == {f"facts of {NAME}", f"a row of {NAME}"}


def test_a_deleted_row_that_the_catalogue_file_still_holds_is_found(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.flight()
    with Catalogue(machine.flights) as catalogue:
        catalogue.refresh()

    def careless(folders: list[Path]) -> None:
        db = sqlite3.connect(folders[0].parent / FILE)
        db.execute("PRAGMA secure_delete = OFF")
        db.execute("DELETE FROM flights")
        db.commit()
        db.close()

    monkeypatch.setattr(flights_erase.catalogue, "remove_flights", careless)
    assert [trace.what for trace in proof_of(machine).traces] == [f"facts of {NAME}"]


def test_the_second_flight_of_a_second_is_not_taken_for_the_first(machine: Machine) -> None:
    machine.flight()
    machine.flight(f"{NAME}-2", start_us=START_US + 500_000)
    with Catalogue(machine.flights) as catalogue:
        catalogue.refresh()
    assert proof_of(machine).traces == []


def test_an_encrypted_flight_is_said_to_be_unreadable_without_its_identity(machine: Machine) -> None:
    folder = machine.flight()
    encrypt(folder, [x25519.Identity.generate().to_public()], now_utc_s=NOW_S)
    proof = proof_of(machine)
    assert proof.ok
    assert any("1 of the flights were encrypted with age" in limit for limit in proof.limits)


def test_what_is_still_there_is_no_proof(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = machine.flight()
    monkeypatch.setattr("controller.app.held.erase.flights_erase.erase", lambda *_, **__: None)
    proof = proof_of(machine)
    assert not proof.ok
    assert proof.left == [folder]
