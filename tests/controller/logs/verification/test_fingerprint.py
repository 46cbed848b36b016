"""Fingerprint of a flight: the line, its check, its QR code."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from controller.errors import VerificationFailed
from controller.logs.verification.fingerprint import DIGITS, check_fingerprint, fingerprint_of
from controller.logs.verification.fingerprint_qr import qr_svg, qr_text
from tests.support.logs.recorded_flights import write_chained_flight


def test_a_noted_fingerprint_is_found_whatever_its_spaces_and_capitals(tmp_path: Path) -> None:
    write_chained_flight(tmp_path / "flight", tmp_path / "keys")
    flight, _, digits = fingerprint_of(tmp_path / "flight").partition(" ")
    assert check_fingerprint(tmp_path / "flight", f"{flight} {digits}")
    assert check_fingerprint(tmp_path / "flight", f"{flight}  {digits.replace(' ', '').upper()}\n")


@pytest.mark.parametrize(
    "change", [lambda line: line[:-1], lambda line: line[:-1] + "g", lambda line: "x" + line]
)
def test_another_fingerprint_is_refused(tmp_path: Path, change: object) -> None:
    write_chained_flight(tmp_path / "flight", tmp_path / "keys")
    assert callable(change)
    with pytest.raises(VerificationFailed, match="not in this record"):
        check_fingerprint(tmp_path / "flight", change(fingerprint_of(tmp_path / "flight")))


def test_a_record_rewritten_with_another_key_is_refused(tmp_path: Path) -> None:
    write_chained_flight(tmp_path / "a" / "flight", tmp_path / "keys")
    line = fingerprint_of(tmp_path / "a" / "flight")
    write_chained_flight(tmp_path / "b" / "flight", tmp_path / "others")
    with pytest.raises(VerificationFailed, match="not in this record"):
        check_fingerprint(tmp_path / "b" / "flight", line)


def test_a_changed_record_is_refused_before_its_heads_are_compared(tmp_path: Path) -> None:
    write_chained_flight(tmp_path / "flight", tmp_path / "keys")
    line = fingerprint_of(tmp_path / "flight")
    frames = tmp_path / "flight" / "frames.tlog"
    frames.write_bytes(frames.read_bytes()[:-1] + b"\x00")
    with pytest.raises(VerificationFailed):
        check_fingerprint(tmp_path / "flight", line)


def _modules(text: str) -> list[str]:
    """Return the half blocks of the terminal as rows of 0 and 1, without the quiet zone of four modules."""
    rows = []
    for line in text.replace("\x1b[30;107m", "").replace("\x1b[0m", "").split("\n"):
        rows.append("".join("01"[mark in "▀█"] for mark in line)[4:-4])
        rows.append("".join("01"[mark in "▄█"] for mark in line)[4:-4])
    return rows[4 : 4 + len(rows[0])]


def test_the_qr_code_is_square_with_three_finder_patterns_and_a_quiet_zone(tmp_path: Path) -> None:
    write_chained_flight(tmp_path / "flight", tmp_path / "keys")
    text = qr_text(fingerprint_of(tmp_path / "flight"))
    rows = _modules(text)
    finder = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]
    assert [row[:7] for row in rows[:7]] == finder
    assert [row[-7:] for row in rows[:7]] == finder
    assert [row[:7] for row in rows[-7:]] == finder
    assert (len(rows) - 17) % 4 == 0
    first, second = text.split("\n")[:2]
    assert set(first[len("\x1b[30;107m") : -len("\x1b[0m")]) == {" "} == set(second[9:-4])


def test_the_svg_holds_the_fingerprint_and_no_external_reference(tmp_path: Path) -> None:
    write_chained_flight(tmp_path / "flight", tmp_path / "keys")
    line = fingerprint_of(tmp_path / "flight")
    drawn = qr_svg(line).decode()
    assert f"<title>{line}</title>" in drawn
    assert "href" not in drawn


def test_a_qr_reader_finds_the_fingerprint() -> None:
    cv2 = pytest.importorskip("cv2", reason="no QR code reader is installed")
    import numpy as np

    # A fixed line: the reader fails on about one code in a hundred.
    digest = hashlib.sha256(b"a head").hexdigest()[:DIGITS]
    rows = [[255 * (module == "0") for module in row] for row in _modules(qr_text(f"flight {digest}"))]
    picture = np.kron(np.pad(np.array(rows, np.uint8), 4, constant_values=255), np.ones((8, 8), np.uint8))
    read, _, _ = cv2.QRCodeDetector().detectAndDecode(picture)
    assert read == f"flight {digest}"
