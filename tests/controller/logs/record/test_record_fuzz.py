"""Readers of a record's files with any bytes: they return a fault or a result, and raise nothing else."""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.errors import VerificationFailed
from controller.logs.flights import store
from controller.logs.record.canonical_json import canonical
from controller.logs.record.chain import CHAIN_FILE, SIGNED_PREFIX, recorded_flight_name
from controller.logs.record.frame_routes import read_frame_routes
from controller.logs.record.keys import load_key
from controller.logs.record.ledger import LEDGER_FILE, read_ledger
from controller.logs.record.merkle import Tree, leaf_hash
from controller.logs.verification.fingerprint import check_fingerprint
from controller.logs.verification.flight import verify_flight
from controller.logs.verification.slice import cut_slice
from controller.logs.verification.slice_reader import read_slice
from tests.support.logs.recorded_flights import record_flight

DEEP = b"[" * 5_000
ODD_LETTERS = 'a9/.\\"{\x00é\u2028\ud800'
ODD: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(ODD_LETTERS, max_size=8)
    | st.sampled_from(["block", "file", "frames.tlog", "..", 2**70, -1, 1e400]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(ODD_LETTERS, max_size=8), inner, max_size=3)
    ),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def flight() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield record_flight(Path(name) / "flights", Path(name) / "keys")


def put(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder


def changes(data: st.DataObject, raw: bytes) -> bytes:
    """Return `raw` with a random change at a random place."""
    at = data.draw(st.integers(0, len(raw)))
    return raw[:at] + data.draw(st.binary(max_size=40)) + raw[at + data.draw(st.integers(0, 40)) :]


VALUES: tuple[Any, ...] = (
    None, True, -1, 2**70, 1e400, float("nan"), 0.5, "", "x", "block", "..", "a\x00b", "\ud800",
    "n" * 5000, [], {}, {"a": [1]},
)  # fmt: skip


@pytest.mark.parametrize("kind", ["open", "block", "file", "head"])
def test_a_chain_with_any_value_in_a_line_gets_a_fault(flight: Path, kind: str) -> None:
    """The line is correctly signed."""
    key = load_key(flight.parents[1] / "keys")
    ledger = read_ledger(flight.parents[1] / "keys")
    whole = (flight / CHAIN_FILE).read_bytes()
    before = whole.splitlines(keepends=True)
    number = next(at for at, line in enumerate(before) if f'"kind":"{kind}"'.encode() in line)
    try:
        for name, value in itertools.product(json.loads(before[number]), VALUES):
            fields = json.loads(before[number])
            fields[name] = value
            if kind == "head" and name != "signature":
                fields.pop("signature")
                fields["signature"] = key.sign(SIGNED_PREFIX + canonical(fields))
            put(flight, CHAIN_FILE, b"".join([*before[:number], canonical(fields) + b"\n"]))
            found = verify_flight(flight, ledger=ledger)
            assert found.first_fault is not None, (name, value)
            assert found.first_fault.why
            recorded_flight_name(flight)
    finally:
        put(flight, CHAIN_FILE, whole)


@settings(max_examples=50)
@given(st.data())
def test_a_chain_of_any_bytes_gets_a_result(flight: Path, data: st.DataObject) -> None:
    whole = (flight / CHAIN_FILE).read_bytes()
    made = data.draw(st.binary(max_size=200) | st.just(DEEP + b"\n")) if data.draw(st.booleans()) else b""
    try:
        put(flight, CHAIN_FILE, made or changes(data, whole))
        found = verify_flight(flight)
        assert found.ok == (found.first_fault is None)
        recorded_flight_name(flight)
        if not found.ok:
            with pytest.raises(VerificationFailed):
                check_fingerprint(flight, "x")
    finally:
        put(flight, CHAIN_FILE, whole)


@settings(max_examples=50)
@given(st.data())
def test_a_slice_of_any_bytes_is_refused_or_whole(flight: Path, data: st.DataObject) -> None:
    whole = cut_slice(flight, from_utc_us=0, to_utc_us=2**62, files=True).data
    made = data.draw(st.binary(max_size=200)) if data.draw(st.booleans()) else changes(data, whole)
    try:
        assert made == whole or not read_slice(made)
    except VerificationFailed as error:
        assert "\n" not in str(error)


@settings(max_examples=50)
@given(st.data())
def test_a_slice_with_any_values_in_correctly_signed_lines_is_refused_or_read(
    flight: Path, data: st.DataObject
) -> None:
    """A tree of two leaves: the proof of each is the other's hash."""
    key = load_key(flight.parents[1] / "keys")
    opening = canonical({"kind": "open", "format": 1, "flight": "x", "key": key.public_hex, "utc_us": 1})
    fields: dict[str, Any] = {
        "kind": "block", "file": "frames.tlog", "offset": 0, "length": 0, "frames": 0, "sha256": "0" * 64, "utc_us": 1,
    }  # fmt: skip
    for name in data.draw(st.lists(st.sampled_from(sorted(fields)), max_size=3)):
        fields[name] = data.draw(ODD)
    line, tree = canonical(fields), Tree()
    for leaf in (opening, line):
        tree.append(leaf_hash(leaf))
    head = canonical({"flight": data.draw(ODD), "size": 2, "root": tree.root().hex()})
    made = (
        f"landline-slice 2\nkey {key.public_hex}\nsignature {key.sign(SIGNED_PREFIX + head)}\nhead ".encode()
        + head
        + b"\nopen 0 %b %b\n" % (leaf_hash(line).hex().encode(), opening)
        + b"block 1 %b %b\n" % (leaf_hash(opening).hex().encode(), line)
        + data.draw(st.binary(max_size=3))
        + b"\nend\n"
    )
    try:
        read_slice(made)
    except VerificationFailed as error:
        assert "\n" not in str(error)


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=60) | ODD.map(lambda value: json.dumps(value).encode()), max_size=6))
@example([DEEP])
@example([b'{"kind":"way","way":[],"out":{},"links":[1,null]}'])
@example([b'{"t_s":"x"}', b'{"kind":[],"utc":1e999}'])
def test_event_files_of_any_bytes_give_their_valid_events(lines: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = put(put(Path(name), store.EVENTS, b"\n".join(lines)), store.ROUTES, b"\x00\x81")
        assert all(isinstance(event, dict) for event in store.read_events(folder))
        store.summarize_flight(folder)
        assert [route.frames for route in read_frame_routes(folder)] == [1, 1]


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=60) | ODD.map(lambda value: json.dumps(value).encode()), max_size=6))
@example([DEEP])
@example(
    [b'{"flight":"a","head":"b","final":true}', b'{"flight":"a","erased_utc_us":[],"key":1,"signature":{}}']
)
@example([b'{"flight":"a","head":"b","final":true}', b'{"flight":"a","erased_utc_us":1}'])
def test_a_ledger_of_any_bytes_gives_its_valid_lines(lines: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        found = read_ledger(put(Path(name), LEDGER_FILE, b"\n".join(lines)))
        assert not any(entry.erased for entry in found.entries.values())
