"""Ring buffers: order, wrapping, and overflow."""

from __future__ import annotations

import random

from firmware.core.ringbuf import ByteRing, FrameQueue


def test_bytes_come_out_in_order_across_the_wrap() -> None:
    rng = random.Random(1)
    ring, put, got = ByteRing(97), bytearray(), bytearray()
    for _ in range(500):
        piece = bytearray(rng.randbytes(rng.randrange(1, 40)))
        if ring.put(piece, 0, len(piece)):
            put += piece
        take = min(ring.run(), rng.randrange(1, 50))
        got += ring.data[ring.tail : ring.tail + take]
        ring.drop(take)
    while ring.used:
        run = ring.run()
        got += ring.data[ring.tail : ring.tail + run]
        ring.drop(run)
    assert got == put
    assert ring.refused > 0


def test_a_frame_without_room_is_refused_whole_and_counted() -> None:
    ring = ByteRing(10)
    assert ring.put(bytearray(8), 0, 8)
    assert not ring.put(bytearray(3), 0, 3)
    assert (ring.used, ring.refused) == (8, 1)


def test_frames_come_out_in_order_across_the_wrap() -> None:
    rng = random.Random(2)
    queue, put, got = FrameQueue(300), [], []
    out = bytearray(280)
    for number in range(400):
        frame = bytearray(number.to_bytes(2, "big") + rng.randbytes(rng.randrange(10, 60)))
        assert queue.put(frame, 0, len(frame), 1) or queue.frames
        put.append(bytes(frame))
        if rng.random() < 0.7 and (count := queue.pop(out)):
            got.append(bytes(out[:count]))
    while count := queue.pop(out):
        got.append(bytes(out[:count]))
    assert got == [frame for frame in put if frame in set(got)]
    assert len(got) == len(put) - queue.refused - queue.pushed_out
    assert queue.used == 0


def test_a_full_queue_forgets_its_oldest_frame_for_a_new_one() -> None:
    queue, out = FrameQueue(1000), bytearray(280)
    for number in range(100):
        assert queue.put(bytearray([number] * 50), 0, 50, 1)
    queue.pop(out)
    assert out[0] == 100 - 1000 // 53
    assert queue.pushed_out == 100 - 1000 // 53


def test_a_flooding_source_cannot_push_out_what_a_quiet_one_has_to_say() -> None:
    queue, out = FrameQueue(1000), bytearray(280)
    flood, quiet = bytearray(b"f" * 50), bytearray(b"q" * 50)
    for _ in range(100):
        queue.put(flood, 0, 50, 1)
    assert queue.put(quiet, 0, 50, 2)
    for _ in range(100):
        queue.put(flood, 0, 50, 1)
    assert queue.refused > 0
    queue.pop(out)
    assert out[0] == ord("q")


def test_what_is_larger_than_the_queue_is_refused() -> None:
    queue = FrameQueue(100)
    queue.put(bytearray(20), 0, 20, 1)
    assert not queue.put(bytearray(200), 0, 200, 2)
    assert queue.frames == 1
