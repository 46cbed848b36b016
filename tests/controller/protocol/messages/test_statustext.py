"""Status texts in several chunks: as MAVLink defines them, and as real autopilots send them."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.protocol.statustext import LOST_CHUNK, StatusTextAssembler, statustext_messages
from controller.wire import dialect
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.tlog import TlogFrames
from tests.support.mavlink.lossy_pipe import VEHICLE

REAL = Path(__file__).parents[3] / "data" / "real"
LONG = "EKF3 IMU0 is using GPS and this text is so long that it needs three pieces to get across, " + "x" * 30


def test_a_long_text_is_split_and_assembled() -> None:
    for text in (LONG, "short", "x" * 50, "x" * 51, "x" * 100, "Höhe über Grund " * 9):
        texts = StatusTextAssembler()
        for piece in statustext_messages(text, 4, 17):
            texts.receive(piece, VEHICLE, 0.0)
        texts.tick(0.5)  # a full chunk with id 0 waits for a second one
        (joined,) = texts.texts()
        assert (joined.text, joined.severity, joined.complete) == (text.rstrip(), 4, True)


def test_chunks_out_of_order_and_repeated_give_one_text() -> None:
    pieces = statustext_messages(LONG, 4, 17)
    texts = StatusTextAssembler()
    for piece in [pieces[2], pieces[0], pieces[0], pieces[1], pieces[1], pieces[2]]:
        texts.receive(piece, VEHICLE, 0.0)
    texts.tick(10.0)
    assert [text.text for text in texts.texts()] == [LONG]


def test_a_text_with_a_lost_chunk_is_returned_after_two_seconds_with_a_mark() -> None:
    pieces = statustext_messages(LONG, 4, 17)
    texts = StatusTextAssembler()
    texts.receive(pieces[0], VEHICLE, 0.0)
    texts.receive(pieces[2], VEHICLE, 0.1)
    assert texts.deadline == pytest.approx(2.1)
    texts.tick(2.2)
    (text,) = texts.texts()
    assert not text.complete
    assert text.text == LONG[:50] + LOST_CHUNK + LONG[100:]


def test_texts_of_two_systems_with_the_same_id_are_separate() -> None:
    texts = StatusTextAssembler()
    for piece, other in zip(
        statustext_messages(LONG, 4, 17), statustext_messages(LONG.upper(), 6, 17), strict=True
    ):
        texts.receive(piece, VEHICLE, 0.0)
        texts.receive(other, address(2, 1), 0.0)
    assert [text.text for text in texts.texts()] == [LONG, LONG.upper()]


def test_px4s_trailing_tab_is_removed_and_says_that_an_event_comes_too() -> None:
    texts = StatusTextAssembler()
    texts.receive(m.STATUSTEXT(severity=6, text="Takeoff detected\t"), VEHICLE, 0.0)
    texts.receive(m.STATUSTEXT(severity=6, text="Preflight Fail: no GPS"), VEHICLE, 0.0)
    assert [(text.text, text.is_event) for text in texts.texts()] == [
        ("Takeoff detected", True),
        ("Preflight Fail: no GPS", False),
    ]


DENIED = "Arming denied: Resolve system health failures first"


def recorded_texts(recording: str) -> list[tuple[int, str]]:
    """Return id and text of all texts of a recorded PX4."""
    texts, found = StatusTextAssembler(), []
    for time_us, frame in TlogFrames((REAL / recording).read_bytes()):
        message = dialect.DECODERS[frame.msg_id](frame.raw)
        number = message.id if message.name == "STATUSTEXT" else -1
        texts.receive(message, frame.source, time_us / 1e6)
        if texts.deadline is not None and time_us / 1e6 >= texts.deadline:
            texts.tick(time_us / 1e6)
        found += [(number, text.text) for text in texts.texts()]
    return found


def test_recorded_chunks_with_id_0_are_one_text() -> None:
    recorded = recorded_texts("px4_plane_without_landing_denied.tlog")
    assert recorded == [(0, DENIED), (1, DENIED), (2, DENIED)]


def test_recorded_texts_of_a_flight_are_whole() -> None:
    texts = [text for _, text in recorded_texts("px4_second_mission_starts_at_item_4.tlog")]
    assert "RTL: start return at 510 m (20 m above destination)" in texts
    assert len(texts) == 11
    assert not any(LOST_CHUNK in text or "\t" in text for text in texts)


def sent_with_id_0(*chunks: tuple[int, str]) -> list[str]:
    texts, found = StatusTextAssembler(), []
    for at, (number, chunk) in enumerate(chunks):
        texts.receive(m.STATUSTEXT(severity=4, text=chunk, chunk_seq=number), VEHICLE, at / 100)
        found += texts.texts()
    texts.tick(10.0)
    return [text.text for text in found + texts.texts()]


FULL = "x" * 50


@pytest.mark.parametrize(
    ("chunks", "texts"),
    [
        pytest.param([(0, FULL)], [FULL], id="one full chunk"),
        pytest.param([(0, FULL), (0, FULL)], [FULL], id="its copy"),
        pytest.param([(0, FULL), (0, "next")], [FULL, "next"], id="a short text after it"),
        pytest.param([(0, FULL), (0, "y" * 50)], [FULL, "y" * 50], id="a full text after it"),
        pytest.param([(0, FULL), (1, "\t")], [FULL], id="the tab alone"),
        pytest.param(
            [(0, "x" * 49 + "\t"), (1, "end")], ["x" * 49, LOST_CHUNK + "end"], id="the tab at the end"
        ),
        pytest.param([(0, FULL), (1, FULL), (2, "end")], [FULL + FULL + "end"], id="three chunks"),
        pytest.param([(0, FULL), (2, "end")], [FULL + LOST_CHUNK + "end"], id="the second lost"),
        pytest.param([(1, "end")], [LOST_CHUNK + "end"], id="the first lost"),
        pytest.param([(1, "end"), (0, FULL)], [FULL + "end"], id="in reverse"),
        pytest.param([(0, FULL), (1, "end"), (1, "end")], [FULL + "end"], id="a late copy"),
    ],
)
def test_what_is_sent_with_id_0_is_joined(chunks: list[tuple[int, str]], texts: list[str]) -> None:
    assert sent_with_id_0(*chunks) == texts


def test_a_full_chunk_with_id_0_ends_when_a_text_with_another_id_comes() -> None:
    texts = StatusTextAssembler()
    texts.receive(m.STATUSTEXT(severity=4, text=FULL), VEHICLE, 0.0)
    texts.receive(m.STATUSTEXT(severity=4, text="next", id=1), VEHICLE, 0.01)
    assert [text.text for text in texts.texts()] == [FULL, "next"]


def test_a_tab_ends_a_text_whose_last_chunk_is_full() -> None:
    texts = StatusTextAssembler()
    texts.receive(m.STATUSTEXT(severity=4, text="x" * 49 + "\t", id=7), VEHICLE, 0.0)
    (text,) = texts.texts()
    assert (text.text, text.complete) == ("x" * 49, True)
