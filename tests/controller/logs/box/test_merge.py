"""Merge of a box record into a flight: the frames, their times, and the detection of any change."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.errors import VerificationFailed
from controller.logs.box.frames import box_frames, entry_spans, frame_key, laptop_frames
from controller.logs.box.match import match_frames
from controller.logs.box.merge import merge_box_record, verify_merge
from controller.logs.box.merged_log import read_merged_log
from controller.logs.box.needed_blocks import needed_blocks
from controller.logs.box.record import announced_heads, verify_box_record
from controller.logs.flights.store import MERGE_INDEX, MERGED_FRAMES
from controller.logs.formats.read import open_log
from controller.logs.record.keys import load_key
from controller.logs.report.report import write_report
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, address
from controller.wire.codec import Encoder
from controller.wire.tlog import TlogFrames
from tests.support.box.records import (
    AHEAD_US,
    END_US,
    box_record,
    flight_folder,
    gap_flight,
    merged_gap_flight,
    without,
)
from tests.support.logs.logged_flights import START_US, flight_frames


def test_missing_frames_are_found_and_timed_by_the_laptops_clock(tmp_path: Path) -> None:
    folder, found, lost = merged_gap_flight(tmp_path)
    assert (folder / MERGED_FRAMES).read_bytes() == lost
    assert found.both == len(TlogFrames((folder / "frames.tlog").read_bytes()))
    (segment,) = found.segments
    assert (segment.how, segment.offset_us, segment.spread_us, segment.against) == ("ties", AHEAD_US, 0, 0)
    assert segment.ties > 150
    (gap,) = found.gaps
    assert (gap.begin_us, gap.end_us) == (START_US + 19_000_001, START_US + 35_000_000)
    assert gap.frames == len(found.missing) == len(TlogFrames(lost))


def test_the_record_is_unchanged_and_readers_use_and_mention_the_merged_frames(tmp_path: Path) -> None:
    folder, blocks, _ = gap_flight(tmp_path)
    own = (folder / "frames.tlog").read_bytes()
    before = open_log(folder / "frames.tlog")
    merge_box_record(folder, blocks, source="card", key=load_key(tmp_path / "keys"), until_us=END_US)
    assert (folder / "frames.tlog").read_bytes() == own
    assert bytes(read_merged_log(folder / "frames.tlog").data) == flight_frames(seconds=60)
    after = open_log(folder / "frames.tlog")
    assert (before.counts["ATTITUDE"], after.counts["ATTITUDE"]) == (45, 60)
    assert after.problems == ("120 frames come from the ground box (box.fill.json): 120 in a gap of 16.0 s",)
    assert "120 frames come from the ground box" in write_report(folder).read_text(encoding="utf-8")


def test_clock_offsets_follow_drift_with_late_and_reordered_frames(
    tmp_path: Path,
) -> None:
    draw = random.Random(3)
    whole = flight_frames(seconds=120)
    late = [(time_us + draw.randrange(400_000), frame.raw) for time_us, frame in TlogFrames(whole)]
    late.sort(key=lambda pair: pair[0])
    ours = b"".join(time_us.to_bytes(8, "big") + raw for time_us, raw in late)
    folder = flight_folder(tmp_path, without(ours, lambda at_s: not 40 <= at_s < 80))
    drifting = box_record(
        tmp_path / "card.blocks", whole, clock=lambda us: us - AHEAD_US + (us - START_US) // 5000
    )
    own_us, own_keys = laptop_frames(TlogFrames((folder / "frames.tlog").read_bytes()))
    found = match_frames(own_us, own_keys, box_frames(drifting), until_us=END_US * 2)
    at = {frame_key(frame.raw): time_us for time_us, frame in TlogFrames(whole)}
    unique = [(us, frame) for us, frame in found.missing if frame.key[3] == 30]  # ATTITUDE
    assert 39 <= len(unique) <= 42
    wrong_s = [abs(us - at[frame.key]) / 1e6 for us, frame in unique]
    assert max(wrong_s) < 0.5
    assert found.both == len(own_us)
    assert 0.1e6 < found.segments[0].spread_us < 0.5e6


def test_a_flight_that_was_never_closed_continues_in_the_box_record(tmp_path: Path) -> None:
    whole = flight_frames(seconds=60)
    folder = flight_folder(tmp_path, without(whole, lambda at_s: at_s < 30), closed=False)
    blocks = box_record(tmp_path / "card.blocks", whole)
    found = merge_box_record(folder, blocks, source="card", key=load_key(tmp_path / "keys"), until_us=None)
    assert (folder / MERGED_FRAMES).read_bytes() == without(whole, lambda at_s: at_s >= 30)
    assert found.gaps[-1].end_us == START_US + 60_000_000


def test_a_gap_ends_with_the_next_flights_first_frame_from_the_aircraft(
    tmp_path: Path,
) -> None:
    whole = flight_frames(seconds=60)
    folder = flight_folder(tmp_path, without(whole, lambda at_s: at_s < 30), closed=False)
    beat = Encoder(GROUND_STATION).pack(m.HEARTBEAT(type=6, autopilot=8))
    following = tmp_path / "20260517T064100Z-copter-1"
    following.mkdir()
    (following / "frames.tlog").write_bytes(
        (START_US + 40_000_000).to_bytes(8, "big") + beat + without(whole, lambda at_s: at_s >= 45)
    )
    want = needed_blocks(folder)
    assert want.until_us == START_US + 45_200_000
    # Frames at the beginning of the next flight are in the box's record too, and belong to that flight only.
    key = load_key(tmp_path / "keys")
    blocks = box_record(tmp_path / "card.blocks", whole)
    merge_box_record(
        folder,
        blocks,
        source="card",
        key=key,
        until_us=want.until_us + 900_000,
        next_flight_keys=want.next_flight_keys,
    )
    assert (folder / MERGED_FRAMES).read_bytes() == without(whole, lambda at_s: 30 <= at_s < 45)


def test_a_box_clock_set_during_the_gap_is_not_used_without_common_frames(tmp_path: Path) -> None:
    whole = flight_frames(seconds=60)

    def clock(time_us: int) -> int:  # counts from its start until it is set
        return time_us - START_US + 1000 if time_us < START_US + 25_000_000 else time_us - AHEAD_US

    blocks = box_record(tmp_path / "card.blocks", whole, clock=clock)
    own_us, own_keys = laptop_frames(TlogFrames(without(whole, lambda at_s: not 20 <= at_s < 35)))
    found = match_frames(own_us, own_keys, box_frames(blocks), until_us=END_US)
    assert [segment.how for segment in found.segments] == ["ties", "ties"]
    assert [segment.offset_us for segment in found.segments] == [START_US - 1000, AHEAD_US]
    assert len(found.missing) == 120
    # Without common frames the first segment is left out, and its frames are counted.
    own_us, own_keys = laptop_frames(TlogFrames(without(whole, lambda at_s: at_s >= 30)))
    found = match_frames(own_us, own_keys, box_frames(blocks), until_us=END_US)
    assert [segment.how for segment in found.segments] == ["none", "ties"]
    assert (len(found.missing), found.unplaced) == (0, 200)


def test_a_gap_in_both_records_is_bridged_when_both_sides_agree(tmp_path: Path) -> None:
    whole = without(flight_frames(seconds=60), lambda at_s: not (20 <= at_s < 27 or 30 <= at_s < 37))
    blocks = box_record(tmp_path / "card.blocks", whole)
    own_us, own_keys = laptop_frames(TlogFrames(without(whole, lambda at_s: not 15 <= at_s < 40)))
    found = match_frames(own_us, own_keys, box_frames(blocks), until_us=END_US)
    assert [segment.how for segment in found.segments] == ["ties", "between", "ties"]
    assert len(found.missing) == 8 * 11


def test_another_flight_with_frames_equal_by_chance_adds_nothing(tmp_path: Path) -> None:
    draw = random.Random(4)
    other = flight_frames(seconds=200, start_us=START_US + 7_200_000_000)
    alike = [
        replace(frame, key=(*frame.key[:2], draw.randrange(256), *frame.key[3:]))
        for frame in box_frames(box_record(tmp_path / "card.blocks", other, slots=512))
    ]
    own_us, own_keys = laptop_frames(TlogFrames(flight_frames(seconds=60)))
    found = match_frames(own_us, own_keys, alike, until_us=END_US)
    assert [segment.how for segment in found.segments] == ["none"]
    assert (found.missing, found.unplaced) == ([], len(alike))


def test_a_frame_signed_by_the_box_matches_the_unsigned_frame_of_the_laptop() -> None:
    plain = Encoder(address(255, 190)).pack(m.HEARTBEAT(type=6, autopilot=8))
    signed = bytearray(plain)
    signed[2] |= 1
    assert frame_key(bytes(signed) + bytes(13)) == frame_key(plain)
    entry = bytes(8) + bytes(signed) + bytes(13)
    assert list(entry_spans(entry + entry)) == [(0, len(entry)), (len(entry), 2 * len(entry))]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_to_an_end(raw: bytes) -> None:
    ends = list(entry_spans(raw))
    assert all(begin < end <= len(raw) for begin, end in ends)


@pytest.mark.parametrize("name", ["frames.tlog", "box.blocks", MERGE_INDEX, MERGED_FRAMES])
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_any_change_of_any_of_the_files_is_found(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    folder, _, _ = merged_gap_flight(tmp_path_factory.mktemp("merge"))
    assert verify_merge(folder).ok
    raw = bytearray((folder / name).read_bytes())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    (folder / name).write_bytes(raw)
    assert not verify_merge(folder).ok
    if name == MERGED_FRAMES:  # readers ignore a merge that does not match
        read = read_merged_log(folder / "frames.tlog")
        assert bytes(read.data) == (folder / "frames.tlog").read_bytes()
        assert "does not match this record" in read.notes[0]


def test_a_merge_signed_by_an_unknown_key_is_reported(tmp_path: Path) -> None:
    folder, _, _ = merged_gap_flight(tmp_path)
    mine = load_key(tmp_path / "keys").public_hex
    assert verify_merge(folder, trusted={mine}).frames == 120
    assert "signed by an unknown key" in verify_merge(folder, trusted={"00" * 32}).why
    fields = json.loads((folder / MERGE_INDEX).read_bytes())
    fields["runs"][0][3] += 1000
    (folder / MERGE_INDEX).write_bytes(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode())
    assert "signature" in verify_merge(folder).why


def test_the_saved_blocks_of_the_box_record_verify_by_themselves(tmp_path: Path) -> None:
    whole = flight_frames(seconds=120)
    folder = flight_folder(tmp_path, without(whole, lambda at_s: not 60 <= at_s < 65))
    blocks = box_record(tmp_path / "card.blocks", whole)
    merge_box_record(folder, blocks, source="card", key=load_key(tmp_path / "keys"), until_us=END_US * 2)
    found = verify_box_record(folder / "box.blocks", announced_heads(folder / "frames.tlog"))
    assert found.ok
    assert 2 + 16 <= found.blocks <= 4 + 16 < len(blocks)


def test_another_boxs_record_does_not_replace_the_one_in_the_flight(tmp_path: Path) -> None:
    folder, _, _ = merged_gap_flight(tmp_path)
    other = box_record(tmp_path / "other.blocks", flight_frames(seconds=60), clock=lambda us: us - 1)
    with pytest.raises(VerificationFailed, match="is another record"):
        merge_box_record(folder, other, source="card", key=load_key(tmp_path / "keys"), until_us=END_US)
    assert verify_merge(folder).ok


def test_nothing_is_written_when_nothing_is_missing(tmp_path: Path) -> None:
    whole = flight_frames(seconds=20)
    folder = flight_folder(tmp_path, whole)
    blocks = box_record(tmp_path / "card.blocks", whole)
    found = merge_box_record(folder, blocks, source="card", key=load_key(tmp_path / "keys"), until_us=END_US)
    assert found.missing == []
    assert sorted(path.name for path in folder.iterdir()) == ["events.jsonl", "frames.tlog"]
