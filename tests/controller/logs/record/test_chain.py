"""Hash chain of a flight: changes are found, an interrupted flight verifies, keys and ledger work."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.logs.record.canonical_json import canonical
from controller.logs.record.chain import CHAIN_FILE, SIGNED_PREFIX
from controller.logs.record.keys import KEY_FILE, SigningKeyError, load_key, verify_signature
from controller.logs.record.ledger import LEDGER_FILE, newest_head, read_ledger
from controller.logs.verification.flight import verify_flight
from tests.support.logs.recorded_flights import record_flight, write_chained_flight
from tests.support.records.changes import check_changes_are_found, is_head


@pytest.fixture
def flight(tmp_path: Path) -> Path:
    write_chained_flight(tmp_path / "flight", tmp_path / "keys")
    return tmp_path / "flight"


def test_an_unchanged_flight_verifies_and_names_its_signer(flight: Path, tmp_path: Path) -> None:
    result = verify_flight(flight, ledger=read_ledger(tmp_path / "keys"))
    key = load_key(tmp_path / "keys").public_hex
    assert (result.ok, result.closed, result.frames, result.blocks, result.signed_by) == (
        True,
        True,
        90,
        34,
        key,
    )
    assert (result.unsigned_blocks, result.tail_bytes, result.first_fault) == (0, 0, None)


def test_random_single_changes_are_all_found(tmp_path: Path) -> None:
    folder = record_flight(tmp_path / "flights", tmp_path / "keys")
    assert {path.name for path in folder.iterdir()} == {
        "frames.tlog", "frames.way", "events.jsonl", "chain.jsonl", "mission.plan", "params.json", "params-2.json",
    }  # fmt: skip
    assert all(check_changes_are_found(folder, tmp_path / "keys", 150, seed=1).values())


@pytest.mark.slow
def test_ten_thousand_random_single_changes_are_all_found(tmp_path: Path) -> None:
    folder = record_flight(tmp_path / "flights", tmp_path / "keys")
    assert min(check_changes_are_found(folder, tmp_path / "keys", 10_000, seed=2).values()) > 500


def lines_of(folder: Path) -> list[bytes]:
    return (folder / CHAIN_FILE).read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda lines: lines[:-1], "missing"),  # the final head deleted
        (
            lambda lines: [*lines[:-1], next(line for line in reversed(lines[:-1]) if is_head(line))],
            "repeated",
        ),
        (
            lambda lines: [*lines[:-1], next(line for line in lines if is_head(line))],
            "does not match the lines",
        ),
        (lambda lines: [lines[0], *lines[2:4], lines[3], *lines[4:]], "out of order|does not match"),
        (lambda lines: [lines[0], *lines[:]], "must have one opening line"),
        (lambda lines: [*lines, lines[-1]], "after its final head"),
        (lambda _: [], "no signed head"),
    ],
)
def test_a_chain_with_removed_repeated_or_older_lines_is_found(
    flight: Path, tmp_path: Path, change: Callable[[list[bytes]], list[bytes]], why: str
) -> None:
    (flight / CHAIN_FILE).write_bytes(b"".join(change(lines_of(flight))))
    result = verify_flight(flight, ledger=read_ledger(tmp_path / "keys"))
    assert result.first_fault is not None
    assert re.search(why, result.first_fault.why)


def test_a_record_and_chain_cut_back_together_are_found_by_the_ledger(flight: Path, tmp_path: Path) -> None:
    lines = lines_of(flight)
    head = max(i for i, line in enumerate(lines[:-1]) if is_head(line))
    (flight / CHAIN_FILE).write_bytes(b"".join(lines[: head + 1]))
    kept = {"frames.tlog": 0, "events.jsonl": 0}
    for line in lines[:head]:
        block = json.loads(line)
        if block["kind"] == "block":
            kept[block["file"]] = block["offset"] + block["length"]
    for name, length in kept.items():
        (flight / name).write_bytes((flight / name).read_bytes()[:length])
    assert verify_flight(flight).ok  # without the ledger nothing shows that there was more
    result = verify_flight(flight, ledger=read_ledger(tmp_path / "keys"))
    assert result.first_fault is not None
    assert result.first_fault.why == "the newest head that this machine signed for the flight is missing"


def test_a_signature_in_capital_letters_is_a_change(flight: Path) -> None:
    lines = lines_of(flight)
    head = next(i for i, line in enumerate(lines) if is_head(line))
    before, signature, after = re.split(rb'(?<="signature":")([0-9a-f]+)', lines[head], maxsplit=1)
    lines[head] = before + signature.upper() + after
    (flight / CHAIN_FILE).write_bytes(b"".join(lines))
    fault = verify_flight(flight).first_fault
    assert fault is not None
    assert fault.why == "the signature of a head is wrong"


def test_the_offset_of_a_change_is_named(flight: Path) -> None:
    raw = bytearray((flight / "frames.tlog").read_bytes())
    raw[1000] ^= 1
    (flight / "frames.tlog").write_bytes(raw)
    fault = verify_flight(flight).first_fault
    assert fault is not None
    assert fault.offset <= 1000
    assert fault.why.startswith("frames.tlog: bytes ")


def test_an_interrupted_flight_verifies_up_to_its_last_head(tmp_path: Path) -> None:
    folder = tmp_path / "flight"
    write_chained_flight(folder, tmp_path / "keys", seconds=25, close=False)
    with (folder / "frames.tlog").open("ab") as file:
        file.write(b"the last half second")
    with (folder / CHAIN_FILE).open("ab") as file:
        file.write(b'{"kind":"blo')  # torn by the crash
    result = verify_flight(folder, ledger=read_ledger(tmp_path / "keys"))
    assert (result.ok, result.closed, result.frames) == (True, False, 75)
    assert result.unsigned_blocks == 5 + 1
    assert result.tail_bytes == 20


def test_each_flight_names_the_head_of_the_one_before(tmp_path: Path) -> None:
    write_chained_flight(tmp_path / "a", tmp_path / "keys", flight="a")
    write_chained_flight(tmp_path / "b", tmp_path / "keys", flight="b")
    first, second = (json.loads(lines_of(tmp_path / name)[0]) for name in ("a", "b"))
    assert first["previous"] is None
    assert second["previous"] == read_ledger(tmp_path / "keys").of("a")[0].head


@pytest.mark.parametrize("extra", [b"", b'{"flight": "x", "he', b"{}\n" * 10_000])
def test_the_newest_head_is_read_from_the_ledgers_end(tmp_path: Path, extra: bytes) -> None:
    write_chained_flight(tmp_path / "a", tmp_path / "keys", flight="a")
    write_chained_flight(tmp_path / "b", tmp_path / "keys", flight="b")
    with (tmp_path / "keys" / LEDGER_FILE).open("ab") as file:
        file.write(extra)
    assert newest_head(tmp_path / "keys") == read_ledger(tmp_path / "keys").of("b")[0].head
    assert newest_head(tmp_path) is None


def test_a_chain_that_names_files_outside_the_flight_is_refused(flight: Path) -> None:
    lines = lines_of(flight)
    lines[2] = lines[2].replace(b"frames.tlog", b"../../etc/hosts")
    (flight / CHAIN_FILE).write_bytes(b"".join(lines))
    fault = verify_flight(flight).first_fault
    assert fault is not None
    assert "outside the flight" in fault.why


def test_the_key_is_created_once_private_to_its_owner_and_needs_its_passphrase(tmp_path: Path) -> None:
    key = load_key(tmp_path, passphrase="secret")
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0
    assert load_key(tmp_path, passphrase="secret").public_hex == key.public_hex
    assert verify_signature(key.public_hex, key.sign(b"x"), b"x")
    assert not verify_signature(key.public_hex, key.sign(b"x"), b"y")
    for wrong in (None, "other"):
        with pytest.raises(SigningKeyError, match="cannot open"):
            load_key(tmp_path, passphrase=wrong)
    (tmp_path / KEY_FILE).write_bytes(b"garbage")
    with pytest.raises(SigningKeyError, match="cannot open"):
        load_key(tmp_path)


def test_a_copy_of_the_folder_verifies_anywhere(flight: Path, tmp_path: Path) -> None:
    shutil.copytree(flight, tmp_path / "copy")
    assert verify_flight(tmp_path / "copy").ok


def test_a_correctly_signed_head_of_another_flight_is_found(flight: Path, tmp_path: Path) -> None:
    lines = lines_of(flight)
    head = json.loads(lines[-1])
    del head["signature"]
    head["flight"] = "second"
    head["signature"] = load_key(tmp_path / "keys").sign(SIGNED_PREFIX + canonical(head))
    (flight / CHAIN_FILE).write_bytes(b"".join([*lines[:-1], canonical(head) + b"\n"]))
    fault = verify_flight(flight).first_fault
    assert fault is not None
    assert fault.why == "a head belongs to another flight"
