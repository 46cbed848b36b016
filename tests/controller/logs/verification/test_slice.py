"""Slices of a record, checked by the example script and by Landline: both must give the same result."""

from __future__ import annotations

import random
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.errors import VerificationFailed
from controller.logs.record.chain import ChainWriter
from controller.logs.record.keys import load_key
from controller.logs.record.merkle import InclusionProofs, leaf_hash
from controller.logs.verification.slice import SliceError, cut_slice
from controller.logs.verification.slice_reader import read_slice
from tests.support.cli import ROOT
from tests.support.logs.recorded_flights import START_US, record_flight, write_chained_flight

SCRIPT = ROOT / "examples" / "verify_slice.py"
Parts = list[bytes]


def check(data: bytes, *python: str) -> subprocess.CompletedProcess[bytes]:
    # -I: isolated from Landline and the other modules of this folder.
    command = [sys.executable, "-I", *python, str(SCRIPT)]
    return subprocess.run(command, input=data, capture_output=True, check=False)


def refused(data: bytes) -> str:
    """Return the reason why Landline refuses the slice."""
    with pytest.raises(VerificationFailed) as error:
        read_slice(data)
    return error.value.what


@pytest.fixture
def flight(tmp_path: Path) -> Path:
    write_chained_flight(tmp_path / "flight", tmp_path / "keys")
    return tmp_path / "flight"


def cut(flight: Path, start_s: float, stop_s: float, *, files: bool = False) -> bytes:
    span_us = (START_US + round(start_s * 1e6), START_US + round(stop_s * 1e6))
    return cut_slice(flight, from_utc_us=span_us[0], to_utc_us=span_us[1], files=files).data


def parts_of(data: bytes) -> Parts:
    """Split a slice into its four head lines, each entry with its bytes, and the end line."""
    parts, at = [], 0
    while at < len(data):
        end = data.index(b"\n", at) + 1
        if len(parts) >= 4 and data[at:end] != b"end\n":
            end += int(data[at:end].split(b" ")[1]) + 1
        parts.append(data[at:end])
        at = end
    return parts


@pytest.mark.parametrize(("start_s", "stop_s"), [(0, 3), (9, 12), (0, 100)])
def test_a_slice_can_be_checked_without_landline(flight: Path, start_s: int, stop_s: int) -> None:
    made = cut_slice(
        flight, from_utc_us=START_US + start_s * 1_000_000, to_utc_us=START_US + stop_s * 1_000_000
    )
    done = check(made.data)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b'"kind":"block"') == made.blocks > 0
    assert b"verified, signed by" in done.stdout
    found = read_slice(made.data)
    assert (found.blocks, found.frames) == (made.blocks, made.frames)
    assert (found.from_utc_us, found.to_utc_us) == (made.from_utc_us, made.to_utc_us)
    for name, raw in found.parts.items():
        begin = found.begins[name]
        assert (flight / name).read_bytes()[begin : begin + len(raw)] == raw


def test_a_slice_has_only_blocks_with_data_of_its_time_span(flight: Path) -> None:
    found = read_slice(cut(flight, 9.5, 11.5))
    # One checkpoint each second: the data written from second 9 to 12.
    assert (found.blocks, found.frames) == (3, 9)
    assert found.from_utc_us == START_US + 10_000_000
    assert list(found.parts) == ["frames.tlog"]


@pytest.mark.parametrize("start_s", [5.2, 10.2])
def test_a_block_with_a_clock_set_back_is_in_the_time_spans_before_and_after(
    tmp_path: Path, start_s: float
) -> None:
    folder = tmp_path / "flight"
    folder.mkdir()
    keys = tmp_path / "keys"
    chain = ChainWriter(
        folder,
        flight="first",
        key=load_key(keys),
        keys_folder=keys,
        utc_us=START_US + 7_000_000,
        durable=False,
    )
    for second in (8, 9, 10, 6, 7):  # after second 10 the clock goes back to 5, one checkpoint before 6
        with (folder / "frames.tlog").open("ab") as file:
            file.write(b"%2d" % second)
        chain.add_bytes("frames.tlog", b"%2d" % second, frames=1)
        chain.checkpoint(START_US + second * 1_000_000, sign=False)
    chain.close(START_US + 8_000_000)
    assert read_slice(cut(folder, start_s, start_s + 0.1)).parts == {"frames.tlog": b" 6"}


def test_a_slice_of_an_interrupted_flight_is_checked_under_its_last_head(tmp_path: Path) -> None:
    write_chained_flight(tmp_path / "flight", tmp_path / "keys", seconds=25, close=False)
    made = cut_slice(tmp_path / "flight", from_utc_us=START_US, to_utc_us=START_US + 60_000_000)
    assert made.frames == 60
    assert check(made.data).returncode == 0


def test_a_slice_has_plan_and_parameters_on_request_else_their_hashes(tmp_path: Path) -> None:
    folder = record_flight(tmp_path / "flights", tmp_path / "keys")
    without = cut_slice(folder, from_utc_us=0, to_utc_us=2**62)
    assert b"RTL_ALT" not in without.data
    assert check(without.data).stdout.count(b"hash only:") == 3
    made = cut_slice(folder, from_utc_us=0, to_utc_us=2**62, files=True)
    for data in (without.data, made.data):
        assert check(data).returncode == 0, check(data).stderr
        assert read_slice(data).frames == 60
    for name in ("mission.plan", "params.json", "params-2.json", "frames.tlog", "frames.way"):
        assert read_slice(made.data).parts[name] == (folder / name).read_bytes()
    middle = cut_slice(
        folder, from_utc_us=made.from_utc_us + 2_000_000, to_utc_us=made.from_utc_us + 3_000_000, files=True
    )
    assert check(middle.data).returncode == 0, check(middle.data).stderr
    # The parameters were written later.
    assert set(read_slice(middle.data).parts) == {"mission.plan", "frames.tlog", "frames.way", "events.jsonl"}


def blocks(parts: Parts) -> list[int]:
    return [number for number, part in enumerate(parts) if b'"kind":"block"' in part]


def without_one(parts: Parts) -> Parts:
    middle = blocks(parts)[2]
    return [*parts[:middle], *parts[middle + 1 :]]


def doubled(parts: Parts) -> Parts:
    middle = blocks(parts)[2]
    return [*parts[:middle], parts[middle], *parts[middle:]]


def swapped(parts: Parts) -> Parts:
    first, second = blocks(parts)[1:3]
    parts = list(parts)
    parts[first], parts[second] = parts[second], parts[first]
    return parts


def bytes_left_out(parts: Parts) -> Parts:
    last = blocks(parts)[-1]
    number, _, rest = parts[last].split(b"\n")[0].split(b" ", 2)
    return [*parts[:last], b"%b 0 %b\n\n" % (number, rest), *parts[last + 1 :]]


def numbered_beyond(parts: Parts) -> Parts:
    """Change an index to one whose lower bits lead to the same place in the tree."""
    first = 4
    number, rest = parts[first].split(b" ", 1)
    return [*parts[:first], b"%d %b" % (int(number) + (1 << 20), rest), *parts[first + 1 :]]


REARRANGED: dict[str, Callable[[Parts], Parts]] = {
    "a block left out": without_one,
    "a file left out": lambda parts: [part for part in parts if b'"file":"events.jsonl"' not in part],
    "a block twice": doubled,
    "a whole file twice": lambda parts: [*parts[:5], *parts[4:]],
    "an index beyond the record": numbered_beyond,
    "two blocks swapped": swapped,
    "no block": lambda parts: [*parts[:4], *(part for part in parts[4:] if b'"block"' not in part)],
    "the bytes of a block left out": bytes_left_out,
    "cut off at a block": lambda parts: parts[:-2],
    "data after the end": lambda parts: [*parts, b"\n"],
    "another format": lambda parts: [b"landline-slice 1\n", *parts[1:]],
    "nothing": lambda _: [],
}


@pytest.mark.parametrize("name", REARRANGED)
def test_a_slice_with_rearranged_parts_is_refused(flight: Path, name: str) -> None:
    whole = cut(flight, 10.5, 16, files=True)
    assert check(whole).returncode == 0
    data = b"".join(REARRANGED[name](parts_of(whole)))
    assert check(data).returncode != 0, name
    refused(data)


@pytest.mark.parametrize("options", [[], ["-O"]])
def test_any_change_of_a_slice_is_refused(tmp_path: Path, options: list[str]) -> None:
    write_chained_flight(tmp_path / "flight", tmp_path / "keys", seconds=12)
    data = cut(tmp_path / "flight", 2, 3)
    assert check(data, *options).returncode == 0
    rng = random.Random(1)
    for round_ in range(300):
        at = rng.randrange(len(data) - 1)
        changed = bytearray(data)
        changed[at] ^= 1 << rng.randrange(8)
        refused(bytes(changed))
        # The script accepts capitals in a hash.
        if round_ < 12 and changed.lower() != data.lower():
            assert check(bytes(changed), *options).returncode != 0, at


def test_an_empty_span_is_refused(flight: Path) -> None:
    with pytest.raises(SliceError, match="no signed block"):
        cut(flight, 1000, 2000)


def test_no_leaf_is_accepted_at_another_index() -> None:
    up = runpy.run_path(str(SCRIPT), run_name="verify_slice")["up"]
    for size in range(1, 18):
        leaves = [leaf_hash(bytes([number])) for number in range(size)]
        proofs = InclusionProofs(leaves)
        for place, leaf in enumerate(leaves):
            hashes = b",".join(one.hex().encode() for one in proofs.of(place)) or b"-"
            fits = [
                at for at in range(-size, 4 * size) if up(leaf, at, size - 1, hashes) == proofs.root(0, size)
            ]
            assert fits == [place]
