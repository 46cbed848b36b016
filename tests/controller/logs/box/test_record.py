"""Record of a ground box: any change is found and named, also with the heads announced in the flight's record."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.logs.box.record import (
    BLOCK,
    announced_heads,
    box_blocks,
    entries_of,
    is_box_record,
    verify_box_record,
)
from controller.logs.formats.file_map import LogFileError
from controller.wire.tlog import TlogFrames, entries
from tests.support.box.records import SLOTS, box_ring
from tests.support.box.rig import BOX, MemoryCard, Rig, heartbeat, station_heartbeat
from tests.support.cli import landline_here


def heads(path: Path) -> dict[int, bytes]:
    return {block.number: block.digest for block in box_blocks(path)}


@pytest.mark.parametrize("blocks", [1, 5, SLOTS, SLOTS + 3, 3 * SLOTS])
def test_a_record_as_its_box_wrote_it_verifies(tmp_path: Path, blocks: int) -> None:
    path = box_ring(tmp_path, blocks)
    found = verify_box_record(path, heads(path))
    assert (found.ok, found.blocks, found.cut_short) == (True, min(blocks, SLOTS), False)
    assert found.frames == found.blocks * 30
    assert found.announced == found.blocks


def test_a_box_record_is_recognized_by_content_whatever_its_file_name(tmp_path: Path) -> None:
    path = box_ring(tmp_path, SLOTS + 3).rename(tmp_path / "got.rec")
    assert is_box_record(path)
    ran = landline_here("logs", "verify", path, "--json", home=tmp_path)
    assert (ran.code, ran.events[0]["event"], ran.events[0]["blocks"]) == (0, "box", SLOTS)
    (tmp_path / "empty").touch()
    (tmp_path / "other").write_bytes(b"LLBx" * 3000)
    assert not is_box_record(tmp_path / "empty")
    assert not is_box_record(tmp_path / "other")


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_single_change_of_a_block_is_found_and_named(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = box_ring(tmp_path_factory.mktemp("box"), 5)
    raw = bytearray(path.read_bytes())
    # A change of the newest block looks like a truncation; only the announced heads show the difference.
    at = data.draw(st.integers(0, 4 * BLOCK - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    announced = heads(path)
    path.write_bytes(raw)
    found = verify_box_record(path, announced)
    assert not found.ok
    assert found.first_fault is not None
    assert found.first_fault.block == at // BLOCK


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("swap", "block 3 is in the place of block 2"),
        ("drop", "block 2 was changed or removed"),
        ("double", "block 1 is in the place of block 2"),
        ("after", "data after the end"),
        ("other box", "block 2 is not chained to the block before it"),
    ],
)
def test_moved_removed_or_inserted_blocks_are_found(tmp_path: Path, what: str, why: str) -> None:
    path = box_ring(tmp_path, 5)
    slots = [path.read_bytes()[at : at + BLOCK] for at in range(0, SLOTS * BLOCK, BLOCK)]
    match what:
        case "swap":
            slots[2], slots[3] = slots[3], slots[2]
        case "drop":
            slots[2] = bytes(BLOCK)
        case "double":
            slots[2] = slots[1]
        case "after":
            slots[7] = slots[1]
        case "other box":
            (tmp_path / "other").mkdir()
            raw = bytearray(slots[2])
            raw[100] ^= 1
            from hashlib import sha256

            raw[-32:] = sha256(raw[:-32]).digest()
            slots[2] = bytes(raw)
            why = "block 3 is not chained to the block before it"
    path.write_bytes(b"".join(slots))
    found = verify_box_record(path)
    assert found.first_fault is not None
    assert why in found.first_fault.why


def test_a_truncated_or_rewritten_box_record_does_not_match_announced_heads(tmp_path: Path) -> None:
    path = box_ring(tmp_path, 5)
    announced = heads(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: 3 * BLOCK])
    assert verify_box_record(path).ok
    cut = verify_box_record(path, announced).first_fault
    assert cut is not None
    assert "ends at block 2, but the box announced block 3" in cut.why
    (tmp_path / "anew").mkdir()
    anew = box_ring(tmp_path / "anew", 6)
    assert verify_box_record(anew, announced).ok  # the same frames at the same times are the same blocks
    fake = verify_box_record(anew, {3: bytes(32)}).first_fault
    assert fake is not None
    assert "block 3 differs from the one announced" in fake.why


def test_the_block_being_written_at_power_loss_is_the_only_damaged_one(tmp_path: Path) -> None:
    for blocks in (5, SLOTS + 3):
        path = box_ring(tmp_path, blocks)
        raw = bytearray(path.read_bytes())
        being_written = blocks % SLOTS
        raw[being_written * BLOCK + 512 : being_written * BLOCK + 1024] = b"\x55" * 512
        path.write_bytes(raw)
        found = verify_box_record(path)
        assert (found.ok, found.cut_short) == (True, True)
        path.unlink()


@given(st.binary(max_size=3 * BLOCK))
@settings(max_examples=40, deadline=None)
def test_a_box_record_of_any_bytes_gets_a_result(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("box") / "box.blocks"
    path.write_bytes(data)
    found = verify_box_record(path)
    assert found.ok == (not any(data))


def test_a_file_without_a_block_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "box.blocks"
    path.write_bytes(bytes(BLOCK))
    with pytest.raises(LogFileError, match="no whole block"):
        box_blocks(path)


def test_the_heads_a_box_announces_in_flight_are_those_of_its_record(tmp_path: Path) -> None:
    card = MemoryCard(blocks=64)
    rig = Rig(card=card)
    log = b""
    for second in range(45):
        rig.down(heartbeat())
        rig.up(station_heartbeat())
        rig.run(1000)
        log += entries(1_790_000_000_000_000 + second, [f for f in rig.heard(rig.laptop) if f.source == BOX])
    (tmp_path / "frames.tlog").write_bytes(log)
    (tmp_path / "box.blocks").write_bytes(card.data)
    announced = announced_heads(tmp_path / "frames.tlog")
    assert len(announced) == 4
    found = verify_box_record(tmp_path / "box.blocks", announced)
    assert (found.ok, found.announced) == (True, 4)
    frames = TlogFrames(entries_of(box_blocks(tmp_path / "box.blocks")))
    assert len(frames) == found.frames
    assert announced_heads(tmp_path / "nothing.tlog") == {}
