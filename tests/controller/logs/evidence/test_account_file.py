"""The signed file of a run's account: where it goes, and that a change to it is found."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from controller.errors import UserError, VerificationFailed
from controller.guard.account import Account
from controller.guard.run_account import RunStart
from controller.logs.evidence.account_file import fault_of, read_account, write_account
from controller.logs.evidence.find_account import find_account
from controller.logs.record.keys import known_keys
from controller.logs.record.recorder import FlightRecorder
from controller.logs.verification.flight import verify_flight


class Clock:
    def now(self) -> float:
        return 1.0

    def utc_us(self) -> int:
        return 1_800_000_000_000_000


@pytest.fixture(scope="module")
def fields() -> dict[str, Any]:
    return RunStart.now(["fly", "a.plan"]).finish(Account("process only", "--unsealed"), exit_code=0)


@pytest.fixture
def flight(tmp_path: Path) -> Path:
    recorder = FlightRecorder.start(
        tmp_path / "flights", vehicle="quad", clock=Clock(), keys=tmp_path / "keys", durable=False
    )
    recorder.params({"A": 1.0})
    recorder.close(outcome="completed")
    return recorder.folder


def test_a_run_without_a_flight_has_a_file_of_its_own(tmp_path: Path, fields: dict[str, Any]) -> None:
    first, second = (write_account(fields, data=tmp_path) for _ in range(2))
    assert (first.unsigned, second.unsigned) == ("", "")
    assert first.path.parent == tmp_path / "runs"
    assert first.path.name.endswith("Z-fly.json")
    assert second.path.name.endswith("Z-fly-2.json")
    found = read_account(first.path)
    assert (found.fault, found.key) == ("", known_keys(tmp_path / "keys")[-1])
    assert found.fields["command"] == ["fly", "a.plan"]


def test_the_account_of_a_flight_is_a_part_of_its_verified_record(
    tmp_path: Path, flight: Path, fields: dict[str, Any]
) -> None:
    written = write_account(fields, flight=flight, data=tmp_path)
    assert (written.path, written.unsigned) == (flight / "egress.json", "")
    assert read_account(written.path).fields["flight"] == flight.name
    assert {one.file: one.proof for one in verify_flight(flight).files}["egress.json"] == "addition"
    written.path.write_bytes(written.path.read_bytes().replace(b'"exit_code":0', b'"exit_code":1'))
    assert not verify_flight(flight).ok
    assert "signature is wrong" in read_account(written.path).fault


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b'"format":1', b'"format":2', "signature is wrong"),
        (b'"format":1', b'"format": 1', "not canonical"),
        (b'"signature":"', b'"signature":"0', "signature is wrong"),
        (b'"signature":', b'"signatur":', "not signed"),
    ],
)
def test_any_change_to_the_file_is_found(
    tmp_path: Path, fields: dict[str, Any], old: bytes, new: bytes, why: str
) -> None:
    path = write_account(fields, data=tmp_path).path
    path.write_bytes(path.read_bytes().replace(old, new))
    assert why in read_account(path).fault


def test_the_account_of_another_run_proves_nothing_in_a_flights_folder(
    tmp_path: Path, flight: Path, fields: dict[str, Any]
) -> None:
    own = write_account(fields, flight=flight, data=tmp_path)
    trusted = set(known_keys(tmp_path / "keys"))
    assert fault_of(read_account(own.path), trusted) == ""
    own.path.write_bytes(write_account(fields, data=tmp_path).path.read_bytes())
    assert "a run without a flight" in fault_of(read_account(own.path), trusted)


def test_a_flights_account_that_is_gone_or_is_none_fails_the_verification(
    tmp_path: Path, flight: Path, fields: dict[str, Any]
) -> None:
    with pytest.raises(UserError, match="the flight has no account"):
        find_account(flight.name, flight.parent, data=tmp_path)
    account = write_account(fields, flight=flight, data=tmp_path).path
    assert find_account(flight.name, flight.parent, data=tmp_path) == account
    account.write_bytes(account.read_bytes() * 2)
    with pytest.raises(VerificationFailed, match="it was changed, and is no account"):
        read_account(account)
    account.unlink()
    with pytest.raises(VerificationFailed, match=r"the flight's account is gone: additions\.jsonl lists it"):
        find_account(flight.name, flight.parent, data=tmp_path)


def test_without_a_key_the_file_is_written_and_says_so(tmp_path: Path, fields: dict[str, Any]) -> None:
    (tmp_path / "keys").write_text("no folder")
    written = write_account(fields, data=tmp_path)
    assert "cannot" in written.unsigned
    assert read_account(written.path).fault == "the account is not signed"


def test_another_kind_of_file_is_no_account(tmp_path: Path) -> None:
    for text in ("{}", "[]", "no JSON", json.dumps({"kind": "addition"})):
        path = tmp_path / "x.json"
        path.write_text(text)
        with pytest.raises(UserError, match="not the account of a run"):
            read_account(path)


def test_the_signing_key_of_a_first_run_is_the_owners_alone(tmp_path: Path, fields: dict[str, Any]) -> None:
    write_account(fields, data=tmp_path)
    assert stat.S_IMODE((tmp_path / "keys" / "record.ed25519.pem").stat().st_mode) == 0o600
