"""Encrypted flights: no file is lost by an interruption, the age tool reads them, and the chain still verifies."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from pyrage import x25519

from controller.cli.main import main
from controller.errors import UserError, VerificationFailed
from controller.logs.flights.catalogue import FILE, Catalogue
from controller.logs.flights.erase import erase, expired, finish_erasing
from controller.logs.flights.find import find_flight
from controller.logs.privacy import encryption as at_rest
from controller.logs.privacy.encryption import ARCHIVE, EncryptionError, decrypt, encrypt
from controller.logs.record.recorder import FlightRecorder
from controller.logs.verification.flight import verify_flight
from tests.support.logs.logged_flights import START_US, write_flight

NOW_S = START_US / 1e6 + 60
DAY_S = 86_400


class Clock:
    def now(self) -> float:
        return 1.0

    def utc_us(self) -> int:
        return START_US


@pytest.fixture
def key() -> x25519.Identity:
    return x25519.Identity.generate()


@pytest.fixture
def identity(tmp_path: Path, key: x25519.Identity) -> Path:
    path = tmp_path / "key.txt"
    path.write_text(f"# a comment\n{key}\n")
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_flight_goes_and_comes_back_with_its_chain(tmp_path: Path, key: x25519.Identity) -> None:
    recorder = FlightRecorder.start(
        tmp_path / "flights", vehicle="copter", clock=Clock(), keys=tmp_path / "keys", durable=False
    )
    recorder.params({"A": 1.0})
    folder = recorder.close().folder
    before = contents(folder)
    assert encrypt(folder, [key.to_public()], now_utc_s=NOW_S) == len(before)
    assert set(contents(folder)) == {ARCHIVE, at_rest.CONTENTS}
    assert decrypt(folder, [key]) == len(before)
    assert contents(folder) == before
    assert verify_flight(folder).ok


@pytest.mark.skipif(shutil.which("age") is None, reason="the age tool is not installed")
def test_the_public_age_tool_reads_it(tmp_path: Path, key: x25519.Identity, identity: Path) -> None:
    folder = write_flight(tmp_path / "flights")
    before = contents(folder)
    encrypt(folder, [key.to_public()], now_utc_s=NOW_S)
    tar = tmp_path / "flight.tar"
    subprocess.run(["age", "--decrypt", "-i", identity, "-o", tar, folder / ARCHIVE], check=True)
    (tmp_path / "out").mkdir()
    subprocess.run(["tar", "-xf", tar, "-C", tmp_path / "out"], check=True)
    assert contents(tmp_path / "out") == before


class Killed(BaseException):
    pass


def test_wherever_it_is_stopped_no_file_is_lost_and_the_next_run_ends_it(
    tmp_path: Path, key: x25519.Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0

    def dying(name: str, owner: object) -> None:
        real = getattr(owner, name)

        def call(*args: object, **keywords: object) -> object:
            nonlocal steps
            steps -= 1
            if steps == 0:
                raise Killed
            return real(*args, **keywords)

        monkeypatch.setattr(owner, name, call)

    stopped = 0
    for number in range(1, 60):
        folder = write_flight(tmp_path / str(number))
        before = contents(folder)
        with monkeypatch.context() as patch:
            monkeypatch = patch
            for name in ("unlink", "replace"):
                dying(name, Path)
            dying("fsync", os)
            steps = number
            try:
                encrypt(folder, [key.to_public()], now_utc_s=NOW_S)
                decrypt(folder, [key])
            except Killed:
                stopped += 1
        if (folder / ARCHIVE).is_file():
            copy = tmp_path / f"copy{number}"
            copy.mkdir()
            at_rest.extract(folder, copy, [key])
            assert contents(copy) == before
        else:
            assert before.items() <= contents(folder).items()
        encrypt(folder, [key.to_public()], now_utc_s=NOW_S)
        assert set(contents(folder)) == {ARCHIVE, at_rest.CONTENTS}
        decrypt(folder, [key])
        assert contents(folder) == before
    assert 15 < stopped < 59


def test_a_flight_being_recorded_is_left_alone(tmp_path: Path, key: x25519.Identity) -> None:
    recorder = FlightRecorder.start(tmp_path, vehicle="copter", clock=Clock(), durable=False)
    now_s = (recorder.folder / "events.jsonl").stat().st_mtime
    with pytest.raises(EncryptionError, match="being recorded"):
        encrypt(recorder.folder, [key.to_public()], now_utc_s=now_s)
    assert expired(tmp_path, keep_days=0, now_utc_s=now_s) == []
    recorder.close()
    assert expired(tmp_path, keep_days=0, now_utc_s=now_s) == [recorder.folder]


def test_a_wrong_identity_gives_the_same_error_at_any_size(tmp_path: Path, key: x25519.Identity) -> None:
    folder = write_flight(tmp_path)
    encrypt(folder, [key.to_public()], now_utc_s=NOW_S)
    sealed = contents(folder)
    for _ in range(20):
        with pytest.raises(EncryptionError, match="not one of its recipients"):
            decrypt(folder, [x25519.Identity.generate()])
    assert contents(folder) == sealed


def test_an_archive_that_was_changed_anywhere_is_a_failed_verification(
    tmp_path: Path, key: x25519.Identity
) -> None:
    folder = write_flight(tmp_path)
    encrypt(folder, [key.to_public()], now_utc_s=NOW_S)
    whole = contents(folder)[ARCHIVE]
    changed = [whole[:at] for at in (0, 10, 150, 230, 3000, len(whole) - 40)]
    for at in (*range(0, 230, 7), 1000, len(whole) - 1):
        changed.append(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    for data in changed:
        (folder / ARCHIVE).write_bytes(data)
        with pytest.raises(VerificationFailed, match="the archive is damaged"):
            decrypt(folder, [key])
        assert (folder / ARCHIVE).read_bytes() == data
    (folder / ARCHIVE).write_bytes(whole)
    decrypt(folder, [key])


def test_commands_read_it_with_the_identity_and_say_so_without(
    tmp_path: Path,
    key: x25519.Identity,
    identity: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = write_flight(tmp_path / "flights")
    where = ["--flights", str(tmp_path / "flights")]
    assert main(["logs", "encrypt", "last", "--to", str(key.to_public()), *where]) == 0
    monkeypatch.delenv("LANDLINE_IDENTITY", raising=False)
    assert main(["logs", "show", "last", *where]) == 2
    assert "the flight is encrypted" in capsys.readouterr().err
    monkeypatch.setenv("LANDLINE_IDENTITY", str(identity))
    assert main(["logs", "show", "last", *where]) == 0
    shown = capsys.readouterr().out
    assert "outcome=completed" in shown
    assert shown.splitlines()[0] == str(folder)  # not that of the temporary copy
    assert main(["logs", "show", "last", "--json", *where]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["flight"] == str(folder)
    assert main(["logs", "report", "last", *where]) == 2
    assert main(["logs", "decrypt", "last", *where]) == 0
    assert find_flight(tmp_path / "flights", "last") == folder


def test_old_flights_are_erased_only_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = write_flight(tmp_path, "20200101T000000Z-a"), write_flight(tmp_path, "29990101T000000Z-b")
    command = ["logs", "erase", "--keep-days", "30", "--flights", str(tmp_path)]
    assert main(command) == 0
    assert old.is_dir()
    assert capsys.readouterr().out == f"{old}\n1 flight would be erased: add --yes\n"
    assert main([*command, "--yes"]) == 0
    assert not old.exists() and new.is_dir()


def test_an_erasure_that_was_stopped_is_ended_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_flight(tmp_path)
    assert expired(tmp_path, keep_days=30, now_utc_s=NOW_S + 29 * DAY_S) == []
    found = expired(tmp_path, keep_days=30, now_utc_s=NOW_S + 31 * DAY_S)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(shutil, "rmtree", lambda *_: (_ for _ in ()).throw(Killed()))
        erase(found, tmp_path / "keys", utc_us=0)
    assert not folder.exists()
    finish_erasing(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_invalid_recipient_is_an_error() -> None:
    with pytest.raises(UserError, match="invalid age recipient"):
        at_rest.recipients_of(["age1nothing"])


def test_encrypted_and_erased_flights_leave_no_bytes_in_the_catalogue(
    tmp_path: Path, key: x25519.Identity
) -> None:
    flights = tmp_path / "flights"
    names = [f"20200101T00000{number}Z-secret{number}" for number in range(4)]
    folders = [write_flight(flights, name) for name in names]

    def told() -> list[bool]:
        with Catalogue(flights) as catalogue:
            catalogue.refresh()
        raw = (flights / FILE).read_bytes()
        return [f"secret{number}".encode() in raw for number in range(4)]

    assert told() == [True] * 4
    encrypt(folders[0], [key.to_public()], now_utc_s=NOW_S)
    assert f"secret{0}".encode() not in (flights / FILE).read_bytes()
    erase([folders[1]], tmp_path / "keys", utc_us=0)
    assert b"secret1" not in (flights / FILE).read_bytes()
    shutil.rmtree(folders[2])
    assert told() == [False, False, False, True]
