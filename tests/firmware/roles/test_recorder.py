"""The recorder: whole after a cut at any byte, chained, and patient with bad cards."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from controller.wire import messages as m
from controller.wire.tlog import TlogFrames
from firmware.core.blockfile import BlockFile
from firmware.roles import playback
from firmware.roles.recorder import ABSENT, BLOCK, RECORDING, SECTOR, Recorder, Store, find_newest
from tests.support.box.rig import UTC_US, MemoryCard, Rig, heartbeat, station_heartbeat


def frame(number: int, size: int = 100) -> bytearray:
    return bytearray(number.to_bytes(4, "big") + random.Random(number).randbytes(size - 4))


def stamp(number: int) -> bytearray:
    return bytearray((UTC_US + number).to_bytes(8, "big"))


def record(recorder: Recorder, first: int, count: int, *, step: bool = True) -> None:
    for number in range(first, first + count):
        recorder.append(frame(number), 0, 100, stamp(number))
        if step:
            recorder.step(0)


def settle(recorder: Recorder) -> None:
    recorder.stop()
    for _ in range(64):
        recorder.step(0)


def numbers(store: Store) -> list[int]:
    """The numbers of the frames in the ring, and a check that each is whole."""
    data, found = playback.tlog(store), []
    assert len(data) % 108 == 0
    for at in range(0, len(data), 108):
        number = int.from_bytes(data[at + 8 : at + 12], "big")
        assert data[at : at + 108] == bytes(stamp(number) + frame(number))
        found.append(number)
    return found


def started(store: MemoryCard, buffers: int = 3) -> Recorder:
    recorder = Recorder(buffers)
    assert recorder.start(store, 0)
    return recorder


def test_what_was_recorded_is_read_back_in_order() -> None:
    card = MemoryCard()
    recorder = started(card)
    record(recorder, 0, 200)
    settle(recorder)
    assert numbers(card) == list(range(200))
    assert playback.breaks(card) == []


def test_a_full_ring_forgets_its_oldest_block_and_no_more() -> None:
    card = MemoryCard(blocks=8)
    recorder = started(card)
    record(recorder, 0, 1000)
    settle(recorder)
    found = numbers(card)
    assert found == list(range(found[0], 1000))
    assert len(found) > 7 * 36
    assert playback.breaks(card) == []


class Journal(MemoryCard):
    """Notes every write."""

    def __init__(self, blocks: int) -> None:
        super().__init__(blocks)
        self.writes: list[tuple[int, bytes]] = []

    def write(self, at: int, buf: bytearray, start: int, count: int) -> None:
        super().write(at, buf, start, count)
        self.writes.append((at, bytes(buf[start : start + count])))


@pytest.mark.parametrize(("blocks_before", "every"), [(0, 1), (3, 7), (8, 1), (11, 7)])
def test_a_power_cut_at_any_byte_of_a_block_spoils_that_block_and_no_other(
    blocks_before: int, every: int
) -> None:
    """Also where the block overwrites an old one, and where it is the first of the ring."""
    per_block = (BLOCK - 96) // 108
    before = Journal(blocks=8)
    recorder = started(before)
    record(recorder, 0, blocks_before * per_block)
    settle(recorder)
    whole_before = [number for number, _ in playback.blocks(before)]
    image = bytes(before.data)
    before.writes.clear()
    record_one = started(before)
    record(record_one, blocks_before * per_block, per_block, step=False)
    settle(record_one)
    assert sum(len(data) for _, data in before.writes) == BLOCK
    card = MemoryCard(blocks=8)
    for cut_after in range(0, BLOCK, every):
        card.data[:] = image
        left = cut_after
        for at, data in before.writes:
            data = data[:left]
            card.data[at : at + len(data)] = data
            left -= len(data)
        whole = [number for number, _ in playback.blocks(card)]
        # Until a byte differs, the old block in that place is whole.
        spoiled = whole_before[1:] if blocks_before >= 8 else whole_before
        assert whole in (whole_before, spoiled), cut_after
    assert [number for number, _ in playback.blocks(before)][-1] == blocks_before


def test_after_a_cut_recording_goes_on_and_the_chain_holds() -> None:
    card = MemoryCard(blocks=8)
    recorder, number = started(card), 0
    rng = random.Random(9)
    for _ in range(40):
        record(recorder, number, 60)
        number += 60
        card.cut_after = rng.randrange(BLOCK)
        record(recorder, number, 40)
        number += 40
        card.cut_after = None
        recorder = started(card)
        found = numbers(card)
        assert found == sorted(set(found))
        assert playback.breaks(card) == []


def test_a_changed_byte_is_found() -> None:
    card = MemoryCard()
    recorder = started(card)
    record(recorder, 0, 200)
    settle(recorder)
    whole = len(playback.blocks(card))
    card.data[2 * BLOCK + 777] ^= 1
    assert len(playback.blocks(card)) == whole - 1
    assert playback.breaks(card) == [3]


def test_the_newest_block_is_found_with_few_reads() -> None:
    class Counting(MemoryCard):
        reads = 0

        def read(self, at: int, buf: bytearray) -> None:
            self.reads += 1
            super().read(at, buf)

    card = Counting(blocks=256)
    recorder = started(card)
    record(recorder, 0, 36 * 300)
    settle(recorder)
    card.reads = 0
    assert find_newest(card, bytearray(BLOCK)) == recorder.written - 1
    assert card.reads < 15


def test_a_slow_card_drops_nothing_while_memory_lasts_and_counts_what_it_drops() -> None:
    recorder = started(MemoryCard(), buffers=3)
    record(recorder, 0, 36 * 3, step=False)
    assert recorder.dropped == 0
    record(recorder, 108, 50, step=False)
    assert recorder.dropped > 0


def test_an_absent_card_is_looked_for_again_and_the_bridge_goes_on() -> None:
    card = MemoryCard()
    card.error = OSError("no card")
    rig = Rig(card=card)
    rig.down(heartbeat())
    rig.run(1000)
    assert rig.box.recorder is not None
    assert rig.box.recorder.state == ABSENT
    assert rig.box.is_critical()
    assert rig.names(rig.laptop) == ["HEARTBEAT"]
    card.error = None
    rig.run(6000)
    assert rig.box.recorder.state == RECORDING
    assert not rig.box.is_critical()


def test_a_card_pulled_out_in_flight_does_not_stop_the_bridge() -> None:
    card = MemoryCard()
    rig = Rig(card=card)
    for i in range(100):
        if i == 50:
            card.error = OSError(5, "I/O error")
        rig.down(m.ATTITUDE(time_boot_ms=i))
        rig.run(100)
    assert rig.names(rig.laptop).count("ATTITUDE") == 100
    assert rig.box.recorder is not None
    assert rig.box.recorder.last_error


def test_a_card_that_takes_250_ms_a_write_loses_no_frame_at_57600_baud() -> None:
    card = MemoryCard()
    card.stall_ms = 250
    rig = Rig(card=card, radios=[{"port": "memory", "baud": 57600}])
    sent = 0
    fed_ms = rig.now_ms
    while sent < 3000:
        rig.turn(2)
        # What came over the wire while the card stood still: 5.7 kB/s.
        while ((rig.now_ms - fed_ms) & 0x1FFFFFFF) >= 7:
            fed_ms += 7
            rig.down(m.ATTITUDE(time_boot_ms=sent, roll=1.0, pitch=1.0))
            sent += 1
    rig.card.stall_ms = 0  # type: ignore[union-attr]
    rig.run(2000)
    assert rig.radios[0].lost_bytes == 0
    assert rig.names(rig.laptop).count("ATTITUDE") == sent


def test_a_whole_flight_both_ways_is_a_tlog_that_our_reader_reads() -> None:
    card = MemoryCard()
    rig = Rig(card=card)
    for i in range(50):
        rig.down(heartbeat(), m.ATTITUDE(time_boot_ms=i))
        rig.up(station_heartbeat())
        rig.run(100)
    rig.run(2000)
    record_read = TlogFrames(playback.tlog(card))
    assert record_read.damage == []
    times, frames = zip(*record_read, strict=True)
    names = [frame.name for frame in frames]
    assert names.count("ATTITUDE") == 50
    assert names.count("HEARTBEAT") >= 100
    assert list(times) == sorted(times)
    assert times[0] >= UTC_US


def test_a_file_made_once_holds_the_ring(tmp_path: Path) -> None:
    path = tmp_path / "box.rec"
    for start in range(0, 300, 100):
        store = BlockFile(str(path), 16)
        recorder = Recorder(3)
        assert recorder.start(store, 0)
        record(recorder, start, 100)
        settle(recorder)
        store.close()
    assert path.stat().st_size == 16 * BLOCK
    store = BlockFile(str(path), 16)
    assert numbers(store) == list(range(300))
    store.close()


def test_a_file_that_cannot_be_made_is_an_absent_card(tmp_path: Path) -> None:
    recorder = Recorder(2)
    assert not recorder.start(BlockFile(str(tmp_path / "no" / "card"), 16), 0)
    assert recorder.state == ABSENT


def test_a_sector_is_written_a_turn() -> None:
    card = MemoryCard()
    recorder = started(card)
    record(recorder, 0, 40, step=False)
    card.cut_after = 10 * BLOCK
    recorder.step(0)
    assert 10 * BLOCK - card.cut_after == SECTOR


def test_a_recorder_that_is_started_again_after_four_days_writes_at_once() -> None:
    rig = Rig(card=MemoryCard())
    recorder = rig.box.recorder
    assert recorder is not None
    rig.down(heartbeat())
    rig.run(3000)
    recorder.stop()
    rig.run(200)
    before = recorder.written
    rig.let_pass(days=4)
    rig.run(10)
    rig.up(m.COMMAND_LONG(command=2510, target_system=254, target_component=191))
    for _ in range(5):
        rig.down(heartbeat())
        rig.run(1000)
    assert recorder.written >= before + 3
