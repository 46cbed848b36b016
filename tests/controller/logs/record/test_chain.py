"""The chain of a flight: what it finds, what it forgives, what a stranger can check."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.logs.record.chain import CHAIN_FILE, SIGNED_PREFIX, canonical
from controller.logs.record.keys import KEY_FILE, SigningKeyError, load_key, verify_signature
from controller.logs.record.ledger import LEDGER_FILE, newest_head, read_ledger
from controller.logs.verification.flight import verify_flight
from tests.support.recorded_flights import record_flight, write_sealed_flight


@pytest.fixture
def flight(tmp_path: Path) -> Path:
    write_sealed_flight(tmp_path / "flight", tmp_path / "keys")
    return tmp_path / "flight"


def test_an_untouched_flight_verifies_and_names_its_signer(flight: Path, tmp_path: Path) -> None:
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


KINDS = (
    "bit", "byte", "swap", "cut", "splice", "double", "truncate", "append", "reorder", "take away", "older head", "roll back",
)  # fmt: skip


def single_change(kind: str, files: dict[str, bytes], rng: random.Random) -> dict[str, bytes | None]:
    """One change of the kinds people and disks make: the files that it changes, None for one that is gone."""
    name = rng.choice(sorted(files))
    raw, other = files[name], files[rng.choice(sorted(files))]
    at, there = rng.randrange(len(raw)), rng.randrange(len(raw))
    span = rng.randrange(1, 60)
    match kind:
        case "bit":
            return {name: raw[:at] + bytes((raw[at] ^ 1 << rng.randrange(8),)) + raw[at + 1 :]}
        case "byte":
            return {name: raw[:at] + bytes((rng.randrange(256),)) + raw[at + 1 :]}
        case "swap":
            changed = bytearray(raw)
            changed[at], changed[there] = changed[there], changed[at]
            return {name: bytes(changed)}
        case "cut":
            return {name: raw[:at] + raw[at + span :]}
        case "splice":
            begin = rng.randrange(len(other))
            return {name: raw[:at] + other[begin : begin + span] + raw[at:]}
        case "double":
            return {name: raw[: at + span] + raw[at:]}
        case "truncate":
            return {name: raw[:at]}
        case "append":
            return {name: raw + other[:span]}
        case "take away":
            return {name: None}
        case "reorder":
            name = rng.choice([name for name in files if files[name].count(b"\n") > 1])
            lines = files[name].splitlines(keepends=True)
            first, second = sorted(rng.sample(range(len(lines)), 2))
            lines[first], lines[second] = lines[second], lines[first]
            return {name: b"".join(lines)}
        case "older head":
            lines = files[CHAIN_FILE].splitlines(keepends=True)
            older, newer = sorted(
                rng.sample([number for number, line in enumerate(lines) if is_head(line)], 2)
            )
            lines[newer] = lines[older]
            return {CHAIN_FILE: b"".join(lines)}
        case _:
            return dict(rolled_back(files, rng))


def rolled_back(files: dict[str, bytes], rng: random.Random) -> dict[str, bytes | None]:
    """Everything as it was when an older head was the newest."""
    lines = files[CHAIN_FILE].splitlines(keepends=True)
    end = rng.choice([number for number, line in enumerate(lines[:-1]) if is_head(line)]) + 1
    lengths: dict[str, int] = {}
    for line in map(json.loads, lines[:end]):
        if line["kind"] in ("block", "file"):
            lengths[line["file"]] = line.get("offset", 0) + line["length"]
    kept = {name: raw[: lengths[name]] if name in lengths else None for name, raw in files.items()}
    return kept | {CHAIN_FILE: b"".join(lines[:end])}


def found(folder: Path, keys: Path, changes: int, seed: int) -> dict[str, int]:
    """Make that many single changes, one at a time, and see each found; gives how many of which kind."""
    rng = random.Random(seed)
    ledger = read_ledger(keys)
    originals = {path.name: path.read_bytes() for path in folder.iterdir()}
    made = dict.fromkeys(KINDS, 0)
    while sum(made.values()) < changes:
        kind = rng.choice(KINDS)
        changed = single_change(kind, originals, rng)
        if all(originals[name] == raw for name, raw in changed.items()):
            continue
        for name, raw in changed.items():
            (folder / name).unlink() if raw is None else (folder / name).write_bytes(raw)
        result = verify_flight(folder, ledger=ledger)
        assert not result.ok, f"'{kind}' of {list(changed)} was not found (seed {seed}, {made})"
        assert result.first_fault is not None
        for name in changed:
            (folder / name).write_bytes(originals[name])
        made[kind] += 1
    assert verify_flight(folder, ledger=ledger).ok
    return made


def test_random_single_changes_are_all_found(tmp_path: Path) -> None:
    folder = record_flight(tmp_path / "flights", tmp_path / "keys")
    assert {path.name for path in folder.iterdir()} == {
        "frames.tlog", "frames.way", "events.jsonl", "chain.jsonl", "mission.plan", "params.json", "params-2.json",
    }  # fmt: skip
    assert all(found(folder, tmp_path / "keys", 150, seed=1).values())


@pytest.mark.slow
def test_ten_thousand_random_single_changes_are_all_found(tmp_path: Path) -> None:
    folder = record_flight(tmp_path / "flights", tmp_path / "keys")
    assert min(found(folder, tmp_path / "keys", 10_000, seed=2).values()) > 500


def lines_of(folder: Path) -> list[bytes]:
    return (folder / CHAIN_FILE).read_bytes().splitlines(keepends=True)


def is_head(line: bytes) -> bool:
    return b'"kind":"head"' in line


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda lines: lines[:-1], "missing"),  # the final head deleted
        (
            lambda lines: [*lines[:-1], next(line for line in reversed(lines[:-1]) if is_head(line))],
            "twice",
        ),
        (
            lambda lines: [*lines[:-1], next(line for line in lines if is_head(line))],
            "stand for",
        ),
        (lambda lines: [lines[0], *lines[2:4], lines[3], *lines[4:]], "out of order|stand for"),
        (lambda lines: [lines[0], *lines[:]], "begins twice"),
        (lambda lines: [*lines, lines[-1]], "after its final head"),
        (lambda _: [], "no signed head"),
    ],
)
def test_a_chain_with_lines_taken_doubled_or_brought_back_is_found(
    flight: Path, tmp_path: Path, change: Callable[[list[bytes]], list[bytes]], why: str
) -> None:
    (flight / CHAIN_FILE).write_bytes(b"".join(change(lines_of(flight))))
    result = verify_flight(flight, ledger=read_ledger(tmp_path / "keys"))
    assert result.first_fault is not None
    assert re.search(why, result.first_fault.why)


def test_flight_and_chain_cut_back_together_are_found_by_the_ledger(flight: Path, tmp_path: Path) -> None:
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
    assert verify_flight(flight).ok  # a stranger cannot know that there was more
    result = verify_flight(flight, ledger=read_ledger(tmp_path / "keys"))
    assert result.first_fault is not None
    assert result.first_fault.why == "the newest head that this machine signed for the flight is missing"


def test_a_signature_in_capital_letters_is_a_change_too(flight: Path) -> None:
    lines = lines_of(flight)
    head = next(i for i, line in enumerate(lines) if is_head(line))
    before, signature, after = re.split(rb'(?<="signature":")([0-9a-f]+)', lines[head], maxsplit=1)
    lines[head] = before + signature.upper() + after
    (flight / CHAIN_FILE).write_bytes(b"".join(lines))
    bad = verify_flight(flight).first_fault
    assert bad is not None
    assert bad.why == "a head's signature does not fit it"


def test_the_place_of_a_change_is_named(flight: Path) -> None:
    raw = bytearray((flight / "frames.tlog").read_bytes())
    raw[1000] ^= 1
    (flight / "frames.tlog").write_bytes(raw)
    bad = verify_flight(flight).first_fault
    assert bad is not None
    assert bad.offset <= 1000
    assert bad.why.startswith("frames.tlog: the bytes ")


def test_an_interrupted_flight_verifies_up_to_its_last_head(tmp_path: Path) -> None:
    folder = tmp_path / "flight"
    write_sealed_flight(folder, tmp_path / "keys", seconds=25, close=False)
    with (folder / "frames.tlog").open("ab") as file:
        file.write(b"the last half second")
    with (folder / CHAIN_FILE).open("ab") as file:
        file.write(b'{"kind":"blo')  # torn by the crash
    result = verify_flight(folder, ledger=read_ledger(tmp_path / "keys"))
    assert (result.ok, result.closed, result.frames) == (True, False, 75)
    assert result.unsigned_blocks == 5 + 1
    assert result.tail_bytes == 20


def test_each_flight_names_the_head_of_the_one_before(tmp_path: Path) -> None:
    write_sealed_flight(tmp_path / "a", tmp_path / "keys", flight="a")
    write_sealed_flight(tmp_path / "b", tmp_path / "keys", flight="b")
    first, second = (json.loads(lines_of(tmp_path / name)[0]) for name in ("a", "b"))
    assert first["previous"] is None
    assert second["previous"] == read_ledger(tmp_path / "keys").of("a")[0].head


@pytest.mark.parametrize("behind", [b"", b'{"flight": "x", "he', b"{}\n" * 10_000])
def test_the_newest_head_is_read_from_the_ledgers_end(tmp_path: Path, behind: bytes) -> None:
    write_sealed_flight(tmp_path / "a", tmp_path / "keys", flight="a")
    write_sealed_flight(tmp_path / "b", tmp_path / "keys", flight="b")
    with (tmp_path / "keys" / LEDGER_FILE).open("ab") as file:
        file.write(behind)
    assert newest_head(tmp_path / "keys") == read_ledger(tmp_path / "keys").of("b")[0].head
    assert newest_head(tmp_path) is None


def test_a_chain_that_speaks_of_files_elsewhere_is_not_followed(flight: Path) -> None:
    lines = lines_of(flight)
    lines[2] = lines[2].replace(b"frames.tlog", b"../../etc/hosts")
    (flight / CHAIN_FILE).write_bytes(b"".join(lines))
    bad = verify_flight(flight).first_fault
    assert bad is not None
    assert "outside the flight" in bad.why


def test_the_key_is_made_once_for_its_owner_alone_and_opens_with_its_passphrase(tmp_path: Path) -> None:
    key = load_key(tmp_path, passphrase="secret")
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0
    assert load_key(tmp_path, passphrase="secret").public_hex == key.public_hex
    assert verify_signature(key.public_hex, key.sign(b"x"), b"x")
    assert not verify_signature(key.public_hex, key.sign(b"x"), b"y")
    for wrong in (None, "other"):
        with pytest.raises(SigningKeyError, match="does not open"):
            load_key(tmp_path, passphrase=wrong)
    (tmp_path / KEY_FILE).write_bytes(b"garbage")
    with pytest.raises(SigningKeyError, match="does not open"):
        load_key(tmp_path)


def test_a_copy_of_the_folder_verifies_anywhere(flight: Path, tmp_path: Path) -> None:
    shutil.copytree(flight, tmp_path / "copy")
    assert verify_flight(tmp_path / "copy").ok


def test_a_head_that_is_rightly_signed_for_another_flight_is_found(flight: Path, tmp_path: Path) -> None:
    lines = lines_of(flight)
    head = json.loads(lines[-1])
    del head["signature"]
    head["flight"] = "second"
    head["signature"] = load_key(tmp_path / "keys").sign(SIGNED_PREFIX + canonical(head))
    (flight / CHAIN_FILE).write_bytes(b"".join([*lines[:-1], canonical(head) + b"\n"]))
    bad = verify_flight(flight).first_fault
    assert bad is not None
    assert bad.why == "a head belongs to another flight"
